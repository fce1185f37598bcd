"""The doors that bytes of others enter by, and what holds behind each whatever the bytes are.

A target takes bytes and raises for nothing but a fault of ours. `make fuzz` gives them to atheris; the tests
give each its seeds (our own samples) and its finds (`finds/<target>/`: what once broke it).
"""

import io
import json
from collections.abc import Callable, Sequence
from typing import Any

from retour.address import normalise
from retour.classify.lint import lint
from retour.cli.terminal import safe
from retour.cli.wording import message_in_words, report_in_words
from retour.flow.judge import Judged, explained, explained_report, judge, judge_reply
from retour.inlets.mailboxes import in_stream
from retour.lifecycle import preset
from retour.mime import limits, scan
from retour.mime.encoded import charset_codec, decode_text, decode_transfer, decode_words, parameters
from retour.model import Kind, MailKind, Reading, Report
from retour.outlets.postfix import SOCKETMAP_LIMIT
from retour.outlets.postfix.netstring import NoNetstringError, cut, netstring
from retour.outlets.postfix.request import attributes_of, text
from retour.parse import parse
from retour.parse.logs import LOGS, read_log, reread
from retour.parse.providers import PROVIDERS
from retour.parse.providers.registry import read_body
from retour.parse.providers.ses import read_notification
from retour.parse.providers.told import EVENTS
from retour.return_address import Keyring, claimed_account, looks_like, make, verify
from retour.smtpd import Limits, Recipient, Reply, Session, Submission
from retour.smtpd.commands import MailCommand
from retour.smtpd.replies import AUTHENTICATED, GO_AHEAD, KEPT, NOT_WELCOME, OK
from retour.smtpd.submission import Awaits
from retour.texts import LANGUAGES, catalogue

POLICY = preset("default")
CATALOGUES = [catalogue(language) for language in LANGUAGES]
KEYRING = Keyring(1, {0: b"old" * 8, 1: b"new" * 8})


def assert_storable(value: Any) -> None:
    """Every string in a value can be written to a database: no half of a pair, whatever was escaped."""
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, dict):
        for each in value.values():
            assert_storable(each)
    elif isinstance(value, list | tuple):
        for each in value:
            assert_storable(each)


def assert_sound(reading: Reading, never: str = "\r\n\0<>") -> None:
    """What holds for every reading, whatever was read."""
    assert len(reading.reports) <= 100
    assert len(reading.text) <= 16 * 1024
    assert reading.kind != Kind.BOUNCE or reading.reports
    assert_storable(reading)
    for report in reading.reports:
        assert_report(report, never)


def assert_report(report: Report, never: str = "\r\n\0<>") -> None:
    """What holds for every report; `never`: what no address of it holds."""
    assert len(report.text) <= 4096
    assert report.diagnostic is None or len(report.diagnostic) <= 4096
    for address in (report.recipient, report.original_recipient):
        assert address is None or (not set(address) & set(never) and len(address) <= 320)
    assert report.diagnostic is None or "\n" not in report.diagnostic


def assert_shown(lines: list[str]) -> None:
    """What people are shown moves no terminal, and is no essay."""
    assert all(safe(line) == line for line in lines)
    assert len(lines) <= 100 * 20


def fuzz_mime(raw: bytes) -> None:
    """Bytes → parts."""
    mail = scan(raw)
    assert len(mail.parts) <= limits.PARTS + 1
    for part in mail.parts:
        assert len(part.text()) <= limits.TEXT
        part.body()
    for name in (b"subject", b"from", b"to", b"content-type", b"received"):
        assert_storable(mail.head.text(name))
        assert len(mail.head.value(name)) <= limits.HEADER + 1
        assert len(mail.head.values(name)) <= 100
    assert all(isinstance(defect, str) for defect in mail.defects)


def fuzz_encoded(raw: bytes) -> None:
    """Charsets, encoded words, transfer encodings, parameters: the first line is the name, then the data."""
    name, _, data = raw.partition(b"\n")
    charset = name.decode("latin-1")
    charset_codec(charset)
    assert_storable(decode_text(data, charset))
    assert_storable(decode_words(data))
    assert_storable(decode_words(b"=?%s?b?%s?=" % (name, data)))
    for encoding in (b"base64", b"quoted-printable", name):
        decode_transfer(data, encoding)
    assert_storable(parameters(data))
    assert len(parameters(b"; " + data)) <= 50


