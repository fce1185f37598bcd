"""The log of Postfix: its delivery agents, with the sender and Message-ID that other lines of a mail tell.

One pattern cuts the lines that matter out of a block, and they are taken in their order. What became of a
mail is read only as far as its correlation needs; the rest when somebody asks for it.
"""

from collections.abc import Iterable
from functools import partial
from typing import Final

from retour.instants import Instant
from retour.model import Action, Kind, Original, Reading, Report
from retour.parse.bounds import RECIPIENTS
from retour.parse.logs import entry
from retour.parse.logs.entry import (
    AMBIGUOUS_LINE,
    BROKEN_LINE,
    LONGEST,
    Entry,
    Facts,
    LogReader,
    defective,
    make_room,
    remember,
)
from retour.parse.logs.postfix_lines import (
    AGENTS,
    EXPIRED,
    KIND_OF,
    STATUS,
    message_id_in,
    relevant,
    report_in,
    sender_in,
    split,
)
from retour.parse.logs.stamp import stamp

_LONGEST_NOTE: Final = 1200  # octets: a Message-ID has at most 998 (RFC 5322 §2.1.1)
# That time ran out is all there is to know.
_NO_DELAY: Final = Report(Kind.DELAY, status="4.4.7", mta="postfix")


class _Delayed:
    """A mail that is tried again for days: the lines that tell of it."""

    __slots__ = ("arrived", "deferred", "sent_by")

    def __init__(self, arrived: bytes | None, sent_by: bytes | None) -> None:
        self.arrived = arrived  # the line that tells the Message-ID
        self.sent_by = sent_by  # the line that tells the sender
        self.deferred: dict[bytes, bytes] = {}  # the line of each recipient's last delay, until its end


