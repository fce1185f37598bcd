"""Whoever may send a form is heard. Apart from the others: of what is ended here nothing is left."""

from contextlib import ExitStack

import pytest

from console.furnished import GUARD, furnish
from console.installation import Console
from console.sent import TAKES, entered, harvested, outcomes

pytestmark = pytest.mark.engine("chromium")
ENDING = ("revoke", "drop", "remove", "undo", "delete", "erase", "cancel")
LAST = ("list_back", "hook", "member")  # after what they take back, or before nobody is there to be heard
UNMADE = {"topic"}  # of Amazon's
# A member takes back and renames what is their own.
OF_OTHERS = {"withdraw": "manager", "view_drop": "manager", "view_rename": "manager"}


def place(name: str) -> tuple[bool, bool, bool, str]:
    """What ends something comes after what needs it; a request is withdrawn before it is decided."""
    return name in LAST, any(word in name for word in ENDING), name != "withdraw", name


def test_whoever_may_is_heard(founded: Console, tmp_path_factory: pytest.TempPathFactory) -> None:
    console = Console.copied(founded, tmp_path_factory.mktemp("console"), GUARD)
    wrong = []
    try:
        with ExitStack() as stack:
            made = furnish(console)
            clients = entered(console, stack)
            found = harvested(clients, made)
            for name in sorted(set(TAKES) - UNMADE, key=place):
                who = OF_OTHERS.get(name, {"own": "member"}.get(TAKES[name], TAKES[name]))
                wrong += [
                    each
                    for each in outcomes(clients, who, found, [name])
                    if each[2] not in (200, 302, 409, 422)
                ]
    finally:
        console.stop()
    assert wrong == []
