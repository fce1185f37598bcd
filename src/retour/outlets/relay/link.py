"""One connection to the next mail server: the client's side of SMTP (RFC 5321), without opinions.

One message at a time, one recipient at a time, so that each reply is about exactly that. The three commands
before the content go out together where the server takes that (RFC 2920).
"""

import asyncio
import re
import ssl
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from retour.smtpd import Reply

_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?\r?\n", re.DOTALL)
_MOST_LINES = 100  # of one reply
_LAST_WORDS = 1.0  # seconds for a reply that a server may have left before it hung up


class LinkError(Exception):
    """The next server cannot be reached or talks no SMTP. Of the message at hand it has taken nothing."""


class UnansweredError(Exception):
    """The lone dot may have been read, and no answer came: whether the message was taken, nobody knows."""


@dataclass(frozen=True, slots=True)
class NextServer:
    """Where mail goes on to, and how long we wait there (RFC 5321 §4.5.3.2), in seconds."""

    host: str
    port: int
    name: str  # ours, for EHLO
    tls: Literal["none", "starttls", "implicit"] = "none"
    context: ssl.SSLContext | None = None
    login: str = ""
    password: str = field(default="", repr=False)
    connecting: float = 30.0
    command: float = 300.0
    dot: float = 600.0


@dataclass(frozen=True, slots=True)
class Begun:
    """What decides about the commands before the content: 354, or the first reply that is in its way."""

    reply: Reply
    sender: bool = False  # whether it answers MAIL, or RSET before it, and so says nothing of the recipient


