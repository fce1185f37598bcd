"""The log of Postfix: its delivery agents, with the sender and Message-ID that other lines of a mail tell.

`<time> <host> <syslog_name>/<daemon>[pid]: <queue id>: to=<…>, [orig_to=<…>, ]relay=…, [conn_use=n, ]delay=…,
delays=a/b/c/d, dsn=x.y.z, status=word (text)` (postfix: src/global/log_adhoc.c). The text in brackets quotes
the remote server, which may write there what it likes: a line is read from its left end, and whatever could
be read in two ways is told as a defect. Lines are split only where one of the marks stands in them.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from retour.model import Action, Kind, Original, Reading, Report
from retour.parse.bounds import RECIPIENTS
from retour.parse.logs.entry import (
    AMBIGUOUS_LINE,
    BROKEN_LINE,
    CUT_LINE,
    LONGEST,
    Entry,
    as_text,
    defective,
    remember,
    word_before,
)
from retour.parse.logs.stamp import stamp
from retour.parse.mailbox import one_address
from retour.parse.reply import report_of

# master.cf names them so; only these write of deliveries. smtpd's "NOQUEUE: reject:" is about mail coming in.
_AGENTS = frozenset((b"smtp", b"lmtp", b"local", b"virtual", b"pipe", b"error", b"retry", b"discard"))

# Short queue ids are hexadecimal, long ones (enable_long_queue_ids) base 52: global/mail_queue.h.
_QUEUE_ID = rb"[0-9A-Za-z]{5,25}"
_LINE = re.compile(
    # RFC 3164 §4.1, with or without PRI; ISO times of rsyslog and journald; RFC 5424 §6
    rb"(?:<\d{1,3}>)?(?:"
    rb"(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\S{8,24}) "
    rb"(?P<host>[^\s\[\]/]{1,255}) "
    rb"(?P<name>[^\s\[\]/:]{1,64})/(?:[^\s\[\]/:]{1,64}/){0,3}(?P<daemon>[a-z]{1,16})\[\d{1,10}\]: "
    rb"|1 (?P<time5>\S{19,36}) (?P<host5>\S{1,255}) (?P<name5>[^\s\[\]/:]{1,64})/(?:[^\s\[\]/:]{1,64}/){0,3}"
    rb"(?P<daemon5>[a-z]{1,16}) (?:\d{1,10}|-) \S{1,32} (?:-|\[[^\[\]]{0,500}\]) (?:\xef\xbb\xbf)?"
    rb")(?P<id>" + _QUEUE_ID + rb"): (?P<rest>.*)",
    re.DOTALL,
)
_ADDRESS = rb'(?:"(?:[^"\\]|\\.){0,512}"@[^<>\s]{1,320}|(?!")[^<>]{0,512})'  # may hold ", " and " = "
_DELIVERY = re.compile(
    rb"to=<(?P<to>"
    + _ADDRESS
    + rb")>, (?:orig_to=<(?P<orig_to>"
    + _ADDRESS
    + rb")>, )?relay=(?P<relay>[^\s,]{1,512}), "
    rb"(?:conn_use=\d{1,9}, )?delay=[\d.]{1,16}, delays=[\d./]{1,64}, dsn=(?P<dsn>[245]\.\d{1,3}\.\d{1,3}), "
    rb"status=(?P<status>[A-Za-z-]{1,16}) \((?P<text>.*)",
    re.DOTALL,
)
_IMITATION = re.compile(rb">, (?:orig_to=<|relay=)")
_SENDER = re.compile(
    rb"from=<(" + _ADDRESS + rb")>, (?:size=\d|status=(?:force-)?expired, returned to sender)"
)
_MESSAGE_ID = re.compile(rb"message-id=<([^<>\s]{1,998})>$")
_LONGEST_NOTE = 1200  # octets: a Message-ID has at most 998 (RFC 5322 §2.1.1)
_NOTES = 4  # lines of one queue id that are kept: the first and the last
_EXPIRED = b">, status=expired, returned to sender", b">, status=force-expired, returned to sender"

_KINDS = {
    b"sent": (Kind.DELIVERED, Action.DELIVERED),
    b"deferred": (Kind.DELAY, Action.DELAYED),
    b"SOFTBOUNCE": (Kind.DELAY, Action.DELAYED),  # soft_bounce = yes: it stays in the queue
    b"bounced": (Kind.BOUNCE, Action.FAILED),
    b"undeliverable": (Kind.OTHER, None),  # address probes (verify(8)): no mail was sent
    b"deliverable": (Kind.OTHER, None),
}


class _Line(NamedTuple):
    key: bytes  # host, instance and queue id: two instances may use one id at once
    daemon: bytes
    id: bytes
    host: bytes
    time: bytes
    rest: bytes
    octets: bytes  # the line itself


class _Mail:
    """What is known of a mail in the queue."""

    def __init__(self) -> None:
        self.sender: bytes | None = None
        self.message_id: bytes | None = None
        self.notes: dict[bytes, bytes] = {}  # by daemon: the lines that told so
        self.deferred: dict[bytes, bytes] = {}  # the line of each recipient's last delay, until its end

    def note(self, line: _Line) -> None:
        """Take in what cleanup or qmgr say of the mail."""
        if line.daemon == b"cleanup" and line.rest.startswith(b"message-id="):
            found = _MESSAGE_ID.match(line.rest)
            self.message_id = found[1] if found else None
            self.sender = None  # a queue id that is used again belongs to a new mail
            self.notes = {line.daemon: line.octets}
            self.deferred.clear()
        elif line.daemon == b"qmgr" and (found := _SENDER.match(line.rest)):
            self.sender = found[1]
            self.notes[line.daemon] = line.octets


class PostfixLog:
    """Reads Postfix's log. Deliveries that succeeded are passed over unless they are asked for.

    Lines about the sender and Message-ID are kept as they are and read only for the few mails that fail.
    """

    def __init__(self, successes: bool = False) -> None:
        self._successes = successes
        self._told: dict[bytes, list[bytes]] = {}  # by queue id: lines of mails on their way
        self._failed: dict[bytes, _Mail] = {}  # by host, instance and id; kept as they fail again for days
        self._awaited: dict[bytes, None] = {}  # the queue ids of those

    def read(self, block: bytes) -> list[Entry]:
        """What these lines tell: one entry an attempt, with one report."""
        found: list[Entry] = []
        told, awaited = self._told, self._awaited
        for line in block.split(b"\n"):
            if b", status=" in line:
                if self._successes or b", status=sent (" not in line or self._tells_more(line):
                    self._outcome(line, found)
                continue
            if line.endswith(b": removed"):
                id = line[line.rfind(b" ", 0, -9) + 1 : -9]
                told.pop(id, None)
                if id in awaited:
                    self._removed(line)
                continue
            at = line.find(b": from=<")
            if at < 0:
                at = line.find(b": message-id=")
                if at < 0:
                    continue
            id = line[line.rfind(b" ", 0, at) + 1 : at]
            if id in awaited or id in told or len(line) > _LONGEST_NOTE:
                self._note(line, id)
            else:
                remember(told, id, [line])
        return found

    def open_lines(self) -> Iterable[bytes]:
        """The lines of mails on their way: who sent them, and their last delays."""
        lines = dict.fromkeys(line for told in self._told.values() for line in told)
        for mail in self._failed.values():
            lines |= dict.fromkeys((*mail.notes.values(), *mail.deferred.values()))
        return lines

    def _tells_more(self, line: bytes) -> bool:
        """Whether a success ends a delay, or "sent" may stand in the words of another outcome."""
        awaited = self._awaited
        delayed = awaited and word_before(line, line.find(b": to=<")) in awaited
        return bool(delayed) or line.count(b", status=") > 1

    def _note(self, octets: bytes, id: bytes) -> None:
        if id in self._awaited and (line := _split(octets)) and (mail := self._failed.get(line.key)):
            mail.note(line)
        if len(octets) <= _LONGEST_NOTE:
            told = self._told.get(id)
            if told is None:
                remember(self._told, id, [octets])
            else:  # told again at each attempt; or another host has the same id
                told.append(octets)
                if len(told) > _NOTES:
                    del told[1]

    def _removed(self, octets: bytes) -> None:
        line = _split(octets)
        if line and line.daemon == b"qmgr" and line.rest == b"removed":
            self._awaited.pop(line.id, None)
            self._failed.pop(line.key, None)

    def _mail(self, line: _Line) -> _Mail:
        mail = self._failed.get(line.key)
        if mail is None:
            mail = _Mail()
            for told in map(_split, self._told.get(line.id, ())):
                if told and told.key == line.key:
                    mail.note(told)
        return mail

    def _keep(self, line: _Line, mail: _Mail) -> None:
        remember(self._failed, line.key, mail)
        remember(self._awaited, line.id, None)

    def _outcome(self, octets: bytes, found: list[Entry]) -> None:
        line = _split(octets)
        if line is None:
            return
        if line.daemon == b"qmgr":
            if line.rest.endswith(_EXPIRED):
                self._expired(line, found)
            return
        if line.daemon not in _AGENTS:
            return
        delivery = _DELIVERY.match(line.rest)
        if delivery is None or delivery["status"] not in _KINDS:
            if line.rest.startswith(b"to=<"):
                found.append(_defective(line, BROKEN_LINE))
        elif b", status=" in delivery["text"] and _IMITATION.search(delivery["text"]):
            found.append(_defective(line, AMBIGUOUS_LINE))
        else:
            self._delivery(line, delivery, found)

    def _delivery(self, line: _Line, delivery: "re.Match[bytes]", found: list[Entry]) -> None:
        mail = self._mail(line)
        mail.deferred.pop(delivery["to"], None)
        if delivery["status"] == b"sent" and (not self._successes or line.daemon == b"discard"):
            return  # discard(8) says "sent" of what nobody will ever get
        report, defects = _report(delivery)
        if report.kind is not Kind.DELIVERED:
            self._keep(line, mail)
        if report.kind is Kind.DELAY and len(mail.deferred) < RECIPIENTS:
            mail.deferred[delivery["to"]] = line.octets
        told = (*mail.notes.values(), line.octets)
        found.append(_entry(line, mail, report, defects, told))

    def _expired(self, line: _Line, found: list[Entry]) -> None:
        """The queue gives up: what was delayed last has failed; else only that time ran out is known."""
        mail = self._mail(line)
        told = (*mail.notes.values(), *dict.fromkeys(mail.deferred.values()), line.octets)
        mail.note(line)
        delayed = [report for octets in mail.deferred.values() if (report := _delay(octets))]
        mail.deferred.clear()
        for report in delayed or [Report(Kind.DELAY, status="4.4.7", mta="postfix")]:
            failed = report._replace(kind=Kind.BOUNCE, action=Action.FAILED)
            found.append(_entry(line, mail, failed, (), told))


def _split(octets: bytes) -> _Line | None:
    octets = octets[:LONGEST].rstrip(b"\r")
    found = _LINE.fullmatch(octets)
    if found is None:
        return None
    time, host, name, daemon, time5, host5, name5, daemon5, id, rest = found.groups()
    if time is None:
        time, host, name, daemon = time5, host5, name5, daemon5
    return _Line(b" ".join((host, name, id)), daemon, id, host, time, rest, octets)


def _report(delivery: "re.Match[bytes]") -> tuple[Report, tuple[str, ...]]:
    kind, action = _KINDS[delivery["status"]]
    words, whole = as_text(delivery["text"]), delivery["text"].endswith(b")")
    recipient = one_address(as_text(delivery["to"]))
    original = one_address(as_text(delivery["orig_to"])) if delivery["orig_to"] else None
    relay = as_text(delivery["relay"])
    report = report_of(
        kind,
        recipient,
        words[:-1] if whole else words,
        original=original,
        action=action,
        status=as_text(delivery["dsn"]),
        remote=relay.partition("[")[0] if "[" in relay else None,
        text=words[:-1] if whole else words,
        mta="postfix",
    )
    bad = () if recipient else ("bad_address",)
    return report, bad if whole else (*bad, CUT_LINE)


def _delay(octets: bytes) -> Report | None:
    """The report of a line that was read before."""
    line = _split(octets)
    delivery = _DELIVERY.match(line.rest) if line else None
    return _report(delivery)[0] if delivery else None


def _entry(
    line: _Line, mail: _Mail, report: Report, defects: tuple[str, ...], told: tuple[bytes, ...]
) -> Entry:
    time = as_text(line.time)
    message_id = as_text(mail.message_id) if mail.message_id else None
    sender = as_text(mail.sender) if mail.sender is not None else None
    report = report._replace(at=stamp(time))
    original = Original(message_id=message_id, return_path=sender)
    reading = Reading(report.kind, (report,), original, message_id, "postfix", defects)
    return Entry(reading, as_text(line.id), sender, as_text(line.host), time, report.at, told)


def _defective(line: _Line, name: str) -> Entry:
    id, host, time = as_text(line.id), as_text(line.host), as_text(line.time)
    return defective(name, "postfix", line.rest, id, host, time, line.octets)
