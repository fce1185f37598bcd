"""The house as wired for `serve`, without ports: what it loads, what time does, what a crash leaves."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from retour import wiring
from retour.datadir import Marks
from retour.dataplane import opening
from retour.flow.rewrite import Rewriter, Rewriting
from retour.inlets.arrivals import arrival
from retour.inlets.smtp import Source
from retour.instants import DAY, Instant
from retour.lifecycle import Policy, policy_from, preset
from retour.model import Answer, Event, EventKind, MailKind, Proof, Reason, StateName
from retour.settings import Settings
from retour.wiring import House, StartError, build

ADDRESS = "ann@b.example"
KWIGA = policy_from({"preset": "kwiga", "reset_after": 30, "max_reactivations": 3})


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@contextmanager
def opened(settings: Settings) -> Iterator[House]:
    made = build(settings)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def house(data: Path) -> Iterator[House]:
    with opened(Settings(data_dir=data)) as made:
        yield made


def account(house: House, name: str = "demo", settings: Policy = KWIGA) -> None:
    house.store.accounts.add_account(name, f"{name}.return.test", settings, start(house))
    house.directory.refresh(house.clock.now())


def start(house: House) -> Instant:
    return house.clock.now() - 100 * DAY


def bounce(house: House, at: Instant, reason: Reason = Reason.MAILBOX_FULL, address: str = ADDRESS) -> None:
    event = Event(
        f"{address}{at}".encode()[-16:], EventKind.BOUNCE, at, reason, account="demo", address=address
    )
    house.store.ledger.record([event], at)


def answer(house: House, now: Instant, address: str = ADDRESS) -> Answer:
    return house.table.decision("demo", address, MailKind.MAILING, now).answer


def test_the_gate_is_filled_from_the_store(data: Path) -> None:
    with opened(Settings(data_dir=data)) as first:
        account(first)
        bounce(first, start(first) + DAY)
    with opened(Settings(data_dir=data)) as second:
        assert second.load() == 1
        assert answer(second, start(second) + 2 * DAY) is Answer.STOP
        assert answer(second, second.clock.now(), "bob@b.example") is Answer.SEND


def test_a_due_reset_is_written_by_the_schedule_and_known_to_the_gate_before(house: House) -> None:
    account(house)
    at = start(house) + DAY
    bounce(house, at)
    due = at + 30 * DAY
    assert answer(house, due - 1) is Answer.STOP
    assert answer(house, due + 1_000_000) is Answer.SEND  # the gate itself respects the time
    house.schedule.tick(due + DAY)
    life = house.store.ledger.life("demo", ADDRESS, due + DAY)
    assert life is not None
    assert [(record.before, record.after, record.at) for record in life.records] == [
        ("valid", "invalid", at),
        ("invalid", "valid", due),
    ]
    assert answer(house, at + DAY) is Answer.SEND  # the row is gone


def test_raw_mail_goes_after_its_retention_and_not_what_was_not_understood(house: House) -> None:
    account(house)
    now = house.clock.now()
    mails = {raw: arrival("demo", raw, len(raw), now) for raw in (b"Subject: lunch\r\n\r\nnoon", JUDGED)}
    house.inbox.put(list(mails.values()))
    house.worker.drain()
    house.schedule.tick(now + 13 * DAY)
    assert house.inbox.arrival(mails[JUDGED].id) is not None
    house.schedule.tick(now + 15 * DAY)
    assert house.inbox.arrival(mails[JUDGED].id) is None
    assert [kept.raw for kept in house.inbox.unparsed(10)] == [b"Subject: lunch\r\n\r\nnoon"]


JUDGED = b"""\
Content-Type: multipart/report; report-type=delivery-status; boundary="cut"

--cut
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.test

Final-Recipient: rfc822; ann@b.example
Action: failed
Status: 5.1.1

