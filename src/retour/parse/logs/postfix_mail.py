"""What Postfix's log says of a mail besides its outcomes: the notes of cleanup and qmgr."""

from typing import Final

from retour.parse.logs.postfix_lines import EXPIRED, Line
from retour.parse.logs.spots import Spots

STATUS: Final = b", status="
NOTES: Final[tuple[bytes, ...]] = b": from=<", b": message-id=", b": removed\n"
REMOVED: Final = NOTES[-1]
_LONGEST_HEAD: Final = 400  # octets, of the lines that are read in few steps
_LONGEST_NOTE: Final = 1200  # octets: a Message-ID has at most 998 (RFC 5322 §2.1.1)


class Mail:
    """What is known of a mail in the queue: the lines that tell it."""

    __slots__ = ("arrived", "deferred", "gone", "last", "sent_by", "writer")

    def __init__(self, writer: bytes) -> None:
        self.writer = writer  # host and instance
        self.arrived: bytes | None = None  # the line that tells the Message-ID
        self.sent_by: bytes | None = None  # the line that tells the sender
        self.gone = 0  # where the block that tells all of it says that it left the queue; else 0
        self.last: Line | None = None  # that told an outcome which was no delivery
        self.deferred: dict[bytes, bytes] = {}  # the line of each recipient's last delay, until its end

    @property
    def notes(self) -> tuple[bytes, ...]:
        """Who sent it, and its Message-ID."""
        if self.arrived:
            return (self.arrived, self.sent_by) if self.sent_by else (self.arrived,)
        return (self.sent_by,) if self.sent_by else ()

    def note(self, octets: bytes, daemon: bytes) -> None:
        """Take in what cleanup or qmgr say of the mail."""
        octets = octets.rstrip(b"\r")
        if daemon == b"cleanup" and b": message-id=" in octets:
            self.arrived = octets
            self.sent_by = None  # a queue id that is used again belongs to a new mail
            self.deferred.clear()
        elif (
            daemon == b"qmgr"
            and b": from=<" in octets
            and (b">, size=" in octets or octets.endswith(EXPIRED))
        ):
            self.sent_by = octets


def note_at(block: bytes, at: int) -> bytes:
    """The line of a note; empty for one that is too long to be one, and for words of a remote server."""
    end = block.find(b"\n", at, at + _LONGEST_NOTE)
    start = block.rfind(b"\n", max(0, at - _LONGEST_NOTE), at) + 1
    if end < 0 or end - start > _LONGEST_NOTE or (start == 0 and at > _LONGEST_NOTE):
        return b""
    octets = block[start:end]
    return b"" if STATUS in octets and not octets.endswith(b"returned to sender") else octets


def whole_mail(line: Line, block: bytes, notes: Spots, until: int) -> Mail | None:
    """The mail of a line, where the block tells all of it, from its first note until it leaves the queue.

    So most mails stand in a log, and nothing is to be remembered of them. None for all others, and where the
    notes are another server's.
    """
    senders, ids, gone = notes.last
    id = line.id
    arrived, sent, left = ids.get(id, -1), senders.get(id, -1), gone.get(id, -1)
    if not -1 < arrived < sent < until < left or not notes.once:
        return None
    queue = line.writer + b"qmgr["
    arrival = _note_by(line.writer + b"cleanup[", line, block, arrived)
    sender = _note_by(queue, line, block, sent)
    if not (arrival and sender and b">, size=" in sender and _note_by(queue, line, block, left)):
        return None
    mail = Mail(line.writer)
    mail.arrived, mail.sent_by, mail.gone = arrival, sender, left
    return mail


def _note_by(daemon: bytes, like: Line, block: bytes, at: int) -> bytes:
    """The line of a note, if its head is as that of another line but for the daemon; else empty.

    So it is read in a few steps: `note_at` and `daemon_of` look at all that may be.
    """
    start = block.rfind(b"\n", max(0, at - _LONGEST_HEAD), at) + 1
    opening = start + like.named
    if not block.startswith(daemon, opening):
        return b""
    number, end = opening + len(daemon), at - len(like.id) - 3
    octets = block[start : block.find(b"\n", at)]
    if block.find(b"]: ", start) != end or not block[number:end].isdigit() or STATUS in octets:
        return b""
    return octets.rstrip(b"\r") if len(octets) <= _LONGEST_NOTE else b""
