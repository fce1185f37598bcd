"""The table of a gate answers exactly as the state machine does, and keeps answering while it changes."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retour.address import key, platform_key
from retour.flow.check import MOST, TooManyError, may_send, may_send_all
from retour.instants import DAY, SECOND
from retour.lifecycle import Mode, Policy, decide, preset
from retour.model import VALID, Answer, Cause, Decision, MailKind, State, StateName
from retour.ports import Change, PlatformStop
from retour.snapshot import Table
from retour.snapshot.packed import pack
from retour.snapshot.segment import DIGEST, Segment

NOW = 20_000 * DAY
DEFAULT = preset("default")
HARD = State(StateName.INVALID, frozenset({Cause.HARD}), since=NOW)


def a_state(name: StateName, causes: frozenset[Cause] = frozenset(), **told: object) -> State:
    """Only what is told: `builds` would fill every field of a tuple with names."""
    return State(name, causes, **told)


causes = st.frozensets(st.sampled_from(Cause), min_size=1)
dues = st.none() | st.integers(1, 4_000_000_000).map(lambda seconds: seconds * SECOND)
states = st.one_of(
    st.builds(a_state, st.just(StateName.INVALID), causes, until=dues, unsubscribed=st.booleans()),
    st.builds(a_state, st.just(StateName.HELD), listed=st.integers(0, 2), unsubscribed=st.booleans()),
    st.builds(a_state, st.just(StateName.BOUNCING), unsubscribed=st.booleans()),
    st.just(VALID),
)
policies = st.builds(
    Policy,
    complaint_stops=st.sampled_from(["all", "marketing"]),
    mode=st.sampled_from(Mode),
    never_stop=st.frozensets(st.sampled_from(["ann@b.example", "b.example", "c.example"])),
)
kinds = st.sampled_from(MailKind)


def change(address: str, state: State, account: str = "demo") -> Change:
    return Change(account, address, VALID, state, NOW)


def table(**states: State) -> Table:
    """A table with one account `demo`; keywords are local parts at b.example."""
    made = Table(b"pepper")
    made.policy("demo", DEFAULT)
    made.apply([change(f"{local}@b.example", state) for local, state in states.items()])
    return made


def asked(made: Table, address: str, kind: MailKind = MailKind.MAILING, now: int = NOW) -> Decision:
    return made.decision("demo", address, kind, now)


@given(states, policies, kinds)
def test_answers_as_the_state_machine_does(state: State, policy: Policy, kind: MailKind) -> None:
    made = Table(b"pepper")
    made.policy("demo", policy)
    made.apply([change("ann@b.example", state)])
    before_any_reset = 0
    free = pack(state) == 0
    expected = Decision(Answer.SEND) if free else decide(state, policy, kind, "ann@b.example")
    assert made.decision("demo", "ann@b.example", kind, before_any_reset) == expected
    assert made.decision("demo", "ann@b.example", kind, before_any_reset) == expected  # now remembered


@given(st.lists(st.tuples(st.integers(0, 9), states), max_size=12), policies, kinds, dues, st.booleans())
def test_many_are_answered_as_each_alone(
    known: list[tuple[int, State]], policy: Policy, kind: MailKind, now: int | None, told: bool
) -> None:
    made = Table(b"pepper")
    if told:
        made.policy("demo", policy)
    made.apply([change(f"{number}@b.example", state) for number, state in known])
    addresses = [f"{number}@b.example" for number in (*range(10), *range(3))]
    alone = [made.decision("demo", address, kind, now or NOW) for address in addresses]
    assert made.decisions("demo", addresses, kind, now or NOW) == alone
    made.rewriting("demo", lambda account, address, kind, now: Decision(Answer.HOLD, address))
    if told:
        assert [each.why for each in made.decisions("demo", addresses, kind, NOW)] == addresses


@given(states, kinds)
def test_a_row_is_left_out_only_where_every_answer_is_send(state: State, kind: MailKind) -> None:
    if pack(state) == 0:
        assert decide(state, DEFAULT, kind).answer is Answer.SEND


def test_an_address_is_free_again_from_its_due_time_on_and_not_before() -> None:
    until = NOW + 30 * DAY
    soft = State(StateName.INVALID, frozenset({Cause.SOFT}), since=NOW, until=until)
    made = table(ann=soft)
    assert asked(made, "ann@b.example", now=until - 1) == Decision(Answer.STOP, "soft", until)
    assert asked(made, "ann@b.example", now=until).answer is Answer.SEND


def test_a_due_time_is_never_early_by_its_fraction_of_a_second() -> None:
    until = NOW + 1
    made = table(ann=State(StateName.INVALID, frozenset({Cause.SOFT}), since=NOW, until=until))
    assert asked(made, "ann@b.example", now=NOW).answer is Answer.STOP
    assert asked(made, "ann@b.example", now=NOW + SECOND).answer is Answer.SEND


def test_an_unsubscribe_outlives_the_reset() -> None:
    soft = State(StateName.INVALID, frozenset({Cause.SOFT}), since=NOW, until=NOW + DAY, unsubscribed=True)
    made = table(ann=soft)
    assert asked(made, "ann@b.example", now=NOW + 2 * DAY) == Decision(Answer.STOP, "unsubscribed")
    assert asked(made, "ann@b.example", MailKind.SYSTEM, NOW + 2 * DAY).answer is Answer.SEND


def test_accounts_do_not_see_each_other() -> None:
    made = table(ann=HARD)
    made.policy("other", DEFAULT)
    assert made.decision("other", "ann@b.example", MailKind.MAILING, NOW).answer is Answer.SEND


def test_account_and_address_are_not_run_together() -> None:
    made = Table(b"pepper")
    made.policy("de", DEFAULT)
    made.policy("demo", DEFAULT)
    made.apply([change("mo-ann@b.example", HARD, "de")])
    assert made.decision("demo", "-ann@b.example", MailKind.MAILING, NOW).answer is Answer.SEND


def test_an_account_without_policy_is_free_and_its_changes_are_kept() -> None:
    made = Table(b"pepper")
    assert asked(made, "ann@b.example") == Decision(Answer.SEND)
    made.apply([change("ann@b.example", HARD)])
    assert asked(made, "ann@b.example") == Decision(Answer.SEND)
    made.policy("demo", DEFAULT)
    assert asked(made, "ann@b.example") == Decision(Answer.STOP, "hard")


def test_a_policy_that_is_told_late_does_not_replace_a_newer_one() -> None:
    made = table(ann=HARD)
    made.policy("demo", DEFAULT, 3)
    made.policy("demo", Policy(mode=Mode.OBSERVE), 2)
    assert asked(made, "ann@b.example") == Decision(Answer.STOP, "hard")


def test_observe_says_what_it_would_have_said() -> None:
    made = table(ann=HARD)
    made.policy("demo", Policy(mode=Mode.OBSERVE))
    assert asked(made, "ann@b.example") == Decision(Answer.SEND, "hard", would_be=Answer.STOP)


def test_while_states_are_rewritten_the_ledger_itself_is_asked() -> None:
    made = table(ann=HARD)
    held = Decision(Answer.HOLD, "incident")
    questions = []

    def ask(*question: object) -> Decision:
        questions.append(question)
        return held

    made.rewriting("demo", ask)
    assert asked(made, "ann@b.example") == held
    assert questions == [("demo", "ann@b.example", MailKind.MAILING, NOW)]
    made.rewritten("demo")
    assert asked(made, "ann@b.example") == Decision(Answer.STOP, "hard")


# Digests that share buckets, and differ at either end of the key.
digests = st.builds(
    lambda bucket, middle, last: bytes([0, bucket, middle, 0, 0, 0, 0, 0, 0, last]),
    st.integers(0, 2),
    st.sampled_from([0x00, 0x01, 0x10, 0xFF]),
    st.integers(0, 5),
)
batches = st.lists(st.dictionaries(digests, st.integers(0, 2**39), max_size=40), max_size=6)


@settings(max_examples=200)
@given(batches, digests)
def test_a_segment_is_a_dict_of_what_was_put_last(batches: list[dict[bytes, int]], other: bytes) -> None:
    segment, expected = Segment(), dict[bytes, int]()
    for batch in batches:
        for digest, packed in batch.items():
            segment.put(digest, packed)
            expected[digest] = packed
            assert segment.get(digest) == packed
        segment.merge()
        assert {digest: segment.get(digest) for digest in expected} == expected
        assert segment.get(other) == expected.get(other, 0)
    assert segment.merge() == segment.rows == sum(packed > 0 for packed in expected.values())


def test_a_segment_merges_by_itself_and_its_last_bucket_and_key_are_found() -> None:
    segment = Segment()
    digests = [(2**80 - 1 - number).to_bytes(DIGEST) for number in range(10_001)]
    for digest in digests[:-1]:
        segment.put(digest, 0x1FF)
    assert segment.get(digests[0]) == segment.get(digests[-2]) == 0x1FF
    assert segment.get(digests[-1]) == 0
    assert len(segment._deltas) < 300


def test_readers_never_miss_a_row_while_others_are_merged() -> None:
    made = table(ann=HARD)
    ended = threading.Event()

    def write() -> None:
        for number in range(60_000):
            made.apply([change(f"{number}@c.example", HARD)])
        ended.set()

    writer = threading.Thread(target=write)
    writer.start()
    missed = 0
    while not ended.is_set():
        missed += asked(made, "ann@b.example").answer is not Answer.STOP
    writer.join()
    assert missed == 0
    assert made.merge() == made.rows == 60_001


def test_may_send_normalises_and_refuses_what_is_no_address() -> None:
    made = table(ann=HARD)
    assert may_send("ann@B.EXAMPLE", "demo", MailKind.MAILING, made, NOW).answer is Answer.STOP
    assert may_send("ann@x@b.example", "demo", MailKind.MAILING, made, NOW).why == "no_address"
    assert may_send("ann\r\n@b.example", "demo", MailKind.MAILING, made, NOW).why == "no_address"


def test_may_send_all_keeps_the_order_and_its_bound() -> None:
    made = table(ann=HARD)
    answers = may_send_all(["bob@b.example", "?", "ann@b.example"], "demo", MailKind.MAILING, made, NOW)
    assert [decision.why for decision in answers] == ["", "no_address", "hard"]
    with pytest.raises(TooManyError, match="10001"):
        may_send_all(["a@b.example"] * (MOST + 1), "demo", MailKind.MAILING, made, NOW)


def at_yahoo(made: Table, *spelled: str) -> list[str]:
    """The answers for some spellings, alone and together."""
    addresses = [f"{local}@yahoo.de" for local in spelled]
    alone = [asked(made, address).answer for address in addresses]
    assert [each.answer for each in may_send_all(addresses, "demo", MailKind.MAILING, made, NOW)] == alone
    return [answer.value for answer in alone]


def test_what_stops_one_spelling_of_a_mailbox_stops_all() -> None:
    made = Table(b"pepper")
    made.policy("demo", DEFAULT)
    made.apply([change("EVE@yahoo.de", HARD), change("zoe@yahoo.de", HARD), change("EVE@b.example", HARD)])
    assert at_yahoo(made, "EVE", "eve", "Eve", "zoe", "ZOE", "max") == ["stop"] * 5 + ["send"]
    assert asked(made, "eve@b.example").answer is Answer.SEND  # whose provider may heed capitals
    assert asked(made, "eve@yahoo.de") == asked(made, "EVE@yahoo.de")
    made.apply([change("Eve@yahoo.de", HARD), change("EVE@yahoo.de", VALID)])
    assert at_yahoo(made, "EVE", "eve", "Eve", "eVe") == ["stop"] * 4  # of the other spelling
    made.apply([change("Eve@yahoo.de", VALID), change("eve@yahoo.de", VALID)])
    assert at_yahoo(made, "EVE", "eve", "Eve", "zoe", "ZOE") == ["send"] * 3 + ["stop"] * 2


def test_a_mailbox_stays_stopped_when_a_spelling_of_it_is_erased_and_the_table_made_anew() -> None:
    made = Table(b"pepper")
    made.policy("demo", DEFAULT)
    erased = made.pseudonym("demo", "EVE@yahoo.de")
    assert "eve" not in erased.lower().removeprefix("erased")
    made.apply([change(erased, HARD), change("eve@yahoo.de", VALID)])
    assert at_yahoo(made, "EVE", "eve", "Eve") == ["stop"] * 3
    before = Table(b"pepper")
    before.policy("demo", DEFAULT)
    before.apply([change(erased[: len("erased:") + 2 * DIGEST], HARD)])  # as it was kept before
    assert at_yahoo(before, "EVE", "eve") == ["stop", "send"]


def test_all_spellings_are_asked_for_while_an_account_is_rewritten() -> None:
    made = table()
    told: list[str] = []

    def ask(account: str, address: str, kind: MailKind, now: int) -> Decision:
        told.append(address)
        return Decision(Answer.STOP if address == "eve@yahoo.de" else Answer.SEND)

    made.rewriting("demo", ask)
    assert at_yahoo(made, "EVE", "eve") == ["stop", "stop"]
    assert set(told) == {"EVE@yahoo.de", "eve@yahoo.de"}


def test_a_stop_for_all_accounts_is_one_of_all_spellings() -> None:
    made = table()
    stopped = key(platform_key(b"pepper"), "eve@yahoo.de")
    made.platform([PlatformStop(stopped, NOW)])
    assert at_yahoo(made, "EVE", "eve", "Eve") == ["stop"] * 3
    assert made.stopped_for_all("demo", "EVE@yahoo.de")
