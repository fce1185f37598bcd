"""Intake over every store: from bytes in the inbox to states, with the real judge."""

import asyncio
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from retour.bus import LocalBus
from retour.flow.facts import HORIZON, occurred
from retour.flow.intake import Door, Judged, Taken, Worker, take_in
from retour.flow.judge import judge
from retour.flow.sends import Draft, Registered, register
from retour.identity import SendIds, arrival_id
from retour.instants import DAY, HOUR, MINUTE, Instant, to_datetime
from retour.lifecycle import preset
from retour.model import (
    Arrival,
    Cause,
    EventKind,
    Kind,
    MailKind,
    Proof,
    Reason,
    Report,
    Send,
    Standing,
    StateName,
)
from retour.ports import NO_CURSORS, Account, Change, Inbox, Life, Outcome, Store
from retour.return_address import Keyring
from retour.stores import memory

NOW = 20_500 * DAY + 9 * HOUR
RING = Keyring(1, {1: b"k" * 32})

DSN = """\
From: MAILER-DAEMON@mx.example\r
To: {to}\r
Subject: Undelivered Mail Returned to Sender\r
Date: {date}\r
Auto-Submitted: auto-replied\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary="B"\r
\r
--B\r
Content-Type: text/plain\r
\r
I'm sorry to have to inform you that your message could not be delivered.\r
\r
--B\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example\r
Arrival-Date: {date}\r
\r
{recipients}\
--B\r
Content-Type: text/rfc822-headers\r
\r
Message-ID: <{message_id}>\r
Subject: Hello\r
\r
--B--\r
"""

RECIPIENT = """\
Final-Recipient: rfc822; {address}\r
Action: {action}\r
Status: {status}\r
Diagnostic-Code: smtp; {reply}\r
\r
"""

UNKNOWN = {"action": "failed", "status": "5.1.1", "reply": "550 5.1.1 User unknown"}
FULL = {"action": "failed", "status": "5.2.2", "reply": "552 5.2.2 Mailbox is full"}
LATER = {"action": "delayed", "status": "4.4.1", "reply": "connection timed out"}


def dsn(
    to: str, *told: tuple[str, dict[str, str]], at: Instant = NOW, message_id: str = "x@y.example"
) -> bytes:
    date = to_datetime(at).strftime("%a, %d %b %Y %H:%M:%S +0000")
    recipients = "".join(RECIPIENT.format(address=address, **fields) for address, fields in told)
    mail = DSN.format(to=to, date=date, recipients=recipients, message_id=message_id)
    return mail.encode("utf-8", "surrogateescape")


def arrival(raw: bytes, rcpt_to: str | None, at: Instant = NOW, proof: Proof = Proof.TOKEN) -> Arrival:
    id = arrival_id("lmtp", raw, rcpt_to)
    return Arrival(id, "lmtp", at, raw, len(raw), "", rcpt_to, proof)


@dataclass
class House:
    """A store with an account, and whoever sends from it."""

    store: Store
    account: Account
    ids: SendIds = field(default_factory=SendIds)

    def send(self, recipient: str, at: Instant = NOW - HOUR, **told: str) -> Registered:
        draft = Draft(recipient, MailKind.MAILING, **told)
        (made,) = register([draft], self.account, self.store.sends, RING, self.ids, at)
        assert isinstance(made, Registered)
        return made

    def take(self, *arrivals: Arrival, now: Instant = NOW) -> Taken:
        return take_in(arrivals, self.store, RING, judge, now)

    def life(self, address: str, account: str = "acme") -> Life:
        life = self.store.ledger.life(account, address, NOW)
        assert life is not None
        return life


@pytest.fixture
def house(store: Store) -> House:
    policy = preset("kwiga")
    return House(store, store.accounts.add_account("acme", "acme.example", policy, NOW - 100 * DAY))


def test_a_bounce_at_its_token_stops_the_address(house: House) -> None:
    sent = house.send("ann@b.example", subject="Hello")
    taken = house.take(arrival(dsn(sent.return_address, ("ann@b.example", UNKNOWN)), sent.return_address))
    assert list(taken.outcomes.values()) == [Outcome.JUDGED]
    (change,) = taken.changes
    assert (change.address, change.after.state) == ("ann@b.example", StateName.INVALID)
    (event,) = house.life("ann@b.example").events
    assert (event.kind, event.reason, event.send) == (
        EventKind.BOUNCE,
        Reason.ADDRESS_UNKNOWN,
        sent.send.id,
    )
    assert event.evidence is not None
    assert event.evidence.report.diagnostic == "550 5.1.1 User unknown"
    assert event.evidence.arrival == next(iter(taken.outcomes))


