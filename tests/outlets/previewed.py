"""The jobs of what-ifs and replays in an installation of this process, done at once."""

from collections.abc import Mapping
from secrets import token_hex
from typing import Any

from contract.previewing import Here
from outlets.conftest import Installation
from retour.flow.jobs import Course, Job, JobState
from retour.flow.previews import Previews
from retour.flow.waves import Place

ORDERS: Mapping[str, dict[str, Any]] = {
    "what_if": {"settings": {"soft_threshold": 1}, "expected": 1},
    "replay": {"what": "policy", "version": 1},
}


def works(retour: Installation) -> Previews:
    place = Place(retour.store.ledger, retour.store.acts, retour.bus, retour.desk.waves, retour.clock)
    here = Here(retour.store, retour.inbox)
    return Previews(retour.store, retour.shelf, here, place, retour.desk.jobs)


def do_all(retour: Installation) -> None:
    """Every job that waits."""
    made = works(retour)
    known = {
        "what_if": made.what_if,
        "replay": made.replay,
        "replay_apply": made.apply,
        "replay_undo": made.undo,
    }
    while job := retour.desk.jobs.take(retour.clock.now(), ()):
        result = known[job.kind](job, Course(job, retour.desk.jobs, lambda: False))
        retour.desk.jobs.end(job.id, JobState.DONE, retour.clock.now(), result)


def work(retour: Installation, account: str, kind: str, order: dict[str, Any]) -> str:
    """The id of a job that was done."""
    job = Job(token_hex(8), account, kind, f"key {account}-manager", retour.clock.now(), order)
    retour.desk.jobs.add(job)
    do_all(retour)
    return job.id


def previewed(retour: Installation, account: str, kind: str) -> str:
    """The id of a preview that was done."""
    return work(retour, account, kind, ORDERS[kind])
