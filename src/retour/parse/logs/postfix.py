"""The log of Postfix: its delivery agents, with the sender and Message-ID that other lines of a mail tell.

A block of lines is searched for marks as a whole; only lines that matter are cut out of it and read.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from retour.model import Action, Kind, Original, Reading, Report
from retour.parse.bounds import RECIPIENTS
from retour.parse.logs.entry import (
    AMBIGUOUS_LINE,
    BROKEN_LINE,
    Entry,
    Facts,
    LogReader,
    as_text,
    defective,
    id_before,
    remember,
)
from retour.parse.logs.postfix_lines import (
    AGENTS,
    Line,
    daemon_of,
    is_expiry,
    message_id_in,
    report_in,
    sender_in,
    split,
)
from retour.parse.logs.postfix_mail import NOTES, REMOVED, STATUS, Mail, note_at, whole_mail
from retour.parse.logs.spots import Spots
from retour.parse.logs.stamp import stamp

_SENT, _EXPIRED = b", status=sent (", b"expired, returned to sender"
# That time ran out is all there is to know.
_NO_DELAY: Final = Report(Kind.DELAY, status="4.4.7", mta="postfix")
_KEPT: Final = 4  # lines of one queue id that are kept: the first and the last


class PostfixLog(LogReader):
    """Reads Postfix's log. Deliveries that succeeded are passed over unless they are asked for.

    Lines about the sender and Message-ID are kept as they are and read only for the few mails that fail.
    """

    def __init__(self, successes: bool = False) -> None:
        self._successes = successes
        self._told: dict[bytes, list[bytes]] = {}  # by queue id: lines of mails on their way
        self._failed: dict[bytes, Mail] = {}  # by host, instance and id; kept as they fail again for days
        self._awaited: dict[bytes, Line] = {}  # by queue id: the last line that told of one of those
        self._passing: dict[bytes, Mail] = {}  # by queue id: that come and go in this block

    def read(self, block: bytes) -> list[Entry]:
        """What these lines tell: one entry an attempt, with one report."""
        found: list[Entry] = []
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n")
        notes = Spots(block, NOTES)
        imitated: set[int] = set()  # words of a server that end as a line of qmgr does
        for start, end in self._outcomes(block, imitated):
            line = split(block[start:end])
            if line is None:
                continue
            self._outcome(line, self._mail(line, block, notes, start), found)
        self._passing.clear()
        self._catch_up_all(block, notes, imitated)
        return found

    def open_lines(self) -> Iterable[bytes]:
        """The lines of mails on their way: who sent them, and their last delays."""
        lines = dict.fromkeys(line for told in self._told.values() for line in told)
        for mail in self._failed.values():
            lines |= dict.fromkeys((*mail.notes, *mail.deferred.values()))
        return lines

    def _outcomes(self, block: bytes, imitated: set[int]) -> Iterator[tuple[int, int]]:
        """Where lines stand that tell what became of a mail, those left out that tell of mere successes."""
        find, all_of_them, expiring = block.find, self._successes, _EXPIRED in block
        at = find(STATUS)
        while at >= 0:
            end = find(b"\n", at)
            end = len(block) if end < 0 else end
            following = find(STATUS, at + 9)
            if block.startswith(REMOVED, end + 1 - len(REMOVED)):
                imitated.add(end + 1 - len(REMOVED))
            if all_of_them or not block.startswith(_SENT, at) or -1 < following < end:
                yield block.rfind(b"\n", 0, at) + 1, end  # "sent" may stand in the words of another outcome
            elif self._awaited or (expiring and self._passing):
                start = block.rfind(b"\n", 0, at) + 1
                id = id_before(block, block.find(b": to=<", start, at))
                if id in self._awaited or id in self._passing:
                    yield start, end  # it ends a delay
            at = following if following < 0 or following > end else find(STATUS, end)

    def _catch_up(self, id: bytes, block: bytes, notes: Spots, until: int) -> None:
        """Take in what the block says of a mail before a place: once, in its order."""
        for at in notes.take(id, until):
            self._note(id, block, at)

    def _catch_up_all(self, block: bytes, notes: Spots, imitated: set[int]) -> None:
        """Take in what the rest of the block says; of most mails it says only that they are gone."""
        senders, ids, gone = notes.last
        if imitated:
            gone = {id: at for id, at in gone.items() if at not in imitated}
        open_ones = (senders.keys() | ids.keys()) - gone.keys()
        again = [id for id, at in gone.items() if senders.get(id, 0) > at or ids.get(id, 0) > at]
        for id in (self._told.keys() & gone.keys()).difference(again):
            del self._told[id]
        for id in open_ones.union(again, self._awaited.keys() & gone.keys()):
            self._catch_up(id, block, notes, len(block))

    def _note(self, id: bytes, block: bytes, at: int) -> None:
        octets = note_at(block, at)
        if not octets:
            return
        if id in self._awaited:
            self._note_failed(id, octets)
        if block.startswith(REMOVED, at):
            self._told.pop(id, None)
            return
        told = self._told.get(id)
        if told is None:
            remember(self._told, id, [octets])
        else:  # told again at each attempt; or another host has the same id
            told.append(octets)
            if len(told) > _KEPT:
                del told[1]

    def _note_failed(self, id: bytes, octets: bytes) -> None:
        like = self._awaited[id]
        daemon, key = daemon_of(octets, like), like.key
        if not daemon and (line := split(octets)):  # another host or instance has the same id
            daemon, key = line.daemon, line.key
        mail = self._failed.get(key)
        if mail and octets.endswith(REMOVED[:-1]):
            if daemon == b"qmgr":
                del self._failed[key], self._awaited[id]
        elif mail:
            mail.note(octets, daemon)

    def _mail(self, line: Line, block: bytes, notes: Spots, until: int) -> Mail:
        """What is known of the mail that a line of the block tells of."""
        id = line.id
        mail = self._passing.get(id)
        if mail and until < mail.gone and line.writer == mail.writer:
            return mail
        if mail:
            self._stays(id, mail, notes)
        elif id not in self._told and id not in self._awaited and line.key not in self._failed:
            mail = whole_mail(line, block, notes, until)
            if mail:
                self._passing[id] = mail
                return mail
        self._catch_up(id, block, notes, until)
        mail = self._failed.get(line.key)
        if mail is None:
            mail = Mail(line.writer)
            for octets in self._told.get(id, ()):
                if daemon := daemon_of(octets, line):
                    mail.note(octets, daemon)
        return mail

    def _stays(self, id: bytes, mail: Mail, notes: Spots) -> None:
        """Another host has a mail with the id of one that passes, or the id is used again."""
        del self._passing[id]
        notes.took(id, mail.gone)
        remember(self._told, id, list(mail.notes))
        mail.gone = 0
        if mail.last:
            self._keep(mail.last, mail)

    def _keep(self, line: Line, mail: Mail) -> None:
        if mail.gone:
            mail.last = line
            return
        remember(self._failed, line.key, mail)
        remember(self._awaited, line.id, line)

    def _outcome(self, line: Line, mail: Mail, found: list[Entry]) -> None:
        if line.daemon not in AGENTS:
            if is_expiry(line):
                self._expired(line, mail, found)
        elif line.kind is None:
            if line.rest.startswith(b"to=<"):
                found.append(_defective(line, BROKEN_LINE))
        elif line.is_imitated:
            found.append(_defective(line, AMBIGUOUS_LINE))
        else:
            self._delivery(line, mail, found)

    def _delivery(self, line: Line, mail: Mail, found: list[Entry]) -> None:
        kind, to = line.kind, line.to or b""
        mail.deferred.pop(to, None)
        if kind is not Kind.DELIVERED:
            self._keep(line, mail)
        elif not self._successes or line.daemon == b"discard":
            return  # discard(8) says "sent" of what nobody will ever get
        if kind is Kind.DELAY and len(mail.deferred) < RECIPIENTS:
            mail.deferred[to] = line.octets
        found.append(_entry(line, mail, line, (*mail.notes, line.octets)))

    def _expired(self, line: Line, mail: Mail, found: list[Entry]) -> None:
        """The queue gives up: what was delayed last has failed; else only that time ran out is known."""
        told = (*mail.notes, *dict.fromkeys(mail.deferred.values()), line.octets)
        mail.note(line.octets, line.daemon)
        delayed = [split(octets) for octets in mail.deferred.values()]
        mail.deferred.clear()
        found += [_entry(line, mail, delivery, told) for delivery in delayed or [None]]


def _entry(line: Line, mail: Mail, delivery: Line | None, told: tuple[bytes, ...]) -> Entry:
    return Entry(told, partial(_facts, line, delivery, mail.arrived, mail.sent_by))


def _facts(line: Line, delivery: Line | None, arrived: bytes | None, sent_by: bytes | None) -> Facts:
    time = as_text(line.time)
    at = stamp(time)
    report, defects = report_in(delivery, at) if delivery else (_NO_DELAY._replace(at=at), ())
    if delivery is not line:
        report, defects = report._replace(kind=Kind.BOUNCE, action=Action.FAILED), ()
    message_id = message_id_in(arrived, line.id) if arrived else None
    sender = sender_in(sent_by, line.id) if sent_by else None
    named = as_text(message_id) if message_id else None
    by = as_text(sender) if sender is not None else None
    original = Original(message_id=named, return_path=by)
    reading = Reading(report.kind, (report,), original, named, "postfix", defects)
    return Facts(reading, as_text(line.id), by, as_text(line.host), time, at)


def _defective(line: Line, name: str) -> Entry:
    id, host, time = as_text(line.id), as_text(line.host), as_text(line.time)
    return defective(name, "postfix", line.rest, id, host, time, line.octets)