def test_redelivery_is_harmless_and_one_failure_counts_once(house: House) -> None:
    sent = house.send("ann@b.example")
    first = arrival(dsn(sent.return_address, ("ann@b.example", FULL)), sent.return_address)
    other = arrival(dsn("other copy", ("ann@b.example", FULL)), sent.return_address)
    house.take(first, first)
    house.take(first, other)
    life = house.life("ann@b.example")
    assert (life.state.soft, len(life.events)) == (1, 2)


def test_a_forged_report_is_kept_and_changes_nothing(house: House) -> None:
    house.send("ann@b.example")
    taken = house.take(arrival(dsn("x", ("ann@b.example", UNKNOWN)), "bounces@acme.example"))
    assert (list(taken.outcomes.values()), taken.changes) == ([Outcome.JUDGED], [])
    (event,) = house.life("ann@b.example", account="").events
    assert (event.standing, "unmatched" in event.defects) == (Standing.UNPROVEN, True)
    assert house.life("ann@b.example").events == ()


def test_the_message_id_suffices_where_a_send_is_demanded(house: House) -> None:
    house.send("ann@b.example", message_id="<m1@acme.example>")
    raw = dsn("x", ("alias@c.example", UNKNOWN), message_id="m1@acme.example")
    (change,) = house.take(arrival(raw, "bounces@acme.example", proof=Proof.SEND)).changes
    assert change.address == "ann@b.example"


