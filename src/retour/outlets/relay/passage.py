"""One message on its way through: from 354 to the answer of the next server.

    take … take        the header section is waited for, then MAIL, RCPT and DATA go out
                       the send is recorded while the content passes on
    end                the record is durable → the lone dot → the next server's answer is ours

Before the lone dot nothing was taken by anybody: whatever fails until then is 451, or what the next server
said. After it only the next server's answer counts; if none comes, nobody knows: 451, and it is counted.
"""

import asyncio
import logging
from email.utils import formatdate

from retour.address import Fault, normalise
from retour.flow.sends import Draft, Registered, prepared
from retour.instants import SECOND
from retour.model import Answer, MailKind
from retour.outlets.relay.envelope import mail_line, rcpt_line
from retour.outlets.relay.head import LIMIT, Head, head_of, is_whole
from retour.outlets.relay.link import Begun, Link, LinkError, UnansweredError
from retour.outlets.relay.logins import Who
from retour.outlets.relay.shared import DROPPED, Shared, Ticket
from retour.smtpd import Recipient, Reply
from retour.smtpd.commands import MailCommand
from retour.smtpd.replies import PASSED_OVER

log = logging.getLogger(__name__)

UNREACHABLE = Reply(451, "4.4.1", "The next mail server cannot be reached, try again later")
LOST = Reply(451, "4.4.2", "The next mail server was lost, try again later")
UNANSWERED = Reply(451, "4.4.2", "The next mail server has not answered, try again later")
LOOP = Reply(554, "5.4.6", "Message has been at too many servers")
_AGAINST_US = frozenset({421, 454, 530, 534, 535, 538})  # RFC 5321 §4.2.3, RFC 4954 §6
HOPS = 50  # RFC 5321 §6.3 asks for 100 at least of a server that delivers; this one stands at the beginning


def unreachable(shared: Shared, error: Exception) -> Reply:
    """There is no connection: whose fault it is stands in the log."""
    shared.counts["unreachable"] += 1
    log.warning("the next mail server cannot be reached: %s", error)
    return UNREACHABLE


