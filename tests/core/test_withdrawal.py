"""A withdrawn act has never been: whatever else is known of the address, and in whatever order it came."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from retour.instants import DAY, Instant
from retour.lifecycle import PolicyVersion, fold, preset
from retour.model import Event, EventKind, Reason, Standing

POLICIES = (PolicyVersion(1, 0, preset("default"), ""),)
KINDS = (EventKind.BOUNCE, EventKind.COMPLAINT, EventKind.UNSUBSCRIBE, EventKind.RESTORE, EventKind.STOP)
ACTS = (EventKind.IMPORT, EventKind.COMPLAINT, EventKind.UNSUBSCRIBE, EventKind.STOP)


def event(number: int, kind: EventKind, at: Instant, **more: Any) -> Event:
    told = {"reason": Reason.ADDRESS_UNKNOWN} if kind is EventKind.BOUNCE else {}
    return Event(number.to_bytes(16), kind, at, **(told | more))


@given(
    st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 50)), max_size=6),
    st.sampled_from(ACTS),
    st.integers(0, 50),
    st.integers(0, 50),
    st.randoms(),
)
def test_a_withdrawn_act_has_never_been(
    others: list[tuple[EventKind, int]], kind: EventKind, at: int, undone: int, order: object
) -> None:
    known = [event(number + 10, each, day * DAY) for number, (each, day) in enumerate(others)]
    act = event(1, kind, at * DAY)
    undo = event(2, EventKind.WITHDRAWAL, undone * DAY, outcome=act.id.hex())
    told = [*known, act, undo]
    order.shuffle(told)
    assert fold(told, POLICIES, 60 * DAY) == fold(known, POLICIES, 60 * DAY)


def test_what_proves_nothing_withdraws_nothing() -> None:
    act = event(1, EventKind.IMPORT, DAY)
    undo = event(2, EventKind.WITHDRAWAL, DAY, outcome=act.id.hex(), standing=Standing.UNPROVEN)
    strange = event(3, EventKind.WITHDRAWAL, DAY, outcome="ff" * 16)
    assert fold([act, undo, strange], POLICIES, 2 * DAY) == fold([act], POLICIES, 2 * DAY)
    assert fold([act], POLICIES, 2 * DAY).cause == "import"
