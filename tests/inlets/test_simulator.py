"""The mailbox simulator over real sockets: every row of its table says what it promises."""

import queue
import re
import smtplib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from inlets.beside import Beside
from retour.model import Action, Kind, Reason
from retour.parse import parse
from retour.simulator import Simulator, answer_of, serve_simulator, table
from retour.simulator.answers import LATER, At
from retour.simulator.hooks import PROVIDERS
from retour.smtpd import Message, Reply, listen
from retour.smtpd.replies import KEPT

SENDER = "rt-sender@return.example"
MAIL = b"From: <us@sender.example>\r\nSubject: The offer\r\nMessage-ID: <1@sender.example>\r\n\r\nHello\r\n"


class Letterbox:
    """Takes what the simulator sends, after refusing as often as it was told to."""

    def __init__(self, refusals: Sequence[Reply] = ()) -> None:
        self.arrived: queue.Queue[Message[str]] = queue.Queue()
        self._refusals = list(refusals)

    def recipient(self, address: str) -> str | Reply:
        return self._refusals.pop() if self._refusals else address

    async def message(self, message: Message[str]) -> Sequence[Reply]:
        self.arrived.put(message)
        return [KEPT] * len(message.recipients)


@pytest.fixture
def letterbox() -> Letterbox:
    return Letterbox()


@pytest.fixture
def simulator(beside: Beside, letterbox: Letterbox) -> Iterator[Simulator]:
    yield from _running(beside, letterbox, lmtp=False)


def _running(beside: Beside, letterbox: Letterbox, lmtp: bool) -> Iterator[Simulator]:
    bounces = beside.run(listen("127.0.0.1", 0, letterbox, lmtp=lmtp))
    running = beside.run(serve_simulator("127.0.0.1", 0, ("127.0.0.1", bounces.port, lmtp), late=0.05))
    yield running
    beside.run(running.close())
    beside.run(bounces.close())


def client(simulator: Simulator) -> smtplib.SMTP:
    session = smtplib.SMTP("127.0.0.1", simulator.port, timeout=120)
    session.ehlo()
    return session


REFUSING = [name for name, answer in table().items() if answer.at is At.RCPT]


@pytest.mark.parametrize("name", REFUSING)
def test_each_refusing_mailbox_refuses_at_rcpt(simulator: Simulator, name: str) -> None:
    with client(simulator) as session:
        session.mail(SENDER)
        code, words = session.rcpt(f"{name.upper()}+7@b.example")
    reply = table()[name].reply
    assert f"{code} {words.decode()}".startswith(reply.partition(" <{address}>")[0])
    assert simulator.mailboxes.answered == {name: 1}
    assert (code == 421) is (name == "busy")


@pytest.mark.parametrize("reason", list(Reason))
def test_each_reason_is_the_name_of_a_mailbox_in_every_form(reason: Reason) -> None:
    for form in ("", *LATER):
        answer = answer_of(f"{form}{reason}+7@b.example")
        assert answer is not None
        assert answer.reason == reason
        assert answer.refuses is not bool(form)


@pytest.mark.parametrize(("name", "waits"), [("unknown", "4.4.1"), ("full", "4.2.2")])
def test_a_delay_can_come_first_and_the_failure_later(
    simulator: Simulator, letterbox: Letterbox, name: str, waits: str
) -> None:
    with client(simulator) as session:
        session.sendmail(SENDER, [f"late-{name}@b.example"], MAIL)
    found = [parse(letterbox.arrived.get(timeout=120).content) for _ in range(2)]
    assert [reading.kind for reading in found] == [Kind.DELAY, Kind.BOUNCE]
    assert [reading.reports[0].status for reading in found] == [waits, table()[name].reply.split(" ")[1]]
    assert found[1].reports[0].action is Action.FAILED


def test_what_is_not_yet_due_is_brought_at_the_end(beside: Beside, letterbox: Letterbox) -> None:
    bounces = beside.run(listen("127.0.0.1", 0, letterbox))
    simulator = beside.run(serve_simulator("127.0.0.1", 0, ("127.0.0.1", bounces.port, False), late=3600))
    with client(simulator) as session:
        session.sendmail(SENDER, ["late-unknown@b.example"], MAIL)
    assert parse(letterbox.arrived.get(timeout=120).content).kind is Kind.DELAY
    beside.run(simulator.close())
    assert parse(letterbox.arrived.get(timeout=120).content).kind is Kind.BOUNCE
    beside.run(bounces.close())


