"""Registering sends: each gets a signed return address, so that whatever comes back is proven (N5)."""

from collections.abc import Sequence
from dataclasses import dataclass

from retour.address import Fault, fault
from retour.identity import SendIds
from retour.instants import Instant
from retour.model import MailKind, Send
from retour.ports import Account, Sends
from retour.return_address import VALID_DAYS, Keyring, make

MOST = 10_000  # sends in one call


class TooManySendsError(ValueError):
    """More sends than one call may register."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} sends in one call; register at most {MOST} and repeat for the rest")
        self.count = count


@dataclass(frozen=True, slots=True)
class Draft:
    """A send as its sender tells of it. Without `handed_over` it is handed over now."""

    recipient: str
    kind: MailKind = MailKind.MAILING
    campaign: str | None = None
    sender: str | None = None
    subject: str | None = None
    message_id: str | None = None  # with or without angle brackets
    handed_over: Instant | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """A send that is known from now on."""

    send: Send
    return_address: str  # its MAIL FROM, RFC 5321 §4.1.1.2
    envid: str  # its ENVID, RFC 3461 §4.4


def register(
    drafts: Sequence[Draft],
    account: Account,
    sends: Sends,
    keyring: Keyring,
    ids: SendIds,
    now: Instant,
    days: int = VALID_DAYS,
) -> list[Registered | Fault]:
    """Store the sends, in one commit, and sign a return address for each, valid for `days`.

    In the order of the drafts; a Fault stands where the recipient is no address. Raises TooManySendsError.
    """
    if len(drafts) > MOST:
        raise TooManySendsError(len(drafts))
    results = [prepared(draft, account, keyring, ids, now, days) for draft in drafts]
    sends.add([result.send for result in results if isinstance(result, Registered)])
    return results


def prepared(
    draft: Draft, account: Account, keyring: Keyring, ids: SendIds, now: Instant, days: int = VALID_DAYS
) -> Registered | Fault:
    """One send with its return address, not stored yet: whoever hands it over stores it before."""
    return fault(draft.recipient) or _registered(draft, account, keyring, ids.next(now), now, days)


def _registered(
    draft: Draft, account: Account, keyring: Keyring, id: int, now: Instant, days: int
) -> Registered:
    send = Send(
        id=id,
        account=account.name,
        recipient=draft.recipient,
        kind=draft.kind,
        handed_over=now if draft.handed_over is None else draft.handed_over,
        campaign=draft.campaign,
        sender=draft.sender,
        subject=draft.subject,
        message_id=draft.message_id.strip("<> ") or None if draft.message_id else None,
    )
    local = make(keyring, account.number, account.return_domain, id, draft.kind, now, days)
    return Registered(send, f"{local}@{account.return_domain}", local)
