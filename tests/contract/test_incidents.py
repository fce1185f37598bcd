"""The outage guard over both stores: what opens an incident, what it holds, and what becomes of it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retour.bus import LocalBus
from retour.flow.guard import Guard, IncidentStageError
from retour.flow.incident_acts import opening
from retour.flow.incident_effect import effect, held_addresses
from retour.flow.outage import GuardTerms
from retour.identity import told_id
from retour.instants import DAY, HOUR, SECOND, Instant, utc_day
from retour.lifecycle import preset
from retour.model import Event, EventKind, Reason, StateName
from retour.ports import BounceQuery, Rate, Rated, Record, RecordQuery, Store
from retour.ports.incidents import EVERYWHERE, Incident, IncidentStage
from retour.stores import memory, sqlite

NOW: Instant = 20_000 * DAY + 9 * HOUR
MINUTE = 60 * SECOND


@dataclass
class Hand:
    """A clock that is set by hand."""

    instant: Instant = NOW

    def now(self) -> Instant:
        return self.instant


class Place:
    """One account of a store under the guard."""

    def __init__(self, store: Store, terms: GuardTerms | None = None, looked: bool = True) -> None:
        self.store, self.clock, self.lines = store, Hand(), list[Record]()
        if not store.accounts.accounts():
            store.accounts.add_account("demo", "return.test", preset("default"), NOW - 400 * DAY)
        self.guard = Guard(
            store, LocalBus(), self.clock, terms or GuardTerms(), lambda id, line: self.lines.append(line)
        )
        self.guard.load()
        if looked:
            self.guard.follow()

    def bounce(
        self,
        numbers: range,
        at: Instant | None = None,
        reason: Reason = Reason.ADDRESS_UNKNOWN,
        domain: str = "gmail.com",
        tag: str = "",
    ) -> None:
        """A hard bounce of each, as intake records it."""
        when = self.clock.instant if at is None else at
        events = [
            Event(
                told_id("test", tag, str(n), domain, str(when)),
                EventKind.BOUNCE,
                when,
                reason,
                "5.1.1",
                account="demo",
                address=f"a{n}@{domain}",
                actor="lmtp",
            )
            for n in numbers
        ]
        self.store.ledger.record([*events, *self.guard.doubting(events)], self.clock.now())

    def deliver(self, numbers: range, at: Instant) -> None:
        """Mail that reached addresses which have bounced."""
        self.store.ledger.record(
            [
                Event(
                    told_id("test", "delivered", str(n), str(at)),
                    EventKind.DELIVERED,
                    at,
                    send=-10_000 - n,
                    account="demo",
                    address=f"a{n}@gmail.com",
                    actor="postfix-log",
                )
                for n in numbers
            ],
            self.clock.now(),
        )

    def attempted(self, times: int, at: Instant | None = None, provider: str = "gmail") -> None:
        """So much was delivered at a provider."""
        day = utc_day(self.clock.instant if at is None else at)
        self.store.rates.add("demo", [Rate(day, provider, "", Rated.DELIVERED, times)])

    def later(self, time: Instant) -> None:
        """Time goes on, minute by minute where the guard would open or close something."""
        for _ in range(max(1, time // (30 * MINUTE))):
            self.clock.instant += min(time, 30 * MINUTE)
            self.guard.follow()
        self.guard.follow()

    def states(self, numbers: Iterable[int], domain: str = "gmail.com") -> set[StateName]:
        now = self.clock.now()
        return {self.store.ledger.state("demo", f"a{n}@{domain}", now).state for n in numbers}

    def incidents(self) -> Sequence[Incident]:
        return self.store.incidents.listed("demo", 50)


@pytest.fixture
def place(store: Store) -> Place:
    return Place(store)


MANY = range(200)
HELD, STOPPED, FREE = {StateName.HELD}, {StateName.INVALID}, {StateName.VALID}


def test_an_outage_of_one_provider_stops_nobody(place: Place) -> None:
    place.attempted(100_000, NOW - 5 * DAY)
    place.bounce(range(120))
    place.later(MINUTE)
    (incident,) = place.incidents()
    assert (incident.family, incident.stage, incident.sign) == ("gmail", IncidentStage.OPEN, "rate")
    thousands = range(3000)
    place.bounce(range(120, 3000))
    assert place.states(thousands) == HELD
    now = place.clock.now()
    assert {place.store.ledger.state("demo", f"a{n}@gmail.com", now).hard for n in thousands} == {0}
    assert [(line.before, line.after, line.cause) for line in place.lines] == [("", "open", "incident")]


def test_what_bounces_while_it_is_open_is_held_at_once_and_never_stopped(place: Place) -> None:
    place.bounce(range(60))
    place.later(MINUTE)
    place.bounce(range(60, 200))
    records = [
        record
        for record in place.store.ledger.records(RecordQuery("demo", limit=1000))
        if record.address in {f"a{n}@gmail.com" for n in range(60, 200)}
    ]
    assert {(record.before, record.after) for record in records} == {("valid", "held")}


def test_other_providers_and_soft_bounces_go_on_as_ever(place: Place) -> None:
    place.bounce(range(60))
    place.later(MINUTE)
    place.bounce(range(10), domain="web.de")
    place.bounce(range(300, 310), reason=Reason.MAILBOX_FULL)
    assert place.states(range(10), "web.de") == STOPPED
    assert place.states(range(300, 310)) == {StateName.BOUNCING}


@pytest.mark.parametrize(("bounced", "attempted"), [(49, 100), (200, 20_000)])
def test_few_bounces_or_a_usual_share_open_nothing(store: Store, bounced: int, attempted: int) -> None:
    place = Place(store)
    place.attempted(100_000, NOW - 5 * DAY)
    place.store.rates.add("demo", [Rate(utc_day(NOW - 5 * DAY), "gmail", "", Rated.HARD, 1000)])
    place.attempted(attempted)
    place.bounce(range(bounced))
    place.later(MINUTE)
    assert place.incidents() == []
    assert place.states(range(bounced)) == STOPPED


def test_living_addresses_that_are_said_to_be_gone_together_open_one(place: Place) -> None:
    place.attempted(1000, NOW - 5 * DAY)
    place.bounce(range(25), NOW - 20 * DAY, Reason.MAILBOX_FULL, tag="full")
    place.deliver(range(25), NOW - 2 * DAY)
    place.later(MINUTE)
    place.attempted(100)
    place.bounce(range(25))
    place.later(MINUTE)
    (incident,) = place.incidents()
    assert (incident.sign, incident.hard) == ("living", 25)
    assert place.states(range(25)) == HELD


def test_many_domains_at_once_are_a_fault_of_our_own(place: Place) -> None:
    for n in range(500):
        place.bounce(range(1), reason=Reason.ADDRESS_UNKNOWN, domain=f"d{n}.example")
    place.later(MINUTE)
    (incident,) = place.incidents()
    assert incident.family == EVERYWHERE
    assert {s for n in range(500) for s in place.states(range(1), f"d{n}.example")} == HELD


@pytest.mark.parametrize(
    ("name", "state"), [("default", "bouncing"), ("kwiga", "held"), ("emarsys", "bouncing")]
)
def test_when_our_own_resolver_knows_no_name_any_more_no_preset_stops_anybody(
    store: Store, name: str, state: str
) -> None:
    store.accounts.add_account("demo", "return.test", preset(name), NOW - 400 * DAY)
    place = Place(store)
    for n in range(500):
        place.bounce(range(1), reason=Reason.DOMAIN_UNKNOWN, domain=f"d{n}.example")
    place.later(MINUTE)
    assert [each.family for each in place.incidents()] == [EVERYWHERE]
    found = {s for n in range(500) for s in place.states(range(1), f"d{n}.example")}
    assert found == {StateName(state)}


OWN_FAULT = (Reason.DNS_TEMPORARY, Reason.SERVER_UNREACHABLE, Reason.DELIVERY_EXPIRED)


def out_of_reach(place: Place, count: int, reason: Reason) -> None:
    """Mail to so many domains fails for a reason that is ours."""
    for n in range(count):
        place.bounce(range(1), reason=reason, domain=f"d{n}.example")


def found(place: Place, count: int) -> set[StateName]:
    return {state for n in range(count) for state in place.states(range(1), f"d{n}.example")}


@pytest.mark.parametrize("reason", OWN_FAULT)
def test_where_the_first_soft_bounce_stops_our_own_fault_stops_nobody(store: Store, reason: Reason) -> None:
    """A thousand addresses, one of them really dead: that one stops by what it does after the incident."""
    store.accounts.add_account("demo", "return.test", preset("kwiga"), NOW - 400 * DAY)
    place = Place(store)
    out_of_reach(place, 500, reason)
    place.bounce(range(1), domain="dead.example")
    place.later(MINUTE)
    assert [each.family for each in place.incidents()] == [EVERYWHERE]
    out_of_reach(place, 1000, reason)
    assert found(place, 1000) == place.states(range(1), "dead.example") == HELD
    place.later(8 * HOUR)
    assert [each.outcome for each in place.incidents()] == ["revert"]
    assert found(place, 1000) == place.states(range(1), "dead.example") == FREE
    place.bounce(range(1), domain="dead.example", tag="again")
    place.bounce(range(1), reason=Reason.MAILBOX_FULL, domain="d0.example", tag="again")
    assert place.states(range(1), "dead.example") == place.states(range(1), "d0.example") == STOPPED
    assert {state for n in range(1, 1000) for state in place.states(range(1), f"d{n}.example")} == FREE


def test_where_a_soft_bounce_stops_full_mailboxes_of_a_usual_day_are_no_outage(store: Store) -> None:
    """The norm is made of what the hour is made of."""
    store.accounts.add_account("demo", "return.test", preset("kwiga"), NOW - 400 * DAY)
    place = Place(store)
    past = utc_day(NOW - 5 * DAY)
    place.attempted(100_000, NOW - 5 * DAY)
    place.store.rates.add("demo", [Rate(past, "gmail", "", Rated.SOFT, 3000)])
    place.attempted(2000)
    place.bounce(range(120), reason=Reason.MAILBOX_FULL)
    place.later(MINUTE)
    assert place.incidents() == []
    assert place.states(range(120)) == STOPPED


def test_a_provider_that_is_full_for_everybody_is_an_outage_where_that_stops(store: Store) -> None:
    store.accounts.add_account("demo", "return.test", preset("kwiga"), NOW - 400 * DAY)
    place = Place(store)
    place.attempted(100_000, NOW - 5 * DAY)
    place.bounce(range(120), reason=Reason.MAILBOX_FULL)
    place.later(MINUTE)
    (incident,) = place.incidents()
    assert (incident.family, incident.sign) == ("gmail", "rate")
    place.guard.close(incident.id, "confirm", "key s", "they are full")
    place.later(MINUTE)
    assert place.states(range(120)) == STOPPED


def test_one_domain_whose_provider_nobody_knows_is_held_alone(place: Place) -> None:
    place.bounce(range(60), domain="firm.example")
    place.bounce(range(3), domain="other.example")
    place.later(MINUTE)
    assert [each.family for each in place.incidents()] == ["firm.example"]
    assert place.states(range(3), "other.example") == STOPPED


def test_it_closes_after_six_quiet_hours_and_the_next_bounce_counts(place: Place) -> None:
    place.bounce(MANY)
    place.later(MINUTE)
    place.later(HOUR)
    place.deliver(range(50), place.clock.now())
    place.later(5 * HOUR)
    assert place.states(MANY) == HELD
    place.later(3 * HOUR)
    (incident,) = place.incidents()
    assert (incident.stage, incident.outcome, incident.by) == (IncidentStage.CLOSED, "revert", "guard")
    assert (incident.held, incident.delivered, incident.retried) == (200, 50, 150)
    assert place.states(MANY) == FREE
    place.bounce(range(190, 200), tag="again")
    assert place.states(range(190, 200)) == STOPPED
    assert place.states(range(190)) == FREE


def test_confirmed_they_count_at_their_own_time_and_reopened_they_are_held_again(place: Place) -> None:
    place.bounce(MANY)
    place.later(MINUTE)
    (incident,) = place.incidents()
    place.guard.close(incident.id, "confirm", "key s", "they are gone")
    place.later(MINUTE)
    assert place.states(MANY) == STOPPED
    assert place.store.ledger.state("demo", "a7@gmail.com", place.clock.now()).since == NOW
    with pytest.raises(IncidentStageError):
        place.guard.close(incident.id, "revert", "key s", "too late")
    place.guard.reopen(incident.id, "key s", "a slip")
    place.later(MINUTE)
    assert place.states(MANY) == HELD
    place.guard.close(incident.id, "revert", "key s", "they live")
    place.later(MINUTE)
    assert place.states(MANY) == FREE
    assert [line.after for line in place.lines] == ["open", "closed", "open", "closed"]


def test_a_bounce_of_the_outage_that_comes_after_its_end_is_void_as_well(place: Place) -> None:
    place.bounce(MANY)
    place.later(MINUTE)
    (incident,) = place.incidents()
    place.guard.close(incident.id, "revert", "key s", "they live")
    place.later(HOUR)
    place.bounce(range(500, 510), NOW + 30 * SECOND)
    assert place.states(range(500, 510)) == FREE


@pytest.mark.parametrize(("outcome", "states"), [("revert", FREE), ("confirm", STOPPED)])
def test_a_bounce_that_comes_while_it_closes_is_treated_as_the_others(
    store: Store, outcome: str, states: set[StateName]
) -> None:
    place = Place(store)
    place.bounce(MANY)
    place.later(MINUTE)
    (incident,) = place.incidents()
    place.guard.close(incident.id, outcome, "key s", "so it is")
    place.bounce(range(500, 510), NOW + 30 * SECOND)
    place.later(2 * MINUTE)
    assert place.states([*MANY, *range(500, 510)]) == states


def test_a_late_bounce_that_a_command_has_read_is_void_as_well(place: Place) -> None:
    place.bounce(MANY)
    place.later(MINUTE)
    (incident,) = place.incidents()
    place.guard.close(incident.id, "revert", "key s", "they live")
    place.later(MINUTE)
    late = Event(
        b"late" * 4,
        EventKind.BOUNCE,
        NOW + 30 * SECOND,
        Reason.ADDRESS_UNKNOWN,
        "5.1.1",
        account="demo",
        address="a500@gmail.com",
    )
    place.store.ledger.record([late], place.clock.now())
    place.later(2 * MINUTE)
    assert place.states(range(500, 501)) == FREE


def test_what_bounces_between_the_start_and_the_first_look_is_seen(store: Store) -> None:
    store.accounts.add_account("demo", "return.test", preset("default"), NOW - 400 * DAY)
    place = Place(store, looked=False)
    place.bounce(MANY)
    place.later(MINUTE)
    place.later(MINUTE)
    assert place.states(MANY) == HELD


def test_a_bounce_from_just_before_the_first_that_is_told_after_it_is_held_as_well(place: Place) -> None:
    """Bounces are not told in the order in which they happen: the first known is not the first."""
    place.bounce(range(60))
    place.later(MINUTE)
    place.bounce(range(500, 510), NOW - SECOND)
    place.bounce(range(10), NOW - SECOND, tag="before")
    assert place.states([*range(60), *range(500, 510)]) == HELD
    place.later(8 * HOUR)
    assert place.states([*range(60), *range(500, 510)]) == FREE


def test_what_is_opened_in_the_moment_of_the_close_is_let_go(place: Place) -> None:
    place.bounce(MANY)
    place.later(MINUTE)
    (incident,) = place.incidents()
    place.guard.close(incident.id, "revert", "key s", "they live")
    place.later(MINUTE)
    place.store.ledger.record([opening(incident, "a900@gmail.com")], place.clock.now())
    place.bounce(range(900, 901), NOW + 30 * SECOND, tag="late")
    place.later(2 * MINUTE)
    assert place.states(range(900, 901)) == FREE


def test_another_process_goes_on_where_one_was_killed(place: Place) -> None:
    place.bounce(MANY)
    place.later(MINUTE)
    (incident,) = place.incidents()
    place.guard.close(incident.id, "revert", "key s", "they live")  # killed before the first is let go
    after = Place(place.store)
    after.clock.instant = place.clock.now() + MINUTE
    after.guard.follow()
    assert after.states(MANY) == FREE
    assert [each.stage for each in after.incidents()] == [IncidentStage.CLOSED]


def test_a_guard_that_begins_anew_sees_what_bounced_before(place: Place) -> None:
    place.bounce(MANY)
    after = Place(place.store)
    after.clock.instant = place.clock.now()
    after.later(MINUTE)
    assert after.states(MANY) == HELD


def test_old_reports_that_are_read_today_are_no_outage(place: Place) -> None:
    place.bounce(MANY, NOW - 10 * DAY)
    place.later(MINUTE)
    assert place.incidents() == []
    assert place.states(MANY) == STOPPED


def test_accounts_know_nothing_of_each_other(place: Place) -> None:
    place.store.accounts.add_account("other", "other.test", preset("default"), NOW - 400 * DAY)
    place.bounce(MANY)
    place.later(MINUTE)
    assert place.store.incidents.listed("other", 50) == []
    assert len(place.incidents()) == 1
    with pytest.raises(KeyError):
        place.store.incidents.listed("nobody", 50)


@pytest.mark.parametrize("body", ["memory", "sqlite"])
@settings(max_examples=12, deadline=None)
@given(parts=st.lists(st.integers(1, 60), min_size=1, max_size=6), turns=st.data())
def test_in_whatever_pieces_it_comes_an_outage_that_is_reverted_leaves_no_trace(
    body: str, parts: list[int], turns: st.DataObject
) -> None:
    """However the bounces of an outage fall before, into and after its incident."""
    with TemporaryDirectory() as folder:
        fresh = memory.new_store() if body == "memory" else sqlite.open_store(Path(folder) / "s", b"pepper")
        place = Place(fresh)
        place.bounce(range(60), tag="outage")
        place.later(MINUTE)
        (incident,) = place.incidents()
        count = 60
        for size in parts:
            place.bounce(range(count, count + size), tag="outage")
            count += size
            if turns.draw(st.booleans()):
                place.later(MINUTE)
        assert place.states(range(count)) == HELD
        place.guard.close(incident.id, "revert", "key s", "they live")
        place.later(MINUTE)
        place.bounce(range(count, count + 5), at=NOW + MINUTE - 1, tag="late")
        assert place.states(range(count + 5)) == FREE
        place.guard.reopen(incident.id, "key s", "a slip")
        place.later(MINUTE)
        assert place.states(range(count)) == HELD
        fresh.close()


def opened(place: Place) -> Incident:
    """An open incident of 60 addresses, of which ten had bounced for good before it began."""
    place.guard.follow()
    place.bounce(range(10), NOW - 3 * DAY)
    place.later(MINUTE)
    place.bounce(range(10, 70))
    place.later(MINUTE)
    (incident,) = place.incidents()
    return incident


def test_what_it_holds_is_told_address_by_address_with_the_bounce_and_both_ends(place: Place) -> None:
    incident = opened(place)
    place.deliver(range(10, 15), place.clock.instant)
    first = held_addresses(incident, place.store, place.clock.now(), 40)
    rest = held_addresses(incident, place.store, place.clock.now(), 40, first[-1].number)
    assert {each.address for each in (*first, *rest)} == {f"a{n}@gmail.com" for n in range(10, 70)}
    assert (len(first), len(rest)) == (40, 20)
    assert {each.address for each in (*first, *rest) if each.is_reached} == {
        f"a{n}@gmail.com" for n in range(10, 15)
    }
    assert {(each.bounce.reason, each.bounce.at) for each in first if each.bounce} == {
        (Reason.ADDRESS_UNKNOWN, NOW + MINUTE)
    }
    assert {tuple(each.ends.items()) for each in rest} == {
        (("confirm", StateName.INVALID), ("revert", StateName.VALID))
    }


@pytest.mark.parametrize("outcome", ["confirm", "revert"])
def test_what_is_told_of_an_end_is_what_comes(place: Place, outcome: str) -> None:
    incident = opened(place)
    told = effect(incident, place.store, place.clock.now())
    assert (told.count, told.played) == (60, 60)
    place.guard.close(incident.id, outcome, "key s", "so it is")
    place.later(MINUTE)
    now = place.clock.now()
    found = [place.store.ledger.state("demo", f"a{n}@gmail.com", now).state for n in range(10, 70)]
    assert Counter(found) == told.ends[outcome]
    (closed,) = place.incidents()
    assert closed.held == told.count
    held = held_addresses(closed, place.store, now, 500)
    assert (len(held), {len(each.ends) for each in held}) == (60, {0})


def overview(place: Place) -> int:
    """Addresses that the Overview counts as held."""
    query = BounceQuery("demo", status="held")
    found = place.store.ledger.bounced(query, place.clock.now(), None, 60.0)
    assert found is not None
    return found.addresses


def test_held_is_the_same_for_the_incident_and_for_the_overview(place: Place) -> None:
    incident = opened(place)
    place.bounce(range(70, 75), reason=Reason.DOMAIN_UNKNOWN)  # soft until it is confirmed: mail goes on
    restored = [
        Event(
            told_id("test", "restore", str(n)),
            EventKind.RESTORE,
            place.clock.instant + 1,
            account="demo",
            address=f"a{n}@gmail.com",
            actor="person s",
        )
        for n in range(10, 13)
    ]
    place.clock.instant += MINUTE
    place.store.ledger.record(restored, place.clock.now())
    assert place.states(range(70, 75)) == {StateName.BOUNCING}
    held = held_addresses(incident, place.store, place.clock.now(), 500)
    told = effect(incident, place.store, place.clock.now())
    assert {each.address for each in held} == {f"a{n}@gmail.com" for n in range(13, 70)}
    assert len(held) == told.count == told.played == overview(place)
    place.guard.close(incident.id, "revert", "key s", "so it is")
    place.later(MINUTE)
    (closed,) = place.incidents()
    assert (closed.held, closed.delivered + closed.retried, overview(place)) == (57, 57, 0)


def test_an_incident_holds_nothing_of_another(place: Place) -> None:
    incident = opened(place)
    assert place.store.incidents.held("another", 50) == []
    assert place.store.incidents.count_held("another", 50, 7) == (0, 7)
    some, after = place.store.incidents.count_held(incident.id, 25)
    others, last = place.store.incidents.count_held(incident.id, 1000, after)
    assert (some, others) == (25, 35)
    assert place.store.incidents.count_held(incident.id, 1000, last) == (0, last)
