"""The restore desk: an account asks for an address back, support decides (K25-K28, E24-E25).

The request is what is decided on, and is committed first; its events and the notice follow from it alone,
under ids that it gives them. So whoever finds a request whose consequences may be missing (after a crash, or
beside another thread) does them once more, and nothing happens twice.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from secrets import token_hex
from typing import NamedTuple

from retour.address import domain as normalised_domain
from retour.address import domain_of, normalise
from retour.flow import request_lines
from retour.flow.notices import Notice, of_request
from retour.flow.platform import Verdict
from retour.flow.restore import MOST_ADDRESSES, spelled
from retour.flow.restore_advice import RestoreAdvice, advise, advise_review
from retour.identity import act_id
from retour.instants import Instant
from retour.model import FOR_ALL, VALID, Event, EventKind, StateName
from retour.ports import (
    Bus,
    Clock,
    EndedRequestError,
    Ending,
    Engagements,
    Latest,
    Ledger,
    Life,
    OpenRequestError,
    Record,
    RequestKind,
    RequestQuery,
    Requests,
    RequestStatus,
    RestoreRequest,
    Ruling,
    Store,
)
from retour.ports.requests import status_of

MOST_REQUESTS = 500  # on a page
MOST_CASES = 50
_BATCH = 1000
_MOST_LOOKED_AT = 100_000  # addresses of a domain, for one that could be given back
_FREE = (StateName.VALID, StateName.BOUNCING)


class Fault(NamedTuple):
    """Why nothing was done: the name of a problem, the field at fault, and words to fill in."""

    problem: str
    field: str
    words: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Asking:
    """What somebody asks for, as it was written."""

    account: str
    by: str  # key or person
    done: str  # what was done about the cause
    addresses: Sequence[str] = ()
    domain: str | None = None
    kind: RequestKind = RequestKind.RESTORE


@dataclass(frozen=True, slots=True)
class Decision:
    """What support says of a request; `apart` of addresses of which it says something else."""

    by: str
    ruling: Ruling
    apart: Mapping[str, Ruling] = field(default_factory=dict)
    for_all: bool = False  # by the staff of the platform


@dataclass(frozen=True, slots=True)
class Case:
    """One address of a request, with everything that support decides on."""

    life: Life
    advice: RestoreAdvice
    earlier: Sequence[RestoreRequest]
    latest: Latest
    stopped_for_all: Instant | None = None
    verdicts: Sequence[Verdict] = ()  # of a review: what it is made of, for the staff of the platform


class Common(NamedTuple):
    """What the desk needs of the stop of the whole platform (lifecycle rule 11)."""

    since: Callable[[str, str], Instant | None] = lambda account, address: None
    lift: Callable[[Sequence[str], Instant], None] = lambda addresses, now: None
    verdicts: Callable[[str], Sequence[Verdict]] = lambda address: ()
    look_at: Callable[[Sequence[str]], None] = lambda addresses: None


class RestoreDesk:
    """Takes requests, shows them with their cases, ends them, and does what follows."""

    def __init__(
        self,
        store: Store,
        bus: Bus,
        clock: Clock,
        tell: Callable[[Sequence[Notice]], None] = lambda notices: None,
        common: Common = Common(),  # noqa: B008 - a tuple of functions
        note: Callable[[bytes, Record], None] = lambda id, line: None,
    ) -> None:
        self._requests: Requests = store.requests
        self._ledger: Ledger = store.ledger
        self._engagements: Engagements = store.engagements
        self._bus, self._clock, self._tell, self.common = bus, clock, tell, common
        self._note = note  # a line of the ledger, once for each id

    # --- what an account does ---------------------------------------------------------------------------

    def ask(self, asking: Asking) -> RestoreRequest | Fault:
        """Put a request into the queue, if there is something to give back."""
        if not asking.done.strip():
            return Fault("done_missing", "done", {})
        targets = _targets(asking)
        if isinstance(targets, Fault):
            return targets
        addresses, domain = targets
        now = self._clock.now()
        if (moot := self._moot(asking, addresses, domain, now)) is not None:
            return moot
        made = RestoreRequest(
            token_hex(8), asking.account, asking.kind, addresses, domain, asking.done.strip(), now, asking.by
        )
        try:
            made = self._requests.ask(made)
        except OpenRequestError as error:
            field = "domain" if domain is not None else "addresses"
            return Fault("request_open", field, {"target": error.target, "id": error.id})
        self.settle(made)
        return made

    def withdraw(self, request: RestoreRequest, by: str) -> RestoreRequest | Fault:
        """Whoever asked asks no more."""
        return self._end(request, Ending(RequestStatus.WITHDRAWN, self._clock.now(), by))

    # --- what support does ------------------------------------------------------------------------------

    def decide(self, request: RestoreRequest, decision: Decision) -> RestoreRequest | Fault:
        """Approve or refuse; each address of `apart` for itself. Of two at once, one succeeds."""
        rulings = (decision.ruling, *decision.apart.values())
        if not all(ruling.reason.strip() for ruling in rulings):
            return Fault("reason_missing", "reason", {})
        apart: dict[str, Ruling] = {}
        for told, ruling in decision.apart.items():
            address = normalise(told)
            if address is None or not _concerns(request, address):
                return Fault("ruling_strange", "addresses", {"address": told, "id": request.id})
            apart[address] = ruling
        said = list(apart.values())
        if not request.addresses or set(request.addresses) - apart.keys():
            said.append(decision.ruling)
        status = status_of(said[0], said)
        now = self._clock.now()
        ending = Ending(status, now, decision.by, decision.ruling, apart, decision.for_all)
        return self._end(request, ending)

    def cases(
        self, request: RestoreRequest, limit: int, after: str | None = None
    ) -> tuple[list[Case], str | None]:
        """The addresses of a request with their whole history, and the cursor that leads on, None at the end.

        Of a domain those that are not free; of an ended request they are as they stand by now. Raises
        ValueError for a cursor that was never given out.
        """
        now = self._clock.now()
        if request.domain is None:
            return [self._case(request, address, now) for address in request.addresses], None
        found: list[Case] = []
        while rows := self._ledger.states(request.account, _BATCH, after, request.domain):
            for row in rows:
                if len(found) == limit:
                    return found, after
                if row.state.state not in _FREE:
                    found.append(self._case(request, row.address, now))
                after = row.cursor
        return found, None

    def _case(self, request: RestoreRequest, address: str, now: Instant) -> Case:
        life = self._ledger.life(request.account, address, now) or Life(address, VALID)
        named = self._requests.sought(
            RequestQuery(request.account, address=address, latest_first=True, limit=100)
        )
        earlier = [each for each in named if each.number < request.number]
        latest = self._engagements.latest(request.account, [address]).get(address, {})
        since = self.common.since(request.account, address)
        if request.kind is RequestKind.RESTORE:
            return Case(life, advise(life, earlier, latest, now), earlier, latest, since)
        verdicts = self.common.verdicts(address)
        advice = advise_review(life, earlier, latest, [each.at for each in verdicts], now)
        return Case(life, advice, earlier, latest, since, verdicts)

    # --- what follows -----------------------------------------------------------------------------------

    def settle(self, request: RestoreRequest) -> None:
        """Do what follows from a request as it stands; harmless to repeat."""
        for id, line in request_lines.of(request):
            self._note(id, line)
        remaining = self._events(request)
        while events := list(islice(remaining, _BATCH)):
            self._bus.publish(self._ledger.record(events, self._clock.now()))
        ending = request.ending
        if ending is not None:
            approved = [each for each in request.addresses if _approved(request, each)]
            if request.kind is RequestKind.REVIEW and approved:
                self.common.lift(approved, ending.at)
            elif request.kind is RequestKind.RESTORE:
                self.common.look_at(request.addresses)  # they may be stopped for all no more
            self._tell([of_request(request)] if ending.ruling is not None else [])
        self._requests.settled(request)

    def finish(self) -> None:
        """Do what an earlier process, or a fault, has left undone; called again and again."""
        faults: list[Exception] = []
        for request in self._requests.unsettled(_BATCH):
            try:
                self.settle(request)
            except Exception as fault:  # one that cannot be done holds no other back
                faults.append(fault)
        if faults:
            raise faults[0]

    def _end(self, request: RestoreRequest, ending: Ending) -> RestoreRequest | Fault:
        try:
            ended = self._requests.end(request.id, ending)
        except EndedRequestError as error:
            said = error.request.ending
            by = "" if said is None else said.by
            words = {"id": request.id, "status": error.request.status.value, "by": by}
            return Fault("request_ended", "id", words)
        self.settle(ended)
        return ended

    def _events(self, request: RestoreRequest) -> Iterator[Event]:
        """Every event of a request. A review is of the platform, not of an account: it has none."""
        if request.kind is RequestKind.REVIEW:
            return
        for address in request.addresses:
            yield _event(request, EventKind.RESTORE_REQUESTED, address, request.at, request.by, request.done)
        ending = request.ending
        if ending is None:
            return
        if ending.ruling is None:
            for address in request.addresses:
                yield _event(request, EventKind.RESTORE_WITHDRAWN, address, ending.at, ending.by, "")
            return
        for address in self._of(request):
            ruling = request.ruling_on(address)
            assert ruling is not None, "it was ruled on"
            if ruling.approved:
                for each in spelled([address], request.account, self._ledger):
                    restored = _event(request, EventKind.RESTORE, each, ending.at, ending.by, ruling.reason)
                    yield restored._replace(outcome=FOR_ALL if ending.for_all else None)
            elif request.domain is None or address in ending.apart:
                yield _event(request, EventKind.RESTORE_REFUSED, address, ending.at, ending.by, ruling.reason)

    def _of(self, request: RestoreRequest) -> Sequence[str]:
        """The addresses that a request names, or that are known of its domain."""
        if request.domain is None:
            return request.addresses
        return self._ledger.of_domain(request.account, request.domain)

    def _moot(
        self, asking: Asking, addresses: Sequence[str], domain: str | None, now: Instant
    ) -> Fault | None:
        """What is not stopped cannot be given back."""
        if domain is not None:
            free = not self._any_stopped(asking.account, domain)
            return Fault("request_moot", "domain", {"target": domain}) if free else None
        for address in addresses:
            if asking.kind is RequestKind.REVIEW:
                free = self.common.since(asking.account, address) is None
                problem = "review_moot"
            else:
                every = spelled([address], asking.account, self._ledger)
                free = all(self._ledger.state(asking.account, each, now).state in _FREE for each in every)
                problem = "request_moot"
            if free:
                return Fault(problem, "addresses", {"target": address})
        return None

    def _any_stopped(self, account: str, domain: str) -> bool:
        after: str | None = None
        looked_at = 0
        while rows := self._ledger.states(account, _BATCH, after, domain):
            if any(row.state.state not in _FREE for row in rows):
                return True
            after, looked_at = rows[-1].cursor, looked_at + len(rows)
            if looked_at >= _MOST_LOOKED_AT:
                return True  # nobody is refused because there are too many to look at
        return False


def _targets(asking: Asking) -> tuple[tuple[str, ...], str | None] | Fault:
    """The addresses or the domain, normalised."""
    if bool(asking.addresses) == (asking.domain is not None):
        return Fault("restore_target", "addresses", {})
    if asking.domain is not None:
        if asking.kind is RequestKind.REVIEW:
            return Fault("review_target", "domain", {})
        domain = normalised_domain(asking.domain.removeprefix("@"))
        return ((), domain) if domain else Fault("address_malformed", "domain", {"fault": asking.domain})
    if len(asking.addresses) > MOST_ADDRESSES:
        return Fault("too_many", "addresses", {"count": len(asking.addresses), "most": MOST_ADDRESSES})
    found: dict[str, None] = {}
    for told in asking.addresses:
        address = normalise(told)
        if address is None:
            return Fault("address_malformed", "addresses", {"fault": told})
        found[address] = None
    return tuple(found), None


def _concerns(request: RestoreRequest, address: str) -> bool:
    return address in request.addresses or domain_of(address) == request.domain


def _approved(request: RestoreRequest, address: str) -> bool:
    ruling = request.ruling_on(address)
    return ruling is not None and ruling.approved


def _event(request: RestoreRequest, kind: EventKind, address: str, at: Instant, by: str, words: str) -> Event:
    return Event(
        id=act_id(f"request {request.id} {kind}", request.account, address, at, by),
        kind=kind,
        at=at,
        account=request.account,
        address=address,
        actor=by,
        note=f"request {request.id}: {words}" if words else f"request {request.id}",
    )
