"""IMAP: fetched without a trace (`BODY.PEEK[]`), committed, and only then moved by UID to a folder of ours.

Sequence numbers and a plain EXPUNGE are never used: both would hit mails of others that changed meanwhile.
Where the server can move, a mail leaves the folder after its commit, and what still lies there is read
again: its id is of its content, so that twice is once. Where it cannot, or is not to, the cursor says how
far the folder was read: UIDVALIDITY and the last UID, committed together with the mails.
"""

import json
import socket
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from imaplib import IMAP4
from typing import Any

from imapclient import DELETED

from retour.inlets.mailboxes import KEPT
from retour.inlets.pickup.desk import BATCH_MAILS, BATCH_OCTETS, Desk, TroubleError
from retour.inlets.pickup.imap_connection import BROKEN, Connection, connected, leave, words
from retour.inlets.pickup.server import Account, broken
from retour.model import Arrival

_WHOLE = f"BODY.PEEK[]<0.{KEPT}>"
_BODY = b"BODY[]<0>"
_SIZE = b"RFC822.SIZE"
_SIZES_AT_ONCE = 500
_SLICE = 1.0  # seconds after which a waiting thread looks whether it is to end
_BREAKS = 3  # connections that a mail may break before it is passed over


@dataclass(frozen=True, slots=True)
class Place:
    """Which folder, where its mails go afterwards, and how it is watched."""

    account: Account
    folder: str = "INBOX"
    processed: str = "Retour"  # "" leaves the mails where they are
    unparsed: str = ""  # "" is the same folder as for all others
    poll: float = 60.0  # where the server has no IDLE
    idle: float = 600.0  # IDLE is issued again after this; RFC 2177 §3 allows 29 minutes


@dataclass(frozen=True, slots=True)
class _Cursor:
    validity: int
    uid: int = 0
    left: tuple[int, ...] = ()  # below `uid`, and the server did not hand them over

    def passed(self, group: Sequence[int], taken: Sequence[int]) -> "_Cursor":
        left = {*self.left, *group}.difference(taken)
        return replace(self, uid=max(self.uid, *group), left=tuple(sorted(left)))

    def to_octets(self) -> bytes:
        return json.dumps([self.validity, self.uid, self.left]).encode()


@dataclass(slots=True)
class _Memory:
    """What is remembered from one connection to the next, until the process ends."""

    validity: int = 0
    most: int = BATCH_MAILS  # fetched at once; fewer after a break, to find the mail that breaks it
    breaks: Counter[int] = field(default_factory=Counter)  # by UID
    given_up: set[int] = field(default_factory=set)

    def of(self, validity: int) -> "_Memory":
        """Itself, and empty where the UIDs are others now."""
        if self.validity != validity:
            self.validity = validity
            self.breaks.clear()
            self.given_up.clear()
        return self


class Imap:
    """Follows one folder over one connection, and over a new one when that breaks."""

    def __init__(self, place: Place, desk: Desk) -> None:
        self.desk = desk
        self._place = place
        account = place.account
        self._name = f"{desk.inlet}/imap/{account.user}@{account.host}/{place.folder}"
        self._memory = _Memory()
        self._client: Connection | None = None

    def follow(self) -> None:
        """Connect, take in, wait for more; until the desk has ended."""
        try:
            client = self._client = connected(self._place.account)
            try:
                _Visit(client, self._place, self.desk, self._name, self._memory).stay()
            finally:
                self._client = None
                leave(client, orderly=self.desk.ended.is_set())
        except BROKEN as error:
            raise broken(error) from error
        except IMAP4.error as error:
            raise TroubleError("protocol", words(error)) from error

    def abort(self) -> None:
        """Break the connection, if there is one."""
        client = self._client
        if client is not None:
            with suppress(OSError):
                socket.socket.shutdown(client.socket(), socket.SHUT_RDWR)


