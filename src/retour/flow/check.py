"""May I send? The hot path: one normalisation, one keyed hash, one lookup (promise 4).

Imports neither parser nor SQL (an import contract holds that).
"""

from collections.abc import Sequence

from retour.address import normalise
from retour.instants import Instant
from retour.model import Answer, Decision, MailKind
from retour.ports import Snapshot

MOST = 10_000  # addresses in one call

# Nothing can be delivered to what is no address, and sending it anyway would be a hard bounce of our making.
NO_ADDRESS = Decision(Answer.STOP, "no_address")


class TooManyError(ValueError):
    """More addresses than one call may ask for."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} addresses in one call; ask for at most {MOST} and repeat for the rest")
        self.count = count


def may_send(address: str, account: str, kind: MailKind, snapshot: Snapshot, now: Instant) -> Decision:
    """The decision for one address as its sender writes it; `no_address` for a string that is none."""
    normalised = normalise(address)
    if normalised is None:
        return NO_ADDRESS
    return snapshot.decision(account, normalised, kind, now)


def may_send_all(
    addresses: Sequence[str], account: str, kind: MailKind, snapshot: Snapshot, now: Instant
) -> list[Decision]:
    """The decisions for at most 10,000 addresses, in their order. Raises TooManyError."""
    if len(addresses) > MOST:
        raise TooManyError(len(addresses))
    normalised = [normalise(address) for address in addresses]
    known = [address for address in normalised if address is not None]
    decisions = snapshot.decisions(account, known, kind, now)
    if len(known) == len(normalised):
        return decisions
    answered = iter(decisions)
    return [NO_ADDRESS if address is None else next(answered) for address in normalised]
