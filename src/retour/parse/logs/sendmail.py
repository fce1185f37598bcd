"""The log of Sendmail, by syslog.

`<time> <host> <tag>[pid]: <queue id>: to=<…>[,<…>], [ctladdr=…, ]delay=…, xdelay=…, mailer=…, pri=…,
[relay=…, ][dsn=x.y.z, ][reply=…, ]stat=text` (sendmail/deliver.c, logdelivery). `stat=` is last, and free
text, `reply=` before it quotes the remote server: a line is read from its left end. Sender and Message-ID
stand in the line `from=…, size=…, class=…, nrcpts=…, msgid=<…>`.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from retour.model import Action, Kind, Original, Reading, Report
from retour.parse.bounds import RECIPIENTS
from retour.parse.logs.entry import (
    BROKEN_LINE,
    LONGEST,
    Entry,
    Facts,
    LogReader,
    as_text,
    defective,
    id_before,
    remember,
)
from retour.parse.logs.stamp import stamp
from retour.parse.mailbox import one_address
from retour.parse.reply import report_of

_LINE: Final = re.compile(
    rb"(?:<\d{1,3}>)?(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S{8,24}) "
    # sm-mta, sm-msp-queue, sm-que: how Debian and others name their daemons
    rb"(?P<host>[^\s\[\]/]{1,255}) (?:sendmail|sm-[a-z-]{1,16})\[\d{1,10}\]: "
    rb"(?P<id>[0-9A-Za-z]{8,20}): (?P<rest>.*)",
    re.DOTALL,
)
_ADDRESS: Final = rb'(?:<"(?:[^"\\]|\\.){0,256}"@[^<>\s]{1,320}>|<[^<>"]{0,512}>|[^\s<>",]{1,512})'
_DELIVERY: Final = re.compile(
    rb"to=(?P<to>" + _ADDRESS + rb"(?:,[ ]?" + _ADDRESS + rb"){0,99}), "
    rb"(?:ctladdr=[^,]{0,512}, )?delay=[\d+:]{1,24}, (?:xdelay=[\d+:]{1,24}, )?(?:mailer=[^\s,]{1,32}, )?"
    rb"(?:pri=\d{1,12}, )?(?:relay=(?P<relay>[^,]{0,512}), )?(?:dsn=(?P<dsn>[245]\.\d{1,3}\.\d{1,3}), )?"
    rb"(?:quarantine=[^,]{0,200}, )?(?:reply=(?P<reply>.{0,2000}?), )?stat=(?P<stat>.+)",
    re.DOTALL,
)
_ONE: Final = re.compile(_ADDRESS)
_ARRIVED: Final = re.compile(
    rb"from=(?P<sender>" + _ADDRESS + rb"), size=\d{1,12}, class=-?\d{1,4}, (?:pri=\d{1,12}, )?nrcpts=\d{1,6}"
    rb"(?:, msgid=<(?P<id>[^<>\s]{1,998})>)?"
)
_EXPIRED: Final = re.compile(rb"[0-9A-Za-z]{8,20}: sender notify: Cannot send message (?:for|within) \d")
_NOTICES: Final[tuple[bytes, ...]] = b": DSN: ", b" notify: ", b": return to sender: "
_NOTICE: Final = re.compile(
    rb"(?P<id>[0-9A-Za-z]{8,20}): (?:DSN|sender notify|return to sender|postmaster notify): ", re.DOTALL
)
_LONGEST_NOTE: Final = 2000


class _Line(NamedTuple):
    id: bytes
    host: bytes
    time: str
    rest: bytes
    octets: bytes  # the line itself

    @property
    def key(self) -> bytes:
        """What no other mail has: ids hold the time, but each host makes its own."""
        return self.host + b" " + self.id


class SendmailLog(LogReader):
    """Reads Sendmail's log. Deliveries that succeeded are passed over unless they are asked for."""

    def __init__(self, successes: bool = False) -> None:
        self._successes = successes
        self._arrived: dict[bytes, bytes] = {}  # by queue id: the line, read only for mails that fail
        self._delayed: dict[bytes, dict[str, bytes]] = {}  # by host and id: the line of each one's last delay

    def read(self, block: bytes) -> list[Entry]:
        """What these lines tell: one entry a recipient and attempt, with one report."""
        found: list[Entry] = []
        for line in block.split(b"\n"):
            if b", stat=" in line:
                if self._successes or self._delayed or not _is_sent(line):
                    self._outcome(line, found)
            elif any(mark in line for mark in _NOTICES):
                self._noticed(line, found)
            elif b": from=" in line and len(line) <= _LONGEST_NOTE:
                remember(self._arrived, id_before(line, line.find(b": from=")), line)
        return found

    def open_lines(self) -> Iterable[bytes]:
        """The lines of mails on their way: who sent them, and their last delays."""
        delayed = (line for lines in self._delayed.values() for line in lines.values())
        return dict.fromkeys((*self._arrived.values(), *delayed))

    def _outcome(self, octets: bytes, found: list[Entry]) -> None:
        line = _split(octets)
        if line is None or not line.rest.startswith(b"to="):
            return
        delayed = self._delayed.get(line.key, {})
        if not self._successes and not delayed and _is_sent(octets):
            return
        delivery = _DELIVERY.fullmatch(line.rest)
        if delivery is None:
            id, host = as_text(line.id), as_text(line.host)
            found.append(defective(BROKEN_LINE, "sendmail", line.rest, id, host, line.time, line.octets))
            return
        kind, action = _kind(delivery)
        is_told = self._successes or kind is not Kind.DELIVERED
        for address in _ONE.findall(delivery["to"])[:RECIPIENTS]:
            report = _report(kind, action, address, delivery)
            delayed.pop(report.recipient or "", None)
            if kind is Kind.DELAY and report.recipient and len(delayed) < RECIPIENTS:
                delayed[report.recipient] = line.octets
            if is_told:
                found.append(self._entry(line, report, ()))
        if delayed:
            remember(self._delayed, line.key, delayed)
        else:
            self._delayed.pop(line.key, None)

    def _noticed(self, octets: bytes, found: list[Entry]) -> None:
        """A mail to its sender is made (sendmail/savemail.c): it has the null sender, and no line of its own.

        Where the queue gives up (queue.c), what was delayed last has failed.
        """
        line = _split(octets)
        notice = _NOTICE.match(line.rest) if line else None
        if notice and len(octets) <= _LONGEST_NOTE:
            remember(self._arrived, notice["id"], octets)
        if line and _EXPIRED.match(line.rest):
            delayed = self._delayed.pop(line.key, {})
            lines = tuple(dict.fromkeys(delayed.values()))
            for recipient, octets in delayed.items():
                found += [self._entry(line, report, lines) for report in _delay(octets, recipient)]

    def _entry(self, line: _Line, report: Report, delays: tuple[bytes, ...]) -> Entry:
        sender, message_id, arrived = self._origin(line)
        report = report._replace(at=stamp(line.time))
        defects = () if report.recipient else ("bad_address",)
        original = Original(message_id=message_id, return_path=sender)
        reading = Reading(report.kind, (report,), original, message_id, "sendmail", defects)
        told = (*filter(None, (arrived,)), *delays, line.octets)
        facts = Facts(reading, as_text(line.id), sender, as_text(line.host), line.time, report.at)
        return Entry(told, lambda: facts)

    def _origin(self, line: _Line) -> tuple[str | None, str | None, bytes | None]:
        """Envelope sender and Message-ID, from the line of this host that tells of the arrival; that line."""
        told = _split(self._arrived.get(line.id, b""))
        if told is None or told.host != line.host:
            return None, None, None
        notice = _NOTICE.match(told.rest)
        if notice and notice["id"] == line.id:
            return "", None, told.octets
        found = _ARRIVED.match(told.rest)
        if found is None:
            return None, None, None
        sender = as_text(found["sender"]).strip("<>")
        return sender, as_text(found["id"]) if found["id"] else None, told.octets