def test_who_takes_the_mail_after_some_thought_says_so(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = replace(table()["slow"], seconds=0.0)
    monkeypatch.setattr("retour.simulator.server.answer_of", lambda address: at_once)
    with client(simulator) as session:
        session.mail(SENDER)
        session.rcpt("slow@b.example")
        code, words = session.data(MAIL)
    assert f"{code} {words.decode()}" == table()["slow"].reply
    assert [seen.recipient for seen in simulator.mailboxes.seen] == ["slow@b.example"]


@pytest.mark.parametrize("name", ["spam", "virus", "content", "format"])
def test_what_is_wrong_with_the_content_is_said_after_it(simulator: Simulator, name: str) -> None:
    with client(simulator) as session, pytest.raises(smtplib.SMTPDataError) as refusal:
        session.sendmail(SENDER, [f"{name}@b.example"], MAIL)
    assert refusal.value.smtp_code == int(table()[name].reply[:3])
    assert not simulator.mailboxes.seen


def test_greylisting_refuses_once(simulator: Simulator) -> None:
    with client(simulator) as session:
        session.mail(SENDER)
        assert session.rcpt("greylist@b.example")[0] == 450
        assert session.rcpt("greylist@b.example")[0] == 250
        assert session.rcpt("greylist+2@b.example")[0] == 450


def test_every_other_mailbox_takes_mail(simulator: Simulator) -> None:
    with client(simulator) as session:
        session.sendmail(SENDER, ["ok@b.example", "ann@b.example"], MAIL)
    assert [(seen.sender, seen.recipient, seen.content) for seen in simulator.mailboxes.seen] == [
        (SENDER, "ok@b.example", MAIL),
        (SENDER, "ann@b.example", MAIL),
    ]


@pytest.mark.parametrize("name", [f"dsn-{name}" for name in REFUSING] + ["dsn-spam", "dsn-expired"])
def test_a_refusal_can_come_later_as_a_real_delivery_report(
    simulator: Simulator, letterbox: Letterbox, name: str
) -> None:
    with client(simulator) as session:
        session.mail(SENDER, ["ENVID=rt-envid"])
        session.rcpt(f"{name}@b.example", ["ORCPT=rfc822;Ann+2B@b.example"])
        session.data(MAIL)
    arrived = letterbox.arrived.get(timeout=120)
    answer = answer_of(f"{name}@b.example")
    assert answer is not None
    assert (arrived.sender, [r.address for r in arrived.recipients]) == ("", [SENDER])
    reading = parse(arrived.content)
    (report,) = reading.reports
    assert (reading.kind, report.action) == (Kind.BOUNCE, Action.FAILED)
    assert (report.recipient, report.final_recipient) == ("Ann+@b.example", f"{name}@b.example")
    assert (report.reply_code, report.status) == tuple(answer.reply.split(" ")[:2])
    assert report.original_recipient == "Ann+@b.example"
    assert (reading.original.envid, reading.original.subject) == ("rt-envid", "The offer")
    assert reading.original.message_id == "1@sender.example"
    assert reading.defects == ()


def test_reports_travel_over_lmtp_too(beside: Beside, letterbox: Letterbox) -> None:
    running = _running(beside, letterbox, lmtp=True)
    simulator = next(running)
    with client(simulator) as session:
        session.sendmail(SENDER, ["dsn-unknown@b.example"], MAIL)
    assert parse(letterbox.arrived.get(timeout=120).content).kind is Kind.BOUNCE
    next(running, None)


def test_an_internationalised_recipient_is_reported_as_rfc_6533_says(
    simulator: Simulator, letterbox: Letterbox
) -> None:
    with client(simulator) as session:
        session.sendmail(SENDER, ["dsn-unknown@bücher.example"], MAIL, ["SMTPUTF8"])
    arrived = letterbox.arrived.get(timeout=120)
    assert b"message/global-delivery-status" in arrived.content
    (report,) = parse(arrived.content).reports
    assert report.recipient == "dsn-unknown@bücher.example"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("dsn-delayed", Kind.DELAY),
        ("complaint", Kind.COMPLAINT),
        ("ooo", Kind.AUTOREPLY),
        ("challenge", Kind.CHALLENGE),
    ],
)
def test_other_reports_are_read_as_what_they_are(
    simulator: Simulator, letterbox: Letterbox, name: str, kind: Kind
) -> None:
    with client(simulator) as session:
        session.sendmail(SENDER, [f"{name}@b.example"], MAIL)
    arrived = letterbox.arrived.get(timeout=120)
    assert arrived.sender == ""
    assert parse(arrived.content).kind is kind


