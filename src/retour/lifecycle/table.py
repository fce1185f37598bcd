"""The state machine of an address: everything that moves a state is in this file.

The table says where each state goes under each trigger; `None` says that this cannot happen there, and
asking for it is our bug (`IllegalMoveError`). What fires a trigger is read out of the events by `fold`;
nothing else in Retour may set a state. When an incident closes, the life is played again with its bounces
counted or void, and RELEASED is what a reader then sees. `diagram` draws the picture in docs/lifecycle.md.
"""

from collections.abc import Mapping
from enum import StrEnum

from retour.model import BounceType, Cause, EventKind, StateName


class Trigger(StrEnum):
    """What moves a state; the value is how the diagram words it (without a colon, which Mermaid refuses)."""

    LISTED = "listed bounce"  # below every threshold
    FADED = "no listed bounce left to look at"  # the window slid, or a delivery under `consecutive`
    REACHED = "threshold reached"  # by a bounce, or by a policy that lowers it
    STOPPED = "complaint, import, platform, stop"
    DOUBTED = "hard bounce in an open incident, or correction to confirm"
    RELEASED = "incident closed, or correction confirmed"
    RESET = "reset due"
    RESTORED = "restore"


class IllegalMoveError(Exception):
    """A trigger fired in a state where it cannot happen: a bug of ours, never of the input."""

    def __init__(self, state: StateName, trigger: Trigger) -> None:
        super().__init__(f"{trigger.name} cannot happen to an address that is {state.value}")
        self.state = state
        self.trigger = trigger


_V, _B, _H, _I = StateName.VALID, StateName.BOUNCING, StateName.HELD, StateName.INVALID

# fmt: off
TABLE: Mapping[Trigger, Mapping[StateName, StateName | None]] = {
    #                   in    valid     bouncing  held      invalid
    Trigger.LISTED:         {_V: _B,   _B: _B,   _H: _H,   _I: _I},
    Trigger.FADED:          {_V: _V,   _B: _V,   _H: _H,   _I: _I},
    Trigger.REACHED:        {_V: _I,   _B: _I,   _H: _I,   _I: _I},
    Trigger.STOPPED:        {_V: _I,   _B: _I,   _H: _I,   _I: _I},
    Trigger.DOUBTED:        {_V: _H,   _B: _H,   _H: _H,   _I: _I},
    Trigger.RELEASED:       {_V: None, _B: None, _H: _V,   _I: _I},
    Trigger.RESET:          {_V: None, _B: None, _H: None, _I: _V},
    Trigger.RESTORED:       {_V: _V,   _B: _V,   _H: _V,   _I: _V},
}
# fmt: on

CAUSES: Mapping[BounceType, Cause] = {
    BounceType.HARD: Cause.HARD,
    BounceType.SOFT: Cause.SOFT,
    BounceType.BLOCK: Cause.BLOCK,
}
"""The cause that a reached threshold gives (rule 4)."""

STOPS: Mapping[EventKind, Cause] = {
    EventKind.COMPLAINT: Cause.COMPLAINT,
    EventKind.IMPORT: Cause.IMPORT,
    EventKind.PLATFORM: Cause.PLATFORM,
    EventKind.STOP: Cause.SUPPORT,
}
"""The events that stop by themselves, with the cause they give (rule 7)."""


def moved(state: StateName, trigger: Trigger) -> StateName:
    """The state after a trigger. Raises IllegalMoveError where the table has None."""
    after = TABLE[trigger][state]
    if after is None:
        raise IllegalMoveError(state, trigger)
    return after


def diagram() -> str:
    """The table as a Mermaid state diagram; what stays where it is, is not drawn."""
    arrows = [
        f"    {before.value} --> {after.value}: {trigger.value}"
        for trigger, row in TABLE.items()
        for before, after in row.items()
        if after is not None and after is not before
    ]
    return "\n".join(["stateDiagram-v2", "    [*] --> valid", *arrows])
