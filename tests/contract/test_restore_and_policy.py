"""Giving addresses back and changing a policy, over every store."""

from dataclasses import dataclass
from typing import Any

import pytest

from retour.bus import LocalBus
from retour.flow.browse import life_of, overview, unparsed
from retour.flow.policy import Progress, change_policy, in_force, refold
from retour.flow.restore import Refusal, Request, Restored, restore
from retour.instants import DAY, Instant
from retour.lifecycle import PolicyError, preset
from retour.model import Arrival, Event, EventKind, Reason, Role, StateName
from retour.ports import BounceQuery, Change, Outcome, StaleVersionError, Store
from retour.stores.memory import MemoryInbox

NOW = 20_500 * DAY


@dataclass
class Hand:
    """A clock that stands still until it is moved."""

    instant: Instant

    def now(self) -> Instant:
        return self.instant


def bounced(*addresses: str, reason: Reason = Reason.ADDRESS_UNKNOWN) -> list[Event]:
    return [
        Event(address.encode().ljust(16)[:16], EventKind.BOUNCE, NOW, reason, account="acme", address=address)
        for address in addresses
    ]


@pytest.fixture
def acme(store: Store) -> Store:
    store.accounts.add_account("acme", "acme.example", preset("emarsys"), NOW - DAY)
    store.ledger.record(bounced("ann@b.example", "bob@b.example", "cid@c.example"), NOW)
    return store


def asked(*addresses: str, **told: Any) -> Request:
    return Request("acme", **{"reason": "the mailbox was moved", "addresses": addresses, **told})


def states(store: Store) -> dict[str, StateName]:
    names = ("ann@b.example", "bob@b.example", "cid@c.example")
    return {name: store.ledger.state("acme", name, NOW + DAY).state for name in names}


def give_back(store: Store, request: Request, role: Role = Role.SUPPORT) -> Restored | Refusal:
    return restore(request, store.ledger, LocalBus(), "key:support-1", role, NOW + DAY)


def test_support_gives_an_address_back_and_the_reason_is_kept(acme: Store) -> None:
    heard: list[Change] = []
    bus = LocalBus()
    bus.follow(heard.extend)
    done = restore(
        asked("Ann@b.example", "ann@B.example"), acme.ledger, bus, "key:1", Role.SUPPORT, NOW + DAY
    )
    assert isinstance(done, Restored)
    assert done.addresses == ["Ann@b.example", "ann@b.example"]
    assert [(change.address, change.after.state) for change in heard] == [("ann@b.example", StateName.VALID)]
    life = life_of("acme", "ann@B.example", acme.ledger, NOW + DAY)
    assert life is not None
    assert (life.events[-1].kind, life.events[-1].note) == (EventKind.RESTORE, "the mailbox was moved")
    assert (life.events[-1].actor, life.records[-1].actor, life.records[-1].after) == (
        "key:1",
        "key:1",
        "valid",
    )


def test_a_whole_domain_is_given_back(acme: Store) -> None:
    done = give_back(acme, asked(domain="@B.example"), Role.ADMIN)
    assert isinstance(done, Restored)
    assert done.addresses == ["ann@b.example", "bob@b.example"]
    assert states(acme) == {
        "ann@b.example": StateName.VALID,
        "bob@b.example": StateName.VALID,
        "cid@c.example": StateName.INVALID,
    }


@pytest.mark.parametrize(
    ("request_", "role", "why"),
    [
        (asked("ann@b.example"), Role.MEMBER, Refusal.ROLE),
        (asked("ann@b.example"), Role.MANAGER, Refusal.ROLE),
        (asked("ann@b.example", reason="  "), Role.SUPPORT, Refusal.REASON),
        (asked(*(f"a{n}@b.example" for n in range(11))), Role.SUPPORT, Refusal.TOO_MANY),
        (asked("ann@b.example", "no address"), Role.SUPPORT, Refusal.ADDRESS),
        (asked(domain="no domain"), Role.SUPPORT, Refusal.ADDRESS),
        (asked(), Role.SUPPORT, Refusal.TARGET),
        (asked("ann@b.example", domain="b.example"), Role.SUPPORT, Refusal.TARGET),
    ],
)
def test_refused_and_nothing_changed(acme: Store, request_: Request, role: Role, why: Refusal) -> None:
    assert give_back(acme, request_, role) is why
    assert set(states(acme).values()) == {StateName.INVALID}


def test_a_mail_in_the_queue_does_not_undo_a_restore(acme: Store) -> None:
    give_back(acme, asked("ann@b.example"))
    late = Event(
        b"l" * 16,
        EventKind.BOUNCE,
        NOW + 2 * DAY,
        Reason.ADDRESS_UNKNOWN,
        send=1,
        handed_over=NOW,
        account="acme",
        address="ann@b.example",
    )
    assert acme.ledger.record([late], NOW + 2 * DAY) == []


