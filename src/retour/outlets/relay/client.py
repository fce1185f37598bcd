"""One connected client of the relay: who it is, whom it may write to, the message it is sending."""

import logging
from collections.abc import Sequence

from retour.model import Answer, MailKind
from retour.outlets.relay.envelope import unfit
from retour.outlets.relay.link import LinkError
from retour.outlets.relay.logins import Who
from retour.outlets.relay.passage import Passage, unreachable
from retour.outlets.relay.shared import DROPPED, Shared, Ticket
from retour.smtpd import Recipient, Reply
from retour.smtpd.commands import MailCommand
from retour.smtpd.credentials import Credentials
from retour.smtpd.replies import AUTHENTICATED, BAD_CREDENTIALS, GO_AHEAD, PASSED_OVER

log = logging.getLogger(__name__)

# RFC 5321 §4.5.3.1.10: a client that is told 452 sends the rest in another message. So each recipient has a
# return address of its own, and the one answer to a message is about one recipient.
ONE_AT_A_TIME = Reply(452, "4.5.3", "One recipient a message here, send the rest in another")
# To programs that do not look which recipients were refused, and would lose them.
ONE_RECIPIENT_ONLY = Reply(554, "5.5.3", "One recipient a message here; nobody got this one, send one each")
# A connection may last for days: 421 sends the client back to AUTH, where it is told 535, and keeps its mail.
GOOD_NO_MORE = Reply(421, "4.7.0", "The key of this connection is not good any more, closing")
NO_ADDRESS = Reply(553, "5.1.3", "Recipient is no address that mail can be delivered to")


class Client:
    """A `retour.smtpd.Submitter`."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._who: Who | None = None
        self._credentials: Credentials | None = None
        self._passage: Passage | None = None
        self._turned_away: MailCommand | None = None  # the mail that has too many recipients
        self._dropped: list[str] = []  # recipients of the message that is open
        self._swallows = False  # they are all that it has

    async def prove(self, credentials: Credentials) -> Reply:
        """At AUTH: whose credentials are they?"""
        self._credentials = credentials
        self._who = await self._shared.logins.who(credentials)
        self._shared.counts["unauthenticated"] += self._who is None
        return BAD_CREDENTIALS if self._who is None else AUTHENTICATED

    def recipient(
        self, address: str, mail: MailCommand, accepted: Sequence[Recipient[Ticket]]
    ) -> Ticket | Reply | None:
        """At RCPT, from memory; None where a refusal has to be explained, or written down."""
        who = self._known
        decisions = [self._shared.decision(who, address, kind) for kind in self._kinds(mail)]
        if any(decision.why == "no_address" for decision in decisions):
            return NO_ADDRESS
        answers = {decision.answer for decision in decisions}
        if Answer.SEND not in answers and len(answers) == 1:
            return Ticket.DROP if self._shared.dropped(who, decisions[0]) else None
        if any(recipient.ticket is not Ticket.DROP for recipient in accepted):
            self._shared.counts["one_at_a_time"] += 1
            self._turned_away = mail
            return ONE_AT_A_TIME
        return Ticket.PASS if len(answers) == 1 else Ticket.LATER

    async def judge(self, address: str, mail: MailCommand) -> Ticket | Reply:
        """At RCPT: the refusal of one that is stopped or held."""
        kind = self._kinds(mail)[0]
        decision = self._shared.decision(self._known, address, kind)
        return await self._shared.refused(self._known, address, decision)

    async def open(self, mail: MailCommand, recipients: Sequence[Recipient[Ticket]], tls: bool) -> Reply:
        """At DATA: is the key still good, and is there a next server that can carry it?"""
        assert self._credentials is not None, "the dialogue asks about nothing before AUTH"
        if await self._shared.logins.who(self._credentials) is None:
            return GOOD_NO_MORE
        if self._turned_away is mail and self._shared.alone:
            return ONE_RECIPIENT_ONLY
        going = [recipient for recipient in recipients if recipient.ticket is not Ticket.DROP]
        self._dropped = [recipient.address for recipient in recipients if recipient.ticket is Ticket.DROP]
        self._swallows = not going
        if self._swallows:
            return GO_AHEAD
        try:
            link = await self._shared.links.lease(self._known.account.name)
        except LinkError as error:
            return unreachable(self._shared, error)
        if (reply := unfit(mail, link)) is not None:
            self._shared.links.give_back(link)
            return reply
        self._passage = Passage(self._shared, self._known, mail, going[0], link, tls)
        return GO_AHEAD

    async def take(self, piece: bytes) -> None:
        """Content; that of a message for dropped recipients alone is read and forgotten."""
        if self._passage is not None:
            await self._passage.take(piece)

    async def end(self) -> Reply:
        """After the lone dot: what the next server answers."""
        passage, self._passage = self._passage, None
        if passage is None:
            if not self._swallows:
                return PASSED_OVER
            await self._drop()
            return DROPPED
        reply = await passage.end()
        if reply.positive:
            try:
                await self._drop()
            except Exception:  # the message is theirs already: to say 451 now would send it twice
                log.exception("sends that were avoided could not be counted")
        return reply

    def give_up(self) -> None:
        """The message that is open, if any, will not be passed on."""
        if self._passage is not None:
            self._passage.give_up()
        self._passage, self._swallows = None, False

    async def _drop(self) -> None:
        for address in self._dropped:
            await self._shared.drop(self._known, address)

    @property
    def _known(self) -> Who:
        assert self._who is not None, "the dialogue asks about nothing before AUTH"
        return self._who

    def _kinds(self, mail: MailCommand) -> Sequence[MailKind]:
        """The kinds that this mail may turn out to have."""
        token = self._shared.token(self._known, mail.sender)
        told = token.kind if token is not None else self._known.kind
        return tuple(MailKind) if told is None else (told,)
