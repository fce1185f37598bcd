"""An open SMTP or LMTP port: who may connect, how many at once, how long they may be silent.

It moves bytes between sockets and `Session`s. While a message is being decided nothing is read from that
client: a slow store slows the clients down, it never grows our memory.
"""

import asyncio
import logging
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Generic, Protocol

from retour.smtpd import replies
from retour.smtpd.limits import KIB, LOOPBACK, Limits, Networks
from retour.smtpd.message import Message, T
from retour.smtpd.phases import Phase
from retour.smtpd.replies import Reply
from retour.smtpd.session import Session

log = logging.getLogger(__name__)

_PIECE = 64 * KIB
_SITE = 64  # bits of an IPv6 address that are one client's
_LINGER = 5.0  # seconds for the last words


class Handler(Protocol[T]):
    """Who decides about recipients and takes the messages."""

    def recipient(self, address: str) -> T | Reply:
        """At RCPT: a ticket that comes back with the message, or the reply that refuses. Must not block."""

    async def message(self, message: Message[T]) -> Sequence[Reply]:
        """After the lone dot: one reply for each recipient. A positive one means that he may forget it.

        What it raises is logged and told as 451 4.3.0, so that the client keeps the message.
        """


class Listener(Generic[T]):
    """A port that is open until `close`. Made by `listen`; `talk` makes what talks to one client."""

    def __init__(self, talk: "Meet[T]", limits: Limits, clients: Networks) -> None:
        self._talk = talk
        self._limits = limits
        self._clients = clients
        self._talks: set[Talk[T]] = set()
        self._of: Counter[str] = Counter()  # how many a stranger has open
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port it listens on; of use when 0 was asked for."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._talks)

    async def open(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Start to listen; under `tls` from the first octet. Raises OSError when the port is taken."""
        self._server = await asyncio.start_server(self._connected, host, port, limit=_PIECE, ssl=tls)

    async def close(self, grace: float = 10.0) -> None:
        """Take no more clients and tell the idle ones 421; messages in hand have `grace` seconds."""
        assert self._server is not None
        self._server.close()
        talks = list(self._talks)
        for talk in talks:
            talk.stop()
        if talks:
            _, late = await asyncio.wait([talk.task for talk in talks], timeout=grace)
            for task in late:
                task.cancel()
        await self._server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        refusal = self._refusal(writer)
        if refusal is not None:
            writer.write(refusal.encode())
            await _hang_up(writer)
            return
        talk, stranger = self._talk(reader, writer), self._stranger(peer_of(writer))
        self._talks.add(talk)
        self._of[stranger] += 1
        try:
            await talk.run()
        finally:
            self._talks.discard(talk)
            self._of[stranger] -= 1
            self._of += Counter()  # without those that have none
            await _hang_up(writer)

    def _refusal(self, writer: asyncio.StreamWriter) -> Reply | None:
        address = peer_of(writer)
        if address is None:
            return replies.NOT_WELCOME  # gone before we looked
        if not any(address in network for network in self._clients):
            log.warning("refused to talk to %s: not among the allowed clients", address)
            return replies.NOT_WELCOME
        stranger = self._stranger(address)
        too_many = bool(stranger) and self._of[stranger] >= self._limits.of_stranger
        return replies.BUSY if too_many or len(self._talks) >= self._limits.connections else None

    def _stranger(self, address: IPv4Address | IPv6Address | None) -> str:
        """Whom to count by; empty for one of this machine. Whoever has one IPv6 address has a network."""
        if address is None or any(address in network for network in self._limits.at_home):
            return ""
        return str(address if address.version == 4 else ip_network((address, _SITE), strict=False))


def peer_of(writer: asyncio.StreamWriter) -> IPv4Address | IPv6Address | None:
    """Who is connected; None when it is gone before we looked."""
    peer = writer.get_extra_info("peername")
    if peer is None:
        return None
    address = ip_address(peer[0].partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address


class Talk(Generic[T]):
    """One connected client. Who knows what the session waits for says so in `_settle`."""

    def __init__(
        self,
        session: Session[T],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        idle: float,
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.task = task
        self._session = session
        self._reader = reader
        self._writer = writer
        self._idle = idle
        self._reading = False
        self._stopping = False

    def stop(self) -> None:
        """Say goodbye at once when nothing is in hand, else after the message in hand."""
        self._stopping = True
        if self._reading:
            self.task.cancel()

    async def run(self) -> None:
        """Talk until one side ends it. Never raises: what goes wrong is told to the client and logged."""
        try:
            await self._say(self._session.greeting())
            await self._dialogue()
        except (ConnectionError, TimeoutError, asyncio.CancelledError) as reason:
            self._last_words(_farewell(reason))
        except Exception:
            log.exception("talk with %s broke", self._writer.get_extra_info("peername"))
            self._last_words(replies.BROKEN)

    async def _dialogue(self) -> None:
        # Empty data: the client hung up. A message without its end was never ours.
        while not self._stopping and (data := await self._read()):
            await self._say(self._session.receive(data))
            await self._settle()
            if self._session.phase is Phase.CLOSED:
                return
        self._last_words(replies.CLOSING)

    async def _settle(self) -> None:
        """Do what the session waits for, until it waits for the client again."""
        raise NotImplementedError

    async def _read(self) -> bytes:
        self._reading = True
        try:
            async with asyncio.timeout(self._idle):
                return await self._reader.read(_PIECE)
        finally:
            self._reading = False

    async def _say(self, words: bytes) -> None:
        self._writer.write(words)
        async with asyncio.timeout(self._idle):  # a client that never reads its replies
            await self._writer.drain()

    def _last_words(self, reply: Reply) -> None:
        """Written without waiting: hanging up gives the client a moment to read them."""
        self._writer.write(self._session.close(reply))


Meet = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Talk[T]]


class MessageTalk(Talk[T]):
    """A client whose messages are handed over whole."""

    def __init__(
        self,
        session: Session[T],
        handler: Handler[T],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        idle: float,
    ) -> None:
        super().__init__(session, reader, writer, idle)
        self._handler = handler

    async def _settle(self) -> None:
        while self._session.message is not None:
            outcomes = await self._decide(self._session.message)
            await self._say(self._session.answer(outcomes))

    async def _decide(self, message: Message[T]) -> Sequence[Reply]:
        try:
            return await self._handler.message(message)
        except Exception:
            log.exception("message for %d recipients could not be kept", len(message.recipients))
            return [replies.NOT_DURABLE] * len(message.recipients)


def _farewell(reason: BaseException) -> Reply:
    return replies.IDLE if isinstance(reason, TimeoutError) else replies.CLOSING


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    """Close when what was written is sent; a client that does not read it is cut off."""
    writer.close()
    try:
        async with asyncio.timeout(_LINGER):
            await writer.wait_closed()
    except (ConnectionError, TimeoutError):
        writer.transport.abort()


async def listen(
    host: str,
    port: int,
    handler: Handler[T],
    *,
    lmtp: bool = False,
    hostname: str = "localhost",
    limits: Limits | None = None,
    clients: Networks = LOOPBACK,
) -> Listener[T]:
    """Open an SMTP port, or an LMTP port. `port` 0 takes a free one. Raises OSError when it is taken.

    Only clients within `clients` are talked to: we stand behind an MTA and offer neither TLS nor passwords.
    """
    within = limits or Limits()

    def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Talk[T]:
        session = Session(handler.recipient, hostname, lmtp, within)
        return MessageTalk(session, handler, reader, writer, within.idle)

    listener = Listener(talk, within, clients)
    await listener.open(host, port)
    return listener
