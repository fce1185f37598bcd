"""A state that is not plainly `send`, packed into one whole number: a code byte and, above it, a due time.

bits 0-2  the strongest cause of `invalid` (0: none)        bit 5  held
bit 3     there are further causes beside it                 bit 6  held by a correction, else by an incident
bit 4     unsubscribed                                       bits 8-39  due time of the reset, whole seconds
bit 7     stopped on the whole platform: of no row, set when an answer is made

What is packed is enough for `lifecycle.decide`; since when and by which reply the address is stopped is
asked of the ledger, and only once a mail is refused. 0 means: no row is needed, the answer is `send`.
"""

from functools import cache

from retour.instants import SECOND, Instant
from retour.lifecycle import for_all
from retour.model import VALID, Cause, State, StateName

CAUSE = 0b0000_0111
MORE = 0b0000_1000
UNSUBSCRIBED = 0b0001_0000
HELD = 0b0010_0000
CORRECTION = 0b0100_0000
PLATFORM = 0b1000_0000
CODE = 0xFF
DUE_SHIFT = 8

_CAUSES = tuple(Cause)
_NUMBER = {cause: number for number, cause in enumerate(_CAUSES, start=1)}


def pack(state: State) -> int:
    """The number of a state; 0 when every kind of mail may be sent."""
    code = UNSUBSCRIBED if state.unsubscribed else 0
    if state.state is StateName.HELD:
        code |= HELD | (0 if state.listed else CORRECTION)
    if not state.causes:
        return code
    code |= _bits(state.causes)
    return code if state.until is None else code | _due(state.until) << DUE_SHIFT


@cache
def _bits(causes: frozenset[Cause]) -> int:
    strongest = min(_NUMBER[cause] for cause in causes)
    return strongest | (MORE if len(causes) > 1 else 0)


def _due(until: Instant) -> int:
    # Rounded up: a gate may be late, never early (lifecycle rule 6).
    return -(-until // SECOND)


def due(packed: int) -> Instant | None:
    """The due time of the reset; None when time alone frees nothing."""
    seconds = packed >> DUE_SHIFT
    return seconds * SECOND if seconds else None


def after_reset(packed: int) -> int:
    """What stays when the due time has passed: an unsubscribe survives the reset (docs/lifecycle.md)."""
    return packed & (UNSUBSCRIBED | PLATFORM)


def unpack(code: int, until: Instant | None = None) -> State:
    """A state with the same decision as the one that was packed; its counters and `since` are not kept."""
    if code & PLATFORM:
        return for_all(unpack(code & ~PLATFORM))
    unsubscribed = bool(code & UNSUBSCRIBED)
    if code & CAUSE:
        strongest = _CAUSES[(code & CAUSE) - 1]
        # Any weaker cause stands for the others: only "is there another" changes a decision.
        causes = frozenset({strongest, _CAUSES[-1]}) if code & MORE else frozenset({strongest})
        return State(StateName.INVALID, causes, until=until, unsubscribed=unsubscribed)
    if code & HELD:
        # `decide` tells an incident from a correction by whether anything is listed.
        return State(StateName.HELD, listed=0 if code & CORRECTION else 1, unsubscribed=unsubscribed)
    return State(unsubscribed=True) if unsubscribed else VALID
