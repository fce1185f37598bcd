"""One line of Postfix's log: its head, an outcome, or a note about the mail.

`<time> <host> <syslog_name>/<daemon>[pid]: <queue id>: to=<…>, [orig_to=<…>, ]relay=…, [conn_use=n, ]delay=…,
delays=a/b/c/d, dsn=x.y.z, status=word (text)` (postfix: src/global/log_adhoc.c). The text in brackets quotes
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
AGENTS: Final = frozenset((b"smtp", b"lmtp", b"local", b"virtual", b"pipe", b"error", b"retry", b"discard"))

# Short queue ids are hexadecimal, long ones (enable_long_queue_ids) base 52: global/mail_queue.h.
_TIMES: Final = rb"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\S{8,24}"
_WRITER: Final = rb"[^\s\[\]/:]{1,64}/)(?:[^\s\[\]/:]{1,64}/){0,3}(?P<daemon>[a-z]{1,16})"
_ID: Final = rb"(?P<id>[0-9A-Za-z]{5,25}): "
# RFC 3164 §4.1, with or without PRI; ISO times of rsyslog and journald
_HEAD: Final = (
    rb"(?:<\d{1,3}>)?(?P<time>" + _TIMES + rb")"
    rb"(?P<writer> (?P<host>[^\s\[\]/]{1,255}) " + _WRITER + rb"\[\d{1,10}\]: " + _ID
)
_HEAD_5424: Final = (  # RFC 5424 §6
    rb"(?:<\d{1,3}>)?1 (?P<time>\S{19,36})(?P<writer> (?P<host>\S{1,255}) "
    + _WRITER
    + rb" (?:\d{1,10}|-) \S{1,32} (?:-|\[[^\[\]]{0,500}\]) (?:\xef\xbb\xbf)?"
    + _ID
)
_TIME: Final = re.compile(rb"(?:<\d{1,3}>)?(?:" + _TIMES + rb")(?= )")
_ADDRESS: Final = rb'(?:"(?:[^"\\]|\\.){0,512}"@[^<>\s]{1,320}|(?!")[^<>]{0,512})'  # may hold ", " and " = "
_DELIVERY: Final = (
    rb"(?:to=<(?P<to>"
    + _ADDRESS
    + rb")>, (?:orig_to=<(?P<orig_to>"
    + _ADDRESS
    + rb")>, )?relay=(?P<relay>[^\s,]{1,512}), "
    rb"(?:conn_use=\d{1,9}, )?delay=[\d.]{1,16}, delays=[\d./]{1,64}, dsn=(?P<dsn>[245]\.\d{1,3}\.\d{1,3}), "
    rb"status=(?P<status>[A-Za-z-]{1,16}) \(|)"
)
_LINE, _LINE_5424 = re.compile(_HEAD + _DELIVERY), re.compile(_HEAD_5424 + _DELIVERY)
_IMITATION: Final = re.compile(rb">, (?:orig_to=<|relay=)")
_SENDER: Final = re.compile(
    rb"from=<(" + _ADDRESS + rb")>, (?:size=\d|status=(?:force-)?expired, returned to sender)"
)
_MESSAGE_ID: Final = re.compile(rb"message-id=<([^<>\s]{1,998})>\Z")
EXPIRED: Final[tuple[bytes, ...]] = (
    b">, status=expired, returned to sender",
    b">, status=force-expired, returned to sender",
)

_KINDS: Final = {
    b"sent": (Kind.DELIVERED, Action.DELIVERED),
    b"deferred": (Kind.DELAY, Action.DELAYED),
    b"SOFTBOUNCE": (Kind.DELAY, Action.DELAYED),  # soft_bounce = yes: it stays in the queue
    b"bounced": (Kind.BOUNCE, Action.FAILED),
    b"undeliverable": (Kind.OTHER, None),  # address probes (verify(8)): no mail was sent
    b"deliverable": (Kind.OTHER, None),
}
_KIND_OF: dict[bytes | None, Kind] = {status: kind for status, (kind, _) in _KINDS.items()}


class Line(NamedTuple):
    """A line with the head that Postfix writes, and what became of one recipient, where it tells that."""

    time: bytes
    writer: bytes  # host and instance, as the heads of all their lines have it
    host: bytes
    daemon: bytes
    id: bytes
    to: bytes | None  # this and what follows is None in a line that tells no outcome, or was cut
    orig_to: bytes | None
    relay: bytes | None
    dsn: bytes | None
    status: bytes | None
    octets: bytes  # the line itself
    named: int  # where the writer stands in it
    end: int  # where what the server said begins

    @property
    def key(self) -> bytes:
        """Host, instance and queue id: two instances may use one id at once."""
        return self.writer + self.id

    @property
    def rest(self) -> bytes:
        """What stands behind the head; looked for anew, as only lines that cannot be read need it."""
        found = _matched(self.octets)
        return self.octets[found.end("id") + 2 :] if found else b""

    @property
    def text(self) -> bytes:
        """What the remote server is said to have said."""
        return self.octets[self.end :]

    @property
    def kind(self) -> Kind | None:
        """What the outcome amounts to; None where the line tells none, or one of an unknown status."""
        return _KIND_OF.get(self.status)

    @property
    def is_imitated(self) -> bool:
        """Whether the line can be read in two ways: an address or a server's words imitate the log."""
        return (
            self.octets.find(b", status=", self.end) >= 0
            and _IMITATION.search(self.octets, self.end) is not None
        )