def _split(octets: bytes) -> _Line | None:
    octets = octets[:LONGEST].rstrip(b"\r")
    found = _LINE.fullmatch(octets)
    return _Line(found["id"], found["host"], as_text(found["time"]), found["rest"], octets) if found else None


def _is_sent(octets: bytes) -> bool:
    """Whether a line tells of nothing but a delivery, as far as one can see without reading it."""
    return b", stat=Sent" in octets and octets.count(b"stat=") == 1


def _kind(delivery: "re.Match[bytes]") -> tuple[Kind, Action]:
    """By the code, which stands left of all foreign words; without one by how Sendmail's words open."""
    stat: bytes = delivery["stat"]
    sign = delivery["dsn"][:1] if delivery["dsn"] else b""
    if sign == b"2" or (not sign and stat.startswith(b"Sent")):
        return Kind.DELIVERED, Action.DELIVERED
    if sign == b"4" or stat.startswith((b"Deferred", b"queued")):
        return Kind.DELAY, Action.DELAYED
    return Kind.BOUNCE, Action.FAILED


def _delay(octets: bytes, recipient: str) -> Iterator[Report]:
    """What a line has told of a recipient's delay, now that the queue has given up."""
    line = _split(octets)
    delivery = _DELIVERY.fullmatch(line.rest) if line else None
    if delivery is None:
        return
    for address in _ONE.findall(delivery["to"])[:RECIPIENTS]:
        report = _report(Kind.DELAY, Action.DELAYED, address, delivery)
        if report.recipient == recipient:
            yield report._replace(kind=Kind.BOUNCE, action=Action.FAILED)
            return


def _report(kind: Kind, action: Action, address: bytes, delivery: "re.Match[bytes]") -> Report:
    said, relay = as_text(delivery["reply"] or b""), as_text(delivery["relay"] or b"")
    stat = as_text(delivery["stat"])
    host = relay.partition(" ")[0].rstrip(".")
    return report_of(
        kind,
        one_address(as_text(address)),
        said or stat,
        action=action,
        status=as_text(delivery["dsn"]) if delivery["dsn"] else None,
        remote=host if "[" in relay and not host.startswith("[") else None,
        text=f"{said} {stat}".strip(),
        mta="sendmail",
    )
