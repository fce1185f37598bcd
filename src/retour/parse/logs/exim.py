"""The main log of Exim, from its file or by syslog.

`<date> <time> [<zone>] [<pid>] <message id> <flag> <address> [<original>] [X=value …]: text` (its
specification, chapter "Log files"): `**` failed, `==` was deferred, `=>`, `->` and `>>` were delivered, `<=`
came in, with the sender and Message-ID. What stands behind the fields was said by the remote server, if by
anyone: a line is read from its left end.
"""

import re
from collections.abc import Iterable
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
from retour.parse.mailbox import from_octal, one_address
from retour.parse.reply import report_of

_LINE: Final = re.compile(
    # syslog_timestamp: Exim's own time stands behind that of syslog
    rb"(?:(?:<\d{1,3}>)?(?P<sent>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S{8,24}) "
    rb"(?P<host>[^\s\[\]/]{1,255}) exim4?(?:\[\d{1,10}\])?: (?:\[\d{1,5}[/\\]\d{1,5}\] )?)?"
    rb"(?:(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?(?: [+-]\d{4})?) )?(?:\[\d{1,10}\] )?"
    # Ids became longer with 4.97.
    rb"(?P<id>[0-9A-Za-z]{6}-(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{11}-[0-9A-Za-z]{4})) (?P<rest>.*)",
    re.DOTALL,
)
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
    id: bytes
    host: str | None
    time: str
    rest: bytes
    octets: bytes  # the line itself


class EximLog(LogReader):
    """Reads Exim's main log. Deliveries that succeeded are passed over unless they are asked for."""

    def __init__(self, successes: bool = False) -> None:
        self._successes = successes
        self._arrived: dict[bytes, bytes] = {}  # by message id: the line, read only for mails that fail
        self._delayed: dict[bytes, dict[bytes, bytes]] = {}  # the line of each recipient's last delay

    def read(self, block: bytes) -> list[Entry]:
        """What these lines tell: one entry an attempt, with one report."""
        found: list[Entry] = []
        for line in block.split(b"\n"):
            if b" ** " in line or b" == " in line:
                self._outcome(line, found)
            elif b" <= " in line:
                if len(line) <= _LONGEST_NOTE:
                    remember(self._arrived, id_before(line, line.find(b" <= ")), line)
            elif line.endswith((b" Completed", b" Completed\r")):
                id = id_before(line, line.rfind(b" Completed"))
                self._arrived.pop(id, None)
                self._delayed.pop(id, None)
            elif self._successes and (b" => " in line or b" -> " in line or b" >> " in line):
                self._outcome(line, found)
        return found

    def open_lines(self) -> Iterable[bytes]:
        """The lines of mails on their way: who sent them, and their last delays."""
        delayed = (line for lines in self._delayed.values() for line in lines.values())
        return dict.fromkeys((*self._arrived.values(), *delayed))

    def _outcome(self, octets: bytes, found: list[Entry]) -> None:
        line = _split(octets)
        if line is None:
            return
        if line.rest.startswith(b"<= "):  # its subject may hold a mark
            if len(octets) <= _LONGEST_NOTE:
                remember(self._arrived, line.id, octets)
            return
        delivery = _DELIVERY.fullmatch(line.rest)
        if delivery is None or _is_unread(delivery):
            if line.rest.startswith((b"** ", b"== ")):
                id = as_text(line.id)
                found.append(defective(BROKEN_LINE, "exim", line.rest, id, line.host, line.time, line.octets))
        elif self._successes or delivery["flag"] in _FLAGS:
            found.append(self._entry(line, delivery))

    def _entry(self, line: _Line, delivery: "re.Match[bytes]") -> Entry:
        last = self._last(line, delivery)
        report = _report(delivery)
        if report.kind is Kind.BOUNCE and last and _EXPIRED.fullmatch(report.text):
            report = _delay(last) or report
        else:
            last = None
        report = report._replace(at=stamp(line.time))
        sender, message_id, arrived = self._origin(line)
        defects = () if report.recipient else ("bad_address",)
        original = Original(message_id=message_id, return_path=sender)
        reading = Reading(report.kind, (report,), original, message_id, "exim", defects)
        told = tuple(filter(None, (arrived, last, line.octets)))
        facts = Facts(reading, as_text(line.id), sender, line.host, line.time, report.at)
        return Entry(told, lambda: facts)

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

    def _origin(self, line: _Line) -> tuple[str | None, str | None, bytes | None]:
        """Envelope sender and Message-ID, from the line of this host that tells of the arrival; that line."""
        told = _split(self._arrived.get(line.id, b""))
        found = _ARRIVED.match(told.rest) if told and told.host == line.host else None
        if told is None or found is None:
            return None, None, None
        message_id = _MESSAGE_ID.search(found["fields"].partition(b' T="')[0])  # a subject is anyone's words
        sender = as_text(found["sender"] or b"")
        return sender, as_text(message_id[1]) if message_id else None, told.octets


def _split(octets: bytes) -> _Line | None:
    octets = octets[:LONGEST].rstrip(b"\r")
    found = _LINE.fullmatch(octets)
    if found is None or not (found["time"] or found["sent"]):
        return None
    host = as_text(found["host"]) if found["host"] else None
    return _Line(found["id"], host, as_text(found["time"] or found["sent"]), found["rest"], octets)


def _is_unread(delivery: "re.Match[bytes]") -> bool:
    """Whether a failure has no words, or a delay no `defer`: it was cut."""
    flag = delivery["flag"]
    return (flag == b"**" and delivery["text"] is None) or (flag == b"==" and delivery["deferred"] is None)


def _delay(octets: bytes) -> Report | None:
    """What a line of a delay has told, now that the mail was given up for time alone."""
    line = _split(octets)
    delivery = _DELIVERY.fullmatch(line.rest) if line else None
    return _report(delivery)._replace(kind=Kind.BOUNCE, action=Action.FAILED) if delivery else None


def _report(delivery: "re.Match[bytes]") -> Report:
    kind, action = _FLAGS.get(delivery["flag"], _DELIVERED)
    said: bytes = delivery["deferred"] or delivery["text"] or b""
    told = _BY.search(delivery["fields"]) or (_BY.match(said) if said[:1] == b" " else None)
    words = as_text(said).lstrip(": ").replace("\\n", " ")
    if said[:1] == b" " and told:
        words = as_text(said[told.end() :]).lstrip(": ").replace("\\n", " ")
    named = one_address(from_octal(as_text(delivery["to"])))
    before = one_address(from_octal(as_text(delivery["original"]))) if delivery["original"] else None
    return report_of(
        kind,
        named or before,  # a pipe, a file or a bare local name is no address
        words,
        original=before if named else None,
        action=action,
        remote=as_text(told["host"]) if told else None,
        text=words,
        mta="exim",
    )
