"""The log of OpenSMTPD, by syslog.

`<time> [<host> ]smtpd[pid]: <session> mta delivery evpid=… from=<…> to=<…> rcpt=<…> source="…" relay="…"
delay=… result="Ok|TempFail|PermFail" stat="text"`, for local deliveries `mda` and without quotes
(smtpd/mta.c, mda.c).
`stat=` is last and quotes the remote server: a line is read from its left end. Each line names the sender; no
line names a Message-ID. When the time is over, another line says so, and no cause.
"""

import re
from collections.abc import Iterable
from functools import partial
from typing import Final, NamedTuple

from retour.model import Action, Kind, Original, Reading, Report
from retour.parse.logs.entry import (
    BROKEN_LINE,
    CUT_LINE,
    LONGEST,
    Entry,
    Facts,
    LogReader,
    as_text,
    defective,
    remember,
)
from retour.parse.logs.spots import lines_with
from retour.parse.logs.stamp import stamp
from retour.parse.mailbox import one_address
from retour.parse.reply import report_of

_MARKS: Final[tuple[bytes, ...]] = b" delivery evpid=", b" event=delivery ", b": Expire for "
_HEAD: Final = re.compile(
    rb"(?:<\d{1,3}>)?(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S{8,24}) "
    rb"(?:(?P<host>[^\s\[\]/]{1,255}) )?smtpd\[\d{1,10}\]: "
)
_ADDRESS: Final = rb'(?:"(?:[^"\\]|\\.){0,512}"@[^<>\s]{1,320}|(?!")[^<>]{0,512})'
_DELIVERY: Final = re.compile(
    rb"[0-9a-f]{16} (?:mta|mda) (?:event=)?delivery (?:address=\S{1,300} )?(?:host=\S{1,300} )?"
    rb"evpid=(?P<id>[0-9a-f]{16}) from=<(?P<sender>" + _ADDRESS + rb")> to=<(?P<to>" + _ADDRESS + rb")> "
    rb"rcpt=<(?P<rcpt>" + _ADDRESS + rb')> (?:source="[^"]{0,512}" )?(?:relay="(?P<relay>[^"]{0,512})" )?'
    rb'(?:user=\S{1,64} )?(?:method=\S{1,64} )?delay=\S{1,32} result="?(?P<result>[A-Za-z]{2,16})"? stat='
)
_EXPIRED: Final = re.compile(
    rb"[a-z]{1,16}: Expire for (?P<id>[0-9a-f]{16}): from=<(?P<sender>" + _ADDRESS + rb")>, to=<(?P<to>"
    rb"" + _ADDRESS + rb")>, rcpt=<(?P<rcpt>" + _ADDRESS + rb")>, delay=\S{1,32}, stat="
)
_KINDS: Final = {
    b"Ok": (Kind.DELIVERED, Action.DELIVERED),
    b"TempFail": (Kind.DELAY, Action.DELAYED),
    b"PermFail": (Kind.BOUNCE, Action.FAILED),
    b"Loop": (Kind.BOUNCE, Action.FAILED),
}


class _Line(NamedTuple):
    found: "re.Match[bytes]"
    time: str
    host: str | None
    octets: bytes

    @property
    def text(self) -> bytes:
        """What the server is said to have said, perhaps in quotes."""
        return self.octets[self.found.end() :]


