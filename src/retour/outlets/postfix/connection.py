"""The port that Postfix connects to: answers in the order of the requests, over connections that stay."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

from retour.outlets.postfix.answers import Policy
from retour.outlets.postfix.dialogues import Dialogue, NeverWholeError, PolicyDialogue
from retour.outlets.postfix.origins import NOWHERE, Origin

# Seconds without a whole request, after which we hang up. Postfix closes what is idle after 300 itself
# (smtpd_policy_service_max_idle), and connects again when it is hung up on.
IDLE = 600.0
MOST = 1000  # connections at once; each process of Postfix keeps one, and there are a hundred by default


class Connection(asyncio.Protocol):
    """One connection from Postfix: answers in the order of the requests."""

    def __init__(
        self,
        dialogue: Dialogue,
        counts: Counter[str],
        failed: Callable[[Exception], None],
        open_ones: "set[Connection]",
        idle: float = IDLE,
    ) -> None:
        self._dialogue = dialogue
        self._counts = counts
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
        if len(self._open_ones) >= MOST:
            self._counts["crowded"] += 1
            transport.abort()
            return
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
            self._counts["idle"] += 1
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
            self._answer_all(answers)
        except NeverWholeError:
            self._counts["too_long"] += 1
            self._transport.write(b"".join(answers))
            self._transport.close()
        except Exception as error:  # a fault of ours
            self._transport.write(b"".join(answers))
            self._give_up(error)
        else:
            if answers:
                self._transport.write(b"".join(answers))

    def _answer_all(self, answers: list[bytes]) -> None:
        cut, answer, buffer = self._dialogue.cut, self._dialogue.answer, self._buffer
        while self._asking is None and (request := cut(buffer)) is not None:
            self._heard = asyncio.get_running_loop().time()
            said = answer(request)
            if isinstance(said, bytes):
                answers.append(said)
            else:
                self._wait_for(said)

    def _wait_for(self, coming: Awaitable[bytes]) -> None:
        assert self._transport is not None
        self._transport.pause_reading()  # what comes meanwhile waits with the sender
        self._asking = asyncio.get_running_loop().create_task(self._ask(coming))

    async def _ask(self, coming: Awaitable[bytes]) -> None:
        assert self._transport is not None
        try:
            self._transport.write(await coming)
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
        self._transport.write(self._dialogue.fault)
        self._transport.close()


class Listener:
    """An open port or socket. Made by `listen` and `serve`."""

    def __init__(
        self, server: asyncio.Server, connections: set[Connection], path: Path | None = None
    ) -> None:
        self.connections = connections
        self.path = path
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
        if self.path is not None:
            self.path.unlink(missing_ok=True)


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
    return await serve(PolicyDialogue(policy, origin, failed), policy.counts, (host, port), failed, idle)


async def serve(
    dialogue: Dialogue,
    counts: Counter[str],
    place: tuple[str, int] | Path,
    failed: Callable[[Exception], None],
    idle: float = IDLE,
    mode: int = 0o660,
) -> Listener:
    """Speak a dialogue on a port, or on a UNIX socket with these permissions. Raises OSError.

    A socket that an earlier run left behind is replaced; a file that is none is not.
    """
    open_ones: set[Connection] = set()

    def connection() -> Connection:
        return Connection(dialogue, counts, failed, open_ones, idle)

    loop = asyncio.get_running_loop()
    if not isinstance(place, Path):
        return Listener(await loop.create_server(connection, *place), open_ones)
    server = await loop.create_unix_server(connection, place, start_serving=False)
    try:
        place.chmod(mode)  # before the first connection is taken
        await server.start_serving()
    except OSError:
        server.close()
        raise
    return Listener(server, open_ones, place)
