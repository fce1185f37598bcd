"""How often a key may ask: a token bucket for each, in memory (draft-ietf-httpapi-ratelimit-headers-10).

A bucket holds `burst` tokens and is filled with `per_second`; a request takes one. The check route has
buckets of its own: it is asked before every mail, and must not wait for somebody who looks at lists.
"""

from dataclasses import dataclass
from math import ceil

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from retour.instants import SECOND, Instant
from retour.outlets.api.problems import Problem

PLACE = "retour.rate"  # in the scope of a request: what its headers will tell
_MOST_BUCKETS = 10_000


@dataclass(frozen=True, slots=True)
class Rate:
    """Requests a second of one key, and how many at once; 0 a second: as often as it likes."""

    per_second: float = 0
    burst: int = 1


UNLIMITED = Rate()


@dataclass(frozen=True, slots=True)
class Taken:
    """What is left after a request, and the whole seconds until there is a token again (0: there is)."""

    name: str
    rate: Rate
    left: int
    wait: int

    def headers(self) -> list[tuple[bytes, bytes]]:
        """RateLimit-Policy and RateLimit, and Retry-After where one has to wait."""
        window = ceil(self.rate.burst / self.rate.per_second)
        policy = f'"{self.name}";q={self.rate.burst};w={window}'
        told = [
            (b"ratelimit-policy", policy.encode("ascii")),
            (b"ratelimit", f'"{self.name}";r={self.left};t={self.wait or window}'.encode("ascii")),
        ]
        return [*told, (b"retry-after", str(self.wait).encode("ascii"))] if self.wait else told


class Buckets:
    """The buckets of all keys of one kind of request; asked in the event loop alone."""

    def __init__(self, name: str, rate: Rate) -> None:
        self._name, self._rate = name, rate
        self._filled: dict[str, tuple[float, Instant]] = {}

    def take(self, scope: Scope, key: str, now: Instant) -> None:
        """Take a token for a request and note in its scope what is left. Raises Problem `rate_limited`."""
        rate = self._rate
        if not rate.per_second:
            return
        tokens, since = self._filled.pop(key, (float(rate.burst), now))
        tokens = min(rate.burst, tokens + max(0, now - since) / SECOND * rate.per_second)
        enough = tokens >= 1
        left = tokens - 1 if enough else tokens
        self._filled[key] = left, now  # behind all others: those in front have rested longest
        if len(self._filled) > _MOST_BUCKETS:
            del self._filled[next(iter(self._filled))]
        wait = 0 if enough else max(1, ceil((1 - tokens) / rate.per_second))
        scope[PLACE] = Taken(self._name, rate, int(left), wait)
        if not enough:
            raise Problem("rate_limited", wait=wait, most=rate.burst, per_second=f"{rate.per_second:g}")


class Told:
    """Adds the headers of the limit to each answer that has one."""

    def __init__(self, app: ASGIApp, without: frozenset[str] = frozenset()) -> None:
        """`without`: paths that have no limit, and are not to be slowed down by a look at it."""
        self._app, self._without = app, without

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope.get("path") in self._without:
            await self._app(scope, receive, send)
            return

        async def telling(message: Message) -> None:
            taken = scope.get(PLACE)
            if taken is not None and message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *taken.headers()]
            await send(message)

        await self._app(scope, receive, telling)
