"""Protection across accounts with privacy, over every store (K20, N10, lifecycle rule 11)."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from retour.address import key, platform_key
from retour.bus import LocalBus
from retour.flow.directory import Directory
from retour.flow.platform import Platform, Terms
from retour.flow.policy import change_policy
from retour.flow.rewrite import Rewriter
from retour.instants import DAY, HOUR, Instant
from retour.lifecycle import preset
from retour.lifecycle.judgements import of_bounce, of_understood
from retour.model import FOR_ALL, Answer, Cause, Decision, Event, EventKind, MailKind, Reason, Standing
from retour.ports import PlatformStop, ReadSoFar, Store
from retour.snapshot import Table

NOW = 20_500 * DAY
PEPPER = b"pepper of the contract tests"
ANN, BOB = "ann@b.example", "bob@b.example"
NAMES = ("one", "two", "three", "four")


@dataclass
class Hand:
    instant: Instant = NOW

    def now(self) -> Instant:
        return self.instant


@dataclass
class House:
    store: Store
    terms: Terms = field(default_factory=Terms)
    clock: Hand = field(default_factory=Hand)
    table: Table = field(default_factory=lambda: Table(PEPPER))

    def __post_init__(self) -> None:
        for name in NAMES:
            account = self.store.accounts.add_account(name, f"{name}.example", preset("emarsys"), NOW - DAY)
            self.table.policy(account.name, preset("emarsys"), 1)
        self.platform = Platform(self.store, self.table, self.clock, PEPPER, self.terms)

    def record(self, kind: EventKind, account: str, address: str = ANN, **told: Any) -> bytes:
        at = self.clock.now()
        id = key(b"x", f"{kind} {account} {address} {at}")
        event = Event(id, kind, at, account=account, address=address, **told)
        self.table.apply(self.store.ledger.record([event], at))
        return id

    def dead(self, *accounts: str, address: str = ANN, reason: Reason = Reason.ADDRESS_UNKNOWN) -> None:
        for account in accounts:
            self.record(EventKind.BOUNCE, account, address, reason=reason)
        self.platform.follow()

    def says(self, account: str, address: str = ANN) -> Decision:
        return self.table.decision(account, address, MailKind.SYSTEM, self.clock.now())

    def stopped(self, address: str = ANN) -> bool:
        """Whether an account that has never seen the address is told to stop."""
        decision = self.says("four", address)
        assert decision in (Decision(Answer.SEND), Decision(Answer.STOP, "platform"))
        return decision.answer is Answer.STOP


@pytest.fixture
def house(store: Store) -> House:
    return House(store)


def test_stops_are_kept_by_hash_and_told_by_revision(house: House) -> None:
    stops = house.store.platform
    first, second = bytes(16), bytes([1]) * 16
    assert (stops.place(), stops.changed(0, 10)) == (ReadSoFar(), [])
    stops.keep([PlatformStop(first, NOW), PlatformStop(second, NOW)], ReadSoFar("3 60", 7, 9))
    assert stops.place() == ReadSoFar("3 60", 7, 9)
    stops.keep([PlatformStop(first, None, NOW + 1)])
    assert stops.place() == ReadSoFar("3 60", 7, 9)
    changed = stops.changed(0, 10)
    assert [(each.hash, each.since, each.lifted_at) for each in changed] == [
        (second, NOW, None),
        (first, None, NOW + 1),
    ]
    assert stops.changed(changed[0].revision, 10) == changed[1:]
    assert stops.changed(0, 1) == changed[:1]
    assert stops.stops([first, bytes([2]) * 16]) == {first: changed[1]}


def test_three_accounts_stop_an_address_for_a_fourth_that_has_never_seen_it(house: House) -> None:
    house.dead("one", "two")
    assert not house.stopped()
    house.dead("three")
    assert house.stopped()
    assert not house.stopped(BOB)
    assert house.says("one").why == "hard"  # its own verdict comes first


def test_only_a_hash_and_a_day_are_kept(house: House) -> None:
    house.clock.instant = NOW + 5 * HOUR
    house.dead("one", "two", "three")
    (stop,) = house.store.platform.changed(0, 10)
    assert stop == PlatformStop(key(platform_key(PEPPER), ANN), NOW, None, stop.revision)
    assert stop.hash != key(PEPPER, ANN)
    assert house.platform.since("four", ANN) == NOW


@pytest.mark.parametrize("reason", [Reason.MAILBOX_FULL, Reason.SENDER_BLOCKED, Reason.REFUSED])
def test_what_is_not_dead_stops_nobody_else(house: House, reason: Reason) -> None:
    for _ in range(5):
        house.clock.instant += 40 * DAY
        house.dead("one", "two", "three", reason=reason)
    assert not house.stopped()


def test_complaints_imports_and_stops_of_an_account_stay_its_own(house: House) -> None:
    for account in ("one", "two", "three"):
        for kind in (EventKind.COMPLAINT, EventKind.IMPORT, EventKind.STOP, EventKind.UNSUBSCRIBE):
            house.record(kind, account)
    house.platform.follow()
    assert not house.stopped()


def test_the_verdicts_lie_within_sixty_days_of_each_other(house: House) -> None:
    house.dead("one")
    house.clock.instant += 40 * DAY
    house.dead("two")
    house.clock.instant += 21 * DAY
    house.dead("three")
    assert not house.stopped()
    house.clock.instant += 30 * DAY
    house.record(EventKind.BOUNCE, "one", reason=Reason.ADDRESS_UNKNOWN)  # heard again: within, now
    house.platform.look_at([ANN])
    assert house.stopped()


def test_an_account_may_ignore_it_and_its_own_short_list_goes_before(house: House) -> None:
    house.dead("one", "two", "three")
    for settings in ({"platform_stops": "ignore"}, {"platform_stops": "obey", "never_stop": [ANN]}):
        number = house.store.accounts.policies("four")[-1].number
        version = change_policy("four", settings, number, house.store.accounts, "key 1", house.clock.now())
        house.table.policy("four", version.policy, version.number)
        assert house.says("four").answer is Answer.SEND
    assert house.says("four") == Decision(Answer.SEND, "never_stop", would_be=Answer.STOP)


@pytest.mark.parametrize("how", ["restore", "revert", "review"])
def test_it_goes_with_the_verdicts_that_it_was_made_of(house: House, how: str) -> None:
    house.dead("one", "two")
    house.dead("three")
    assert house.stopped()
    house.clock.instant += DAY
    if how == "restore":
        house.record(EventKind.RESTORE, "three", note="it lives")
    elif how == "review":
        house.platform.lift([ANN], house.clock.now())
    else:
        house.record(EventKind.INCIDENT_OPEN, "three", begins=NOW - HOUR)
        house.record(EventKind.INCIDENT_CLOSE, "three", begins=NOW - HOUR, outcome="revert")
    house.platform.follow()
    assert not house.stopped()
    house.clock.instant += DAY
    house.dead("one")  # one that says so again is one
    assert not house.stopped()


def test_what_an_open_incident_holds_makes_an_old_verdict_no_younger(house: House) -> None:
    house.dead("one")
    house.clock.instant += 200 * DAY
    house.record(EventKind.INCIDENT_OPEN, "one", begins=house.clock.now() - HOUR)
    house.dead("one", "two", "three")
    assert not house.stopped()
    house.clock.instant += DAY
    begins = house.clock.now() - DAY - HOUR
    house.record(EventKind.INCIDENT_CLOSE, "one", begins=begins, outcome="confirm")
    house.platform.follow()
    assert house.stopped()  # staff say that it was true


def test_a_verdict_that_the_policy_never_counts_is_none(house: House) -> None:
    policies = house.store.accounts
    settings = {"threshold_by_reason": {"address_unknown": 0}}
    change_policy("one", settings, 1, policies, "key", house.clock.now() - HOUR)
    house.record(EventKind.BOUNCE, "one", reason=Reason.REFUSED)
    house.clock.instant += DAY
    house.dead("one", "two", "three")
    assert house.says("one").why == "hard"
    assert not house.stopped()


def test_a_verdict_that_is_heard_again_counts_from_then(house: House) -> None:
    house.dead("one")
    house.clock.instant += 100 * DAY
    house.dead("two", "three")
    assert not house.stopped()
    house.clock.instant += DAY
    house.dead("one")  # changes no state
    assert house.stopped()


@pytest.mark.parametrize("undone", [False, True])
def test_a_verdict_that_a_replay_judges_otherwise_counts_no_more(house: House, undone: bool) -> None:
    """Though its own account goes on stopping the address: `refused` is hard, and says nothing of life."""
    bounce = house.record(EventKind.BOUNCE, "one", reason=Reason.ADDRESS_UNKNOWN)
    house.dead("two", "three")
    assert house.stopped()
    house.clock.instant += DAY
    outcome = of_bounce(bounce, EventKind.BOUNCE)
    act = house.record(EventKind.REJUDGED, "one", reason=Reason.REFUSED, outcome=outcome)
    house.platform.follow()
    assert (house.says("one").why, house.stopped()) == ("hard", False)
    if undone:
        house.record(EventKind.WITHDRAWAL, "one", outcome=act.hex())
        house.platform.follow()
        assert house.stopped()


def test_what_a_replay_understood_is_a_verdict_while_it_stands(house: House) -> None:
    house.dead("two", "three")
    told = {"reason": Reason.ADDRESS_UNKNOWN, "outcome": of_understood(b"b" * 16, NOW)}
    act = house.record(EventKind.UNDERSTOOD, "one", **told)
    house.platform.follow()
    assert (house.says("one").why, house.stopped()) == ("hard", True)
    house.clock.instant += DAY
    house.record(EventKind.WITHDRAWAL, "one", outcome=act.hex())
    house.platform.follow()
    assert not house.stopped()


def test_unproven_reports_are_no_verdicts(house: House) -> None:
    house.dead("one", "two")
    for standing in (Standing.UNPROVEN, Standing.EXPIRED):
        house.clock.instant += DAY
        house.record(EventKind.BOUNCE, "three", reason=Reason.ADDRESS_UNKNOWN, standing=standing)
        house.platform.follow()
        assert not house.stopped()


def test_a_restore_where_the_address_was_never_stopped_ends_it_as_well(house: House) -> None:
    """Nobody tells the platform of it but the ledger, when the process is killed in between."""
    house.dead("one", "two", "three")
    house.clock.instant += DAY
    house.record(EventKind.RESTORE, "four", note="she wrote to us", outcome=FOR_ALL)
    house.platform.follow()
    assert not house.stopped()


def test_an_accounts_own_support_ends_its_own_verdict_and_no_other(house: House) -> None:
    house.dead("one", "two", "three")
    house.clock.instant += DAY
    house.record(EventKind.RESTORE, "four", note="she wrote to us")
    house.platform.follow()
    assert house.stopped()
    house.record(EventKind.RESTORE, "one", note="she wrote to us")
    house.platform.follow()
    assert not house.stopped()  # two verdicts are left, of the three that it takes


def test_a_restore_of_the_platform_that_was_withdrawn_ends_nothing(house: House) -> None:
    house.dead("one", "two", "three")
    house.clock.instant += DAY
    restored = house.record(EventKind.RESTORE, "four", outcome=FOR_ALL)
    house.record(EventKind.WITHDRAWAL, "four", outcome=restored.hex())
    house.platform.follow()
    assert house.stopped()


def test_a_stop_of_the_time_in_which_it_was_ignored_has_no_effect_later_either(house: House) -> None:
    ask = house.store.accounts
    rewriter = Rewriter(house.store, LocalBus(), house.table, house.clock, set[str](), lambda job: job())
    house.clock.instant += DAY
    rewriter.change("four", {"platform_stops": "ignore"}, 1, "key")
    house.clock.instant += DAY
    house.dead("one", "two", "three")
    assert not house.stopped()
    house.clock.instant += 2 * DAY
    rewriter.change("four", {"platform_stops": "obey"}, 2, "key")
    assert house.says("four") == Decision(Answer.SEND)
    assert house.platform.since("four", ANN) is None
    assert len(ask.policies("four")) == 3
    house.dead("one", "two", "three", address=BOB)
    assert house.says("four", BOB) == Decision(Answer.STOP, "platform")
    again = Table(PEPPER)
    Directory(house.store.accounts, again).refresh(house.clock.now())
    Platform(house.store, again, house.clock, PEPPER, house.terms).load()
    told = [again.decision("four", each, MailKind.MAILING, house.clock.now()).answer for each in (ANN, BOB)]
    assert told == [Answer.SEND, Answer.STOP]
    five = [again.decision("one", each, MailKind.MAILING, house.clock.now()).answer for each in (ANN, BOB)]
    assert five == [Answer.STOP, Answer.STOP]


@pytest.mark.parametrize("how", ["restore", "review"])
def test_mail_that_was_under_way_stops_nothing_again(store: Store, how: str) -> None:
    house = House(store, Terms(1))
    house.dead("one")
    handed_over = house.clock.now()
    house.clock.instant += DAY
    if how == "restore":
        house.record(EventKind.RESTORE, "one", outcome=FOR_ALL)
        house.platform.follow()
    else:
        house.platform.lift([ANN], house.clock.now())
    assert not house.stopped()
    house.clock.instant += HOUR
    house.record(EventKind.BOUNCE, "two", reason=Reason.ADDRESS_UNKNOWN, handed_over=handed_over, send=7)
    house.platform.follow()
    assert not house.stopped()
    assert house.says("two").why == "hard"  # as for that account alone
    house.clock.instant += DAY
    told = {"reason": Reason.ADDRESS_UNKNOWN, "handed_over": house.clock.now() - HOUR, "send": 8}
    house.record(EventKind.BOUNCE, "two", **told)
    house.platform.follow()
    assert house.stopped()


def test_a_lift_is_harmless_to_repeat_and_new_verdicts_stop_again(house: House) -> None:
    house.dead("one", "two", "three")
    house.clock.instant += DAY
    lifted_at = house.clock.now()
    house.platform.lift([ANN], lifted_at)
    assert not house.stopped()
    for account in ("one", "two", "three"):
        house.clock.instant += HOUR
        house.dead(account)
    house.platform.look_at([ANN])
    assert house.stopped()
    house.platform.lift([ANN], lifted_at)  # the same decision, done again after a crash
    assert house.stopped()


def test_a_process_that_starts_knows_what_was_stopped_and_goes_on(house: House) -> None:
    house.dead("one", "two", "three")
    again = Table(PEPPER)
    again.policy("four", preset("default"), 1)
    platform = Platform(house.store, again, house.clock, PEPPER, house.terms)
    platform.load()
    again.merge()
    assert again.decision("four", ANN, MailKind.MAILING, NOW) == Decision(Answer.STOP, "platform")
    before = house.store.platform.changed(0, 10)
    platform.follow()
    assert house.store.platform.changed(0, 10) == before


def test_other_terms_look_at_everything_anew(house: House) -> None:
    house.dead("one", "two")
    assert not house.stopped()
    Platform(house.store, house.table, house.clock, PEPPER, Terms(1)).follow()
    assert house.stopped()
    house.platform.follow()
    assert not house.stopped()


def test_one_owner_stops_at_the_first_verdict(store: Store) -> None:
    house = House(store, Terms(1))
    house.dead("one")
    assert house.stopped()
    house.clock.instant += DAY
    house.record(EventKind.RESTORE, "one")
    house.platform.follow()
    assert not house.stopped()


def test_the_soft_reset_frees_nothing_that_the_platform_stops(house: House) -> None:
    version = change_policy(
        "four", {"reset_after": 30, "soft_threshold": 1}, 1, house.store.accounts, "key", NOW
    )
    house.table.policy("four", version.policy, version.number)
    house.record(EventKind.BOUNCE, "four", reason=Reason.MAILBOX_FULL)
    assert house.says("four").until is not None
    house.dead("one", "two", "three")
    assert house.says("four") == Decision(Answer.STOP, "platform")
    house.clock.instant += 31 * DAY
    assert house.says("four") == Decision(Answer.STOP, "platform")
    house.record(EventKind.UNSUBSCRIBE, "four")
    assert house.says("four").why == "platform"


def test_the_state_of_an_account_says_nothing_of_it(house: House) -> None:
    house.dead("one", "two", "three")
    for account in NAMES:
        state = house.store.ledger.state(account, ANN, NOW)
        assert Cause.PLATFORM not in state.causes
    assert house.store.ledger.life("four", ANN, NOW) is None


@pytest.mark.parametrize("many", [False, True])
def test_every_address_takes_the_same_steps_but_for_the_one_bit(
    house: House, many: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped by itself, dead elsewhere, or by nobody: an answer costs two hashes and one look.

    Only a hash that begins as one stopped for all is looked up there, too: that it is, the answer tells.
    """
    house.dead("one", "two", "three")
    house.dead("four", address=BOB)
    own = "own@b.example"
    house.record(EventKind.STOP, "four", own)
    house.table.merge()
    steps: list[str] = []
    from retour.snapshot import segment, shared

    for cls, name in ((segment.Segment, "get"), (shared.Shared, "get")):
        original = getattr(cls, name)

        def counted(self: Any, *told: Any, original: Any = original, cls: type = cls) -> Any:
            steps.append(cls.__name__)
            return original(self, *told)

        monkeypatch.setattr(cls, name, counted)
    taken: list[list[str]] = []
    elsewhere = "elsewhere@b.example"
    house.dead("one", "two", address=elsewhere)
    for address in (BOB, own, elsewhere, "nobody@b.example", ANN):
        steps.clear()
        if many:
            house.table.decisions("four", [address], MailKind.MAILING, NOW)
        else:
            house.table.decision("four", address, MailKind.MAILING, NOW)
        taken.append(list(steps))
    assert taken == [*[["Segment"]] * 4, ["Segment", "Shared", "Segment"]]
