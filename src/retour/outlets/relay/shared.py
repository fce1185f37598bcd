"""What all connected clients of the relay share: the gate, the way on, where sends are recorded."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum

from retour.address import normalise
from retour.flow.check import may_send
from retour.flow.gathered import Gathered
from retour.identity import SendIds
from retour.model import Answer, Decision, MailKind, Send
from retour.outlets.relay.links import Links
from retour.outlets.relay.logins import Logins, Who
from retour.ports import Clock, Snapshot
from retour.return_address import Keyring, Token, looks_like, verify
from retour.smtpd import Reply

Explain = Callable[[str, str, Decision], Awaitable[Reply]]
"""Account, address as written, decision → the reply that refuses, with its reason."""

Avoided = Callable[[str, str], Awaitable[None]]
"""A send of this account to this domain was avoided; returns when that is durable."""


Bounced = Callable[[str, str, Reply], Awaitable[None]]
"""Return address, recipient, the next server's final refusal: taken in as any other bounce, when durable."""

DROPPED = Reply(250, "2.0.0", "Accepted; the recipient is stopped and gets nothing [retour:dropped]")


class Ticket(StrEnum):
    """What an accepted recipient is to us."""

    PASS = "pass"  # noqa: S105 - goes on
    LATER = "later"  # goes on, or is refused, when the header has told the mail kind
    DROP = "drop"  # accepted, and gets nothing


@dataclass(frozen=True, slots=True)
class Shared:
    """One for all clients of a process, within one event loop."""

    clock: Clock
    snapshot: Snapshot
    keyring: Callable[[], Keyring]
    ids: SendIds
    logins: Logins
    links: Links
    sends: Gathered[Send]
    registered: Callable[[int], Awaitable[Send | None]]  # the send of this id, if it is known
    explain: Explain
    avoided: Avoided
    bounced: Bounced
    hostname: str
    kind: MailKind = MailKind.MAILING  # of mail whose kind nothing tells
    drops: Callable[[str], bool] = lambda account: False  # accept and drop what is stopped, of this account?
    alone: bool = False  # refuse a mail altogether that has a further recipient
    counts: Counter[str] = field(default_factory=Counter)  # recipients and messages by outcome

    def decision(self, who: Who, address: str, kind: MailKind) -> Decision:
        """May this account send mail of this kind to this address?"""
        return may_send(address, who.account.name, kind, self.snapshot, self.clock.now())

    def dropped(self, who: Who, decision: Decision) -> bool:
        """Whether a recipient is accepted and gets nothing, because it is stopped."""
        return decision.answer is Answer.STOP and self.drops(who.account.name)

    async def refused(self, who: Who, address: str, decision: Decision) -> Reply:
        """The reply to one that is stopped or held. A stop is written down as a send avoided, unless it is
        told to try again: each try would be another one."""
        reply = await self.explain(who.account.name, address, decision)
        stopped = decision.answer is Answer.STOP
        if stopped and reply.code >= 500:
            await self._avoid(who, address)
        self.counts["stopped" if stopped else "held"] += 1
        return reply

    async def drop(self, who: Who, address: str) -> None:
        """Write down that one was accepted and got nothing."""
        await self._avoid(who, address)
        self.counts["dropped"] += 1

    async def _avoid(self, who: Who, address: str) -> None:
        normalised = normalise(address) or address
        await self.avoided(who.account.name, normalised.rpartition("@")[2])

    def token(self, who: Who, sender: str) -> Token | None:
        """What a sender says that is itself a return address of this account: its send is registered."""
        local, _, domain = sender.rpartition("@")
        if not looks_like(local):
            return None
        token = verify(self.keyring(), local.lower(), domain.lower())
        return token if token is not None and token.account == who.account.number else None