def test_a_policy_gets_a_new_version_over_the_newest(acme: Store) -> None:
    version = change_policy("acme", {"soft_threshold": 2}, 1, acme.accounts, "ann", NOW + DAY)
    assert (version.number, version.author, version.policy.soft_threshold) == (2, "ann", 2)
    assert version.policy.counting is preset("emarsys").counting
    assert acme.accounts.policies("acme")[-1] == version
    assert in_force(acme.accounts.policies("acme"), NOW).number == 1
    assert in_force(acme.accounts.policies("acme"), NOW + DAY).number == 2
    assert in_force(acme.accounts.policies("acme"), NOW - 9 * DAY).number == 1


def test_a_policy_made_after_the_clock_was_put_back_is_still_the_newest(acme: Store) -> None:
    change_policy("acme", {"soft_threshold": 2}, 1, acme.accounts, "ann", NOW + 9)
    change_policy("acme", {"soft_threshold": 1}, 2, acme.accounts, "ann", NOW)
    acme.ledger.record(bounced("soft@b.example", reason=Reason.MAILBOX_FULL), NOW)
    assert in_force(acme.accounts.policies("acme"), NOW + 9).number == 3
    assert acme.ledger.state("acme", "soft@b.example", NOW + 9).state is StateName.INVALID


def test_a_policy_read_too_long_ago_or_impossible_is_refused(acme: Store) -> None:
    change_policy("acme", {"soft_threshold": 2}, 1, acme.accounts, "ann", NOW)
    with pytest.raises(StaleVersionError):
        change_policy("acme", {"soft_threshold": 3}, 1, acme.accounts, "bob", NOW)
    with pytest.raises(PolicyError):
        change_policy("acme", {"soft_threshold": 0}, 2, acme.accounts, "bob", NOW)
    assert len(acme.accounts.policies("acme")) == 2


def test_stored_states_follow_a_policy_with_progress(acme: Store) -> None:
    acme.ledger.record(bounced("soft@b.example", "soft@c.example", reason=Reason.MAILBOX_FULL), NOW)
    change_policy("acme", {"soft_threshold": 1}, 1, acme.accounts, "ann", NOW + DAY)
    heard: list[Change] = []
    bus = LocalBus()
    bus.follow(heard.extend)
    assert list(refold(acme.ledger, "acme", bus, Hand(NOW + DAY))) == [Progress(1, 2)]
    assert {change.address for change in heard} == {"soft@b.example", "soft@c.example"}
    assert list(refold(acme.ledger, "acme", bus, Hand(NOW + DAY))) == [Progress(1, 0)]


def test_a_bounce_while_states_are_rewritten_is_never_taken_back(
    acme: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retour.flow.policy.BATCH", 1)
    acme.ledger.record(bounced("late@d.example", reason=Reason.MAILBOX_FULL), NOW)
    change_policy("acme", {"soft_threshold": 2}, 1, acme.accounts, "ann", NOW + DAY)
    clock = Hand(NOW + DAY)
    rewriting = refold(acme.ledger, "acme", LocalBus(), clock)
    next(rewriting)
    clock.instant += 9
    dead = bounced("late@d.example")[0]._replace(id=bytes(16), at=clock.now())
    (change,) = acme.ledger.record([dead], clock.now())
    assert change.after.state is StateName.INVALID
    assert [progress.changed for progress in rewriting][-1] == 0


def test_the_overview_says_where_the_next_page_is(acme: Store) -> None:
    first = overview(BounceQuery("acme", limit=2), acme.ledger, NOW)
    last = overview(BounceQuery("acme", limit=2, after=first.after), acme.ledger, NOW)
    assert (len(first.rows), len(last.rows), last.after) == (2, 1, None)
    with pytest.raises(ValueError, match="no cursor"):
        overview(BounceQuery("acme", after="x"), acme.ledger, NOW)


def test_looking_at_what_is_no_address_or_was_never_seen(acme: Store) -> None:
    assert life_of("acme", "no address", acme.ledger, NOW) is None
    assert life_of("acme", "new@b.example", acme.ledger, NOW) is None


def test_what_was_not_understood_is_shown() -> None:
    inbox = MemoryInbox()
    arrival = Arrival(b"a" * 16, "lmtp", NOW, b"???", 3)
    inbox.put([arrival])
    inbox.settle({arrival.id: Outcome.UNPARSED}, NOW)
    assert unparsed(inbox, 10) == [arrival]
