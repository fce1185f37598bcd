"""What a change of state is, and the line of the decision ledger that tells of it."""

from dataclasses import dataclass, field

from retour.chain import Line
from retour.instants import Instant, text
from retour.model import State, StateName

GUARD = "guard"  # acts for incidents
INCIDENT = "incident"
GIVEN_BACK = "given_back"
CORRECTION = "correction"  # an address waits for its contact to confirm it, or waited
_SOMEBODY = ("person ", "key ")


def cause_told(cause: str | None, actor: str, before: str, after: str) -> str | None:
    """Why a line of the ledger stands there: by its own cause, or else by who acted; None: nothing tells.

    The cause itself is in the link of the chain and stays as it was written.
    """
    if cause is not None:
        return cause
    if actor == GUARD or "held" in (before, after):  # somebody may end an incident, too
        return INCIDENT
    is_restore = (before, after) == ("invalid", "valid")
    return GIVEN_BACK if is_restore and actor.startswith(_SOMEBODY) else None


@dataclass(frozen=True, slots=True)
class Change:
    """What the recording of events did to one address: the delta that gates follow, and a ledger entry."""

    account: str
    address: str
    before: State
    after: State
    at: Instant  # when it takes effect
    event: bytes | None = None  # id of the event that moved it; None when time alone did
    actor: str = ""


def cause_of(change: Change) -> str | None:
    """What the line of a change names: what stopped the address, or the correction that holds or held it."""
    if change.after.cause is not None:
        return change.after.cause
    return CORRECTION if _is_corrected(change.after) or _is_corrected(change.before) else None


def _is_corrected(state: State) -> bool:
    return state.state is StateName.HELD and not state.listed  # an incident holds after a bounce alone


@dataclass(frozen=True, slots=True)
class Record:
    """A row of the decision ledger, append-only (N13)."""

    number: int
    at: Instant
    account: str
    address: str
    actor: str
    before: str  # state names
    after: str
    cause: str | None
    event: bytes | None
    policy: int  # version
    who: str = field(default="", compare=False)  # keyed hash of the address, in hex; told by `records` alone
    link: str = field(default="", compare=False)  # of the chain (retour.chain), as above; "" before it began

    def line(self) -> Line:
        """What the link is made of."""
        event = None if self.event is None else self.event.hex()
        return Line(
            self.number,
            text(self.at),
            self.who,
            self.actor,
            self.before,
            self.after,
            self.cause,
            event,
            self.policy,
        )


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """Which lines of an account's decision ledger are looked for; None means all."""

    account: str
    since: Instant | None = None
    until: Instant | None = None
    after: str | None = None  # the state that they led to
    cause: str | None = None  # as `cause_told`
    before: int | None = None  # number of the last line of the page before: the latest come first
    limit: int = 50
