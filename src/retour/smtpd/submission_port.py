"""An open port for submissions: TLS, and content that is handed on piece by piece.

While a piece is handed on nothing is read from that client: a slow next server slows the client down, it
never grows our memory.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from retour.smtpd import replies
from retour.smtpd.commands import MailCommand
from retour.smtpd.credentials import Credentials
from retour.smtpd.limits import LOOPBACK, Limits, Networks
from retour.smtpd.listener import Listener, Talk, peer_of
from retour.smtpd.message import Recipient, T
from retour.smtpd.replies import Reply
from retour.smtpd.submission import Awaits, Submission

log = logging.getLogger(__name__)


Asked = Callable[[], Awaitable[Reply]]


class Submitter(Protocol[T]):
    """What is thought of one connected client and of what it submits."""

    async def prove(self, credentials: Credentials) -> Reply:
        """At AUTH: positive where they are good; from then on we know who it is."""

    def recipient(
        self, address: str, mail: MailCommand, accepted: Sequence[Recipient[T]]
    ) -> T | Reply | None:
        """At RCPT: a ticket, or the reply that refuses; None where that takes a while. Must not block."""

    async def judge(self, address: str, mail: MailCommand) -> T | Reply:
        """The same where it takes a while."""

    async def open(self, mail: MailCommand, recipients: Sequence[Recipient[T]], tls: bool) -> Reply:
        """At DATA: 354, or the reply that refuses."""

    async def take(self, piece: bytes) -> None:
        """Content, dots doubled as on the wire; returns when there is room for more. After `give_up` the
        rest of it still comes, and `end` is positive in no case."""

    async def end(self) -> Reply:
        """After the lone dot: what became of the message. Where positive, the client may forget it."""

    def give_up(self) -> None:
        """The message that is open will not come to its end, or is refused. Without one: nothing to do."""


class Opinions(Protocol[T]):
    """Where the thoughts about each client come from."""

    def of(self) -> Submitter[T]:
        """A new client has connected."""


async def listen_for_submissions(
    host: str,
    port: int,
    opinions: Opinions[T],
    *,
    hostname: str,
    limits: Limits | None = None,
    clients: Networks = LOOPBACK,
    tls: ssl.SSLContext | None = None,
    implicit: bool = False,
) -> Listener[T]:
    """Open a port for submissions. With `tls` it offers STARTTLS, or is `implicit`ly under TLS.

    Passwords are taken under TLS or from this machine only (RFC 4954 §4). Raises OSError when the port is
    taken.
    """
    within = limits or Limits()

    def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Talk[T]:
        peer = peer_of(writer)
        loopback = peer is not None and any(peer in network for network in LOOPBACK)
        submitter = opinions.of()
        session = Submission(
            submitter.recipient,
            hostname,
            within,
            may_prove=loopback or implicit,
            tls=tls is not None and not implicit,
        )
        return SubmissionTalk(session, submitter, reader, writer, within.idle, _Wrap(tls, implicit))

    listener = Listener(talk, within, clients)
    await listener.open(host, port, tls if implicit else None)
    return listener


class _Wrap:
    """Whether a connection is under TLS, and what to put it there with."""

    def __init__(self, context: ssl.SSLContext | None, done: bool) -> None:
        self.context, self.done = context, done


class SubmissionTalk(Talk[T]):
    """A client whose messages pass through."""

    def __init__(
        self,
        session: Submission[T],
        submitter: Submitter[T],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        idle: float,
        wrap: _Wrap,
    ) -> None:
        super().__init__(session, reader, writer, idle)
        self._submission = session
        self._submitter = submitter
        self._wrap = wrap

    async def run(self) -> None:
        """Talk until one side ends it; what is then half passed on is given up."""
        try:
            await super().run()
        finally:
            self._submitter.give_up()

    async def _settle(self) -> None:
        await self._hand_on()
        while self._submission.awaits is not None:
            if self._submission.awaits is Awaits.TLS:
                await self._secure()
            else:
                await self._say(await self._decided(self._submission.awaits))
            await self._hand_on()

    async def _hand_on(self) -> None:
        piece = self._submission.taken()
        if self._submission.fault is not None:
            self._submitter.give_up()
        elif piece:
            try:
                await self._submitter.take(piece)
            except Exception:
                log.exception("a submission could not be passed on")
                self._submitter.give_up()

    async def _decided(self, awaits: Awaits) -> bytes:
        """What to say next; a fault of ours is told as one that passes."""
        session = self._submission
        match awaits:
            case Awaits.PROOF:
                return session.proven(await self._safely(self._prove, replies.CANNOT_AUTHENTICATE))
            case Awaits.RECIPIENT:
                return session.judged(await self._judge())
            case Awaits.OPENING:
                return session.opened(await self._safely(self._open, replies.PASSED_OVER))
            case _:
                return session.answered(await self._safely(self._end, replies.PASSED_OVER))

    async def _safely(self, asked: Asked, otherwise: Reply) -> Reply:
        try:
            return await asked()
        except Exception:
            log.exception("a submission could not be decided about")
            self._submitter.give_up()
            return otherwise

    async def _prove(self) -> Reply:
        assert self._submission.credentials is not None
        return await self._submitter.prove(self._submission.credentials)

    async def _judge(self) -> T | Reply:
        assert self._submission.asked is not None
        try:
            mail, _ = self._submission.envelope
            return await self._submitter.judge(self._submission.asked.recipient, mail)
        except Exception:
            log.exception("a recipient could not be decided about")
            return replies.PASSED_OVER

    async def _open(self) -> Reply:
        return await self._submitter.open(*self._submission.envelope, self._wrap.done)

    async def _end(self) -> Reply:
        return self._submission.fault or await self._submitter.end()

    async def _secure(self) -> None:
        """Shake hands. What was said in clear behind STARTTLS must not be read behind the handshake."""
        assert self._wrap.context is not None
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]  # a Transport, typed as its base
        if await self._said_more():
            raise ConnectionError("commands behind STARTTLS")
        async with asyncio.timeout(self._idle):
            await self._writer.start_tls(self._wrap.context)
        self._wrap.done = True
        self._submission.secured()

    async def _said_more(self) -> bool:
        try:
            async with asyncio.timeout(0):
                return bool(await self._reader.read(1))
        except TimeoutError:
            return False