def test_headers_alone_come_back_when_asked_for(simulator: Simulator, letterbox: Letterbox) -> None:
    with client(simulator) as session:
        session.sendmail(SENDER, ["dsn-unknown@b.example"], MAIL, ["RET=HDRS"])
    arrived = letterbox.arrived.get(timeout=120)
    assert b"text/rfc822-headers" in arrived.content
    assert b"Hello" not in arrived.content


def test_nothing_is_sent_where_the_standards_forbid_it(simulator: Simulator, letterbox: Letterbox) -> None:
    automatic = b"Auto-Submitted: auto-generated\r\n" + MAIL
    with client(simulator) as session:
        for name in ("dsn-unknown", "late-unknown", "dsn-delayed", "complaint", "ooo", "challenge"):
            session.sendmail("", [f"{name}@b.example"], MAIL)  # RFC 5321 §4.5.5
        session.sendmail(SENDER, ["ooo@b.example", "challenge@b.example"], automatic)  # RFC 3834 §2
        session.sendmail(SENDER, ["dsn-unknown@b.example"], MAIL, rcpt_options=["NOTIFY=NEVER"])
        session.sendmail(SENDER, ["complaint@b.example"], MAIL)
    arrived = letterbox.arrived.get(timeout=120)
    assert parse(arrived.content).kind is Kind.COMPLAINT  # the last; nothing came before it
    assert letterbox.arrived.empty()


def test_a_subject_cannot_start_a_header(simulator: Simulator, letterbox: Letterbox) -> None:
    hostile = b"Subject: x\rBcc: victim@c.example\x0b\xff\r\n\r\n"
    with client(simulator) as session:
        session.putcmd("MAIL", f"FROM:<{SENDER}>")
        session.getreply()
        session.rcpt("ooo@b.example")
        session.putcmd("DATA")
        session.getreply()
        session.send(hostile + b".\r\n")
        assert session.getreply()[0] == 250
    head = letterbox.arrived.get(timeout=120).content.partition(b"\r\n\r\n")[0]
    assert b"\rBcc" not in head
    assert b"\nBcc" not in head


def test_a_report_is_tried_again_and_one_refused_for_good_is_counted(beside: Beside) -> None:
    again, never = Reply(451, "4.3.0", "Not now"), Reply(550, "5.1.1", "Never")
    letterbox = Letterbox([never, again])
    running = _running(beside, letterbox, lmtp=False)
    simulator = next(running)
    assert simulator.post is not None
    with client(simulator) as session:
        session.sendmail(SENDER, ["complaint@b.example"], MAIL)
    beside.run(simulator.post._queue.join())
    assert (simulator.post.delivered, simulator.post.failed) == (0, 1)
    with client(simulator) as session:
        session.sendmail(SENDER, ["complaint@b.example"], MAIL)
    letterbox.arrived.get(timeout=120)
    next(running, None)


def test_the_table_says_each_mailbox_in_two_languages() -> None:
    for answer in table().values():
        assert answer.texts is not None
        assert all(answer.texts[language].endswith(".") for language in ("en", "de"))
        assert answer.texts["en"] != answer.texts["de"]
        assert answer.reply or answer.report


def test_the_page_about_it_shows_every_mailbox() -> None:
    page = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text("utf-8")
    for name, answer in table().items():
        assert answer.texts is not None
        reason = f"`{answer.reason}`" if answer.reason else ""
        row = f"| `{name}@` | `{answer.reply or '250 2.0.0'}` | {answer.texts['en']} | {reason} |\n"
        assert row in page, f"docs/simulator.md lacks: {row}"
    (mailboxes,) = re.findall(r"(?m)^\| mailbox \|.*\n((?:\|.*\n)+)", page)
    assert mailboxes.count("\n| `") == len(table())


def test_the_page_about_it_shows_every_provider_with_its_ways_to_sign() -> None:
    page = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text("utf-8")
    shown = re.findall(r"^\| `(\w+)` \| [^|]+ \| ((?:`\w+`(?:, )?)+) \|", page, re.MULTILINE)
    assert {name: tuple(re.findall(r"`(\w+)`", schemes)) for name, schemes in shown} == {
        name: provider.schemes for name, provider in PROVIDERS.items()
    }
