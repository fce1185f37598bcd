"""The table: complete, its illegal moves refused, and the only thing that moves a state."""

from pathlib import Path

import pytest

from retour.lifecycle.table import TABLE, IllegalMoveError, Trigger, diagram, moved
from retour.model import StateName

DOCS = Path(__file__).parents[2] / "docs" / "lifecycle.md"


def test_every_trigger_is_answered_in_every_state() -> None:
    assert {trigger: set(row) for trigger, row in TABLE.items()} == {key: set(StateName) for key in Trigger}


@pytest.mark.parametrize(
    ("state", "trigger"),
    [
        (StateName.VALID, Trigger.RESET),
        (StateName.BOUNCING, Trigger.RESET),
        (StateName.HELD, Trigger.RESET),
        (StateName.VALID, Trigger.RELEASED),
        (StateName.BOUNCING, Trigger.RELEASED),
    ],
)
def test_illegal_moves_are_refused(state: StateName, trigger: Trigger) -> None:
    with pytest.raises(IllegalMoveError, match=f"{trigger.name} cannot happen .* {state.value}"):
        moved(state, trigger)


def test_only_reset_and_restore_lead_out_of_invalid() -> None:
    ways_out = {trigger for trigger in Trigger if TABLE[trigger][StateName.INVALID] is not StateName.INVALID}
    assert ways_out == {Trigger.RESET, Trigger.RESTORED}


def test_every_state_can_be_reached_and_left() -> None:
    moves = {(a, b) for row in TABLE.values() for a, b in row.items() if b not in (None, a)}
    assert {after for _, after in moves} == {before for before, _ in moves} == set(StateName)


def test_the_diagram_in_the_docs_is_drawn_from_the_table() -> None:
    drawn = f"```mermaid\n{diagram()}\n```"
    assert drawn in DOCS.read_text("utf-8"), f"put this into docs/lifecycle.md:\n{drawn}"


def test_the_docs_name_every_trigger() -> None:
    text = DOCS.read_text("utf-8")
    assert [trigger.name for trigger in Trigger if f"`{trigger.name}`" not in text] == []
