"""Asks a resolver over UDP, again where nothing comes, and over TCP where an answer was cut off."""

import asyncio
import secrets
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple, cast

from retour.resolve.wire import Answer, MalformedError, Rcode, Type, answer, id_of, question

TRIES = (1.0, 2.0, 3.0, 4.0, 5.0)  # seconds that each try is waited for
RENEWED = 30_000  # questions of one socket: another port is harder to guess, and nothing can pile up
_PORT, _PORTS = 53, 65_536


class Server(NamedTuple):
    """Where a resolver listens."""

    host: str
    port: int = _PORT

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def server_of(text: str) -> Server | None:
    """A server as settings write it: 127.0.0.1, 127.0.0.1:5353, [::1]:53; "system" is that of this machine.

    None for what is none of these, and for a system that names none.
    """
    if text == "system":
        return _of_system(Path("/etc/resolv.conf"))
    host, colon, port = text.rpartition(":") if text.count(":") == 1 or "]:" in text else (text, "", "")
    host = host.strip("[]")
    try:
        address = str(ip_address(host))
    except ValueError:
        return None
    if not colon:
        return Server(address)
    return Server(address, int(port)) if port.isdecimal() and int(port) < _PORTS else None


def _of_system(file: Path) -> Server | None:
    try:
        lines = file.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    named = [line.split()[1] for line in lines if line.startswith("nameserver ") and len(line.split()) > 1]
    return next((server for name in named if (server := server_of(name)) is not None), None)


class Client:
    """Asks one resolver. Lives in one event loop."""

    def __init__(self, server: Server, tries: tuple[float, ...] = TRIES) -> None:
        self.server, self._tries = server, tries
        self._socket: _Socket | None = None
        self._asked = 0
        self._opening = asyncio.Lock()

    async def ask(self, name: str, type: Type) -> Answer | None:
        """The answer; None when none came. Trouble is asked again, too, and the last word told."""
        last: Answer | None = None
        for patience in self._tries:
            try:
                got = await self._once(name, type, patience)
            except MalformedError:
                return None  # the DNS cannot hold such a name
            if got is not None and got.rcode in (Rcode.NOERROR, Rcode.NXDOMAIN):
                return got
            last = got or last
            if got is not None:  # SERVFAIL at once: another try soon says the same, one later may not
                await asyncio.sleep(min(patience, 0.2))
        return last

    async def _once(self, name: str, type: Type, patience: float) -> Answer | None:
        try:
            async with asyncio.timeout(patience):
                got = await (await self._open()).ask(name, type)
                return await self._over_tcp(name, type) if got.cut else got
        except (TimeoutError, OSError):
            return None

    async def _open(self) -> "_Socket":
        self._asked += 1
        async with self._opening:
            if self._socket is None or self._socket.closed or self._asked >= RENEWED:
                old, loop, self._asked = self._socket, asyncio.get_running_loop(), 0
                _, self._socket = await loop.create_datagram_endpoint(_Socket, remote_addr=self.server)
                if old is not None:
                    old.retire()
        return self._socket

    async def _over_tcp(self, name: str, type: Type) -> Answer | None:
        reader, writer = await asyncio.open_connection(*self.server)
        try:
            asked = question(secrets.randbelow(65_536), name, type)
            writer.write(len(asked).to_bytes(2, "big") + asked)
            raw = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
            return answer(raw, name, type)
        except (asyncio.IncompleteReadError, MalformedError):
            return None
        finally:
            writer.close()

    def close(self) -> None:
        """Ask no more."""
        if self._socket is not None:
            self._socket.retire()


class _Socket(asyncio.DatagramProtocol):
    """One socket, connected: the system lets nothing through that comes from elsewhere."""

    def __init__(self) -> None:
        self._waiting: dict[int, tuple[str, Type, asyncio.Future[Answer]]] = {}
        self._transport: asyncio.DatagramTransport | None = None
        self._retired = False

    @property
    def closed(self) -> bool:
        """Whether it can be asked nothing."""
        return self._transport is None or self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is there."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    async def ask(self, name: str, type: Type) -> Answer:
        """The answer, however long it takes."""
        id = secrets.randbelow(65_536)
        while id in self._waiting:
            id = secrets.randbelow(65_536)
        raw = question(id, name, type)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[id] = name, type, future
        try:
            assert self._transport is not None
            self._transport.sendto(raw)
            return await future
        finally:
            del self._waiting[id]
            if self._retired:
                self.retire()

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        """An answer to one of the questions; whatever does not fit one is passed over."""
        waiting = self._waiting.get(number if (number := id_of(data)) is not None else -1)
        if waiting is None or waiting[2].done():
            return
        name, type, future = waiting
        try:
            future.set_result(answer(data, name, type))
        except MalformedError:
            return

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there: the tries go on, as with every answer that does not come."""

    def retire(self) -> None:
        """Close when the last answer is there."""
        self._retired = True
        if not self._waiting and self._transport is not None:
            self._transport.close()