def _matched(octets: bytes) -> "re.Match[bytes] | None":
    return _LINE.match(octets) or _LINE_5424.match(octets)


def split(octets: bytes) -> Line | None:
    """The line; None for one that Postfix has not written."""
    octets = octets[:LONGEST].rstrip(b"\r")
    found = _matched(octets)
    return Line._make((*found.groups(), octets, found.start("writer"), found.end())) if found else None


def daemon_of(octets: bytes, like: Line) -> bytes:
    """Which daemon wrote a line about the same mail as another one does; empty for none.

    Only what the server wrote is looked at: what stands before the first "]: ".
    """
    end = octets.find(b"]: ")
    if end < 0:  # RFC 5424
        line = split(octets)
        return line.daemon if line and line.key == like.key else b""
    id = like.id
    if not octets.startswith(id, end + 3) or octets.find(b": ", end + 3) != end + 3 + len(id):
        return b""
    if not octets.startswith(like.writer, like.named):  # the time is mostly as long as in the other line
        time = _TIME.match(octets)
        if time is None or not octets.startswith(like.writer, time.end()):
            return b""
    start = octets.rfind(b"/", 0, end) + 1
    return octets[start : octets.find(b"[", start)]


def sender_in(octets: bytes, id: bytes) -> bytes | None:
    """The envelope sender that a line of qmgr tells; empty for the null sender."""
    found = _SENDER.match(octets, octets.find(id + b": ") + len(id) + 2)
    return found[1] if found else None


def message_id_in(octets: bytes, id: bytes) -> bytes | None:
    """The Message-ID that a line of cleanup tells."""
    found = _MESSAGE_ID.match(octets, octets.find(id + b": ") + len(id) + 2)
    return found[1] if found else None


def is_expiry(line: Line) -> bool:
    """Whether qmgr gives the mail up for time."""
    return line.daemon == b"qmgr" and line.octets.endswith(EXPIRED)


def report_in(line: Line, at: Instant | None = None) -> tuple[Report, tuple[str, ...]]:
    """The report of a line that tells an outcome, and its defects."""
    kind, action = _KINDS[line.status or b""]
    words = as_text(line.text)
    whole = words.endswith(")")
    words = words[:-1] if whole else words
    recipient = one_address(as_text(line.to or b""))
    relay = as_text(line.relay or b"")
    report = report_of(
        kind,
        recipient,
        words,
        original=one_address(as_text(line.orig_to)) if line.orig_to else None,
        action=action,
        status=as_text(line.dsn or b""),
        remote=relay.partition("[")[0] if "[" in relay else None,
        text=words,
        mta="postfix",
        at=at,
    )
    bad = () if recipient else ("bad_address",)
    return report, bad if whole else (*bad, CUT_LINE)