class Passage:
    """One message for one recipient. Made at DATA, with a connection that it gives back."""

    def __init__(
        self,
        shared: Shared,
        who: Who,
        mail: MailCommand,
        recipient: Recipient[Ticket],
        link: Link,
        tls: bool,
    ) -> None:
        self._shared = shared
        self._who = who
        self._mail = mail
        self._recipient = recipient
        self._link: Link | None = link
        self._tls = tls
        self._held = bytearray()  # content until the header section is whole
        self._begun = False
        self._refused: Reply | None = None
        self._sender = mail.sender  # as the next server is told it
        self._registered: Registered | None = None
        self._recorded: asyncio.Future[None] | None = None

    async def take(self, piece: bytes) -> None:
        """Content. Returns when there is room for more."""
        if self._refused is not None:
            return
        if self._begun:
            await self._pass(piece)
            return
        self._held += piece
        if is_whole(self._held, len(piece)):
            await self._begin()

    async def end(self) -> Reply:
        """All of it came: what becomes of it."""
        try:
            if not self._begun and self._refused is None:
                await self._begin()
            reply = self._refused or await self._hand_over()
            if (
                reply is DROPPED
            ):  # not before its end: a content that is refused is tried again, and counts once
                await self._shared.drop(self._who, self._recipient.address)
        finally:
            self._give_back()
        self._shared.counts[_outcome(reply)] += 1
        return reply

    def give_up(self) -> None:
        """The client is gone, or its content is refused: the next server must not see the end of it."""
        if self._begun and self._link is not None:
            self._link.abort()
        self._give_back()
        self._shared.counts["given_up"] += 1
        self._refused = PASSED_OVER

    # --- before the content --------------------------------------------------------------------------------

    async def _begin(self) -> None:
        head = head_of(bytes(self._held[:LIMIT]))
        if head.hops > HOPS:
            self._refuse(LOOP)
        elif (objection := await self._objection(self._kind(head))) is not None:
            self._refuse(objection)
        else:
            await self._address(head)

    def _refuse(self, reply: Reply) -> None:
        """Decided: what still comes is read and forgotten, and the connection is free for another."""
        self._refused = reply
        self._held.clear()
        self._give_back()

    def _kind(self, head: Head) -> MailKind:
        token = self._shared.token(self._who, self._mail.sender)
        told = token.kind if token is not None else self._who.kind
        return told or head.kind or self._shared.kind

    async def _objection(self, kind: MailKind) -> Reply | None:
        """What there is against a recipient that could not be judged before its mail's kind was known."""
        if self._recipient.ticket is not Ticket.LATER:
            return None
        decision = self._shared.decision(self._who, self._recipient.address, kind)
        if decision.answer is Answer.SEND:
            return None
        if self._shared.dropped(self._who, decision):
            return DROPPED
        return await self._shared.refused(self._who, self._recipient.address, decision)

    async def _address(self, head: Head) -> None:
        """MAIL, RCPT and DATA, with the return address of this send."""
        envid = self._mail.envid
        self._registered = await self._send(head)
        if self._registered is not None:
            self._sender, envid = self._registered.return_address, self._registered.envid
        received = self._received()
        begun = await self._opened(envid, len(received))
        if isinstance(begun, Reply):
            self._refuse(begun)
        elif begun.reply.code != 354:
            reply = _refusal(begun.reply)
            if not begun.sender:
                await self._report(reply)
            self._refuse(reply)
        else:
            self._record()
            self._begun = True
            await self._pass(received + bytes(self._held))
            self._held.clear()

    async def _send(self, head: Head) -> Registered | None:
        """The send; None for the null sender, whose reports nobody wants (RFC 5321 §4.5.5), and for a
        sender that is the return address of a send to this very recipient."""
        if not self._mail.sender or await self._is_its_own():
            return None
        draft = Draft(
            self._recipient.address,
            self._kind(head),
            head.campaign,
            head.sender,
            head.subject,
            head.message_id,
        )
        shared = self._shared
        made = prepared(draft, self._who.account, shared.keyring(), shared.ids, shared.clock.now())
        assert not isinstance(made, Fault), "the gate refuses what is no address"
        return made

    async def _is_its_own(self) -> bool:
        """A return address that was made for somebody else would lay this one's bounce at his door."""
        token = self._shared.token(self._who, self._mail.sender)
        known = None if token is None else await self._shared.registered(token.send)
        return known is not None and normalise(known.recipient) == normalise(self._recipient.address)

    def _received(self) -> bytes:
        """The trace that RFC 5321 §4.4 wants; where the client sits is nobody's business."""
        protocol = ("UTF8SMTP" if self._mail.smtputf8 else "ESMTP") + ("SA" if self._tls else "A")
        id = f" id {self._registered.envid}" if self._registered is not None else ""
        date = formatdate(self._shared.clock.now() // SECOND)
        return f"Received: by {self._shared.hostname} with {protocol}{id};\r\n\t{date}\r\n".encode()

    async def _opened(self, envid: str | None, more: int) -> Begun | Reply:
        """What the next server says to it; 451 where it cannot be reached. A kept connection may have died
        meanwhile: nothing was said over it that counts, so a fresh one is tried."""
        assert self._link is not None
        kept = self._link.used > 0
        try:
            begun = await self._asked(self._link, envid, more)
            if not kept or not begun.reply.last:
                return begun
        except LinkError as error:
            if not kept:
                return unreachable(self._shared, error)
        try:
            self._link = await self._shared.links.instead_of(self._link)
            return await self._asked(self._link, envid, more)
        except LinkError as error:
            return unreachable(self._shared, error)

    async def _asked(self, link: Link, envid: str | None, more: int) -> Begun:
        mail = mail_line(self._mail, self._sender, envid, more, link)
        return await link.begin(mail, rcpt_line(self._recipient, link))

    def _record(self) -> None:
        if self._registered is not None and self._recorded is None:
            self._recorded = self._shared.sends.add(self._registered.send)

    async def _report(self, reply: Reply) -> None:
        """The next server refuses for good: nobody will ever write a report, so this is the bounce."""
        if reply.code < 500 or not self._sender:
            return
        self._record()
        if self._recorded is not None:
            await self._recorded
        await self._shared.bounced(self._sender, self._recipient.address, reply)

    # --- the content and after -----------------------------------------------------------------------------

    async def _pass(self, piece: bytes) -> None:
        assert self._link is not None
        try:
            await self._link.write(piece)
        except LinkError as error:
            log.warning("the next mail server was lost in the midst of a message: %s", error)
            left = await self._link.left()
            reply = LOST if left is None else _refusal(left)
            await self._report(reply)
            self._refuse(reply)

    async def _hand_over(self) -> Reply:
        assert self._link is not None
        try:
            if self._recorded is not None:
                await self._recorded
            reply = _answer(await self._link.end())
            await self._report(reply)
            return reply
        except LinkError as error:
            log.warning("the next mail server was lost at the end of a message: %s", error)
            return LOST
        except UnansweredError as error:
            self._shared.counts["unanswered"] += 1
            log.warning("the next mail server may have taken a message and has not said so: %s", error)
            return UNANSWERED
        except Exception:
            self._link.abort()  # the send is not recorded: it must not be sent
            raise

    def _give_back(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            self._shared.links.give_back(link)


def _outcome(reply: Reply) -> str:
    if reply is DROPPED:
        return "swallowed"
    return "passed" if reply.positive else "refused" if reply.code >= 500 else "deferred"


def _answer(reply: Reply) -> Reply:
    """What the next server says of a whole message, as our own answer: every 2yz is a 250."""
    return Reply(250, "", reply.text) if 200 <= reply.code < 300 else _refusal(reply)


def _refusal(reply: Reply) -> Reply:
    """Its refusal as ours. What it has against us (a login, its closing) is no verdict on the mail: the
    client must keep it. So must he where a server says what fits nowhere."""
    if reply.positive:
        return LOST
    return Reply(451, "", reply.text) if reply.code in _AGAINST_US else reply
