"""The lines of Postfix's log, as its daemons write them.

Postfix writes "to=<...>, relay=..., delay=..., delays=..., dsn=..., status=... (text)"; only the text quotes
the remote server, which may write there what it likes: a line is read from its left end.
"""

import re
from typing import Final, NamedTuple

from retour.instants import Instant
from retour.model import Action, Kind, Report
from retour.parse.logs.entry import CUT_LINE, LONGEST, as_text
from retour.parse.mailbox import one_address
from retour.parse.reply import report_of

# master.cf names them so; only these write of deliveries. smtpd's "NOQUEUE: reject:" is about mail coming in.
_AGENTS: Final = "smtp", "lmtp", "local", "virtual", "pipe", "error", "retry", "discard"
_DAEMONS: Final = "cleanup", "qmgr", *_AGENTS
AGENTS: Final = frozenset(name.encode() for name in _AGENTS)
STATUS: Final = b", status="
EXPIRED: Final[tuple[bytes, ...]] = (
    b">, status=expired, returned to sender",
    b">, status=force-expired, returned to sender",
)

# A head as syslog writes it: RFC 3164 §4.1 with or without PRI, ISO times of rsyslog and journald, RFC 5424
# §6. Then host and instance, which tell mails of one queue id apart, and the daemon ("postfix/relay/smtp").
# Sets have no classes in them (\t-\r is white space), and runs give nothing back: so a line costs least.
_TIME: Final = (
    r"(?:<\d{1,3}>)?+(?:1 )?+(TIME[A-Z][a-z][a-z] [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ][^ \t-\r]{8,25}+)"
)
_WRITER: Final = r"(WRITER (HOST[^ \t-\r\[\]/]{1,255}+) [^ \t-\r\[\]/:]{1,64}+/)"
_DAEMON: Final = rf"(?:[^ \t-\r\[\]:]{{1,195}}/)?+({'|'.join(_DAEMONS)})"
_PROCESS: Final = r"(?:\[\d{1,10}+\]: | (?:\d{1,10}|-) [^ \t-\r]{1,32} (?:-|\[[^\[\]\n]{0,500}\]) (?:BOM)?)"
# Short queue ids are hexadecimal, long ones (enable_long_queue_ids) base 52: global/mail_queue.h.
_ID: Final = r"([0-9A-Za-z]{5,25}+): "
_ADDRESS: Final = (
    r'(?:"(?:[^"\\\n]|\\[^\n]){0,512}"@[^<> \t-\r]{1,320}|(?!")[^<>\n]{0,512}+)'  # may hold ", "
)
_OUTCOME: Final = (
    rf"({_ADDRESS})>, (?:orig_to=<(ORIG{_ADDRESS})>, )?relay=(RELAY[^ \t-\r,]{{1,512}}+), "
    r"(?:conn_use=\d{1,9}, )?delay=[0-9.]{1,16}+, delays=[0-9./]{1,64}+, dsn=(DSN[245]\.\d{1,3}\.\d{1,3}), "
    r"status=([A-Za-z-]{1,16}) \("
)
_NAMES: Final = re.compile("(?<=[(])(?:TIME|WRITER|HOST|ORIG|RELAY|DSN)")


def _with(pattern: str, *groups: str) -> str:
    """The pattern, with those groups that are named, besides those without a name."""
    return _NAMES.sub(lambda name: "" if name[0] in groups else "?:", pattern)


_HEAD: Final = _TIME + _WRITER + _DAEMON + _PROCESS + _ID
_MARKED: Final = r"(removed(?=\n)|from=<|message-id=|to=<)(?:(?<= to=<)" + _OUTCOME + r")?[^\n]*"
_WANTED: Final = _with(f"({_HEAD}{_MARKED})", "WRITER").replace("BOM", r"\xef\xbb\xbf").encode()
_FIRST, _OTHERS = re.compile(_WANTED), re.compile(rb"\n" + _WANTED)
_LINE: Final = re.compile(
    _with(f"{_HEAD}(?:to=<{_OUTCOME}|)", "TIME", "HOST", "ORIG", "RELAY", "DSN").replace("BOM", "\ufeff"),
    re.ASCII,
)
_ENDS: Final = re.compile(rb"(?<!\r)\r++\n")
_IMITATION: Final = re.compile(r">, (?:orig_to=<|relay=)")
_SENDER: Final = re.compile(
    r": from=<(" + _ADDRESS + r")>, (?:size=\d|status=(?:force-)?expired, returned to sender)"
)
_MESSAGE_ID: Final = re.compile(r": message-id=<([^<>\s]{1,998})>\Z")
# The same where all is ASCII, as nearly always: twice as fast as text with classes.
_PLAIN_SENDER: Final = re.compile(rb': from=<((?!")[ -;=?-~]{0,512}+)>, size=\d')
_PLAIN_MESSAGE_ID: Final = re.compile(rb": message-id=<([!-;=?-~]{1,998}+)>\Z")

