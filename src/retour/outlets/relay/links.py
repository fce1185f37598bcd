"""Connections to the next mail server: few, kept for the next message while they are good.

An account may hold only some of them: clients that stall in the midst of a mail hold up no other account's.
"""

import asyncio
from contextlib import AsyncExitStack

from retour.outlets.relay.link import Link, LinkError, NextServer

MESSAGES = 500  # over one connection; then a fresh one, so that a server behind a balancer is not for ever
_IDLE = 20.0  # seconds; servers hang up after 60 and more


def share(most: int) -> int:
    """Of so many connections those that one account may hold, where nothing else is set: three quarters."""
    return max(1, most - max(1, most // 4))


class Links:
    """At most `most` connections at once, `each` for one account; who asks for one more waits."""

    def __init__(self, server: NextServer, most: int, each: int | None = None) -> None:
        self._server = server
        self._room = asyncio.Semaphore(most)
        self._each = min(most, each or share(most))
        self._rooms: dict[str, asyncio.Semaphore] = {}  # by account
        self._holders: dict[Link, str] = {}
        self._kept: list[tuple[float, Link]] = []  # with the time at which they were given back

    async def lease(self, account: str) -> Link:
        """A connection that is this account's until it is given back. Raises LinkError."""
        own = self._rooms.setdefault(account, asyncio.Semaphore(self._each))
        async with AsyncExitStack() as held:
            try:
                async with asyncio.timeout(self._server.connecting):
                    for room in (own, self._room):  # who waits for his own holds nothing of all
                        await room.acquire()
                        held.callback(room.release)
            except TimeoutError as error:
                whose = f"all connections of {account}" if own.locked() else "all connections"
                raise LinkError(f"{whose} to the next server are in use") from error
            link = self._idle_one() or await self._fresh()
            self._holders[link] = account
            held.pop_all()
        return link

    async def instead_of(self, dead: Link) -> Link:
        """A new connection under the lease of one that has died. Raises LinkError."""
        dead.abort()
        link = await self._fresh()
        self._holders[link] = self._holders.pop(dead)
        return link

    async def _fresh(self) -> Link:
        link = Link(self._server)
        await link.connect()
        return link

    def give_back(self, link: Link) -> None:
        """The lease is over; the connection is kept where it can carry another message."""
        self._room.release()
        self._rooms[self._holders.pop(link)].release()
        if link.idle and link.used < MESSAGES:
            self._kept.append((_now(), link))
            self._drop_old_ones()
        else:
            link.close()

    def close(self) -> None:
        """Say goodbye on all that are kept."""
        for _, link in self._kept:
            link.close()
        self._kept.clear()

    def _idle_one(self) -> Link | None:
        while self._kept:
            since, link = self._kept.pop()  # the latest: the others may grow old and go
            if link.idle and _now() - since < _IDLE:
                return link
            link.close()
        return None

    def _drop_old_ones(self) -> None:
        while self._kept and _now() - self._kept[0][0] >= _IDLE:
            self._kept.pop(0)[1].close()


def _now() -> float:
    return asyncio.get_running_loop().time()
