"""What a check has kept goes onto a list of contacts, and is taken off it again as though it had never been.

Nothing here moves the state of an address: who is stopped stays stopped, on whatever list. Undoing takes off
the list whom the import had put there, takes away the contacts that it made and empties the fields that it
filled; contacts that something else has touched since are left, and counted.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

from retour.flow.contacts import named
from retour.flow.jobs import Course, Facts, FailedError, Job, Work
from retour.flow.listcheck.filling import filled
from retour.flow.listcheck.noted import Entry, Note
from retour.flow.listcheck.people import Person, people_of
from retour.flow.listcheck.proposals import Accepted
from retour.flow.listcheck.work import RESULTS, place_of
from retour.instants import Instant
from retour.ports import Clock, Contact, ContactList, Records

IMPORT, UNDO = "list_import", "list_import_undo"
# Of an import: rows, new on the list, contacts made and filled, columns left out, rows that say otherwise.
COUNTS = ("addresses", "added", "made", "filled", "cut", "differing")
UNDONE = ("taken_off", "removed", "restored", "left")
_BATCH = 500


def works(room: Path, store: Records, clock: Clock) -> Mapping[str, Work]:
    """What jobs do with what was checked."""

    def take(job: Job, course: Course) -> Facts:
        target = _list(job, store)
        place = place_of(room, str(job.order["check"]))
        if not (place / RESULTS / "report.json").exists():
            raise FailedError("list_gone_file")
        done = int(job.place.get("done", 0))
        counts = Counter({name: int(job.place.get(name, 0)) for name in COUNTS})
        note = Note(place / f"{job.id}.jsonl", job.account)
        note.mend()
        again = islice(note.batches(), done // _BATCH, None)  # noted before a kill, and perhaps not done
        people = islice(people_of(place / RESULTS, accepted_by(job)), done, None)
        while batch := list(islice(people, _BATCH)):
            noted = next(again, None)
            if noted is None:
                noted = _entries(batch, target, store, clock.now())
                note.add(noted)
            counts += _brought(batch, noted, target, store)
            done += len(batch)
            course.told(done, None, {"done": done, **counts})
        return {"list": target.id, **{name: counts[name] for name in COUNTS}}

    def undo(job: Job, course: Course) -> Facts:
        target = named(store.contacts.lists(job.account), str(job.order["list"]))
        undone, rows = int(job.place.get("undone", 0)), int(job.place.get("rows", 0))
        counts = Counter({name: int(job.place.get(name, 0)) for name in UNDONE})
        note = Note(place_of(room, str(job.order["check"])) / f"{job.order['import']}.jsonl", job.account)
        for batch in islice(note.backwards(), undone, None):
            counts += _undone(job.account, batch, target, store)
            undone, rows = undone + 1, rows + len(batch)
            course.told(rows, None, {"undone": undone, "rows": rows, **counts})
        return {"list": job.order["list"], **{name: counts[name] for name in UNDONE}}

    return {IMPORT: take, UNDO: undo}


def _entries(batch: Sequence[Person], target: ContactList, store: Records, now: Instant) -> list[Entry]:
    """What is about to be changed, of each address once."""
    addresses = list(dict.fromkeys(each.address for each in batch if not each.is_again))
    there = store.contacts.on(target, addresses)
    known = store.contacts.some(target.account, addresses)
    return [Entry(each, each not in there, now, known.get(each)) for each in addresses]


def _brought(
    batch: Sequence[Person], noted: Sequence[Entry], target: ContactList, store: Records
) -> Counter[str]:
    """Make or fill contacts, and put them on the list; what somebody has changed since the note stays."""
    counts: Counter[str] = Counter()
    by_address: dict[str, list[Person]] = {}
    for person in batch:
        if not person.is_again:
            by_address.setdefault(person.address, []).append(person)
            counts["addresses"] += 1
    made = []
    known = store.contacts.some(target.account, [entry.address for entry in noted])
    for entry in noted:
        people = by_address.get(entry.address, ())
        if not entry.is_change or not people:
            continue
        contact, cut, differing = filled(entry.before, people, target.account, entry.at)
        if known.get(entry.address) in (entry.before, contact):
            made.append(contact)
            counts.update({"cut": cut, "differing": differing, **_kind(entry.before, contact)})
    store.contacts.set(made)
    new = [each.address for each in noted if each.is_new]
    store.contacts.put_on(target, new, noted[0].at if noted else 0)
    counts["added"] += len(new)
    counts["differing"] += _unlike([each for each in batch if each.is_again], target, store)
    return counts


def _kind(before: Contact | None, after: Contact) -> Mapping[str, int]:
    if before is None:
        return {"made": 1}
    return {"filled": int((before.name, before.attributes) != (after.name, after.attributes))}


def _unlike(copies: Sequence[Person], target: ContactList, store: Records) -> int:
    """How many rows that were dropped as copies say what the contacts of their addresses do not."""
    addresses = [each.address for each in copies]
    there = store.contacts.on(target, addresses)
    known = store.contacts.some(target.account, addresses)
    return sum(_says_more(each, known[each.address]) for each in copies if each.address in there)


def _says_more(person: Person, contact: Contact) -> bool:
    attributes = json.loads(contact.attributes)
    more = any(attributes.get(head) != cell for head, cell in json.loads(person.attributes).items())
    return more or (person.name != "" and person.name != contact.name)


def _undone(account: str, batch: Sequence[Entry], target: ContactList | None, store: Records) -> Counter[str]:
    """Take a batch off the list, where that is still there, and have its contacts as they were."""
    taken = 0
    if target is not None:
        taken = store.contacts.take_off(target, [each.address for each in batch if each.is_new])
    known = _heard(account, [each for each in batch if each.is_change and each.before is None], store)
    changes = [each.change for each in batch if each.is_change and each.address not in known]
    removed, restored, left = store.contacts.revert(account, changes)
    kept = len(store.contacts.some(account, list(known)))
    return Counter(taken_off=taken, removed=len(removed), restored=len(restored), left=len(left) + kept)


def _heard(account: str, made: Sequence[Entry], store: Records) -> set[str]:
    """Whom of those that the import made contacts mail was sent to since, or something was heard of."""
    addresses = [each.address for each in made]
    sent, known = store.sends.handed_over(account, addresses), store.ledger.known(account, addresses)
    heard = set()
    for address, _, at, *_ in made:
        history = known.get(address)
        moments = [at for _, at in history.deliveries] if history else []
        moments += [event.at for event in history.events] if history else []
        if max([*moments, sent.get(address, at - 1)]) >= at:
            heard.add(address)
    return heard


def accepted_by(job: Job) -> Accepted:
    """What an import takes over beside what was kept."""
    orders = ("accept", "accept_forms", "leave", "leave_forms")
    return Accepted(*(frozenset(job.order.get(each, ())) for each in orders))


def _list(job: Job, store: Records) -> ContactList:
    target = named(store.contacts.lists(job.account), str(job.order["list"]))
    if target is None:
        raise FailedError("list_gone")
    return target
