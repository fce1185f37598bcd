"""A contact is deleted, a person erased (E33, lifecycle rule 10): nothing is left that names them.

What is known of the address goes: evidence and raw mail, sends, signs of life, contact, places on lists,
what waits to be told. Where it was not plainly written to, its state goes on standing under a keyed hash, so
that a list that is imported again does not have it mailed. The decision ledger names keyed hashes alone: its
chain holds as before.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from retour.flow import request_lines
from retour.flow.incident_acts import parting
from retour.flow.jobs import CancelledError, Course, Facts, FailedError, Job, Work
from retour.flow.own_rules import RuleFile
from retour.flow.traces import Traces
from retour.identity import told_id
from retour.instants import Instant
from retour.model import State, StateName
from retour.ports import Bus, Clock, ErasingDesk, Erasure, Record, Records, Scrubbing, ScrubbingInbox
from retour.ports.erasing import Told
from retour.ports.requests import ERASED, EndedRequestError, Ending, RequestQuery, RequestStatus

ERASE = "erase"  # kind of job; many at once: erase_many
LOOK = 0.2  # seconds
_REQUESTS = 200  # looked at in one page
_LOOKS = 300  # at arrivals that nobody judges


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person may stand."""

    store: Records
    inbox: ScrubbingInbox
    desk: ErasingDesk
    pseudonym: Callable[[str, str], str]  # account and address: what the gates know it by afterwards
    clock: Clock
    lists: Scrubbing  # that were checked
    pause: Callable[[], object]  # before another look at what is still to be judged
    bus: Bus
    rules: Callable[[], Iterable[RuleFile]] = tuple  # an operator's own, which are searched and never changed
    views: Scrubbing | None = None  # of the console: saved views, and what its sessions have still to say

    @property
    def others(self) -> list[Scrubbing]:
        """What is searched beside inbox, ledger and desk."""
        return [self.lists, *([self.views] if self.views is not None else [])]


def works(place: Place) -> Mapping[str, Work]:
    """What jobs do to erase."""
    return {
        ERASE: lambda job, course: erased(job, place, course),
    }


def erased(job: Job, place: Place, course: Course) -> Facts:
    """Erase whom a job names. Every step is harmless to repeat; nothing cancels it."""
    erasure = place.desk.one(job.order["erasure"])
    steps = _Steps(job, course, bool(job.place.get("kept")), job.place.get("rules", ()))
    if erasure is not None:
        all_judged(erasure, place, steps.told)
        _erase(erasure, place, steps)
    settle(place)
    return result_of({"kept_stopped": steps.kept}, steps.rules, steps.lines)


def result_of(facts: Facts, rules: Iterable[str], lines: int) -> Facts:
    """With the rule files that a person has to be taken out of by hand, if there are any, and how many lines
    of the ledger go on telling what that person did."""
    named = sorted(rules)
    told = {**facts, "rules": named} if named else facts
    return {**told, "ledger": lines} if lines else told


def settle(place: Place) -> None:
    """Nothing older stands beside the files. Raises FailedError."""
    files = [place.store.erasing, place.inbox, place.desk, *([place.views] if place.views else [])]
    if not all(file.settle() for file in files):
        raise FailedError("still_read")


def all_judged(erasure: Erasure, place: Place, told: Told) -> None:
    """What came before the erasure was asked for is judged first: it would stand there anew afterwards.

    Raises FailedError where nobody judges it.
    """
    for _ in range(_LOOKS):
        if not place.inbox.waits(erasure.account, erasure.at):
            return
        told(0)
        place.pause()
    raise FailedError("still_waiting")


class _Steps:
    """Tells a job how many rows were looked at."""

    def __init__(self, job: Job, course: Course, kept: bool, rules: Iterable[str]) -> None:
        self._course, self.kept, self.rules, self._done = course, kept, set(rules), 0
        self.lines = 0

    def told(self, rows: int) -> None:
        self._done += rows
        with suppress(CancelledError):
            self._course.told(self._done, None, {"kept": self.kept, "rules": sorted(self.rules)})


def _erase(erasure: Erasure, place: Place, steps: _Steps) -> None:
    account, store = erasure.account, place.store

    def begun(spelling_stays: bool) -> None:
        steps.kept = steps.kept or spelling_stays
        steps.told(0)

    taken_out(erasure, place, begun)
    traces = Traces(erasure.address)
    steps.rules.update(file.name for file in place.rules() if traces.holds(file.text))
    steps.told(0)
    place.inbox.scrub(account, traces, steps.told)
    store.erasing.scrub(account, traces, steps.told)
    steps.lines += store.erasing.named(account, traces, steps.told)
    close(erasure, place)
    note(erasure, place, steps.kept)
    for other in place.others:
        other.scrub(account, traces, steps.told)
    place.desk.scrub(account, traces, steps.told)
    place.desk.drop([erasure])


def taken_out(erasure: Erasure, place: Place, about_to: Callable[[bool], None]) -> bool:
    """Take an address out of the ledger, in every spelling; whether something is held against it and stays.

    `about_to` is told so of each spelling before it goes, for it cannot be seen afterwards.
    """
    account, store, stays = erasure.account, place.store, False
    for spelling in reversed(store.erasing.spellings(account, erasure.address)):
        now = _parted(account, spelling, erasure.actor, place)
        kept = not _plain(store.ledger.state(account, spelling, now))
        stays = stays or kept
        about_to(kept)
        place.inbox.drop(store.erasing.arrivals(account, spelling))
        store.erasing.erase(account, spelling, place.pseudonym(account, spelling) if kept else None)
    return stays


def _parted(account: str, address: str, actor: str, place: Place) -> Instant:
    """Since when no incident holds it: what was only doubted is held against nobody."""
    ledger, now = place.store.ledger, place.clock.now()
    history = ledger.known(account, [address]).get(address)
    event = parting(account, address, history.events, actor, now) if history else None
    if event is None:
        return now
    place.bus.publish(ledger.record([event], max(now, event.at)))
    return max(now, event.at)


def _plain(state: State) -> bool:
    """Whether nothing keeps mail from an address in this state."""
    return state.state in (StateName.VALID, StateName.BOUNCING) and not state.unsubscribed


def close(erasure: Erasure, place: Place) -> None:
    """Withdraw open requests that are about nobody any more: support could not decide on them."""
    requests, last = place.store.requests, 0
    query = RequestQuery(erasure.account, RequestStatus.OPEN, limit=_REQUESTS)
    while page := requests.sought(replace(query, after=last)):
        last = page[-1].number
        for request in page:
            if not request.addresses and request.domain is None:
                ending = Ending(RequestStatus.WITHDRAWN, place.clock.now(), erasure.actor, why=ERASED)
                with suppress(EndedRequestError):  # somebody was faster
                    request = requests.end(request.id, ending)
                    for id, line in request_lines.of(request):
                        place.store.acts.note(id, line)
                    requests.settled(request)


def note(erasure: Erasure, place: Place, kept: bool) -> None:
    """A line in the ledger, which does not tell who it was."""
    id = told_id("erased", erasure.id)
    after = "erased, stopped" if kept else "erased"
    place.store.acts.note(
        id, Record(0, erasure.at, erasure.account, "", erasure.actor, "", after, None, id, 0)
    )
