"""The URL that confirms a corrected address: POST confirms, GET shows a button and looks nothing up.

A link that is unknown, used or too old gets one answer, for one and the same work: nobody learns here whether
an address is known.
"""

from collections.abc import Awaitable, Callable
from ipaddress import ip_address

from retour.inlets.asgi import Answer, Receive, Scope, Send, say
from retour.inlets.page import page, was_pressed, words_for
from retour.instants import MINUTE, Instant
from retour.texts import Catalogue

PREFIX = b"/confirm/"
GUESSES = 30  # links that do not work, from one network and minute
_WAIT = 60  # seconds
_NETWORKS = 10_000  # that are counted at once
_PAIR = "confirm", "yes"


class Guesses:
    """How many links that did not work came from a network within this minute."""

    def __init__(self, now: Callable[[], Instant]) -> None:
        self._now = now
        self._minute = 0
        self._counts: dict[str, int] = {}

    def too_many(self, network: str) -> bool:
        """Whether it is to wait."""
        return self._fresh().get(network, 0) >= GUESSES

    def note(self, network: str) -> None:
        """One more. Beyond what is counted at once, all others are one network."""
        counts = self._fresh()
        place = network if network in counts or len(counts) < _NETWORKS else ""
        counts[place] = counts.get(place, 0) + 1

    def _fresh(self) -> dict[str, int]:
        minute = self._now() // MINUTE
        if minute != self._minute:
            self._minute, self._counts = minute, {}
        return self._counts


class Confirm:
    """The ASGI application for paths below `PREFIX`."""

    def __init__(
        self,
        confirm: Callable[[str], Awaitable[bool]],
        failed: Callable[[Exception], None],
        counts: dict[str, int],
        now: Callable[[], Instant],
    ) -> None:
        self._confirm, self._failed, self._counts = confirm, failed, counts
        self._guesses = Guesses(now)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        words = words_for(scope, "confirm")
        if scope["method"] in ("GET", "HEAD"):
            await say(page(200, words, "ask", _PAIR), send)
        elif scope["method"] != "POST":
            await say(page(405, words, "unknown"), send)
        elif self._guesses.too_many(network := _network(scope)):
            await say(self._said(429, words, "often"), send)
        else:
            token = scope["raw_path"].removeprefix(PREFIX).decode("ascii", "replace")
            await say(await self._posted(token, network, words, receive), send)

    async def _posted(self, token: str, network: str, words: Catalogue, receive: Receive) -> Answer:
        if not await was_pressed(receive, _PAIR):
            return self._said(400, words, "ask")
        try:
            done = await self._confirm(token)
        except Exception as fault:  # not on disk: the link still works
            self._failed(fault)
            return self._said(503, words, "later")
        if done:
            return self._said(200, words, "done")
        self._guesses.note(network)
        return self._said(404, words, "unknown")

    def _said(self, status: int, words: Catalogue, name: str) -> Answer:
        self._counts[name] = self._counts.get(name, 0) + 1
        wait = _WAIT if name == "often" else 0
        return page(status, words, name, _PAIR if name == "ask" else None, wait)


def _network(scope: Scope) -> str:
    """Whose guesses count together: an address, of IPv6 a network (RFC 6177 §2 gives one to each customer).

    Behind a proxy it is the proxy's, and the limit is for all together.
    """
    host = (scope.get("client") or ("", 0))[0]
    try:
        found = ip_address(host)
    except ValueError:
        return host if isinstance(host, str) else ""
    return host if found.version == 4 else found.exploded[:19]