def test_several_recipients_in_one_report_are_judged_each(house: House) -> None:
    sent = house.send("ann@b.example")
    told = (("bob@b.example", UNKNOWN), ("ann@b.example", LATER))
    taken = house.take(arrival(dsn(sent.return_address, *told), sent.return_address))
    kinds = {event.address: (event.kind, event.standing) for event in taken.events}
    assert kinds["ann@b.example"] == (EventKind.DELAY, Standing.PROVEN)
    assert kinds["bob@b.example"] == (EventKind.BOUNCE, Standing.UNPROVEN)
    assert taken.changes == []


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.4.4 Name service error for name=b.example type=MX: Host not found, try again",
        "connect to mx.b.example[192.0.2.7]:25: Name or service not known",
        "550 5.4.4 Host or domain name not found. Name service error for name=b.example: Host not found",
    ],
)
def test_five_hundred_names_that_our_own_resolver_does_not_know_stop_nobody(store: Store, reply: str) -> None:
    account = store.accounts.add_account("acme", "acme.example", preset("default"), NOW - 100 * DAY)
    house = House(store, account)
    lost = {"action": "failed", "status": "5.4.4", "reply": reply}
    sent = [house.send(f"a{number}@d{number}.example") for number in range(500)]
    times = (NOW + number * MINUTE // 500 for number in range(500))
    came = [
        arrival(dsn(each.return_address, (each.send.recipient, lost)), each.return_address, at)
        for each, at in zip(sent, times, strict=True)
    ]
    taken = house.take(*came, now=NOW + MINUTE)
    assert len(taken.events) == 500
    assert {event.standing for event in taken.events} == {Standing.PROVEN}
    assert StateName.INVALID not in {change.after.state for change in taken.changes}


def test_our_own_refusal_that_comes_back_changes_nothing(house: House) -> None:
    sent = house.send("ann@b.example")
    ours = {"action": "failed", "status": "5.7.1", "reply": "550 5.7.1 [retour:stopped] hard"}
    taken = house.take(arrival(dsn(sent.return_address, ("ann@b.example", ours)), sent.return_address))
    assert ([event.kind for event in taken.events], taken.changes) == ([EventKind.SUPPRESSED], [])


def test_two_reports_about_one_recipient_are_both_kept(house: House) -> None:
    sent = house.send("ann@b.example")
    told = (("ann@b.example", FULL), ("ann@b.example", UNKNOWN))
    house.take(arrival(dsn(sent.return_address, *told), sent.return_address))
    assert len(house.life("ann@b.example").events) == 2


ARF = """\
From: feedback@provider.example\r
Subject: FW: Hello\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=feedback-report; boundary="B"\r
\r
--B\r
Content-Type: text/plain\r
\r
This is an email abuse report.\r
--B\r
Content-Type: message/feedback-report\r
\r
Feedback-Type: abuse\r
User-Agent: Provider/1.0\r
Version: 1\r
{recipients}\
\r
--B\r
Content-Type: message/rfc822\r
\r
From: news@acme.example\r
Subject: Hello\r
\r
Spam Spam Spam\r
--B--\r
"""


def arf(*recipients: str) -> bytes:
    return ARF.format(recipients="".join(f"Original-Rcpt-To: <{r}>\r\n" for r in recipients)).encode()


@pytest.mark.parametrize("named", [(), ("ann@b.example",), ("redacted@b.example",)])
def test_a_complaint_at_its_token_stops_whatever_recipient_it_shows(
    house: House, named: tuple[str, ...]
) -> None:
    sent = house.send("ann@b.example")
    (change,) = house.take(arrival(arf(*named), sent.return_address)).changes
    assert (change.address, change.after.cause) == ("ann@b.example", Cause.COMPLAINT)


def test_a_complaint_that_names_several_candidates_stops_none(house: House) -> None:
    sent = house.send("ann@b.example")
    taken = house.take(arrival(arf("x@c.example", "y@c.example", "z@c.example"), sent.return_address))
    assert taken.changes == []
    assert {event.standing for event in taken.events} == {Standing.UNPROVEN}


PLAIN = b"From: ann@b.example\r\nSubject: hello\r\n\r\nHow are you?\r\n"
AWAY = b"From: ann@b.example\r\nSubject: away\r\nAuto-Submitted: auto-replied\r\n\r\nI am on holiday.\r\n"


def test_what_is_not_understood_waits_with_its_bytes(house: House) -> None:
    about_nobody = arrival(dsn("x"), "bounces@acme.example")
    taken = house.take(about_nobody, arrival(PLAIN, "postmaster@acme.example"))
    assert (list(taken.outcomes.values()), taken.events) == ([Outcome.UNPARSED] * 2, [])


# As a mailbox holds it: what the reader's own server wrote on top, and words that we do not know.
STRANGE = b"Return-Path: <>\r\nFrom: x@mx.b.example\r\nSubject: Nota\r\n\r\nNil advenit apud ann.\r\n"


@pytest.mark.parametrize("to_token", [True, False])
def test_what_nothing_but_its_null_sender_tells_waits_with_its_bytes(house: House, to_token: bool) -> None:
    sent = house.send("ann@b.example")
    taken = house.take(arrival(STRANGE, sent.return_address if to_token else None))
    assert list(taken.outcomes.values()) == [Outcome.UNPARSED]
    assert [event.kind for event in taken.events] == [EventKind.AUTOREPLY] * to_token
    assert taken.changes == []


NOT_SPAM = arf("ann@b.example").replace(b"abuse\r\n", b"not-spam\r\n")


@pytest.mark.parametrize(
    ("raw", "kind", "outcome"),
    [
        (PLAIN, EventKind.OTHER, Outcome.UNPARSED),  # perhaps a bounce in words that no rule knows
        (NOT_SPAM, EventKind.OTHER, Outcome.JUDGED),
        (AWAY, EventKind.AUTOREPLY, Outcome.JUDGED),
    ],
)
def test_other_mail_to_a_token_is_kept_without_effect(
    house: House, raw: bytes, kind: EventKind, outcome: Outcome
) -> None:
    sent = house.send("ann@b.example")
    taken = house.take(arrival(raw, sent.return_address))
    assert (list(taken.outcomes.values()), taken.changes) == ([outcome], [])
    assert [event.kind for event in house.life("ann@b.example").events] == [kind]


def test_what_was_odd_about_a_mail_is_told_with_its_event(house: House) -> None:
    sent = house.send("ann@b.example")
    bomb = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (i, i) for i in range(99)
    )
    cut = replace(arrival(bomb, sent.return_address), defects=("truncated",))
    (event,) = house.take(cut).events
    assert {"truncated", "too_complex"} <= set(event.defects)


def test_what_the_judge_fails_on_is_unparsed_and_stops_nothing(house: House) -> None:
    sent = house.send("ann@b.example")
    good = arrival(dsn("x", ("ann@b.example", UNKNOWN)), sent.return_address)
    bad = arrival(b"poison", sent.return_address)

    def fragile(raw: bytes) -> Judged:
        if raw == b"poison":
            raise RecursionError("a bug of ours")
        return judge(raw)

    taken = take_in([bad, good], house.store, RING, fragile, NOW)
    assert taken.outcomes == {bad.id: Outcome.UNPARSED, good.id: Outcome.JUDGED}
    assert isinstance(taken.faults[bad.id], RecursionError)
    assert len(taken.changes) == 1