def fuzz_parse(raw: bytes) -> None:
    """A mail → a reading, the same in both line endings."""
    reading = parse(raw)
    assert_sound(reading)
    if b"\r" not in raw:
        assert parse(raw.replace(b"\n", b"\r\n")) == reading


def fuzz_judge(raw: bytes) -> None:
    """A mail → verdicts → what programs and people are shown."""
    judged = judge(raw)
    assert_sound(judged.reading)
    assert_judged(judged)


def assert_judged(judged: Judged) -> None:
    """Each report has its verdict, and both can be shown."""
    shown = explained("mail", judged, POLICY)
    assert json.loads(json.dumps(shown))["kind"] == judged.kind
    for verdict in judged.verdicts:
        assert 0 <= verdict.confidence <= 1
        assert_storable(verdict)
    for say in CATALOGUES:
        assert_shown(message_in_words(shown, say))


def fuzz_reply(raw: bytes) -> None:
    """One server's words → a verdict."""
    report, verdict = judge_reply(raw.decode("utf-8", "replace"))
    assert_report(report)
    assert_storable(report)
    shown = explained_report(report, verdict, POLICY)
    json.dumps(shown)
    for say in CATALOGUES:
        assert_shown(report_in_words(shown, say))


def fuzz_address(raw: bytes) -> None:
    """A text → the normalised address, whose form is its own."""
    for given in (
        raw.decode("utf-8", "replace"),
        raw.decode("utf-8", "surrogateescape"),
        raw.decode("utf-16", "replace"),
    ):
        form = normalise(given)
        if form is not None:
            assert normalise(form) == form
            assert not set(form) & set("\r\n\0")
            form.encode()


def fuzz_return_address(raw: bytes) -> None:
    """Only what we signed is a token: any text, and a true token with some letters changed."""
    for given in (raw.decode("utf-8", "surrogateescape"), raw.decode("latin-1")):
        looks_like(given)
        claimed_account(given)
        assert verify(KEYRING, given, "return.example") is None
    if len(raw) >= 10:
        genuine = make(
            KEYRING, raw[0], "return.example", int.from_bytes(raw[1:9]), list(MailKind)[raw[9] % 3], 0
        )
        assert verify(KEYRING, genuine, "return.example") is not None
        changed = bytearray(genuine, "ascii")
        for at, letter in zip(raw[10::2], raw[11::2], strict=False):
            changed[at % len(changed)] = letter
        forged = changed.decode("latin-1")
        assert (verify(KEYRING, forged, "return.example") is None) == (forged.lower() != genuine)


def fuzz_mailbox(raw: bytes) -> None:
    """A stream → its messages: none is invented, and what is kept of each is bounded."""
    messages = list(in_stream(io.BytesIO(raw), "box"))
    assert messages
    assert sum(message.size for message in messages) <= len(raw)
    assert all(len(message.raw) <= 1 << 20 for message in messages)


def fuzz_policy(raw: bytes) -> None:
    """A policy request of Postfix → its attributes."""
    attributes = attributes_of(raw)
    for name in (b"sender", b"recipient", b"sasl_username"):
        normalise(text(attributes, name))


def fuzz_socketmap(raw: bytes) -> None:
    """What Postfix sends to a table → netstrings; what is none ends the connection."""
    buffer = bytearray(raw)
    try:
        while (content := cut(buffer, SOCKETMAP_LIMIT)) is not None:
            assert raw.endswith(netstring(content) + bytes(buffer))
    except NoNetstringError:
        return
    assert len(buffer) <= SOCKETMAP_LIMIT + len(str(SOCKETMAP_LIMIT)) + 1, "no more waits than one netstring"