_KINDS: Final = {
    "sent": (Kind.DELIVERED, Action.DELIVERED),
    "deferred": (Kind.DELAY, Action.DELAYED),
    "SOFTBOUNCE": (Kind.DELAY, Action.DELAYED),  # soft_bounce = yes: it stays in the queue
    "bounced": (Kind.BOUNCE, Action.FAILED),
    "undeliverable": (Kind.OTHER, None),  # address probes (verify(8)): no mail was sent
    "deliverable": (Kind.OTHER, None),
}
KIND_OF: Final = {status.encode(): kind for status, (kind, _) in _KINDS.items()}


class Line(NamedTuple):
    """A line with the head that Postfix writes, and what became of one recipient, where it tells that."""

    time: str
    host: str
    daemon: str
    id: str
    to: str | None  # this and what follows is None in a line that tells no outcome, or was cut
    orig_to: str | None
    relay: str | None
    dsn: str | None
    status: str | None
    rest: str  # what stands behind that: with an outcome, what the remote server is said to have said

    @property
    def kind(self) -> Kind | None:
        """What the outcome amounts to; None where the line tells none, or one of an unknown status."""
        return _KINDS[self.status][0] if self.status in _KINDS else None

    @property
    def is_imitated(self) -> bool:
        """Whether the line can be read in two ways: an address or a server's words imitate the log."""
        return ", status=" in self.rest and _IMITATION.search(self.rest) is not None


def relevant(block: bytes) -> list[tuple[bytes, ...]]:
    """The lines of a block, each with its end, that may tell something, in their order.

    Line, writer (host and instance), daemon, queue id, what opens its words: "removed", "from=<",
    "message-id=", "to=<"; of the last also recipient and status, empty where they cannot be read.
    """
    if b"\r" in block:
        block = _ENDS.sub(b"\n", block)
    first, others = _FIRST.match(block), _OTHERS.findall(block)
    return [first.groups(b""), *others] if first else others


def split(octets: bytes) -> Line | None:
    """The line; None for one that Postfix has not written."""
    text = as_text(octets[:LONGEST])
    found = _LINE.match(text)
    return Line._make((*found.groups(), text[found.end() :])) if found else None


def sender_in(octets: bytes) -> str | None:
    """The envelope sender that a line of qmgr tells; empty for the null sender."""
    plain = _PLAIN_SENDER.match(octets, octets.find(b": from=<"))
    if plain:
        return plain[1].decode("ascii")
    text = as_text(octets)
    found = _SENDER.match(text, text.find(": from=<"))
    return found[1] if found else None


def message_id_in(octets: bytes) -> str | None:
    """The Message-ID that a line of cleanup tells."""
    plain = _PLAIN_MESSAGE_ID.match(octets, octets.find(b": message-id=<"))
    if plain:
        return plain[1].decode("ascii")
    text = as_text(octets)
    found = _MESSAGE_ID.match(text, text.find(": message-id=<"))
    return found[1] if found else None


def report_in(line: Line, at: Instant | None = None) -> tuple[Report, tuple[str, ...]]:
    """The report of a line that tells an outcome, and its defects."""
    _, _, _, _, to, orig_to, relay, dsn, status, words = line
    kind, action = _KINDS[status or ""]
    whole = words.endswith(")")
    words = words[:-1] if whole else words
    recipient = one_address(to or "")
    host, bracket, _ = (relay or "").partition("[")
    report = report_of(
        kind,
        recipient,
        words,
        original=one_address(orig_to) if orig_to else None,
        action=action,
        status=dsn,
        remote=host if bracket else None,
        text=words,
        mta="postfix",
        at=at,
    )
    bad = () if recipient else ("bad_address",)
    return report, bad if whole else (*bad, CUT_LINE)