def test_what_fails_in_the_store_alone_is_unparsed_and_the_others_are_taken(
    house: House, inbox: Inbox
) -> None:
    sent = house.send("ann@b.example")
    inbox.put([arrival(b"poison", sent.return_address)])
    inbox.put([arrival(dsn("x", ("ann@b.example", UNKNOWN)), sent.return_address)])

    def fragile(batch: Sequence[Arrival], now: Instant) -> Taken:
        if any(found.raw == b"poison" for found in batch):
            raise OverflowError("a bug of ours")
        return house.take(*batch)

    reported: list[Taken] = []
    worker = Worker(inbox, fragile, LocalBus(), FixedClock(), report=reported.append)
    assert worker.drain() == 2
    assert inbox.counts() == {Outcome.WAITING: 0, Outcome.JUDGED: 1, Outcome.UNPARSED: 1, Outcome.EXPIRED: 0}
    assert [len(taken.faults) for taken in reported] == [1, 0]


def test_an_account_that_does_not_exist_stops_nothing(house: House) -> None:
    raw = dsn("x", ("ann@b.example", UNKNOWN))
    mail = replace(arrival(raw, None), account="a slip in the settings", proof=Proof.OPEN)
    taken = house.take(mail)
    assert [(event.account, event.standing) for event in taken.events] == [("", Standing.UNPROVEN)]
    assert "unknown_account" in taken.events[0].defects


@pytest.mark.parametrize(
    "to", ["\udcff@acme.example", "rt-" + "a" * 40 + "@\udcff", "@", "rt-@", "a@b@c", "\0", "é@é"]
)
def test_any_envelope_recipient_is_taken(house: House, to: str) -> None:
    raw = dsn("x", ("ann@b.example", UNKNOWN), message_id="\udcff")
    told = raw.replace(b"ann@", b"\xff\xfe\x00@")
    taken = house.take(arrival(raw, to), arrival(told, to))
    assert (len(taken.outcomes), taken.faults, taken.changes) == (2, {}, [])


@pytest.mark.parametrize(
    ("told", "believed"),
    [
        (NOW - HOUR, True),
        (NOW - HOUR - 1, False),  # before the hand-over
        (NOW + 5 * MINUTE, True),
        (NOW + 5 * MINUTE + 1, False),
        (None, False),
    ],
)
def test_the_time_of_the_source_is_believed_where_it_can_be_true(
    told: Instant | None, believed: bool
) -> None:
    send = Send(1, "acme", "ann@b.example", MailKind.MAILING, NOW - HOUR)
    at, defects = occurred(Report(Kind.BOUNCE, at=told), send, NOW)
    assert (at, defects) == ((told, ()) if believed else (NOW, ("time_doubted",)))


def test_without_a_send_the_source_is_believed_for_thirty_days() -> None:
    assert occurred(Report(Kind.BOUNCE, at=NOW - 30 * DAY), None, NOW) == (NOW - 30 * DAY, ())
    assert occurred(Report(Kind.BOUNCE, at=NOW - 30 * DAY - 1), None, NOW) == (NOW, ("time_doubted",))


def test_what_is_older_than_the_horizon_has_no_effect(house: House) -> None:
    sent = house.send("ann@b.example", at=NOW - HORIZON - 2 * DAY)
    old = NOW - HORIZON - DAY
    raw = dsn("x", ("ann@b.example", UNKNOWN), at=old)
    taken = house.take(replace(arrival(raw, sent.return_address), received_at=old))
    assert ([event.standing for event in taken.events], taken.changes) == ([Standing.EXPIRED], [])


# --- the door and the worker ------------------------------------------------------------------------------


class FixedClock:
    """It is always now."""

    def now(self) -> Instant:
        return NOW


