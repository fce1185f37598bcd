"""The mails that an accepting server sends afterwards: delivery report, complaint, automatic reply.

Every field goes through `_fields`, which leaves no line end in a value: nothing of the message answered can
start a header of its own. All are sent with a null return path: none of them can be answered.
"""

import re
from dataclasses import dataclass
from email.utils import format_datetime
from uuid import uuid4

from retour.instants import Instant, to_datetime
from retour.simulator.answers import Answer, Says
from retour.smtpd import Message, Recipient, Reply

_LINE_END = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_RETURNED = 50_000  # octets; longer messages come back as headers only, as Postfix does by default
_TEXT = "text/plain; charset=utf-8"
_SUBJECT = re.compile(rb"^Subject:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_MESSAGE_ID = re.compile(rb"^Message-ID:[ \t]*(<[^\s<>]+>)", re.IGNORECASE | re.MULTILINE)
# RFC 3834 §2: no answer to what a machine sent, nor to a list.
_MACHINE = re.compile(
    rb"^(?:Auto-Submitted:[ \t]*(?!no\b)|List-Id:|Precedence:[ \t]*(?:bulk|list|junk))",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Occasion:
    """One recipient of one accepted message, and what his mailbox does about it."""

    answer: Answer
    message: Message[Answer | None]
    recipient: Recipient[Answer | None]
    hostname: str
    now: Instant


def report(occasion: Occasion) -> bytes | None:
    """The mail to the envelope sender; None where the standards forbid one."""
    if not occasion.message.sender:
        return None  # RFC 5321 §4.5.5: nothing is sent in answer to a null sender
    match occasion.answer.report:
        case Says.DSN if _wanted(occasion, "FAILURE"):
            return _delivery_report(occasion, "failed", "Undelivered Mail Returned to Sender")
        case Says.DELAY if _wanted(occasion, "DELAY"):
            return _delivery_report(occasion, "delayed", "Delayed Mail (still being retried)")
        case Says.COMPLAINT:
            return _complaint(occasion)
        case Says.AUTOREPLY if not _MACHINE.search(_header_block(occasion)):
            return _autoreply(occasion)
        case Says.CHALLENGE if not _MACHINE.search(_header_block(occasion)):
            return _challenge(occasion)
    return None


def _wanted(occasion: Occasion, what: str) -> bool:
    """RFC 3461 §4.1: without NOTIFY the server chooses, with it the sender does."""
    return not occasion.recipient.notify or what in occasion.recipient.notify


# --- the mails -------------------------------------------------------------------------------------


def _delivery_report(occasion: Occasion, action: str, subject: str) -> bytes:
    """RFC 3464, or RFC 6533 for a recipient outside ASCII."""
    address = occasion.recipient.address
    reply = _line_of(occasion.answer.said(address))
    words = f"{occasion.hostname} could not deliver your message.\n\n<{address}>: {reply}\n"
    if action == "delayed":
        words += "\nIt will go on trying. You need not send the message again.\n"
    per_message = _fields(
        ("Original-Envelope-Id", occasion.message.envid),
        ("Reporting-MTA", f"dns; {occasion.hostname}"),
        ("Arrival-Date", _date(occasion)),
    )
    per_recipient = _fields(
        ("Original-Recipient", occasion.recipient.original),
        ("Final-Recipient", f"{'rfc822' if address.isascii() else 'utf-8'}; {address}"),
        ("Action", action),
        ("Status", occasion.answer.said(address).enhanced),
        ("Remote-MTA", f"dns; {occasion.hostname}"),
        ("Diagnostic-Code", f"smtp; {reply}"),
    )
    kind = "delivery-status" if address.isascii() else "global-delivery-status"
    machine = _part(f"message/{kind}", per_message + b"\r\n" + per_recipient)
    head = _head(occasion, f"MAILER-DAEMON@{occasion.hostname}", subject, "auto-replied")
    return _reporting(head, "delivery-status", words, machine, occasion)


def _complaint(occasion: Occasion) -> bytes:
    """RFC 5965, abuse."""
    fields = _fields(
        ("Feedback-Type", "abuse"),
        ("User-Agent", "Retour-Simulator/1"),
        ("Version", "1"),
        ("Original-Mail-From", f"<{occasion.message.sender}>"),
        ("Original-Rcpt-To", f"<{occasion.recipient.address}>"),
        ("Arrival-Date", _date(occasion)),
        ("Reporting-MTA", f"dns; {occasion.hostname}"),
    )
    words = "A reader marked the message below as spam.\n"
    head = _head(occasion, f"feedback@{occasion.hostname}", "Abuse report", "auto-generated")
    return _reporting(head, "feedback-report", words, _part("message/feedback-report", fields), occasion)


def _autoreply(occasion: Occasion) -> bytes:
    """RFC 3834."""
    words = b"I am out of the office until Monday and will read your message then.\r\n"
    return _answer(occasion, "Automatic reply", words)


def _challenge(occasion: Occasion) -> bytes:
    """As systems of challenge and response write; the link leads nowhere."""
    words = (
        b"Your message is waiting. This mailbox takes mail from people it knows.\r\n"
        b"To have it delivered, please confirm that you are a person:\r\n\r\n"
        b"    https://challenge.simulator.example/\r\n"
    )
    return _answer(occasion, "Please confirm your message", words)


def _answer(occasion: Occasion, title: str, words: bytes) -> bytes:
    subject = _found(_SUBJECT, occasion) or "your message"
    message_id = _found(_MESSAGE_ID, occasion)
    head = _head(occasion, occasion.recipient.address, f"{title}: {subject}", "auto-replied")
    head += _fields(("In-Reply-To", message_id), ("References", message_id))
    return head + _part(_TEXT, words)


# --- their pieces ----------------------------------------------------------------------------------------


def _head(occasion: Occasion, sender: str, subject: str, submitted: str) -> bytes:
    return _fields(
        ("From", f"<{sender}>"),
        ("To", f"<{occasion.message.sender}>"),
        ("Subject", subject),
        ("Date", _date(occasion)),
        ("Message-ID", f"<{uuid4()}@{occasion.hostname}>"),
        ("Auto-Submitted", submitted),  # RFC 3834 §5
        ("MIME-Version", "1.0"),
    )


def _reporting(head: bytes, kind: str, words: str, machine: bytes, occasion: Occasion) -> bytes:
    """RFC 6522: words for a person, fields for a machine, and the message itself."""
    boundary = uuid4().hex
    content_type = f'multipart/report; report-type={kind}; boundary="{boundary}"'
    human = _part(_TEXT, words.replace("\n", "\r\n").encode())
    parts = b"".join(
        f"--{boundary}\r\n".encode() + part + b"\r\n" for part in (human, machine, _returned(occasion))
    )
    return head + _part(content_type, parts + f"--{boundary}--\r\n".encode())


def _returned(occasion: Occasion) -> bytes:
    """The message, or its headers alone where they were asked for or it is large."""
    message = occasion.message
    if message.headers_only or message.size > _RETURNED:
        return _part("text/rfc822-headers", _header_block(occasion))
    return _part("message/rfc822", message.content)


def _part(content_type: str, body: bytes) -> bytes:
    return _fields(("Content-Type", content_type), ("Content-Transfer-Encoding", "8bit")) + b"\r\n" + body


def _fields(*fields: tuple[str, str | None]) -> bytes:
    lines = (f"{name}: {_LINE_END.sub(' ', value)}\r\n" for name, value in fields if value is not None)
    return "".join(lines).encode("utf-8", "surrogateescape")


def _header_block(occasion: Occasion) -> bytes:
    return occasion.message.content.partition(b"\r\n\r\n")[0][:_RETURNED] + b"\r\n"


def _found(pattern: re.Pattern[bytes], occasion: Occasion) -> str | None:
    found = pattern.search(_header_block(occasion))
    return found[1].decode("utf-8", "surrogateescape").strip()[:200] if found else None


def _line_of(reply: Reply) -> str:
    return f"{reply.code} {reply.enhanced} {reply.text}"


def _date(occasion: Occasion) -> str:
    return format_datetime(to_datetime(occasion.now))