--cut--
"""


def test_what_is_below_its_proof_level_is_counted(house: House) -> None:
    account(house)
    for proof in (Proof.TOKEN, Proof.OPEN):
        raw = JUDGED + proof.encode()
        mail = arrival("bounces", raw, len(raw), house.clock.now(), proof=proof, account="demo")
        house.inbox.put([mail])
    house.worker.drain()
    told = house.metrics.text()
    assert b'retour_events_total{standing="unproven"} 1.0' in told
    assert b'retour_events_total{standing="proven"} 1.0' in told


def test_an_account_made_by_another_process_is_learned(house: House) -> None:
    house.store.accounts.add_account("late", "late.return.test", preset("default"), start(house))
    assert not house.directory.is_ours("late.return.test")
    house.schedule.tick(house.clock.now())
    assert house.directory.is_ours("late.return.test")
    assert house.directory.name_of(1) == "late"


def test_a_rewriting_that_a_crash_cut_off_is_taken_up_again(data: Path) -> None:
    with opened(Settings(data_dir=data)) as first:
        account(first, settings=preset("default"))
        bounce(first, start(first) + DAY)
        never_run: list[Rewriting] = []
        marks = Marks(data, first.store)
        cut_off = Rewriter(first.store, first.told, first.table, first.clock, marks, never_run.append)
        cut_off.change("demo", {"preset": "kwiga"}, 1, "test")
        assert marks.left() == ["demo"]

    with opened(Settings(data_dir=data)) as second:
        second.load()
        assert answer(second, second.clock.now()) is Answer.STOP  # from the ledger, if not yet from the table
        second.rewriting.shutdown(wait=True)
        assert not second.rewriter.busy()
        assert Marks(data, second.store).left() == []
        assert answer(second, second.clock.now()) is Answer.STOP  # from the table


def test_a_rewriting_that_fails_is_tried_again_and_answers_stay_right(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    account(house, settings=preset("default"))
    bounce(house, start(house) + DAY)
    jobs: list[Rewriting] = []
    marks = Marks(house.settings.data_dir, house.store)
    rewriter = Rewriter(house.store, house.told, house.table, house.clock, marks, jobs.append)
    ledger = house.store.ledger
    working = ledger.refold
    monkeypatch.setattr(ledger, "refold", None)
    rewriter.change("demo", {"preset": "kwiga"}, 1, "test")
    rewriter.change("demo", {"hard_threshold": 1}, 2, "test")
    for _ in range(2):
        with pytest.raises(TypeError):
            jobs.pop()()
    assert rewriter.failing()
    assert answer(house, house.clock.now()) is Answer.STOP
    monkeypatch.setattr(ledger, "refold", working)
    rewriter.retry()
    while jobs:
        jobs.pop()()
    assert not rewriter.failing()
    assert not rewriter.busy()


def test_a_rewriting_ends_with_the_process_and_stays_marked(data: Path) -> None:
    with opened(Settings(data_dir=data)) as house:
        account(house, settings=preset("default"))
        bounce(house, start(house) + DAY)
        house.rewriter.stop()
        house.rewriter.change("demo", {"preset": "kwiga"}, 1, "test")
        house.rewriting.shutdown(wait=True)
        assert Marks(data, house.store).left() == ["demo"]


def test_an_edit_that_is_refused_leaves_the_gate_as_it_was(house: House) -> None:
    account(house)
    with pytest.raises(ValueError, match="soft_threshold"):
        house.rewriter.change("demo", {"soft_threshold": 0}, 1, "test")
    assert not house.rewriter.busy()
    assert not list((house.settings.data_dir / "rewriting").iterdir())


def test_two_servers_on_one_directory_are_one_too_many(house: House) -> None:
    with pytest.raises(StartError, match="stop it first"):
        build(house.settings)


def test_a_damaged_key_file_says_what_to_do(data: Path) -> None:
    build(Settings(data_dir=data)).close()
    (data / "keys.json").write_text("{", "utf-8")
    with pytest.raises(StartError, match="put the backup of this file back"):
        build(Settings(data_dir=data))


def test_registered_addresses_become_sources(data: Path) -> None:
    settings = Settings.model_validate(
        {"data_dir": data, "inlets": {"bounces@shop.example": {"account": "demo", "proof": "open"}}}
    )
    with opened(settings) as made:
        source = wiring.inlet(made, "lmtp", made.door).recipient("Bounces@SHOP.example")
    assert isinstance(source, Source)
    assert (source.inlet, source.proof, source.account) == ("bounces@shop.example", Proof.OPEN, "demo")


def test_the_schedule_stops_between_batches_when_told(house: House) -> None:
    account(house)
    at = start(house) + DAY
    bounce(house, at)
    house.schedule.tick(at + 60 * DAY, stopping=lambda: True)
    life = house.store.ledger.life("demo", ADDRESS, at)
    assert life is not None
    assert len(life.records) == 1


def test_a_gate_hears_of_changes_in_the_order_of_their_commits(house: House) -> None:
    """Two threads stop and restore one address again and again; gate and ledger never part for good."""
    account(house)
    begun = start(house) + DAY

    def write(kind: EventKind, first: int) -> None:
        for number in range(first, first + 200, 2):
            at = begun + number
            reason = Reason.ADDRESS_UNKNOWN if kind is EventKind.BOUNCE else None
            event = Event(number.to_bytes(16), kind, at, reason, account="demo", address=ADDRESS)
            house.store.ledger.record([event], begun + DAY)

    threads = [
        threading.Thread(target=write, args=(EventKind.BOUNCE, 0)),
        threading.Thread(target=write, args=(EventKind.RESTORE, 1)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    state = house.store.ledger.state("demo", ADDRESS, begun + DAY)
    assert (answer(house, begun + DAY) is Answer.SEND) is (state.state is StateName.VALID)


def test_answers_of_the_api_do_not_wait_for_each_other() -> None:
    """asyncio sets TCP_NODELAY on what a socket accepts only where its protocol is named."""
    with opening.bound("127.0.0.1", 0, "api.port") as bound:
        assert bound.proto == socket.IPPROTO_TCP


def test_what_stayed_unparsed_goes_after_its_time_and_is_counted(data: Path) -> None:
    with opened(Settings.model_validate({"data_dir": data, "retention": {"unparsed_days": 30}})) as house:
        now = house.clock.now()
        for age in (10, 31):
            house.inbox.put([arrival("lmtp", b"?%d" % age, 2, now - age * DAY)])
        house.worker.drain()
        house.schedule.tick(now)
        assert [found.raw for found in house.inbox.unparsed(9)] == [b"?10"]
        assert b'retour_inbox{outcome="expired"} 1.0' in house.metrics.text()


def test_unparsed_mail_may_be_kept_for_ever(data: Path) -> None:
    with opened(Settings.model_validate({"data_dir": data, "retention": {"unparsed_days": 0}})) as house:
        now = house.clock.now()
        house.inbox.put([arrival("lmtp", b"?", 1, now - 4000 * DAY)])
        house.worker.drain()
        house.schedule.tick(now)
        assert len(house.inbox.unparsed(9)) == 1


def test_what_nobody_understood_is_told_by_the_house_to_the_hook_of_its_account(data: Path) -> None:
    import json

    from outlets.receiver import receiving
    from retour.flow.outbox import Hook
    from story.waiting import eventually

    settings = Settings(data_dir=data, notify={"allow_networks": ["127.0.0.0/8"]})
    with opened(settings) as house, receiving() as receiver:
        account(house)
        house.desk.outbox.set_hook(Hook("h", "demo", receiver.url(), (), house.clock.now()))
        thread = threading.Thread(target=house.courier.run, args=(lambda fault: None,))
        thread.start()
        eventually(lambda: house.desk.outbox.mark("records") is not None, "the courier")
        house.inbox.put([arrival("bounces", b"?", 1, house.clock.now(), proof=Proof.SEND, account="demo")])
        house.worker.drain()
        bounce(house, house.clock.now(), Reason.ADDRESS_UNKNOWN)
        eventually(lambda: len(receiver.heard) == 2, "two messages")
        house.courier.end()
        thread.join()
        told = {json.loads(heard.body)["type"] for heard in receiver.heard}
        assert told == {"arrival.unparsed", "address.stopped"}
        assert b'retour_notify_total{fate="delivered"} 2' in house.metrics.text()
