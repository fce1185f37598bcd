"""The main log of Exim, from its file or by syslog.

`<date> <time> [<zone>] [<pid>] <message id> <flag> <address> [<original>] [X=value …]: text` (its
specification, chapter "Log files"): `**` failed, `==` was deferred, `=>`, `->` and `>>` were delivered, `<=`
came in, with the sender and Message-ID. What stands behind the fields was said by the remote server, if by
anyone: a line is read from its left end.
"""

import re
from collections.abc import Iterable, Iterator
from functools import partial
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
    remember,
)
from retour.parse.logs.stamp import stamp
from retour.parse.mailbox import from_octal, one_address
from retour.parse.reply import report_of

_HEAD: Final = (
    # syslog_timestamp: Exim's own time stands behind that of syslog
    rb"(?:(?:<\d{1,3}>)?([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S{8,24}) "
    rb"([^\s\[\]/]{1,255}) exim4?(?:\[\d{1,10}\])?: (?:\[\d{1,5}[/\\]\d{1,5}\] )?)?"
    rb"(?:(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?(?: [+-]\d{4})?) )?(?:\[\d{1,10}\] )?"
    # Ids became longer with 4.97.
    rb"([0-9A-Za-z]{6}-(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{11}-[0-9A-Za-z]{4})) "
)
_FAILURES: Final = re.compile(rb"\n(" + _HEAD + rb"((?:<=|\*\*|==) [^\n]*|Completed[^\n]*))")
_ALL: Final = re.compile(rb"\n(" + _HEAD + rb"((?:<=|\*\*|==|=>|->|>>) [^\n]*|Completed[^\n]*))")
_ENDS: Final = re.compile(rb"(?<!\r)\r++(?=\n)")
_HOST: Final = rb"H=(?P<%s>[^\s\[\]()]{1,255}) \[[0-9A-Fa-f:.]{2,60}\](?::\d{1,5})?"
_FIELD: Final = (
    rb' [A-Za-z]{1,4}=(?:"[^"]{0,500}"|<[^<>]{0,500}>|[^\s"<]\S{0,500}?)'
    rb"(?: \[[0-9A-Fa-f:.]{2,60}\](?::\d{1,5})?)?"
)
_DELIVERY: Final = re.compile(
    rb"(?P<flag>\*\*|==|=>|->|>>) "
    rb'(?P<to>"(?:[^"\\]|\\.){0,512}"@[^\s<>]{1,320}|[^\s"<>]{1,512}?)(?: <(?P<original>[^<>]{0,512})>)?'
    rb"(?P<fields>(?:" + _FIELD + rb"(?= |: |$)){0,16})"
    rb"(?:(?: routing)? defer \(-?\d{1,6}\)(?P<deferred>(?:[: ].*)?)|: (?P<text>.*)|(?P<rest> .*|$))",
    re.DOTALL,
)
_BY: Final = re.compile(rb" " + _HOST % b"host")
_ARRIVED: Final = re.compile(
    rb'<= (?:<>|(?P<sender>"(?:[^"\\]|\\.){0,512}"@\S{1,320}|[^\s<>"]{1,512}))(?P<fields>(?: .*)?)$'
)
_MESSAGE_ID: Final = re.compile(rb" id=([^\s<>]{1,998})")
_EXPIRED: Final = re.compile(r"(?:: )?retry timeout exceeded$")
_LONGEST_NOTE: Final = 2000
_FLAGS: Final = {
    b"**": (Kind.BOUNCE, Action.FAILED),
    b"==": (Kind.DELAY, Action.DELAYED),
}
_DELIVERED: Final = (Kind.DELIVERED, Action.DELIVERED)


class _Line(NamedTuple):
    octets: bytes  # the line itself
    sent: bytes  # the time of syslog; empty where Exim writes the file
    by: bytes  # the host that syslog names, the same
    written: bytes  # Exim's own time, where it stands there
    id: bytes
    rest: bytes

    @property
    def host(self) -> str | None:
        """Which wrote it, where syslog says so."""
        return as_text(self.by) if self.by else None

    @property
    def time(self) -> str:
        """As it is written."""
        return as_text(self.written or self.sent)


