"""Any course of events gives the same in every store, and what is stored is what a replay gives."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from retour.instants import DAY, HOUR
from retour.lifecycle import PolicyVersion, fold, policy_from, preset_names
from retour.model import BounceType, Event, EventKind, MailKind, Reason, Send, Standing, State, StateName
from retour.ports import BounceQuery, Change, Store
from retour.stores import memory, sqlite

START = 20_500 * DAY
ADDRESSES = ("ann@b.example", "bob@b.example", "cid@c.example")
ACCOUNTS = ("acme", "other")
SENDS = {
    n: Send(
        n,
        ACCOUNTS[n % 2],
        ADDRESSES[n % 3],
        MailKind.MAILING,
        START + n * HOUR,
        "may" if n < 8 else "june",
    )
    for n in range(1, 13)
}
KINDS = (
    *[EventKind.BOUNCE] * 6,
    EventKind.DELAY,
    EventKind.DELIVERED,
    EventKind.COMPLAINT,
    EventKind.UNSUBSCRIBE,
    EventKind.RESUBSCRIBE,
    EventKind.STOP,
    EventKind.RESTORE,
    EventKind.AUTOREPLY,
    EventKind.INCIDENT_OPEN,
    EventKind.INCIDENT_CLOSE,
)
REASONS = (Reason.ADDRESS_UNKNOWN, Reason.MAILBOX_FULL, Reason.DOMAIN_UNKNOWN, Reason.SPAM_REJECTED, None)
FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"type": BounceType.SOFT, "campaign": "may"},
    {"reason": Reason.MAILBOX_FULL, "since": START + 7 * DAY},
    {"campaign": "june", "until": START + 20 * DAY},
    *({"status": status} for status in ("valid", "held", "invalid")),
)
SETTINGS = st.fixed_dictionaries(
    {"preset": st.sampled_from(preset_names())},
    optional={
        "soft_threshold": st.integers(1, 3),
        "block_threshold": st.integers(0, 2),
        "counting": st.sampled_from(["cumulative", "consecutive", "windowed"]),
        "min_days": st.integers(0, 2),
        "within_days": st.integers(7, 40),
        "reset_after": st.integers(0, 20),
    },
)


@st.composite
def events(draw: st.DrawFn) -> Event:
    """An event with a place in the first month; its id tells it apart, and belongs to one address."""
    id, send = draw(st.integers(0, 60)), draw(st.none() | st.sampled_from(list(SENDS)))
    account = SENDS[send].account if send else ACCOUNTS[id % 2]
    address = SENDS[send].recipient if send else ADDRESSES[id % 3]
    kind = draw(st.sampled_from(KINDS))
    return Event(
        id=f"{id}/{account}/{address}".encode(),
        kind=kind,
        at=START + draw(st.integers(0, 30 * 24)) * HOUR,
        reason=draw(st.sampled_from(REASONS)),
        status=draw(st.sampled_from(["5.1.1", "4.4.7", None])),
        send=send,
        handed_over=SENDS[send].handed_over if send else None,
        standing=draw(st.sampled_from([Standing.PROVEN] * 4 + [Standing.UNPROVEN, Standing.EXPIRED])),
        outcome=draw(st.sampled_from(["confirm", "revert"])) if kind is EventKind.INCIDENT_CLOSE else None,
        account=account,
        address=address,
    )


class Stores(RuleBasedStateMachine):
    """The same is done to every store."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.stores: dict[str, Store] = {
            "memory": memory.new_store(),
            "sqlite": sqlite.open_store(self.folder / "s", b"pepper"),
        }
        self.now = START
        self.known: dict[bytes, Event] = {}
        self.told: list[list[Change]] = []

    def teardown(self) -> None:
        self.stores["sqlite"].close()
        shutil.rmtree(self.folder)

    @initialize(settings_=SETTINGS)
    def begin(self, settings_: dict[str, object]) -> None:
        for store in self.stores.values():
            for name in ACCOUNTS:
                store.accounts.add_account(name, f"{name}.example", policy_from(settings_), START - DAY)
            store.sends.add(list(SENDS.values()))

    @rule(batch=st.lists(events(), max_size=8), again=st.lists(st.integers(0, 60), max_size=3))
    def record(self, batch: list[Event], again: list[int]) -> None:
        known = list(self.known.values())
        batch = [self.known.setdefault(event.id, event) for event in batch]
        batch += [known[n % len(known)] for n in again if known]
        self.each(lambda store: store.ledger.record(batch, self.now))

    @rule(hours=st.integers(1, 24 * 40))
    def wait(self, hours: int) -> None:
        self.now += hours * HOUR

    @rule(account=st.sampled_from(ACCOUNTS), settings_=SETTINGS, limit=st.integers(1, 3))
    def change_policy(self, account: str, settings_: dict[str, object], limit: int) -> None:
        def change(store: Store) -> list[Change]:
            newest = store.accounts.policies(account)[-1]
            policy = policy_from(settings_, newest.policy)
            version = PolicyVersion(newest.number + 1, self.now, policy)
            store.accounts.add_policy(account, version, newest.number)
            changes, after = store.ledger.refold(account, self.now, limit, None)
            while after is not None:
                more, after = store.ledger.refold(account, self.now, limit, after)
                changes += more
            return changes

        self.each(change)

    @rule(limit=st.integers(1, 3))
    def pass_time(self, limit: int) -> None:
        def due(store: Store) -> list[Change]:
            changes: list[Change] = []
            while more := store.ledger.due(self.now, limit):
                changes += more
            return changes

        self.each(due)
        for store in self.stores.values():  # now the stored states are those of this moment
            standing = {(c.account, c.address): _seen(c.after) for c in store.ledger.standing(self.now)}
            folded = {
                place: _seen(store.ledger.state(*place, self.now))
                for place in ((account, address) for account in ACCOUNTS for address in ADDRESSES)
            }
            assert standing == {place: seen for place, seen in folded.items() if not _sends(seen)}

    @invariant()
    def what_is_stored_is_what_a_replay_gives(self) -> None:
        for store in self.stores.values():
            for account in ACCOUNTS if store.accounts.accounts() else ():
                for address in ADDRESSES:
                    self.replay(store, account, address)

    def replay(self, store: Store, account: str, address: str) -> None:
        life = store.ledger.life(account, address, self.now)
        assert life is not None  # it was sent to
        own = [e for e in self.known.values() if (e.account, e.address) == (account, address)]
        state = fold(own, store.accounts.policies(account), self.now)
        assert _seen(life.state) == _seen(state)
        assert {event.id for event in life.events} == {event.id for event in own if not _on_send(event)}

    @invariant()
    def the_overview_is_the_same(self) -> None:
        known = ACCOUNTS if self.stores["memory"].accounts.accounts() else ()
        for query in (BounceQuery(account, **filters) for account in known for filters in FILTERS):
            pages = [
                {
                    (row.address, _seen(row.state), row.event.id, row.type)
                    for row in store.ledger.bounces(query, self.now)
                }
                for store in self.stores.values()
            ]
            assert pages[0] == pages[1]
            assert query.status is None or all(_is_of(seen, query.status) for _, seen, _, _ in pages[0])

    def each(self, act: object) -> None:
        """The same changes from every store; when several addresses change by themselves, in any order."""
        results = [act(store) for store in self.stores.values()]
        shown = [
            sorted(
                (c.account, c.address, c.at, c.actor, str(_seen(c.before)), str(_seen(c.after)))
                for c in found
            )
            for found in results
        ]
        assert shown[0] == shown[1]


def _on_send(event: Event) -> bool:
    return event.kind is EventKind.DELIVERED and event.send is not None and event.standing is Standing.PROVEN


def _is_of(seen: tuple[object, ...], status: str) -> bool:
    return {"held": seen[0] is StateName.HELD, "invalid": seen[0] is StateName.INVALID}.get(
        status, seen[0] in (StateName.BOUNCING, StateName.HELD)
    )


def _seen(state: State) -> tuple[object, ...]:
    """A state but for own counters that stand at 0, and are not stored."""
    named = frozenset((reason, count) for reason, count in state.reasons.items() if count)
    return (*(getattr(state, name) for name in State._fields if name != "reasons"), named)


def _sends(seen: tuple[object, ...]) -> bool:
    unsubscribed = seen[State._fields.index("unsubscribed") - 1]
    return seen[0] in (StateName.VALID, StateName.BOUNCING) and not unsubscribed


Stores.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestStores = Stores.TestCase
