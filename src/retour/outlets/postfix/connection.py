"""The port that Postfix connects to: answers in the order of the requests, over connections that stay."""

import asyncio
from collections.abc import Callable

from retour.outlets.postfix.answers import Policy, Refusal
from retour.outlets.postfix.origins import NOWHERE, Origin

LIMIT = 16 * 1024  # octets of one request (docs/limits.md); Postfix sends about 700
# Seconds without a whole request, after which we hang up. Postfix closes what is idle after 300 itself
# (smtpd_policy_service_max_idle), and connects again when it is hung up on.
IDLE = 600.0
DUNNO = b"action=DUNNO\n\n"


class Connection(asyncio.Protocol):
    """One connection from Postfix: answers in the order of the requests."""

    def __init__(
        self,
        policy: Policy,
        origin: Origin,
        failed: Callable[[Exception], None],
        open_ones: "set[Connection]",
        idle: float = IDLE,
    ) -> None:
        self._policy = policy
        self._origin = origin
        self._failed = failed
        self._open_ones = open_ones
        self._idle = idle
        self._heard = 0.0  # when the last whole request came, by the clock of the loop
        self._watch: asyncio.TimerHandle | None = None
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._asking: asyncio.Task[None] | None = None
        self.waits = False  # until the client reads its answers

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._open_ones.add(self)
        self._heard = asyncio.get_running_loop().time()
        self._look(self._heard)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open_ones.discard(self)
        if self._watch is not None:
            self._watch.cancel()
        if self._asking is not None:
            self._asking.cancel()

    def pause_writing(self) -> None:
        """Take no more requests of a client that reads no answers: they would fill our memory."""
        assert self._transport is not None
        self.waits = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """The answers were read."""
        self.waits = False
        self._listen_again()

    def close(self) -> None:
        """Hang up after what is written already; Postfix connects again, or does as `default_action` says."""
        if self._transport is not None:
            self._transport.close()

    def _look(self, last: float) -> None:
        """Hang up on who sent no whole request since we looked last, or reads no answers; else look again."""
        assert self._transport is not None
        if self._watch is not None and self._heard == last and self._asking is None:
            self._policy.counts["idle"] += 1
            self._transport.abort()
            return
        loop = asyncio.get_running_loop()
        self._watch = loop.call_later(self._idle, self._look, self._heard)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._go_on()

    def _go_on(self) -> None:
        """Answer every whole request, up to the first whose reason must be read."""
        assert self._transport is not None
        answers: list[bytes] = []
        try:
            while self._asking is None and (end := self._buffer.find(b"\n\n", 0, LIMIT)) >= 0:
                request = bytes(self._buffer[:end])
                del self._buffer[: end + 2]
                self._heard = asyncio.get_running_loop().time()
                answers.append(self._answer(request))
        except Exception as error:  # a fault of ours: default_action decides
            self._transport.write(b"".join(answers))
            self._give_up(error)
            return
        if answers:
            self._transport.write(b"".join(answers))
        if len(self._buffer) >= LIMIT and self._asking is None:
            self._policy.counts["too_long"] += 1
            self._transport.close()

    def _answer(self, request: bytes) -> bytes:
        refusal = self._policy.decide(request, self._origin)
        if refusal is None:
            return DUNNO
        known = self._policy.remembered(refusal)
        if known is not None:
            return known
        assert self._transport is not None
        self._transport.pause_reading()  # what comes meanwhile waits with the sender
        self._asking = asyncio.get_running_loop().create_task(self._ask(refusal))
        return b""

    async def _ask(self, refusal: Refusal) -> None:
        assert self._transport is not None
        try:
            self._transport.write(await self._policy.explained(refusal))
        except Exception as error:
            self._give_up(error)
        self._asking = None
        if not self._transport.is_closing():
            self._listen_again()
            self._go_on()

    def _listen_again(self) -> None:
        assert self._transport is not None
        if self._asking is None and not self.waits and not self._transport.is_closing():
            self._transport.resume_reading()

    def _give_up(self, error: Exception) -> None:
        assert self._transport is not None
        self._failed(error)
        self._buffer.clear()
        self._transport.close()


class Listener:
    """An open port of the policy service. Made by `listen`."""

    def __init__(self, server: asyncio.Server, connections: set[Connection]) -> None:
        self.connections = connections
        self._server = server

    @property
    def port(self) -> int:
        """The port it listens on; of use when 0 was asked for."""
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        """Take no more connections and end those there are."""
        self._server.close()
        for connection in list(self.connections):
            connection.close()
        await self._server.wait_closed()


async def listen(
    policy: Policy,
    host: str,
    port: int,
    failed: Callable[[Exception], None],
    origin: Origin = NOWHERE,
    idle: float = IDLE,
) -> Listener:
    """Listen for Postfix; `origin` is what this port says of every request. Raises OSError.

    `idle`: seconds without a whole request after which a connection is closed.
    """
    open_ones: set[Connection] = set()
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(policy, origin, failed, open_ones, idle), host, port
    )
    return Listener(server, open_ones)
