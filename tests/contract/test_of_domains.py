"""Listed bounces of domains: found by the roll-up, they are those that a look at each address finds."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retour.flow.questions import roll
from retour.instants import DAY, HOUR, Instant
from retour.lifecycle import preset
from retour.lifecycle.judgements import of_bounce
from retour.model import BounceType, Event, EventKind, Reason
from retour.ports import BounceQuery, Store
from retour.stores.sqlite import of_domains, open_store, overview

PEPPER = b"pepper of the tests"
NOW: Instant = 20_000 * DAY
DOMAINS = ("b.example", "c.example", "d.example")
REASONS = (Reason.MAILBOX_FULL, Reason.ADDRESS_UNKNOWN, Reason.SPAM_REJECTED)


@st.composite
def told(draw: st.DrawFn) -> list[Event]:
    """Bounces and delays of some addresses within some days, and delays that are bounces after all."""
    found: list[Event] = []
    for number in range(draw(st.integers(1, 40))):
        address = f"a{draw(st.integers(0, 5))}@{draw(st.sampled_from(DOMAINS))}"
        at = NOW - draw(st.integers(0, 400)) * HOUR
        kind = draw(st.sampled_from([EventKind.BOUNCE, EventKind.BOUNCE, EventKind.DELAY]))
        reason = draw(st.sampled_from(REASONS))
        about = {"account": "acme", "address": address}
        event = Event(number.to_bytes(16), kind, at, reason, **about)
        found.append(event)
        if draw(st.booleans()) and kind is EventKind.DELAY:
            id, outcome = (1000 + number).to_bytes(16), of_bounce(event.id, EventKind.BOUNCE)
            found.append(Event(id, EventKind.REJUDGED, NOW + 1, reason, outcome=outcome, **about))
    return found


def pages(store: Store, **filters: Any) -> Iterator[list[tuple[str, bytes]]]:
    after: str | None = None
    while rows := store.ledger.bounces(BounceQuery("acme", after=after, limit=4, **filters), NOW + DAY):
        yield [(row.address, row.event.id) for row in rows]
        after = rows[-1].cursor


FILTERS = st.fixed_dictionaries(
    {"domains": st.frozensets(st.sampled_from(DOMAINS), min_size=1)},
    optional={
        "type": st.sampled_from(BounceType),
        "status": st.sampled_from(["valid", "invalid"]),
        "since": st.integers(0, 400).map(lambda hours: NOW - hours * HOUR - HOUR // 3),
        "until": st.integers(0, 400).map(lambda hours: NOW - hours * HOUR + HOUR // 3),
    },
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    events=told(),
    rolled=st.integers(0, 41),
    filters=FILTERS,
    at_once=st.sampled_from([0, 2, 2000]),
    most=st.sampled_from([1, 4, 100_000]),
    behind=st.sampled_from([0, 10_000]),
)
def test_they_are_those_of_a_look_at_each_address(
    tmp_path_factory: pytest.TempPathFactory,
    events: list[Event],
    rolled: int,
    filters: dict[str, Any],
    at_once: int,
    most: int,
    behind: int,
) -> None:
    store = open_store(tmp_path_factory.mktemp("of") / "s", PEPPER)
    store.accounts.add_account("acme", "acme.example", preset("emarsys"), NOW - 90 * DAY)
    store.ledger.record(events[:rolled], NOW)
    while roll(store.segments):
        pass
    store.ledger.record(events[rolled:], NOW)
    with pytest.MonkeyPatch.context() as patch:
        by_address = list(pages(store, **filters))
        patch.setattr(overview, "FEW", 0)
        for name, value in (("AT_ONCE", at_once), ("MOST", most), ("BEHIND", behind), ("_PIECE", 3)):
            patch.setattr(of_domains, name, value)
        assert list(pages(store, **filters)) == by_address
    store.close()


def test_what_is_rare_among_much_is_found_without_a_look_at_each(tmp_path: Path) -> None:
    """The steps of the file's machine grow with a day's bounces by a few, not by a look-up each."""
    steps = []
    for size in (1000, 4000):
        store = open_store(tmp_path / f"s{size}", PEPPER)
        store.accounts.add_account("acme", "acme.example", preset("emarsys"), NOW - 90 * DAY)
        domain = {0: "rare.example"}
        store.ledger.record(
            [
                Event(
                    n.to_bytes(16),
                    EventKind.BOUNCE,
                    NOW - n * DAY // size,
                    Reason.MAILBOX_FULL,
                    account="acme",
                    address=f"a{n}@{domain.get(n % 100, 'often.example')}",
                )
                for n in range(size)
            ],
            NOW,
        )
        while roll(store.segments):
            pass
        taken: list[int] = []
        reader = store.ledger._database.read()
        query = BounceQuery("acme", domains=frozenset({"rare.example"}), limit=100)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(overview, "FEW", 0)
            reader.set_progress_handler(lambda taken=taken: taken.append(10), 10)
            assert len(store.ledger.bounces(query, NOW + DAY)) == size // 100
        steps.append(sum(taken) / size)
        store.close()
    assert max(steps) < 40  # to look each address up would take some 70