def fuzz_notification(raw: bytes) -> None:
    """A notification of SES → reports."""
    try:
        said = json.loads(raw)
    except (ValueError, RecursionError):
        return
    if isinstance(said, dict):
        read = read_notification(said)
        assert read is None or read[0] is not Kind.BOUNCE or read[1]
        for report in read[1] if read else ():
            assert_report(report)
            assert_storable(report)


def fuzz_body(raw: bytes) -> None:
    """The body of a provider's post → reports, each with what names and marks its event."""
    for provider in PROVIDERS:
        body = read_body(provider, raw)
        assert body.told or body.defects
        assert len(body.told) <= EVENTS
        for told in body.told:
            assert_report(told.report)
            assert_storable(tuple(told))
            json.dumps(told.metadata, allow_nan=False)


def fuzz_log(raw: bytes) -> None:
    """Lines of a log → entries: the same in whatever pieces they come, and each again from its own lines."""
    for name in LOGS:
        entries = list(read_log(name, [raw], successes=True))
        assert list(read_log(name, [raw[at : at + 11] for at in range(0, len(raw), 11)], True)) == entries
        for entry in entries:
            assert_sound(entry.reading, "\r\n\0")  # within quotes an address may hold brackets
            assert_storable(tuple(entry.facts))
            assert entry in reread(name, b"\n".join(entry.lines))


def fuzz_rules(raw: bytes) -> None:
    """A user's file of rules → its faults by name."""
    for fault in lint(raw.decode("utf-8", "replace")):
        assert fault.name


def fuzz_smtp(raw: bytes) -> None:
    """A dialogue with the SMTP inlet: the same in whatever pieces it arrives; a kept message is bounded."""
    for lmtp in (False, True):
        assert _dialogue([raw], lmtp) == _dialogue([raw[at : at + 7] for at in range(0, len(raw), 7)], lmtp)


def _dialogue(pieces: list[bytes], lmtp: bool) -> tuple[bytes, list[bytes]]:
    session: Session[str] = Session(_gate, "mx.example", lmtp, Limits(message=2000, kept=500, command=100))
    said, contents = session.greeting(), []
    for piece in pieces:
        said += session.receive(piece)
        while session.message is not None:
            assert len(session.message.content) <= 500
            contents.append(session.message.content)
            said += session.answer([KEPT] * len(session.message.recipients))
    return said, contents


def fuzz_submission(raw: bytes) -> None:
    """A dialogue with the relay: the same in whatever pieces it arrives; what passes ends no mail."""
    whole = _submission([raw])
    assert whole == _submission([raw[at : at + 7] for at in range(0, len(raw), 7)])
    for content, reply in whole[1]:
        assert b"\r\n.\r\n" not in b"\r\n" + content
        lines = content.replace(b"\r\n", b"")
        assert reply is not OK or not (b"\r" in lines or b"\n" in lines)


def _submission(pieces: list[bytes]) -> tuple[bytes, list[tuple[bytes, Reply]]]:
    limits = Limits(message=2000, command=100)
    session: Submission[str] = Submission(_asked, "mx.example", limits, may_prove=True, tls=False)
    said, contents, content = session.greeting(), [], b""
    for piece in pieces:
        said += session.receive(piece)
        content += session.taken()
        while session.awaits is not None:
            if session.awaits is Awaits.VERDICT:
                contents.append((content, session.fault or OK))
                content = b""
            said += _told(session)
            content += session.taken()
    return said, contents


def _told(session: Submission[str]) -> bytes:
    match session.awaits:
        case Awaits.PROOF:
            return session.proven(AUTHENTICATED)
        case Awaits.RECIPIENT:
            return session.judged(NOT_WELCOME)
        case Awaits.OPENING:
            return session.opened(GO_AHEAD)
        case _:
            return session.answered(OK)


def _asked(recipient: str, mail: MailCommand, accepted: Sequence[Recipient[str]]) -> str | Reply | None:
    return None if recipient.startswith("b") else _gate(recipient)


def _gate(recipient: str) -> str | Reply:
    return recipient if recipient.startswith("a") else NOT_WELCOME


TARGETS: dict[str, Callable[[bytes], None]] = {
    name.removeprefix("fuzz_"): target
    for name, target in sorted(globals().items())
    if name.startswith("fuzz_")
}