class PostfixLog(LogReader):
    """Reads Postfix's log. Deliveries that succeeded are passed over unless they are asked for.

    A mail is known by host, instance and queue id: two instances may use one id at once. Lines about its
    sender and Message-ID are kept as they are and read only for the few mails that fail.
    """

    def __init__(self, successes: bool = False) -> None:
        self._successes = successes
        self._arrived: dict[bytes, bytes] = {}  # of mails on their way: the line of cleanup
        self._sent_by: dict[bytes, bytes] = {}  # the last line of qmgr
        self._delayed: dict[bytes, _Delayed] = {}  # kept apart, as they outlast many thousands of others

    def read(self, block: bytes) -> list[Entry]:
        """What these lines tell: one entry an attempt, with one report."""
        found: list[Entry] = []
        arrived, sent_by, delayed, most = self._arrived, self._sent_by, self._delayed, entry.OPEN
        for line, writer, daemon, id, mark, to, status in relevant(block):
            key = writer + id
            if mark == b"to=<":
                if status != b"sent" or self._successes or line.count(STATUS) > 1:
                    self._outcome(line, key, daemon, to, status, found)
                elif delayed and key in delayed:
                    delayed[key].deferred.pop(to, None)
            elif mark == b"removed":
                if daemon == b"qmgr":
                    arrived.pop(key, None)
                    sent_by.pop(key, None)
                    if delayed:
                        delayed.pop(key, None)
            elif len(line) > _LONGEST_NOTE:
                continue
            elif mark == b"from=<":
                if daemon != b"qmgr":
                    continue
                if line.endswith(EXPIRED):
                    self._expired(line, key, found)
                elif b">, size=" not in line:
                    continue
                if delayed and key in delayed:
                    delayed[key].sent_by = line
                    continue
                if len(sent_by) >= most:
                    make_room(sent_by, key)
                sent_by[key] = line
            elif daemon == b"cleanup":  # a queue id that is used again belongs to a new mail
                if len(arrived) >= most:
                    make_room(arrived, key)
                arrived[key] = line
                sent_by.pop(key, None)
                if delayed:
                    delayed.pop(key, None)
        return found

    def open_lines(self) -> Iterable[bytes]:
        """The lines of mails on their way: who sent them, and their last delays."""
        mails = self._delayed.values()
        lines = dict.fromkeys(self._arrived.values())
        lines |= dict.fromkeys(mail.arrived for mail in mails if mail.arrived)
        lines |= dict.fromkeys(self._sent_by.values())
        lines |= dict.fromkeys(mail.sent_by for mail in mails if mail.sent_by)
        for mail in mails:
            lines |= dict.fromkeys(mail.deferred.values())
        return lines

    def _outcome(
        self, line: bytes, key: bytes, daemon: bytes, to: bytes, status: bytes, found: list[Entry]
    ) -> None:
        if daemon not in AGENTS:
            return
        if len(line) > LONGEST:
            line = line[:LONGEST]
        kind = KIND_OF.get(status)
        if kind is None or line.count(STATUS) > 1:  # rarely: all of it has to be read
            whole = split(line)
            if whole is None or whole.kind is None:
                if STATUS in line:
                    found.append(_defective(line, BROKEN_LINE))
                return
            if whole.is_imitated:
                found.append(_defective(line, AMBIGUOUS_LINE))
                return
            kind = whole.kind
        self._delivery(line, key, daemon, to, kind, found)

    def _delivery(
        self, line: bytes, key: bytes, daemon: bytes, to: bytes, kind: Kind, found: list[Entry]
    ) -> None:
        mail = self._delayed.get(key)
        if mail:
            mail.deferred.pop(to, None)
            arrived, sent_by = mail.arrived, mail.sent_by
        else:
            arrived, sent_by = self._arrived.get(key), self._sent_by.get(key)
        if kind is Kind.DELIVERED and (not self._successes or daemon == b"discard"):
            return  # discard(8) says "sent" of what nobody will ever get
        if kind is Kind.DELAY:
            mail = mail or self._wait_for(key)
            if len(mail.deferred) < RECIPIENTS:
                mail.deferred[to] = line
        told = (arrived, sent_by, line) if arrived and sent_by else _told(arrived, sent_by, line)
        found.append(Entry(told, partial(_facts, line, line, arrived, sent_by)))

    def _wait_for(self, key: bytes) -> _Delayed:
        mail = _Delayed(self._arrived.pop(key, None), self._sent_by.pop(key, None))
        remember(self._delayed, key, mail)
        return mail

    def _expired(self, line: bytes, key: bytes, found: list[Entry]) -> None:
        """The queue gives up: what was delayed last has failed; else only that time ran out is known."""
        mail = self._delayed.get(key)
        if mail is None:
            mail = _Delayed(self._arrived.get(key), self._sent_by.get(key))
        waiting = [*mail.deferred.values()]
        told = _told(mail.arrived, mail.sent_by, *dict.fromkeys(waiting), line)
        mail.deferred.clear()
        found += [Entry(told, partial(_facts, line, each, mail.arrived, line)) for each in waiting or (None,)]


def _told(*lines: bytes | None) -> tuple[bytes, ...]:
    return tuple([line for line in lines if line])


def _facts(line: bytes, delivery: bytes | None, arrived: bytes | None, sent_by: bytes | None) -> Facts:
    told = split(line)
    if told is None:  # `relevant` lets no such line through
        return _defective(line, BROKEN_LINE).facts
    at = stamp(told.time)
    if delivery is line:
        report, defects = report_in(told, at)
    else:
        report, defects = _expiry(delivery, at), ()
    message_id = message_id_in(arrived) if arrived else None
    sender = sender_in(sent_by) if sent_by else None
    original = Original(message_id, None, None, None, None, sender)
    reading = Reading(report.kind, (report,), original, message_id, "postfix", defects)
    return Facts(reading, told.id, sender, told.host, told.time, at)


def _expiry(delivery: bytes | None, at: Instant | None) -> Report:
    """What was delayed last, as a failure."""
    told = split(delivery) if delivery else None
    report = report_in(told, at)[0] if told else _NO_DELAY._replace(at=at)
    return report._replace(kind=Kind.BOUNCE, action=Action.FAILED)


def _defective(line: bytes, name: str) -> Entry:
    told = split(line)
    if told is None:
        return defective(name, "postfix", line, None, None, "", line)
    words = line.partition(told.id.encode() + b": ")[2]
    return defective(name, "postfix", words, told.id, told.host, told.time, line)