class EximLog(LogReader):
    """Reads Exim's main log. Deliveries that succeeded are passed over unless they are asked for.

    One pattern cuts the lines that matter out of a block; what they say is read when somebody asks for it.
    """

    def __init__(self, successes: bool = False) -> None:
        self._wanted = _ALL if successes else _FAILURES
        self._arrived: dict[bytes, _Line] = {}  # by message id: the line, read only for mails that fail
        self._delayed: dict[bytes, dict[bytes, bytes]] = {}  # the line of each recipient's last delay

    def read(self, block: bytes) -> list[Entry]:
        """What these lines tell: one entry an attempt, with one report."""
        found: list[Entry] = []
        for line in _lines(self._wanted, block):
            mark = line.rest[:2]
            if mark == b"<=":
                if len(line.octets) <= _LONGEST_NOTE:
                    remember(self._arrived, line.id, line)
            elif mark == b"Co":  # Completed
                self._arrived.pop(line.id, None)
                self._delayed.pop(line.id, None)
            else:
                self._outcome(line, found)
        return found

    def open_lines(self) -> Iterable[bytes]:
        """The lines of mails on their way: who sent them, and their last delays."""
        arrived = (line.octets for line in self._arrived.values())
        delayed = (line for lines in self._delayed.values() for line in lines.values())
        return dict.fromkeys((*arrived, *delayed))

    def _outcome(self, line: _Line, found: list[Entry]) -> None:
        delivery = _DELIVERY.fullmatch(line.rest)
        if delivery is not None and not _is_unread(delivery):
            found.append(self._entry(line, delivery))
        elif line.rest[:2] in _FLAGS:
            id = as_text(line.id)
            found.append(defective(BROKEN_LINE, "exim", line.rest, id, line.host, line.time, line.octets))

    def _entry(self, line: _Line, delivery: "re.Match[bytes]") -> Entry:
        last = self._last(line, delivery)
        if last and (delivery["flag"] != b"**" or not _EXPIRED.fullmatch(_words(delivery)[0])):
            last = None
        arrived = self._arrived.get(line.id)
        origin = _ARRIVED.match(arrived.rest) if arrived and arrived.by == line.by else None
        told = tuple(filter(None, (arrived.octets if arrived and origin else None, last, line.octets)))
        return Entry(told, partial(_facts, line, delivery, origin, last))

    def _last(self, line: _Line, delivery: "re.Match[bytes]") -> bytes | None:
        """The line of the last delay of a recipient that now has an answer; that of a new one is kept."""
        delayed = self._delayed.get(line.id, {})
        if delivery["flag"] != b"==":
            return delayed.pop(delivery["to"], None)
        if not delayed:
            remember(self._delayed, line.id, delayed)
        if len(delayed) < RECIPIENTS:
            delayed[delivery["to"]] = line.octets
        return None


def _lines(wanted: "re.Pattern[bytes]", block: bytes) -> Iterator[_Line]:
    """The lines of a block that may tell something, without their ends."""
    if b"\r" in block:
        block = _ENDS.sub(b"", block)
    for groups in wanted.findall(b"\n" + block):
        line = _Line._make(groups)
        if len(line.octets) > LONGEST:
            kept = line.octets[:LONGEST].rstrip(b"\r")
            line = line._replace(octets=kept, rest=kept[len(line.octets) - len(line.rest) :])
        if line.sent or line.written:
            yield line


def _facts(
    line: _Line, delivery: "re.Match[bytes]", origin: "re.Match[bytes] | None", last: bytes | None
) -> Facts:
    """What a line says; of a mail that was given up for time alone, what its last delay has said."""
    report = (_delay(last) if last else None) or _report(delivery)
    report = report._replace(at=stamp(line.time))
    sender, message_id = _origin(origin) if origin else (None, None)
    defects = () if report.recipient else ("bad_address",)
    original = Original(message_id=message_id, return_path=sender)
    reading = Reading(report.kind, (report,), original, message_id, "exim", defects)
    return Facts(reading, as_text(line.id), sender, line.host, line.time, report.at)


def _origin(arrived: "re.Match[bytes]") -> tuple[str, str | None]:
    """Envelope sender and Message-ID, from the line that tells of the arrival."""
    message_id = _MESSAGE_ID.search(arrived["fields"].partition(b' T="')[0])  # a subject is anyone's words
    return as_text(arrived["sender"] or b""), as_text(message_id[1]) if message_id else None


def _is_unread(delivery: "re.Match[bytes]") -> bool:
    """Whether a failure has no words, or a delay no `defer`: it was cut."""
    flag = delivery["flag"]
    return (flag == b"**" and delivery["text"] is None) or (flag == b"==" and delivery["deferred"] is None)


def _delay(octets: bytes) -> Report | None:
    """What a line of a delay has told, now that the mail was given up for time alone."""
    line = next(_lines(_FAILURES, octets), None)
    delivery = _DELIVERY.fullmatch(line.rest) if line else None
    return _report(delivery)._replace(kind=Kind.BOUNCE, action=Action.FAILED) if delivery else None


def _words(delivery: "re.Match[bytes]") -> tuple[str, str | None]:
    """What was said, and the server that said it, where that is told."""
    said: bytes = delivery["deferred"] or delivery["text"] or b""
    within = _BY.match(said) if said[:1] == b" " else None
    told = _BY.search(delivery["fields"]) or within
    words = as_text(said[within.end() :] if within else said)
    return words.lstrip(": ").replace("\\n", " "), as_text(told["host"]) if told else None


def _report(delivery: "re.Match[bytes]") -> Report:
    kind, action = _FLAGS.get(delivery["flag"], _DELIVERED)
    words, host = _words(delivery)
    named = one_address(from_octal(as_text(delivery["to"])))
    before = one_address(from_octal(as_text(delivery["original"]))) if delivery["original"] else None
    return report_of(
        kind,
        named or before,  # a pipe, a file or a bare local name is no address
        words,
        original=before if named else None,
        action=action,
        remote=host,
        text=words,
        mta="exim",
    )
