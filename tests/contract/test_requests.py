"""Restore requests, over every store, with the desk that works on them."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from retour.bus import LocalBus
from retour.flow.notices import Notice
from retour.flow.restore_desk import Asking, Decision, Fault, RestoreDesk
from retour.instants import DAY, HOUR, Instant
from retour.lifecycle import preset
from retour.model import Event, EventKind, Reason, StateName
from retour.ports import (
    EndedRequestError,
    Ending,
    OpenRequestError,
    RequestKind,
    RequestQuery,
    RequestStatus,
    RestoreRequest,
    Ruling,
    Store,
)

NOW = 20_500 * DAY
YES, NO = Ruling(True, "it answers"), Ruling(False, "no such mailbox")


@dataclass
class Hand:
    instant: Instant = NOW + DAY - HOUR

    def now(self) -> Instant:
        return self.instant


@dataclass
class House:
    store: Store
    clock: Hand = field(default_factory=Hand)
    told: list[Notice] = field(default_factory=list)

    def desk(self) -> RestoreDesk:
        return RestoreDesk(self.store, LocalBus(), self.clock, self.told.extend)

    def ask(self, *addresses: str, account: str = "acme", **told: Any) -> RestoreRequest:
        asked = Asking(account, "key ann", told.pop("done", "emptied"), addresses, **told)
        made = self.desk().ask(asked)
        assert isinstance(made, RestoreRequest), made
        self.clock.instant = NOW + DAY
        return made

    def state(self, address: str) -> StateName:
        return self.store.ledger.state("acme", address, self.clock.now()).state

    def kinds(self, address: str) -> list[EventKind]:
        life = self.store.ledger.life("acme", address, self.clock.now())
        assert life is not None
        return [event.kind for event in life.events]


@pytest.fixture
def house(store: Store) -> House:
    for name in ("acme", "other"):
        store.accounts.add_account(name, f"{name}.example", preset("emarsys"), NOW - DAY)
        for address in ("ann@b.example", "bob@b.example", "cid@c.example"):
            event = Event(
                f"{name} {address}".encode().ljust(20)[-16:],
                EventKind.BOUNCE,
                NOW,
                Reason.ADDRESS_UNKNOWN,
                account=name,
                address=address,
            )
            store.ledger.record([event], NOW)
    return House(store)


def request(id: str, *addresses: str, account: str = "acme", domain: str | None = None) -> RestoreRequest:
    return RestoreRequest(id, account, RequestKind.RESTORE, addresses, domain, "done", NOW, "key 1")


def test_a_request_is_kept_as_it_was_asked_and_ended(house: House) -> None:
    requests = house.store.requests
    asked = request("r1", "bob@b.example", "ann@b.example")
    assert requests.ask(asked) == asked == requests.one("r1")
    assert requests.ask(asked).number == 1  # again: nothing new
    ending = Ending(RequestStatus.MIXED, NOW + DAY, "key 9", YES, {"bob@b.example": NO})
    assert requests.end("r1", ending) == replace(asked, ending=ending) == requests.one("r1")
    assert requests.one("r2") is None
    with pytest.raises(KeyError):
        requests.ask(request("r2", "ann@b.example", account="nobody"))
    with pytest.raises(KeyError):
        requests.end("r2", ending)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (request("r1", "ann@b.example"), request("r2", "cid@c.example", "ann@b.example")),
        (request("r1", domain="b.example"), request("r2", "ann@b.example")),
        (request("r1", "ann@b.example"), request("r2", domain="b.example")),
        (request("r1", domain="b.example"), request("r2", domain="b.example")),
    ],
)
def test_an_address_stands_in_one_open_request_of_its_account(
    house: House, first: RestoreRequest, second: RestoreRequest
) -> None:
    requests = house.store.requests
    requests.ask(first)
    with pytest.raises(OpenRequestError) as refused:
        requests.ask(second)
    assert refused.value.id == "r1"
    requests.ask(replace(second, id="r3", account="other"))  # another account knows nothing of it
    requests.end("r1", Ending(RequestStatus.WITHDRAWN, NOW, "key 1"))
    assert requests.ask(second).status is RequestStatus.OPEN


def test_the_queue_is_read_page_by_page(house: House) -> None:
    requests = house.store.requests
    for number in range(5):
        account = "acme" if number % 2 else "other"
        requests.ask(replace(request(f"r{number}", f"u{number}@b.example", account=account), at=NOW + number))
    requests.end("r1", Ending(RequestStatus.REFUSED, NOW, "key 9", NO))

    def ids(query: RequestQuery) -> list[str]:
        return [each.id for each in requests.sought(query)]

    assert ids(RequestQuery(limit=2)) == ["r0", "r1"]
    assert ids(RequestQuery(limit=2, after=2)) == ["r2", "r3"]
    assert ids(RequestQuery(limit=2, latest_first=True, after=4)) == ["r2", "r1"]
    assert ids(RequestQuery("acme")) == ["r1", "r3"]
    assert ids(RequestQuery(status=RequestStatus.OPEN)) == ["r0", "r2", "r3", "r4"]
    assert ids(RequestQuery(status=RequestStatus.REFUSED)) == ["r1"]
    assert ids(RequestQuery(since=NOW + 3)) == ["r3", "r4"]
    assert ids(RequestQuery(until=NOW + 1)) == ["r0"]
    assert ids(RequestQuery(address="u3@b.example")) == ["r3"]
    assert ids(RequestQuery(kind=RequestKind.REVIEW)) == []
    requests.ask(request("r9", domain="c.example"))
    assert ids(RequestQuery("acme", address="cid@c.example")) == ["r9"]


def test_of_many_who_decide_at_once_one_succeeds(house: House) -> None:
    asked = house.ask("ann@b.example")
    outcomes: list[RestoreRequest | Fault] = []
    start = threading.Barrier(4)

    def decide(number: int) -> None:
        start.wait()
        outcomes.append(house.desk().decide(asked, Decision(f"key {number}", YES if number % 2 else NO)))

    threads = [threading.Thread(target=decide, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (won,) = [each for each in outcomes if isinstance(each, RestoreRequest)]
    lost = [each for each in outcomes if isinstance(each, Fault)]
    assert [fault.problem for fault in lost] == ["request_ended"] * 3
    approved = won.status is RequestStatus.APPROVED
    assert house.state("ann@b.example") is (StateName.VALID if approved else StateName.INVALID)
    last = EventKind.RESTORE if approved else EventKind.RESTORE_REFUSED
    assert house.kinds("ann@b.example") == [EventKind.BOUNCE, EventKind.RESTORE_REQUESTED, last]
    assert [notice.type for notice in house.told] == ["restore.decided"]


class KilledError(Exception):
    """Nothing runs after it, as after `kill -9`."""


@pytest.mark.parametrize("step", ["record", "tell", "settled"])
def test_a_kill_after_the_decision_leaves_nothing_half_done(
    house: House, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = house.ask("ann@b.example", "bob@b.example")
    desk = house.desk()

    def killed(*told: object) -> Sequence[None]:
        raise KilledError

    place = {"record": house.store.ledger, "settled": house.store.requests}.get(step)
    if place is not None:
        monkeypatch.setattr(place, step, killed)
    else:
        monkeypatch.setattr(desk, "_tell", killed)
    with pytest.raises(KilledError):
        desk.decide(asked, Decision("key 9", YES, {"bob@b.example": NO}))
    monkeypatch.undo()
    assert house.store.requests.one(asked.id) == replace(
        asked,
        ending=Ending(RequestStatus.MIXED, NOW + DAY, "key 9", YES, {"bob@b.example": NO}),
    )
    house.clock.instant += HOUR
    for _ in range(3):  # the next process finishes it, and another does nothing more
        house.desk().finish()
    assert (house.state("ann@b.example"), house.state("bob@b.example")) == (
        StateName.VALID,
        StateName.INVALID,
    )
    assert house.kinds("ann@b.example") == [
        EventKind.BOUNCE,
        EventKind.RESTORE_REQUESTED,
        EventKind.RESTORE,
    ]
    assert house.kinds("bob@b.example")[1:] == [EventKind.RESTORE_REQUESTED, EventKind.RESTORE_REFUSED]
    assert len({notice.id("hook:1") for notice in house.told}) == 1  # a receiver hears of it once
    life = house.store.ledger.life("acme", "ann@b.example", house.clock.now())
    assert life is not None
    assert life.events[-1].at == NOW + DAY  # when it was decided, not when it was made up for
    assert house.store.requests.unsettled(10) == []


def test_a_request_that_cannot_be_finished_holds_no_other_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = house.ask("ann@b.example"), house.ask("bob@b.example")
    for asked in (first, second):
        house.store.requests.end(asked.id, Ending(RequestStatus.APPROVED, NOW + DAY, "key 9", YES))
    desk = house.desk()
    told: list[str] = []

    def tell(notices: Sequence[Notice]) -> None:
        if notices[0].data["request"] == first.id:
            raise KilledError
        told.extend(notice.data["request"] for notice in notices)

    monkeypatch.setattr(desk, "_tell", tell)
    with pytest.raises(KilledError):
        desk.finish()
    assert told == [second.id]
    assert [each.id for each in house.store.requests.unsettled(10)] == [first.id]


def test_every_spelling_of_a_mailbox_is_given_back_on_request_of_one(house: House) -> None:
    for id, address in ((b"1" * 16, "EVE@yahoo.de"), (b"2" * 16, "Eve@yahoo.de")):
        bounce = Event(id, EventKind.BOUNCE, NOW, Reason.ADDRESS_UNKNOWN, account="acme", address=address)
        house.store.ledger.record([bounce], NOW)
    asked = house.ask("eve@yahoo.de")  # it bounced under no such name, and is stopped all the same
    house.desk().decide(asked, Decision("key 9", YES))
    assert [house.state(each) for each in ("EVE@yahoo.de", "Eve@yahoo.de")] == [StateName.VALID] * 2


def test_a_domain_is_given_back_but_for_the_addresses_ruled_on_apart(house: House) -> None:
    asked = house.ask(domain="@B.example")
    cases, more = house.desk().cases(asked, limit=1)
    assert ([case.life.address for case in cases], more is None) == (["ann@b.example"], False)
    cases, more = house.desk().cases(asked, 1, more)
    assert [case.life.address for case in cases] == ["bob@b.example"]
    house.desk().decide(asked, Decision("key 9", YES, {"bob@b.example": NO}))
    assert [house.state(each) for each in ("ann@b.example", "bob@b.example", "cid@c.example")] == [
        StateName.VALID,
        StateName.INVALID,
        StateName.INVALID,
    ]
    assert house.store.ledger.state("other", "ann@b.example", NOW + DAY).state is StateName.INVALID


@pytest.mark.parametrize(
    ("asking", "problem"),
    [
        (Asking("acme", "k", "  ", ["ann@b.example"]), "done_missing"),
        (Asking("acme", "k", "done"), "restore_target"),
        (Asking("acme", "k", "done", ["ann@b.example"], "b.example"), "restore_target"),
        (Asking("acme", "k", "done", [f"u{n}@b.example" for n in range(11)]), "too_many"),
        (Asking("acme", "k", "done", ["ann@@b.example"]), "address_malformed"),
        (Asking("acme", "k", "done", [], "..."), "address_malformed"),
        (Asking("acme", "k", "done", ["new@b.example"]), "request_moot"),
        (Asking("acme", "k", "done", [], "free.example"), "request_moot"),
        (Asking("acme", "k", "done", ["ann@b.example"], kind=RequestKind.REVIEW), "review_moot"),
        (Asking("acme", "k", "done", [], "b.example", kind=RequestKind.REVIEW), "review_target"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_nothing_is_kept(
    house: House, asking: Asking, problem: str
) -> None:
    refused = house.desk().ask(asking)
    assert isinstance(refused, Fault)
    assert refused.problem == problem
    assert house.store.requests.sought(RequestQuery()) == []


def test_a_decision_needs_reasons_and_addresses_of_the_request(house: House) -> None:
    asked = house.ask("ann@b.example")
    for decision, problem in (
        (Decision("k", Ruling(True, " ")), "reason_missing"),
        (Decision("k", YES, {"ann@b.example": Ruling(False, "")}), "reason_missing"),
        (Decision("k", YES, {"bob@b.example": NO}), "ruling_strange"),
    ):
        refused = house.desk().decide(asked, decision)
        assert isinstance(refused, Fault)
        assert refused.problem == problem
    assert house.store.requests.one(asked.id) == asked
    only = house.desk().decide(asked, Decision("k", YES, {"ann@b.example": NO}))  # all of it, in the end
    assert isinstance(only, RestoreRequest)
    assert only.status is RequestStatus.REFUSED
    with pytest.raises(EndedRequestError):
        house.store.requests.end(asked.id, Ending(RequestStatus.WITHDRAWN, NOW, "k"))
