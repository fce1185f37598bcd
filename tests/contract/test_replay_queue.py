"""What was not understood when it came is applied with a replay, undone with it, and counts once with what
comes later; in every store."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.previewing import KEYRING, Hand, Workshop, under
from contract.test_intake import FULL, arrival, dsn
from contract.test_replay import whole
from contract.test_what_if import NOW, settle
from retour.bus import LocalBus
from retour.classify import Classifier
from retour.flow.intake import Taken, Worker, read_batch, take_in
from retour.flow.jobs import Course, EndingError
from retour.flow.judge import judge
from retour.flow.sends import Draft, Registered, register
from retour.identity import SendIds
from retour.instants import DAY, HOUR
from retour.lifecycle import as_judged, preset
from retour.model import Arrival, EventKind, MailKind, Proof, Reason, StateName
from retour.ports import BounceQuery, Outcome, Stage, Store
from retour.stores import memory, sqlite

FLOWN, MOVED = "ann has flown the nest", "gone with the wind"
RULES = """
[[rule]]
id = "own.flown"
reason = "{flown}"
source = "our queue of 3 May"
phrases = ["has flown the nest"]
samples = ["ann has flown the nest"]
unparsed = true
"""
GONE = RULES.format(flown="address_unknown")
FILLED = RULES.format(flown="mailbox_full")
ANN, BOB = "ann@gmail.com", "bob@b.example"


class Post:
    """Sends mail, and takes in what comes back."""

    def __init__(self, workshop: Workshop, days: int = 3) -> None:
        self.workshop, self.ids, self.at = workshop, SendIds(), NOW - days * DAY
        (self.account,) = workshop.store.accounts.accounts()

    def sent(self, address: str) -> str:
        draft = Draft(address, MailKind.MAILING)
        (made,) = register(
            [draft], self.account, self.workshop.store.sends, KEYRING, self.ids, self.at - HOUR
        )
        assert isinstance(made, Registered)
        return made.return_address

    def odd(self, address: str, words: str = FLOWN) -> Arrival:
        """A mail that no rule of ours reads, to the return address of a send of its own."""
        to = self.sent(address)
        raw = f"From: robot@b.example\r\nTo: {to}\r\nSubject: hm\r\n\r\n{words}\r\n".encode()
        return arrival(raw, to, self.at)

    def take(self, *arrivals: Arrival, rules: Classifier | None = None, again: bool = False) -> None:
        store, inbox = self.workshop.store, self.workshop.reading.inbox
        inbox.put(arrivals)
        if again:
            inbox.again()
        judging = partial(judge, rules=rules)
        worker = Worker(
            inbox, lambda them, now: take_in(them, store, KEYRING, judging, now), LocalBus(), Hand(NOW)
        )
        worker.drain()

    def retry(self, rules: str) -> None:
        """The rules are taken into use, and the queue is read again."""
        self.take(rules=under(rules), again=True)

    def in_queue(self) -> int:
        return self.workshop.reading.inbox.counts()[Outcome.UNPARSED]


def filled(store: Store, path: Path, policy: str = "kwiga") -> tuple[Workshop, Post]:
    store.accounts.add_account("acme", "acme.example", preset(policy), NOW - 100 * DAY)
    workshop = Workshop(store, path, Hand(NOW))
    return workshop, Post(workshop)


@pytest.fixture
def post(store: Store, tmp_path: Path) -> Iterator[Post]:
    workshop, post = filled(store, tmp_path)
    yield post
    workshop.close()


def state(post: Post, address: str) -> tuple[StateName, str]:
    found = post.workshop.store.ledger.state("acme", address, NOW)
    return found.state, str(found.cause)


def bounces(post: Post, address: str) -> list[tuple[EventKind, Reason | None]]:
    """What counts as a bounce of an address."""
    life = post.workshop.store.ledger.life("acme", address, NOW)
    events = as_judged(life.events)[0] if life else ()
    return [(event.kind, event.reason) for event in events if event.kind is EventKind.BOUNCE]


def test_it_is_in_the_difference_applied_and_undone_whole(post: Post) -> None:
    workshop = post.workshop
    post.take(post.odd(ANN), post.odd(BOB), post.odd(BOB, MOVED))
    was = whole(workshop.store)
    id, told = workshop.do("replay", what="rules", rules=GONE)
    assert told["unparsed"]["understood"] == {"address_unknown": 2}
    assert told["move"] == {"stops": 2}
    assert told["provider"] == {"stops": {"": 1, "gmail": 1}}
    found = [("stops", ANN, "valid", "invalid: hard"), ("stops", BOB, "valid", "invalid: hard")]
    assert workshop.found(id) == found
    assert (whole(workshop.store), post.in_queue()) == (was, 3), "a preview only reads"
    assert workshop.do("replay_apply", replay=id, reason="request 17")[1]["judgements"] == 2
    assert state(post, ANN) == (StateName.INVALID, "hard")
    assert post.in_queue() == 3, "the rules are not in use"
    life = workshop.store.ledger.life("acme", ANN, NOW)
    assert life is not None
    made = next(event for event in life.events if event.kind is EventKind.UNDERSTOOD)
    assert made.note == f"address_unknown by own.flown (replay {id}): request 17"
    assert (made.at, made.actor) == (post.at, "key k")
    assert made.evidence is not None
    assert made.evidence.verdict.rule == "own.flown"
    row = next(r for r in workshop.store.ledger.bounces(BounceQuery("acme"), NOW) if r.address == ANN)
    assert (row.event.reason, row.type) == (Reason.ADDRESS_UNKNOWN, "hard")
    lines = [(each.actor, each.before, each.after, each.cause) for each in workshop.noted.records.values()]
    assert lines == [("key k", "planned", "applied", "rejudged")]
    assert {record.actor for record in life.records} == {"key k"}
    workshop.do("replay_undo", replay=id)
    assert (whole(workshop.store), post.in_queue()) == (was, 3)


@pytest.mark.parametrize("undone", [False, True])
def test_the_rules_in_use_count_it_once(post: Post, undone: bool) -> None:
    """What comes of the queue later is that bounce, whether the replay stands or not."""
    workshop = post.workshop
    post.take(post.odd(ANN), post.odd(BOB))
    id, _ = workshop.do("replay", what="rules", rules=GONE)
    workshop.do("replay_apply", replay=id, reason="request 17")
    if undone:
        workshop.do("replay_undo", replay=id)
    post.retry(GONE)
    assert post.in_queue() == 0
    assert bounces(post, ANN) == bounces(post, BOB) == [(EventKind.BOUNCE, Reason.ADDRESS_UNKNOWN)]
    assert state(post, ANN) == (StateName.INVALID, "hard")
    if not undone:
        workshop.do("replay_undo", replay=id)
        assert state(post, ANN) == (StateName.INVALID, "hard"), "the rules in use say so now"
    assert workshop.found(workshop.do("replay", what="rules", rules=GONE)[0]) == []


def test_without_a_send_too_it_counts_once(post: Post) -> None:
    """A source that is trusted names an address to which nothing was registered: nothing ties two reports."""
    raw = f"From: robot@b.example\r\nSubject: hm\r\n\r\n{FLOWN}\r\n".encode()
    post.take(post.odd(ANN))
    stray = arrival(raw, None, post.at, Proof.OPEN)
    post.take(stray)
    workshop = post.workshop
    id, told = workshop.do("replay", what="rules", rules=FILLED)
    assert told["unparsed"]["understood"] == {"mailbox_full": 1}, "about nobody, it stays where it is"
    workshop.do("replay_apply", replay=id, reason="x")
    later, told = workshop.do("replay", what="rules", rules=FILLED)
    assert "unparsed" not in told
    assert workshop.found(later) == []
    assert state(post, ANN) == (StateName.INVALID, "soft")


def test_of_the_queue_of_all_only_what_may_be_about_the_account_is_read(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop, mail = post.workshop, post.odd(ANN)
    workshop.store.accounts.add_account("other", "other.example", preset("kwiga"), NOW - 100 * DAY)
    stray = arrival(f"Subject: hm\r\n\r\n{FLOWN}\r\n".encode(), None, post.at)
    theirs = replace(arrival(f"Subject: oh\r\n\r\n{FLOWN}\r\n".encode(), None, post.at), account="other")
    post.take(mail, stray, theirs)
    read: list[bytes] = []

    def reading(batch: Sequence[Arrival], *others: Any) -> Taken:
        read.extend(each.id for each in batch)
        return read_batch(batch, *others)

    monkeypatch.setattr("retour.flow.queued.read_batch", reading)
    workshop.do("replay", what="rules", rules=GONE)
    assert sorted(read) == sorted([mail.id, stray.id])
    read.clear()
    workshop.account = "other"
    told = workshop.do("replay", what="rules", rules=GONE)[1]
    assert sorted(read) == sorted([stray.id, theirs.id])
    assert "unparsed" not in told


def test_of_two_replays_the_later_reads_it(post: Post) -> None:
    workshop = post.workshop
    post.take(post.odd(ANN))
    was = whole(workshop.store)
    first, _ = workshop.do("replay", what="rules", rules=GONE)
    workshop.do("replay_apply", replay=first, reason="a mistake")
    workshop.clock.instant += HOUR
    second, told = workshop.do("replay", what="rules", rules=FILLED)
    assert told["unparsed"]["understood"] == {"mailbox_full": 1}
    assert told["move"] == {"causes": 1}
    workshop.do("replay_apply", replay=second, reason="it was one")
    assert bounces(post, ANN) == [(EventKind.BOUNCE, Reason.MAILBOX_FULL)]
    workshop.do("replay_undo", replay=first)
    assert bounces(post, ANN) == [(EventKind.BOUNCE, Reason.MAILBOX_FULL)]
    workshop.do("replay_undo", replay=second)
    assert (bounces(post, ANN), whole(workshop.store)) == ([], was)


def test_what_is_no_bounce_is_told_and_left(post: Post) -> None:
    delayed = GONE + '\n[[rule]]\nid = "own.wind"\nkind = "autoreply"\nsource = "our queue of 4 May"\n'
    delayed += f'phrases = ["{MOVED}"]\nsamples = ["{MOVED}"]\nunparsed = true\n'
    post.take(post.odd(ANN, MOVED))
    id, told = post.workshop.do("replay", what="rules", rules=delayed)
    assert told["unparsed"] == {"others": {"autoreply": 1}}
    assert post.workshop.found(id) == []
    post.workshop.do("replay_apply", replay=id, reason="x")
    assert (state(post, ANN)[0], bounces(post, ANN)) == (StateName.VALID, [])


def test_what_has_gone_since_the_preview_is_not_applied(post: Post) -> None:
    workshop, mail = post.workshop, post.odd(ANN)
    post.take(mail, post.odd(BOB))
    id, _ = workshop.do("replay", what="rules", rules=GONE)
    inbox = workshop.reading.inbox
    inbox.give_up(NOW)
    assert inbox.arrival(mail.id) is None
    late = post.odd("cid@b.example")
    post.take(late)
    assert workshop.do("replay_apply", replay=id, reason="x")[1]["judgements"] == 0
    assert state(post, ANN) == state(post, "cid@b.example") == (StateName.VALID, "None")


def test_an_interrupted_replay_takes_all_of_it_in_or_nothing(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop, names = post.workshop, [f"user{n}@b.example" for n in range(30)]
    post.take(*(post.odd(name) for name in names))
    was = whole(workshop.store)
    monkeypatch.setattr("retour.flow.waves.WAVE_BATCH", 7)
    id, _ = workshop.do("replay", what="rules", rules=GONE)
    for steps in ([False, True], [False] * 7 + [True]):  # while it is planned, and while it is applied
        job, answers = workshop.ask("replay_apply", replay=id, reason="request 17"), iter(steps)
        with pytest.raises(EndingError):
            workshop.previews.apply(job, Course(job, workshop.desk.jobs, partial(next, answers)))
        wave = workshop.desk.waves.one(id)
        assert wave is not None
        planning = len(steps) == 2
        assert wave.stage is (Stage.PLANNING if planning else Stage.APPLYING)
        assert (whole(workshop.store) == was) is planning
    assert workshop.run(job)["judgements"] == 30
    assert all(state(post, name)[0] is StateName.INVALID for name in names)
    workshop.do("replay_undo", replay=id)
    assert whole(workshop.store) == was


REASONS = ["address_unknown", "mailbox_full", "spam_rejected"]
MAILS = st.lists(st.tuples(st.sampled_from([ANN, BOB]), st.sampled_from([FLOWN, MOVED, "full"])), max_size=6)


def mail_of(post: Post, address: str, words: str) -> Arrival:
    """Each at a time of its own: at the same time the ids of events would tell which comes first."""
    post.at += HOUR
    if words != "full":
        return post.odd(address, words)
    to = post.sent(address)
    return arrival(dsn(to, (address, FULL), at=post.at), to, post.at)


@pytest.mark.parametrize("body", ["memory", "sqlite"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mails=MAILS, reason=st.sampled_from(REASONS), policy=st.sampled_from(["default", "kwiga", "emarsys"]))
def test_what_is_found_is_done_undone_it_never_was_and_retried_it_is_the_same(
    body: str, mails: Sequence[tuple[str, str]], reason: str, policy: str
) -> None:
    rules = RULES.format(flown=reason)
    with TemporaryDirectory() as folder:
        path = Path(folder)
        store = memory.new_store() if body == "memory" else sqlite.open_store(path / "s", b"pepper")
        workshop, post = filled(store, path, policy)
        post.take(*(mail_of(post, *mail) for mail in mails))
        former = whole(store)
        id, _ = workshop.do("replay", what="rules", rules=rules)
        workshop.do("replay_apply", replay=id, reason="request 17")
        settle(store)
        there = {address: store.ledger.state("acme", address, NOW) for address in (ANN, BOB)}
        for _, address, _, expected in workshop.found(id):
            name, _, causes = expected.partition(": ")
            assert there[address].state.value == name
            assert {cause.value for cause in there[address].causes} == set(filter(None, causes.split(", ")))
        again, told = workshop.do("replay", what="rules", rules=rules)
        assert (workshop.found(again), told.keys() & {"move", "states", "unparsed"}) == ([], set())
        workshop.do("replay_undo", replay=id)
        assert whole(store) == former
        post.retry(rules)
        assert {address: store.ledger.state("acme", address, NOW) for address in (ANN, BOB)} == there
        workshop.close()
        store.close()