def test_a_worker_takes_all_that_waits_and_tells_the_gates(house: House, inbox: Inbox) -> None:
    sent = [house.send(f"a{n}@b.example") for n in range(7)]
    inbox.put(
        [arrival(dsn("x", (s.send.recipient, UNKNOWN)), s.return_address) for s in sent]
        + [arrival(PLAIN, "postmaster@acme.example")]
    )
    heard: list[Change] = []
    bus = LocalBus()
    bus.follow(heard.extend)
    worker = Worker(inbox, lambda batch, now: house.take(*batch, now=now), bus, FixedClock(), batch=3)
    assert worker.drain() == 8
    assert inbox.counts() == {Outcome.WAITING: 0, Outcome.JUDGED: 7, Outcome.UNPARSED: 1, Outcome.EXPIRED: 0}
    assert [change.address for change in heard] == [s.send.recipient for s in sent]
    assert worker.step() == 0


def test_a_worker_that_died_before_settling_counts_nothing_twice(house: House, inbox: Inbox) -> None:
    sent = house.send("ann@b.example")
    inbox.put([arrival(dsn("x", ("ann@b.example", FULL)), sent.return_address)])
    house.take(*inbox.waiting(10))  # recorded, and then killed
    worker = Worker(inbox, lambda batch, now: house.take(*batch, now=now), LocalBus(), FixedClock())
    assert worker.drain() == 1
    assert (house.life("ann@b.example").state.soft, inbox.counts()[Outcome.WAITING]) == (1, 0)


def test_a_running_worker_wakes_survives_a_fault_and_ends(inbox: Inbox) -> None:
    taken, failed = threading.Event(), threading.Event()

    def take(batch: Sequence[Arrival], now: Instant) -> Taken:
        if not failed.is_set():
            raise OSError("disk full")
        taken.set()
        return Taken({found.id: Outcome.JUDGED for found in batch})

    worker = Worker(inbox, take, LocalBus(), FixedClock())
    thread = threading.Thread(target=worker.run, args=(lambda fault: failed.set(), 0.001))
    thread.start()
    inbox.put([arrival(PLAIN, None)])
    worker.wake()
    assert taken.wait(120)
    worker.end()
    thread.join(30)
    assert (thread.is_alive(), failed.is_set(), inbox.counts()[Outcome.WAITING]) == (False, True, 0)


class CountingInbox(memory.MemoryInbox):
    """Counts its commits, and holds the first back until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.commits: list[int] = []
        self.let_go = threading.Event()

    def put(self, arrivals: Sequence[Arrival], cursors: Mapping[str, bytes | None] = NO_CURSORS) -> None:
        self.commits.append(len(arrivals))
        assert self.let_go.wait(120)
        super().put(arrivals, cursors)


def test_many_callers_share_a_commit() -> None:
    async def scene() -> tuple[list[int], int]:
        inbox = CountingInbox()
        door = Door(inbox)
        callers = [asyncio.create_task(door.accept([arrival(b"%d" % n, None)])) for n in range(50)]
        while not inbox.commits:
            await asyncio.sleep(0)
        callers += [asyncio.create_task(door.accept([arrival(b"late %d" % n, None)])) for n in range(9)]
        await asyncio.sleep(0)
        callers[0].cancel()  # its connection broke: the others do not care
        assert not any(caller.done() for caller in callers[1:])
        inbox.let_go.set()
        await asyncio.gather(*callers[1:])
        return inbox.commits, inbox.counts()[Outcome.WAITING]

    assert asyncio.run(scene()) == ([50, 9], 59)


def test_nobody_is_told_durable_when_the_commit_fails() -> None:
    class FullDisk(memory.MemoryInbox):
        def put(self, arrivals: Sequence[Arrival], cursors: object = None) -> None:
            raise OSError("disk full")

    async def scene() -> list[object]:
        door = Door(FullDisk(), lambda: pytest.fail("woken for nothing"))
        return list(
            await asyncio.gather(
                *(door.accept([arrival(PLAIN, None)]) for _ in range(3)), return_exceptions=True
            )
        )

    assert [type(found) for found in asyncio.run(scene())] == [OSError] * 3


def test_how_far_a_source_was_read_passes_the_door_with_what_was_read() -> None:
    async def scene() -> memory.MemoryInbox:
        inbox = memory.MemoryInbox()
        door = Door(inbox)
        await asyncio.gather(
            door.accept([arrival(PLAIN, None)], {"log": b"1", "box": b"9"}),
            door.accept([], {"log": b"2"}),
            door.accept([], {"box": None}),
        )
        return inbox

    inbox = asyncio.run(scene())
    assert inbox.cursors() == {"log": b"2"}
    assert inbox.counts()[Outcome.WAITING] == 1
