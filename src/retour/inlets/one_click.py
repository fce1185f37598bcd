"""The URL of List-Unsubscribe: POST unsubscribes (RFC 8058), GET shows a button and changes nothing.

No cookie, no redirect, no credentials (§3.1): the signed token says all.
"""

from collections.abc import Awaitable, Callable

from retour.inlets.asgi import Answer, Receive, Scope, Send, say
from retour.inlets.page import LIMIT as LIMIT
from retour.inlets.page import page, was_pressed, words_for
from retour.texts import Catalogue

PREFIX = b"/unsubscribe/"
_LONGEST = 100  # octets of a token
_PAIR = "List-Unsubscribe", "One-Click"  # RFC 8058 §3.1


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
        words = words_for(scope, "unsubscribe")
        token = scope["raw_path"].removeprefix(PREFIX)
        if scope["method"] in ("GET", "HEAD"):
            await say(page(200, words, "ask", _PAIR), send)
        elif scope["method"] == "POST" and len(token) <= _LONGEST:
            await say(await self._posted(token, words, receive), send)
        else:
            await say(page(404, words, "unknown"), send)

    async def _posted(self, token: bytes, words: Catalogue, receive: Receive) -> Answer:
        if not await was_pressed(receive, _PAIR):
            return self._said(400, words, "ask", form=True)
        try:
            done = await self._unsubscribe(token.decode("ascii", "replace"))
        except Exception as fault:  # not on disk: whoever asked may ask again
            self._failed(fault)
            return self._said(503, words, "later")
        return self._said(200, words, "done") if done else self._said(404, words, "unknown")

    def _said(self, status: int, words: Catalogue, name: str, form: bool = False) -> Answer:
        self._counts[name] = self._counts.get(name, 0) + 1
        return page(status, words, name, _PAIR if form else None)
