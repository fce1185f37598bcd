"""Connections to the next mail server: few, kept for the next message while they are good."""

import asyncio

from retour.outlets.relay.link import Link, LinkError, NextServer

MESSAGES = 500  # over one connection; then a fresh one, so that a server behind a balancer is not for ever
_IDLE = 20.0  # seconds; servers hang up after 60 and more


class Links:
    """At most `most` connections at once; who asks for one more waits."""

    def __init__(self, server: NextServer, most: int) -> None:
        self._server = server
        self._room = asyncio.Semaphore(most)
        self._kept: list[tuple[float, Link]] = []  # with the time at which they were given back

    async def lease(self) -> Link:
        """A connection that is ours until it is given back. Raises LinkError."""
        try:
            async with asyncio.timeout(self._server.connecting):
                await self._room.acquire()
        except TimeoutError as error:
            raise LinkError("all connections to the next server are in use") from error
        try:
            return self._idle_one() or await self._fresh()
        except BaseException:
            self._room.release()
            raise

    async def instead_of(self, dead: Link) -> Link:
        """A new connection under the lease of one that has died. Raises LinkError."""
        dead.abort()
        return await self._fresh()

    async def _fresh(self) -> Link:
        link = Link(self._server)
        await link.connect()
        return link

    def give_back(self, link: Link) -> None:
        """The lease is over; the connection is kept where it can carry another message."""
        self._room.release()
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