class Link:
    """An open connection, greeted. Made by `connect`."""

    def __init__(self, server: NextServer) -> None:
        self.extensions: dict[str, str] = {}
        self.used = 0  # messages begun
        self.broken = False
        self._server = server
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter
        self._dirty = False  # a transaction was begun and not ended

    async def connect(self) -> None:
        """Greeting, EHLO, TLS and AUTH as the settings want. Raises LinkError."""
        try:
            async with asyncio.timeout(self._server.connecting):
                await self._connect()
        except (OSError, TimeoutError, LinkError, asyncio.LimitOverrunError, ValueError) as error:
            self.abort()
            where = f"{self._server.host}:{self._server.port}"
            raise LinkError(f"{where}: {str(error) or type(error).__name__}") from error

    def has(self, extension: str) -> bool:
        """Whether the server offers an extension, by its keyword at EHLO."""
        return extension in self.extensions

    @property
    def idle(self) -> bool:
        """Whether it may carry another message, as far as one can see from here."""
        return not self.broken and not self._reader.at_eof() and not self._writer.is_closing()

    async def begin(self, mail: bytes, rcpt: bytes) -> Begun:
        """MAIL, RCPT and DATA. Raises LinkError."""
        self.used += 1
        try:
            async with asyncio.timeout(self._server.command):
                if self.used > 1 and await self._has_babbled():
                    raise LinkError("has spoken before it was asked")
                return await self._begin(mail, rcpt)
        except (OSError, TimeoutError, ValueError, LinkError) as error:
            self.abort()
            raise LinkError(str(error) or type(error).__name__) from error

    async def write(self, piece: bytes) -> None:
        """Content, dots doubled. Returns when there is room for more. Raises LinkError."""
        try:
            self._writer.write(piece)
            async with asyncio.timeout(self._server.command):
                await self._writer.drain()
        except (OSError, TimeoutError) as error:
            raise LinkError(str(error) or type(error).__name__) from error

    async def end(self) -> Reply:
        """The lone dot, and the answer to the message.

        Raises LinkError where the dot was not said any more, UnansweredError where it may have been read.
        """
        if self._reader.at_eof():
            self.abort()
            raise LinkError("hung up")
        try:
            async with asyncio.timeout(self._server.dot):
                self._writer.write(b".\r\n")
                await self._writer.drain()
                reply = await self._reply()
        except (OSError, TimeoutError, ValueError, LinkError) as error:
            self.abort()
            raise UnansweredError(str(error) or type(error).__name__) from error
        self._dirty = False
        self.broken = self.broken or not reply.positive  # said too early, another one would follow
        return reply

    async def left(self) -> Reply | None:
        """The refusal that a server said in the midst of the content before it hung up, if it did."""
        try:
            async with asyncio.timeout(_LAST_WORDS):
                reply = await self._reply()
        except (OSError, TimeoutError, ValueError, LinkError):
            return None
        finally:
            self.abort()
        return None if reply.positive else reply

    def abort(self) -> None:
        """Hang up. A message without its lone dot was never theirs (RFC 5321 §4.1.1.4)."""
        self.broken = True
        if hasattr(self, "_writer"):
            self._writer.transport.abort()

    def close(self) -> None:
        """Say goodbye, without waiting for the answer; hang up where nothing can be said."""
        if self.broken:
            self.abort()
            return
        self.broken = True
        self._writer.write(b"QUIT\r\n")
        self._writer.close()

    # --- saying and hearing --------------------------------------------------------------------------------

    async def _connect(self) -> None:
        at_once = self._server.context if self._server.tls == "implicit" else None
        self._reader, self._writer = await asyncio.open_connection(
            self._server.host, self._server.port, ssl=at_once
        )
        self._demand(await self._reply(), 220)
        await self._hello()
        if self._server.tls == "starttls":
            self._demand(await self._ask(b"STARTTLS"), 220)
            await self._writer.start_tls(self._server.context, server_hostname=self._server.host)  # type: ignore[arg-type]  # set with tls
            await self._hello()  # RFC 3207 §4.2: what was offered in clear is forgotten
        if self._server.login:
            said = f"\0{self._server.login}\0{self._server.password}".encode()
            self._demand(await self._ask(b"AUTH PLAIN " + b64encode(said)), 235)

    async def _hello(self) -> None:
        name = self._server.name.encode("ascii", "replace")
        reply = await self._ask(b"EHLO " + name)
        if reply.positive:
            lines = (line.partition(" ") for line in reply.text.split("\n")[1:])
            self.extensions = {word.upper(): values for word, _, values in lines}
        else:
            self._demand(await self._ask(b"HELO " + name), 250)
            self.extensions = {}

    def _demand(self, reply: Reply, code: int) -> None:
        if reply.code != code:
            raise LinkError(f"said {reply.code} {reply.text}")

    async def _begin(self, mail: bytes, rcpt: bytes) -> Begun:
        reset = [b"RSET"] if self._dirty else []
        self._dirty = True
        commands = [*reset, mail, rcpt, b"DATA"]
        said = await (self._together(commands) if self.has("PIPELINING") else self._one_by_one(commands))
        decisive = next((reply for reply in said if not reply.positive), said[-1])
        self.broken = self.broken or decisive.last
        return Begun(decisive, sender=said.index(decisive) <= len(reset))

    async def _has_babbled(self) -> bool:
        """Whether there is a reply that nothing asked for: it would be taken for the next one's, and each
        answer after it would be laid at the door of the wrong message."""
        try:
            async with asyncio.timeout(0):
                await self._reader.read(1)
        except TimeoutError:
            return False
        return True

    async def _together(self, commands: Sequence[bytes]) -> list[Reply]:
        self._writer.write(b"".join(command + b"\r\n" for command in commands))
        said: list[Reply] = []
        for _ in commands:
            said.append(await self._reply())
            if said[-1].last:
                return said  # 421: no more will come
        if said[-1].code == 354 and not all(reply.positive for reply in said):
            self.abort()  # RFC 2920 §3.1: it would take a message for nobody
        return said

    async def _one_by_one(self, commands: Sequence[bytes]) -> list[Reply]:
        said: list[Reply] = []
        for command in commands:
            said.append(await self._ask(command))
            if not said[-1].positive:
                break
        return said

    async def _ask(self, command: bytes) -> Reply:
        self._writer.write(command + b"\r\n")
        return await self._reply()

    async def _reply(self) -> Reply:
        """One reply with all its lines (RFC 5321 §4.2.1). Raises LinkError."""
        texts: list[str] = []
        while len(texts) < _MOST_LINES:
            line = await self._reader.readline()  # ValueError beyond 64 KiB
            found = _LINE.fullmatch(line)
            if found is None:
                raise LinkError("hung up" if not line else "what came is no SMTP reply")
            texts.append((found[3] or b"").decode("utf-8", "replace").strip())
            if found[2] != b"-":
                return Reply(int(found[1]), "", "\n".join(texts))
        raise LinkError("a reply of too many lines")
