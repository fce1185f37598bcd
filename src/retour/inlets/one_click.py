"""The URL of List-Unsubscribe: POST unsubscribes (RFC 8058), GET shows a button and changes nothing.

Scanners of links follow every URL of a mail, so that nothing may hang on a GET (RFC 8058 §1). No cookie, no
redirect, no credentials (§3.1): the signed token says all.
"""

from collections.abc import Awaitable, Callable, Mapping

from retour.inlets.asgi import Answer, Receive, Scope, Send, say
from retour.parse.providers.bodies import values_of
from retour.texts import LANGUAGES, Catalogue, catalogue

PREFIX = b"/unsubscribe/"
LIMIT = 16 * 1024  # octets of a body, in which one pair stands
_LONGEST = 100  # octets of a token
_FIELD, _VALUE = "List-Unsubscribe", "One-Click"  # RFC 8058 §3.1
_HEADERS = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", b"default-src 'none'; form-action 'self'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-robots-tag", b"noindex"),
    (b"vary", b"Accept-Language"),
)
_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title></head><body><main><h1>{title}</h1><p>{text}</p>{form}</main></body></html>
"""
_FORM = (
    f'<form method="post"><input type="hidden" name="{_FIELD}" value="{_VALUE}">'
    '<button type="submit">{button}</button></form>'
)


class OneClick:
    """The ASGI application for paths below `PREFIX`."""

    def __init__(
        self,
        unsubscribe: Callable[[str], Awaitable[bool]],
        failed: Callable[[Exception], None],
        counts: dict[str, int],
    ) -> None:
        self._unsubscribe, self._failed, self._counts = unsubscribe, failed, counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        words = _words(scope)
        token = scope["raw_path"].removeprefix(PREFIX)
        if scope["method"] in ("GET", "HEAD"):
            await say(_page(200, words, "ask", form=True), send)
        elif scope["method"] == "POST" and len(token) <= _LONGEST:
            await say(await self._posted(token, words, receive), send)
        else:
            await say(_page(404, words, "unknown"), send)

    async def _posted(self, token: bytes, words: Catalogue, receive: Receive) -> Answer:
        if not await _asked(receive):
            return self._said(400, words, "ask", form=True)
        try:
            done = await self._unsubscribe(token.decode("ascii", "replace"))
        except Exception as fault:  # not on disk: whoever asked may ask again
            self._failed(fault)
            return self._said(503, words, "later")
        return self._said(200, words, "done") if done else self._said(404, words, "unknown")

    def _said(self, status: int, words: Catalogue, name: str, form: bool = False) -> Answer:
        self._counts[name] = self._counts.get(name, 0) + 1
        return _page(status, words, name, form)


async def _asked(receive: Receive) -> bool:
    """Whether the body says what RFC 8058 has it say: a form with one pair."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return False
        body = (body + message.get("body", b""))[: LIMIT + 1]
        more = bool(message.get("more_body")) and len(body) <= LIMIT
    values, _ = values_of(body)
    fields: Mapping[str, object] = values[0] if values and isinstance(values[0], dict) else {}
    return len(body) <= LIMIT and fields.get(_FIELD) == _VALUE


def _words(scope: Scope) -> Catalogue:
    """In the language of the browser."""
    wanted = next((value for name, value in scope["headers"] if name == b"accept-language"), b"")
    named = (choice.strip()[:2].lower().decode("latin-1") for choice in wanted.split(b",")[:10])
    return catalogue(f"unsubscribe.{next((each for each in named if each in LANGUAGES), 'en')}")


def _page(status: int, words: Catalogue, name: str, form: bool = False) -> Answer:
    language = words.language.rpartition(".")[2]
    button = _FORM.format(button=words("page.button")) if form else ""
    text = _PAGE.format(
        language=language, title=words(f"{name}.title"), text=words(f"{name}.text"), form=button
    )
    return Answer(status, text.encode(), (*_HEADERS, (b"content-language", language.encode())))
