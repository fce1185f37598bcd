"""How late something is known: counted by source, day and step, and asked by the account."""

from hypothesis import given
from hypothesis import strategies as st

from outlets.conftest import Installation
from retour.flow.heard import Heard
from retour.flow.lags import STEPS, UNTOLD, Lag, by_day, by_source, lagged, step_of
from retour.identity import told_id
from retour.instants import DAY, HOUR, SECOND, Instant, text, utc_day
from retour.model import (
    Arrival,
    Event,
    EventKind,
    Evidence,
    Group,
    Kind,
    Reason,
    Report,
    Verdict,
)  # fmt: skip


def arrival(inlet: str, number: int, at: Instant) -> Arrival:
    return Arrival(told_id(inlet, str(number)), inlet, at, b"", 0, account="demo")


def told(of: Arrival, at: Instant, *defects: str) -> Event:
    return Event(of.id, EventKind.BOUNCE, at, account="demo", actor=of.inlet, defects=defects)


def test_steps_begin_where_the_one_before_ends() -> None:
    for place, step in enumerate(STEPS):
        assert step_of(step * SECOND) == place
        assert step_of(step * SECOND + 1) == place + 1
    assert step_of(-HOUR) == 0


def test_late_is_what_the_source_says_it_was() -> None:
    now = 20_000 * DAY + HOUR
    slow, quick = arrival("log:mx", 1, now), arrival("lmtp", 1, now)
    events = [told(slow, now - 2 * HOUR), told(quick, now - SECOND), told(quick, now - DAY, "time_doubted")]
    by_hand = Event(b"x" * 16, EventKind.RESTORE, now, account="demo", actor="person ann")
    assert lagged([slow, quick], [*events, by_hand], now) == {
        ("log:mx", "demo", 20_000, 5): 1,
        ("lmtp", "demo", 20_000, 0): 1,
        ("lmtp", "demo", 20_000, UNTOLD): 1,
    }


def test_what_comes_to_an_inlet_of_all_counts_for_whom_it_names(retour: Installation) -> None:
    heard, now = Heard(retour.desk.heard), retour.clock.now()
    shared = [Arrival(told_id("lmtp", str(n)), "lmtp", now, b"", 0) for n in range(3)]
    of = [told(shared[0], now), told(shared[0], now), told(shared[1], now)._replace(account="other")]
    heard.note(shared, {}, [each._replace(evidence=_evidence(each.id)) for each in of], now)
    assert [(each.source, each.arrivals) for each in heard.of("demo")] == [("lmtp", 1)]
    assert [(each.source, each.arrivals) for each in heard.of("other")] == [("lmtp", 1)]
    assert {each.account: each.arrivals for each in heard.of()} == {"": 1, "demo": 1, "other": 1}


def _evidence(arrival: bytes) -> Evidence:
    verdict = Verdict(Kind.BOUNCE, Reason.ADDRESS_UNKNOWN, Group.DEAD, "x", "", 1.0)
    return Evidence(Report(Kind.BOUNCE), verdict, arrival=arrival)


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(1, 50)), min_size=1, max_size=20))
def test_a_share_is_known_within_its_step_and_not_within_the_one_before(rows: list[tuple[int, int]]) -> None:
    (delays,) = by_day([Lag("lmtp", "demo", 1, *row) for row in rows]).values()
    for share in (0.5, 0.95):
        step = delays.within(share)
        known = sum(events for each, events in rows if each <= step)
        assert known >= share * delays.events > known - sum(events for each, events in rows if each == step)


def test_the_latest_source_stands_first() -> None:
    lags = [Lag("quick", "demo", 1, 0, 90), Lag("slow", "demo", 1, 6, 5), Lag("slow", "demo", 2, 0, 5)]
    assert list(by_source(lags)) == ["slow", "quick"]


def test_it_is_asked_for_days_and_of_the_own_account(retour: Installation) -> None:
    heard, now = Heard(retour.desk.heard), retour.clock.now()
    slow = arrival("log:mx", 1, now)
    heard.note([slow], {}, [told(slow, now - 2 * HOUR), told(slow, now, "time_doubted")], now)
    heard.flush(now, at_once=True)
    found = retour.ask("GET", "/v1/sources/lag").json()
    today = text(now)[:10]
    assert found["days"] == [{"of": today, "events": 1, "untold": 1, "half": 5, "most": 5}]
    assert found["sources"] == [{"of": "log:mx", "events": 1, "untold": 1, "half": 5, "most": 5}]
    before = retour.ask("GET", "/v1/sources/lag", params={"until": text(now - 2 * DAY)}).json()
    assert (before["days"], before["sources"]) == ([], [])
    assert heard.lags("other", 0, utc_day(now)) == []
    later = now + 401 * DAY
    heard.note([slow], {}, [told(slow, later)], later)
    assert [each.day for each in heard.lags("demo", 0, utc_day(later))] == [utc_day(later)]


def test_what_tells_no_time_is_told_and_has_no_lag(retour: Installation) -> None:
    heard, now = Heard(retour.desk.heard), retour.clock.now()
    came = arrival("lmtp", 1, now)
    heard.note([came], {}, [told(came, now, "time_doubted")], now)
    heard.flush(now, at_once=True)
    found = retour.ask("GET", "/v1/sources/lag").json()
    assert found["sources"] == [{"of": "lmtp", "events": 0, "untold": 1, "half": None, "most": None}]
    assert found["days"] == [{"of": text(now)[:10], "events": 0, "untold": 1, "half": None, "most": None}]