class OpensmtpdLog(LogReader):
    """Reads OpenSMTPD's log. Deliveries that succeeded are passed over unless they are asked for."""

    def __init__(self, successes: bool = False) -> None:
        self._successes = successes
        self._delayed: dict[bytes, bytes] = {}  # by envelope: the line of its last delay

    def read(self, block: bytes) -> list[Entry]:
        """What these lines tell: one entry an attempt, with one report."""
        found: list[Entry] = []
        for octets in lines_with(block, _MARKS):
            line = _line(octets, _EXPIRED if _MARKS[2] in octets[:160] else _DELIVERY)
            if line is None:
                _broken(octets, found)
            elif line.found.re is _EXPIRED:
                delay = self._delayed.pop(line.found["id"], None)
                found.append(_entry(line, _line(delay, _DELIVERY) if delay else None))
            else:
                self._outcome(line, found)
        return found

    def open_lines(self) -> Iterable[bytes]:
        """The last delays of envelopes that wait."""
        return list(self._delayed.values())

    def _outcome(self, line: _Line, found: list[Entry]) -> None:
        id, kind = line.found["id"], _KINDS[line.found["result"]][0]
        if kind is Kind.DELAY:
            remember(self._delayed, id, line.octets)
        else:
            self._delayed.pop(id, None)
        if kind is not Kind.DELIVERED or self._successes:
            found.append(_entry(line, None))


def _line(octets: bytes, pattern: "re.Pattern[bytes]") -> _Line | None:
    octets = octets[:LONGEST].rstrip(b"\r")
    head = _HEAD.match(octets)
    found = pattern.match(octets, head.end()) if head else None
    if head is None or found is None or found.groupdict().get("result", b"Ok") not in _KINDS:
        return None
    return _Line(found, as_text(head["time"]), as_text(head["host"]) if head["host"] else None, octets)


def _broken(octets: bytes, found: list[Entry]) -> None:
    """A line of the server that speaks of a delivery, and was cut before its end."""
    head = _HEAD.match(octets[:LONGEST])
    rest = octets[head.end() : LONGEST] if head else b""
    if head and re.match(rb"[0-9a-f]{16} m[td]a (?:event=)?delivery |[a-z]{1,16}: Expire for ", rest):
        host = as_text(head["host"]) if head["host"] else None
        found.append(defective(BROKEN_LINE, "opensmtpd", rest, None, host, as_text(head["time"]), octets))


def _entry(line: _Line, delay: _Line | None) -> Entry:
    told = (delay.octets, line.octets) if delay else (line.octets,)
    return Entry(told, partial(_facts, line, delay))


def _facts(line: _Line, delay: _Line | None) -> Facts:
    """What a line says; of a mail that was given up for time alone, what its last delay has said."""
    expired = line.found.re is _EXPIRED
    report, defects = _report(delay or line)
    if expired:
        defects = ()
        report = report._replace(kind=Kind.BOUNCE, action=Action.FAILED)
    sender, at = as_text(line.found["sender"]), stamp(line.time)
    original = Original(return_path=sender)
    reading = Reading(report.kind, (report._replace(at=at),), original, None, "opensmtpd", defects)
    return Facts(reading, as_text(line.found["id"]), sender, line.host, line.time, at)


def _report(line: _Line) -> tuple[Report, tuple[str, ...]]:
    """`rcpt` is whom it was written to, where an alias or a forward has made `to` of it."""
    expired = line.found.re is _EXPIRED
    kind, action = (Kind.BOUNCE, Action.FAILED) if expired else _KINDS[line.found["result"]]
    words, whole = as_text(line.text), True
    if words[:1] == '"':
        whole = len(words) > 1 and words[-1] == '"'
        words = words[1:-1] if whole else words[1:]
    recipient, before = one_address(as_text(line.found["to"])), one_address(as_text(line.found["rcpt"]))
    report = report_of(
        kind,
        recipient or before,
        words,
        original=before if recipient and before != recipient else None,
        action=action,
        status="4.4.7" if expired else None,  # sources.md §4.1: what it sends back has this code
        remote=None if expired else _host(line.found["relay"]),
        text=words,
        mta="opensmtpd",
    )
    bad = () if report.recipient else ("bad_address",)
    return report, bad if whole else (*bad, CUT_LINE)


def _host(relay: bytes | None) -> str | None:
    """The name in "192.0.2.7 (mx.dest.example)"; None where only an address is known."""
    address, _, named = as_text(relay or b"").partition(" (")
    host = named.rstrip(")") if named else address
    return host if host and not re.fullmatch(r"[0-9.:\[\]A-Fa-f]+", host) else None
