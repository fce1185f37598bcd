"""What a check has kept goes onto a list of contacts, and is taken off it again as though it had never been.

Nothing here moves the state of an address: who is stopped stays stopped, on whatever list. Before addresses
are put on it, it is written down who is new there, so that undoing takes off those alone, after any kill.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from retour.flow.contacts import named
from retour.flow.jobs import Course, Facts, FailedError, Job, Work
from retour.flow.listcheck.people import Person, people_of
from retour.flow.listcheck.proposals import Accepted
from retour.flow.listcheck.work import RESULTS, place_of
from retour.ports import Clock, Contact, ContactList, Records

IMPORT, UNDO = "list_import", "list_import_undo"
_BATCH = 500


def works(room: Path, store: Records, clock: Clock) -> Mapping[str, Work]:
    """What jobs do with what was checked."""

    def take(job: Job, course: Course) -> Facts:
        target = _list(job, store)
        place = place_of(room, str(job.order["check"]))
        if not (place / RESULTS / "report.json").exists():
            raise FailedError("list_gone_file")
        done = int(job.place.get("done", 0))
        added, cut = int(job.place.get("added", 0)), int(job.place.get("cut", 0))
        people = islice(people_of(place / RESULTS, accepted_by(job)), done, None)
        while batch := list(islice(people, _BATCH)):
            by_address = {each.address: each for each in reversed(batch)}  # the first of each
            new = [each for each in by_address if not _is_on(store, job.account, each, target)]
            _note(place / f"{job.id}.jsonl", new)
            cut += _make(job.account, [by_address[each] for each in new], store, clock)
            store.contacts.put_on(target, new, clock.now())
            done, added = done + len(batch), added + len(new)
            course.told(done, None, {"done": done, "added": added, "cut": cut})
        return {"list": target.id, "addresses": done, "added": added, "cut": cut}

    def undo(job: Job, course: Course) -> Facts:
        target = _list(job, store)
        note = place_of(room, str(job.order["check"])) / f"{job.order['import']}.jsonl"
        taken = 0
        for number, batch in enumerate(_noted(note), start=1):
            taken += store.contacts.take_off(target, batch)
            course.told(number, None, {})
        return {"list": target.id, "taken_off": taken}

    return {IMPORT: take, UNDO: undo}


def _make(account: str, people: Sequence[Person], store: Records, clock: Clock) -> int:
    """Contacts of those who are none yet; whoever is one keeps what is known of them.

    Returns how many columns were too long to be kept.
    """
    now = clock.now()
    new = [each for each in people if store.contacts.one(account, each.address) is None]
    made = [Contact(account, each.address, each.name, each.attributes, now, now) for each in new]
    store.contacts.set(made)
    return sum(each.cut for each in new)


def accepted_by(job: Job) -> Accepted:
    """What an import takes over beside what was kept."""
    orders = ("accept", "accept_forms", "leave", "leave_forms")
    return Accepted(*(frozenset(job.order.get(each, ())) for each in orders))


def _list(job: Job, store: Records) -> ContactList:
    target = named(store.contacts.lists(job.account), str(job.order["list"]))
    if target is None:
        raise FailedError("list_gone")
    return target


def _is_on(store: Records, account: str, address: str, target: ContactList) -> bool:
    return any(each.id == target.id for each in store.contacts.lists_of(account, address))


def _note(path: Path, addresses: Sequence[str]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(list(addresses)) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _noted(path: Path) -> Iterator[list[str]]:
    if path.exists():
        with path.open(encoding="utf-8") as file:
            yield from (json.loads(line) for line in file if line.endswith("\n"))
