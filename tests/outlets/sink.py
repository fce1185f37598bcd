"""A next mail server that does at one step what it is told, and keeps what it took."""

import asyncio
import ssl
from dataclasses import dataclass, field

CLOSE = "close"  # hang up in the place of the answer
HANG = "hang"  # never answer
TAKE_AND_CLOSE = "take and close"  # take the message, and hang up before the answer to the lone dot

STEPS = ("connect", "EHLO", "MAIL", "RCPT", "DATA", "content", "dot")
_GOOD = {"connect": "220 sink", "MAIL": "250 2.1.0 ok", "RCPT": "250 2.1.5 ok", "DATA": "354 go on"}
TAKEN = "250 2.0.0 Ok: queued as 4F2A"


class _GoneError(Exception):
    """The sink hangs up."""


@dataclass
class Sink:
    """`script`: what is said, or done, at a step; what is not in it goes well."""

    script: dict[str, str] = field(default_factory=dict)
    extensions: tuple[str, ...] = ("PIPELINING", "SIZE 1000000", "8BITMIME", "SMTPUTF8", "DSN")
    tls: ssl.SSLContext | None = None
    login: str | None = None  # AUTH PLAIN that is asked for, in base64
    taken: list[tuple[str, str, bytes]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    messages_a_connection: int = 1_000_000
    keeps: bool = True  # the content of what it takes
    octets: int = 0  # of all contents

    async def __aenter__(self) -> "Sink":
        self._tasks: set[asyncio.Task[None]] = set()
        self._hung = asyncio.Event()
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            await self._talk(reader, writer)
        except (_GoneError, ConnectionError, asyncio.CancelledError, asyncio.IncompleteReadError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._step(writer, "connect")
        sender = recipient = ""
        while line := await reader.readline():
            command = line.decode().rstrip("\r\n")
            self.commands.append(command)
            verb = command.split(" ")[0].upper()
            if verb == "EHLO":
                offered = [*self.extensions, *(["STARTTLS"] if self.tls else [])]
                lines = ["sink", *offered]
                good = "\r\n".join(f"250{'-' if line is not lines[-1] else ' '}{line}" for line in lines)
                await self._step(writer, "EHLO", good)
            elif verb == "STARTTLS":
                writer.write(b"220 go\r\n")
                assert self.tls is not None
                await writer.start_tls(self.tls)
            elif verb == "AUTH":
                good = command == f"AUTH PLAIN {self.login}"
                writer.write(b"235 welcome\r\n" if good else b"535 5.7.8 who are you\r\n")
            elif verb == "MAIL":
                sender = command[len("MAIL FROM:") :]
                await self._step(writer, "MAIL")
            elif verb == "RCPT":
                recipient = command[len("RCPT TO:") :]
                await self._step(writer, "RCPT")
            elif verb == "DATA":
                await self._step(writer, "DATA")
                if self.script.get("DATA", "354").startswith("354"):
                    await self._content(reader, writer, sender, recipient)
            elif verb == "RSET":
                await self._step(writer, "RSET", "250 ok")
            elif verb == "QUIT":
                writer.write(b"221 bye\r\n")
                return
            else:
                writer.write(b"250 ok\r\n")

    async def _content(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sender: str, recipient: str
    ) -> None:
        content = bytearray()
        while (line := await reader.readline()) != b".\r\n":
            if not line:
                raise _GoneError
            self.octets += len(line)
            content += line if self.keeps else b""
            if "content" in self.script:
                await self._step(writer, "content", "")  # a server that speaks before its turn
                raise _GoneError
        if self.script.get("dot") in (None, TAKE_AND_CLOSE) or self.script["dot"].startswith("2"):
            self.taken.append((sender, recipient, bytes(content)))
        await self._step(writer, "dot", TAKEN)
        if len(self.taken) % self.messages_a_connection == 0:
            raise _GoneError

    async def _step(self, writer: asyncio.StreamWriter, step: str, good: str | None = None) -> None:
        said = self.script.get(step, _GOOD.get(step, "") if good is None else good)
        if said in (CLOSE, TAKE_AND_CLOSE):
            raise _GoneError
        if said == HANG:
            await self._hung.wait()
        writer.write(said.encode() + b"\r\n" if said else b"")
        await writer.drain()
