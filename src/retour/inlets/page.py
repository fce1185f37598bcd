"""Pages for people on the public port: a sentence, and a button where there is something to do.

Scanners of links follow every URL of a mail, so that nothing may hang on a GET (RFC 8058 §1). No cookie, no
script, no redirect, nothing from elsewhere: the token in the URL says all.
"""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape

from retour.inlets.asgi import Answer, Receive, Scope
from retour.parse.providers.bodies import values_of
from retour.texts import LANGUAGES, Catalogue, catalogue

LIMIT = 16 * 1024  # octets of a body, in which one pair stands

# Large enough to read and to press (WCAG 2.2 §2.5.8), in the colours that the reader prefers.
_STYLE = """
:root{color-scheme:light dark}body{margin:0;font:1.125rem/1.5 system-ui,sans-serif}
main{max-width:34rem;margin:0 auto;padding:3rem 1.25rem}h1{font-size:1.6rem;line-height:1.25;margin:0 0 1rem}
button{font:inherit;font-weight:600;min-height:3rem;padding:.5rem 1.5rem}
button{border:2px solid;border-radius:.5rem;cursor:pointer}
button:focus-visible{outline:3px solid;outline-offset:3px}
"""
_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", _POLICY.encode()),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-robots-tag", b"noindex"),
    (b"vary", b"Accept-Language"),
)
_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>{style}</style></head><body><main><h1>{title}</h1><p>{text}</p>{form}</main></body></html>
"""
_FORM = (
    '<form method="post"><input type="hidden" name="{field}" value="{value}">'
    '<button type="submit">{button}</button></form>'
)

Pair = tuple[str, str]


def words_for(scope: Scope, name: str) -> Catalogue:
    """The words of a page in the language of the browser."""
    wanted = next((value for header, value in scope["headers"] if header == b"accept-language"), b"")
    named = (choice.strip()[:2].lower().decode("latin-1") for choice in wanted.split(b",")[:10])
    return catalogue(f"{name}.{next((each for each in named if each in LANGUAGES), 'en')}")


def page(status: int, words: Catalogue, name: str, pressed: Pair | None = None, wait: int = 0) -> Answer:
    """A page of a catalogue; `pressed` is what its button posts, `wait` when to come again, in seconds."""
    language = words.language.rpartition(".")[2]
    form = ""
    if pressed is not None:
        form = _FORM.format(field=pressed[0], value=pressed[1], button=escape(words("page.button")))
    title, text = escape(words(f"{name}.title")), escape(words(f"{name}.text"))
    body = _PAGE.format(language=language, title=title, text=text, form=form, style=_STYLE)
    more = [(b"retry-after", str(wait).encode())] if wait else []
    return Answer(status, body.encode(), (*_HEADERS, (b"content-language", language.encode()), *more))


async def was_pressed(receive: Receive, pair: Pair) -> bool:
    """Whether a body is a form that holds this pair."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return False
        body = (body + message.get("body", b""))[: LIMIT + 1]
        more = bool(message.get("more_body")) and len(body) <= LIMIT
    values, _ = values_of(body)
    fields: Mapping[str, object] = values[0] if values and isinstance(values[0], dict) else {}
    return len(body) <= LIMIT and fields.get(pair[0]) == pair[1]
