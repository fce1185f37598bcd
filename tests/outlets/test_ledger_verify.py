"""The chain of a ledger verified as a job: whole, broken where a line was changed, of its account alone."""

import sqlite3
from pathlib import Path
from typing import Any

from outlets.conftest import Installation
from retour.flow.jobs import Course, Job, JobState
from retour.flow.ledger_check import VERIFY, works
from retour.stores import sqlite


def verified(retour: Installation, key: str = "demo-member", account: str = "demo") -> dict[str, Any]:
    asked = retour.ask("POST", "/v1/ledger/verify", key, params={"account": account})
    assert asked.status_code == 202, asked.text
    job = retour.desk.jobs.take(retour.clock.now(), ())
    assert isinstance(job, Job)
    assert job.kind == VERIFY
    result = works(retour.store.ledger)[VERIFY](job, Course(job, retour.desk.jobs, lambda: False))
    retour.desk.jobs.end(job.id, JobState.DONE, retour.clock.now(), result)
    told: dict[str, Any] = retour.ask("GET", f"/v1/jobs/{job.id}", key, params={"account": account}).json()
    found: dict[str, Any] = told["result"]
    return found


def test_all_lines_hold_together_from_the_first(retour: Installation) -> None:
    for n in range(5):
        retour.bounce(f"a{n}@b.example")
    retour.bounce("z@b.example", account="other")
    found = verified(retour)
    assert (found["lines"], found["whole"], found["broken"]) == (5, True, None)
    lines = retour.ask("GET", "/v1/ledger", "demo-member").json()["lines"]
    assert found["head"] == lines[0]["link"]
    assert verified(retour, "other-member", "other")["lines"] == 1


def test_an_empty_ledger_has_nothing_to_break(retour: Installation) -> None:
    found = verified(retour)
    assert (found["lines"], found["whole"], found["broken"]) == (0, False, None)


def test_a_line_that_was_changed_is_named(retour: Installation) -> None:
    for n in range(3):
        retour.bounce(f"a{n}@b.example")
    lines = retour.ask("GET", "/v1/ledger", "demo-member").json()["lines"]
    forge(retour, lines[1]["number"])
    assert verified(retour)["broken"] == lines[1]["number"]


def forge(retour: Installation, number: int) -> None:
    """Somebody with the database in their hands makes a line name another who did it."""
    with sqlite3.connect(Path(retour.directory_of_data.name) / sqlite.STORE) as opened:
        for (trigger,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            opened.execute(f"DROP TRIGGER {trigger}")
        changed = opened.execute("UPDATE records SET actor = 'nobody' WHERE number = ?", (number,))
        assert changed.rowcount == 1
    opened.close()