class _Visit:
    """One connection's stay in the folder."""

    def __init__(
        self,
        client: Connection,
        place: Place,
        desk: Desk,
        name: str,
        memory: _Memory,
    ) -> None:
        self._client, self._place, self._desk, self._name = client, place, desk, name
        self._memory = memory
        self._passed_over: set[int] = set()  # in this stay; tried again in the next
        self._moves = bool(place.processed)
        self._by_move = client.has_capability("MOVE")
        if self._moves and not self._by_move and not client.has_capability("UIDPLUS"):
            self._cannot_move("the server has neither MOVE nor UIDPLUS")

    def stay(self) -> None:
        """Take in and wait, until the desk has ended."""
        self._cursor = self._selected()
        for folder in dict.fromkeys((self._place.processed, self._place.unparsed)) if self._moves else ():
            self._make(folder)
        while not self._desk.ended.is_set():
            self._take_all_in()
            self._wait()

    def _take_all_in(self) -> None:
        """Until a search finds nothing new, and no mail came with its own answer: a server tells what comes
        meanwhile in its answers to other commands (RFC 3501 §7.3.1), and not once more in IDLE."""
        seen: set[int] = set()
        most: bytes | None = None  # mails that the server has told of; some tell it with every answer
        while not self._desk.ended.is_set():
            self._client.told()
            uids = self._found()
            told = self._client.told()
            if not seen.issuperset(uids):
                seen.update(uids)
                self._take_in(uids)
            elif told in (None, most):
                break
            else:
                most = told
        if not self._desk.ended.is_set():
            self._memory.most = BATCH_MAILS
            self._desk.visited()

    def _selected(self) -> _Cursor:
        """Open the folder; where its UIDVALIDITY is another one, everything in it is new."""
        try:
            told = self._opened()
        except IMAP4.abort:
            raise
        except IMAP4.error as error:
            raise TroubleError("no_folder", words(error)) from error
        validity = int(told.get(b"UIDVALIDITY", 0))
        kept = self._desk.cursors(self._name).get(self._name)
        known = json.loads(kept) if kept else [None, 0, []]
        same = known[0] == validity
        return _Cursor(validity, known[1], tuple(known[2])) if same else _Cursor(validity)

    def _opened(self) -> dict[bytes, Any]:
        """What the server tells of the folder; where it lets us read alone, mails stay."""
        folder = self._place.folder
        told: dict[bytes, Any]
        try:
            told = self._client.select_folder(folder)
        except IMAP4.readonly:
            if self._moves:
                self._cannot_move("the folder may be read, and not written")
            told = self._client.select_folder(folder, readonly=True)
        return told

    def _make(self, folder: str) -> None:
        try:
            if folder and not self._client.folder_exists(folder):
                self._client.create_folder(folder)
        except IMAP4.abort:
            raise
        except IMAP4.error as error:
            self._cannot_move(words(error))

    def _cannot_move(self, reason: str) -> None:
        """What is durable stays in the folder, and the cursor passes it."""
        self._moves = False
        self._desk.notice("not_moved", reason)

    def _take_in(self, uids: Sequence[int]) -> None:
        self._desk.counts.waiting = len(uids)
        for group in self._groups(uids):
            mails = self._fetched(group)
            self._cursor = self._cursor.passed(group, [uid for uid, _ in mails])
            self._desk.keep([mail for _, mail in mails], {self._name: self._cursor.to_octets()})
            if self._moves and mails:
                self._put_away(mails)
                if not self._moves:  # the cursor knows what of the rest was read before
                    return self._take_in(self._found())
            if self._desk.ended.is_set():
                return None
        return None

    def _found(self) -> list[int]:
        """What is to be read, in the order of its UIDs."""
        if self._moves:
            found = set(self._client.search("ALL"))
        else:
            beyond = self._client.search(["UID", f"{self._cursor.uid + 1}:*"])
            # RFC 3501 §6.4.8: `n:*` gives the last mail even where its UID is below n.
            found = {uid for uid in beyond if uid > self._cursor.uid} | set(self._cursor.left)
        return sorted(found - self._passed_over - self._memory.of(self._cursor.validity).given_up)

    def _groups(self, uids: Sequence[int]) -> Iterator[list[int]]:
        """As many as may be in memory at once: the size is asked first."""
        group: list[int] = []
        octets = 0
        most = self._memory.most
        for start in range(0, len(uids), _SIZES_AT_ONCE):
            part = uids[start : start + _SIZES_AT_ONCE]
            self._sizes = self._sizes_of(part)
            for uid in part:
                octets += min(self._sizes.get(uid, KEPT), KEPT)
                if group and (octets > BATCH_OCTETS or len(group) >= most):
                    yield group
                    group, octets = [], min(self._sizes.get(uid, KEPT), KEPT)
                group.append(uid)
            if group:  # before the sizes of others are asked
                yield group
                group, octets = [], 0

    def _sizes_of(self, uids: Sequence[int]) -> dict[int, int]:
        """The sizes that the server tells; it may fail over one mail that it cannot read."""
        try:
            answer = self._client.fetch(uids, ["RFC822.SIZE"])
        except BROKEN:
            raise
        except IMAP4.error:
            return {}
        return {uid: told[_SIZE] for uid, told in answer.items() if _SIZE in told}

    def _fetched(self, group: Sequence[int]) -> list[tuple[int, Arrival]]:
        """What the server hands over of these; the others are passed over."""
        try:
            answer = self._client.fetch(group, [_WHOLE])
        except BROKEN:
            self._broke_over(group)
            raise
        except IMAP4.error as error:
            if len(group) > 1:  # one of them is at fault; which one, each by itself will tell
                return [mail for uid in group for mail in self._fetched([uid])]
            self._pass_over(group[0], words(error))
            return []
        return [mail for uid in group for mail in self._mail(uid, answer.get(uid, {}))]

    def _mail(self, uid: int, told: Any) -> list[tuple[int, Arrival]]:
        raw = told.get(_BODY)
        if not isinstance(raw, bytes):
            self._pass_over(uid, "the server gave no content; another program may have removed it")
            return []
        # A size is believed of a mail that was cut: some servers estimate it.
        size = max(self._sizes.get(uid, 0), len(raw)) if len(raw) >= KEPT else len(raw)
        return [(uid, self._desk.arrival(raw[:KEPT], size))]

    def _pass_over(self, uid: int, reason: str) -> None:
        self._passed_over.add(uid)
        self._desk.pass_over(f"{self._place.folder} {self._cursor.validity}/{uid}", reason)

    def _broke_over(self, group: Sequence[int]) -> None:
        """A mail over which connections break again and again must not let the others wait behind it."""
        self._memory.most = max(1, len(group) // 4)
        breaks = self._memory.breaks
        if len(group) > 1:
            return
        breaks[group[0]] += 1
        if breaks[group[0]] >= _BREAKS:
            self._memory.given_up.update(group)
            self._pass_over(group[0], f"the connection broke over it {_BREAKS} times")
            self._cursor = self._cursor.passed(group, [])
            self._desk.keep([], {self._name: self._cursor.to_octets()})

    def _put_away(self, mails: Sequence[tuple[int, Arrival]]) -> None:
        """After the commit: to the folder of its judgement, by UID."""
        unparsed: set[bytes] = set()
        if self._place.unparsed:
            unparsed = self._desk.unparsed([mail.id for _, mail in mails])
        apart = [uid for uid, mail in mails if mail.id in unparsed]
        rest = [uid for uid, mail in mails if mail.id not in unparsed]
        try:
            for uids, folder in ((rest, self._place.processed), (apart, self._place.unparsed)):
                self._move_all(uids, folder)
        except IMAP4.abort:
            raise
        except IMAP4.error as error:
            self._cannot_move(words(error))

    def _move_all(self, uids: Sequence[int], folder: str) -> None:
        """As many as are still there: some servers move none where another program took one of them away
        meanwhile (RFC 5530 §3, EXPUNGEISSUED)."""
        while uids:
            try:
                self._move(uids, folder)
                return
            except IMAP4.abort:
                raise
            except IMAP4.error:
                there = set(self._client.search(["UID", ",".join(map(str, uids))]))
                if there.issuperset(uids):
                    raise
                uids = [uid for uid in uids if uid in there]

    def _move(self, uids: Sequence[int], folder: str) -> None:
        if self._by_move:
            self._client.move(uids, folder)
            return
        self._client.copy(uids, folder)
        self._client.add_flags(uids, [DELETED], silent=True)
        self._client.uid_expunge(uids)  # RFC 4315 §2.1: these and no others

    def _wait(self) -> None:
        """Until there may be something new: told by IDLE, or looked for after a while."""
        if not self._client.has_capability("IDLE"):
            self._desk.ended.wait(self._place.poll)
            return
        self._client.idle()
        until = time.monotonic() + self._place.idle
        while not self._desk.ended.is_set() and time.monotonic() < until:
            if self._client.has_buffered() or self._client.idle_check(timeout=_SLICE):
                break
        self._client.idle_done()
