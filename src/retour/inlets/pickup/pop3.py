"""POP3: what is new by its UIDL, committed; deleted only where asked for, after the commit, and only by a
number that the same session gave to that very UIDL.

A mail that the server does not hand over changes nothing for the others: numbers are those of the listing
and are never counted along (a known reader deleted mails 1 to n after some of them had failed).
"""

import poplib
import socket
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from retour.inlets.mailboxes import KEPT
from retour.inlets.pickup.desk import BATCH_MAILS, BATCH_OCTETS, Desk, TroubleError
from retour.inlets.pickup.server import SILENCE, Account, Tls, broken, refusal
from retour.model import Arrival
from retour.ports import Outcome

_PIECE = 64 * 1024
_TOP_LINES = KEPT // 40  # of a mail beyond KEPT; lines are seldom shorter, and more than KEPT is not kept
_LEFT = b"left"  # the cursor of a mail that nobody understood: it is read once, and never deleted
_BROKEN = (OSError, EOFError)
_CLOSED = "-ERR EOF"  # QUIRK: poplib says this itself where the server says nothing and hangs up


@dataclass(frozen=True, slots=True)
class Place:
    """Which mailbox, how often it is visited, and whether what is durable is deleted there."""

    account: Account
    poll: float = 60.0
    delete: bool = False


class _Listed(NamedTuple):
    number: int  # of this session
    uidl: str
    size: int


class Pop3:
    """Follows one POP3 mailbox: a session for each visit, for a session locks the mailbox."""

    def __init__(self, place: Place, desk: Desk) -> None:
        self.desk = desk
        self._place = place
        account = place.account
        self._prefix = f"{desk.inlet}/pop3/{account.user}@{account.host}/"
        self._breaks: Counter[str] = Counter()  # mails over which a connection broke are read last
        self._socket: socket.socket | None = None

    def follow(self) -> None:
        """Visit, wait; until the desk has ended."""
        while not self.desk.ended.is_set():
            try:
                self._visit()
            except _BROKEN as error:
                raise broken(error) from error
            except poplib.error_proto as error:
                code = "unreachable" if _words(error) == _CLOSED else "protocol"
                raise TroubleError(code, _words(error)) from error
            self.desk.ended.wait(self._place.poll)

    def abort(self) -> None:
        """Break the connection, if there is one."""
        if self._socket is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _visit(self) -> None:
        pop = self._opened()
        try:
            self._log_in(pop)
            self._take_in(pop)
            pop.quit()  # RFC 1939 §6: only now does the server delete
        finally:
            self._socket = None
            pop.close()
        self.desk.visited()

    def _opened(self) -> poplib.POP3:
        account = self._place.account
        if account.tls is Tls.IMPLICIT:
            pop: poplib.POP3 = poplib.POP3_SSL(
                account.host, account.port, context=account.context, timeout=SILENCE
            )
        else:
            pop = poplib.POP3(account.host, account.port, timeout=SILENCE)
        self._socket = pop.sock
        if account.tls is Tls.STARTTLS:
            _start_tls(pop, account)
            self._socket = pop.sock
        return pop

    def _log_in(self, pop: poplib.POP3) -> None:
        try:
            pop.user(self._place.account.user)
            pop.pass_(self._place.account.password)
        except poplib.error_proto as error:
            if _words(error) == _CLOSED:  # nobody refused anything
                raise TroubleError("unreachable", _CLOSED) from None
            raise refusal(_words(error)) from None  # the cause may hold what was sent

    def _take_in(self, pop: poplib.POP3) -> None:
        fresh = self._fresh(_listed(pop))
        batch: list[tuple[_Listed, Arrival]] = []
        try:
            for each in fresh:
                self._read(pop, each, batch)
                octets = sum(len(arrival.raw) for _, arrival in batch)
                if len(batch) >= BATCH_MAILS or octets >= BATCH_OCTETS:
                    self._keep(pop, batch)
                if self.desk.ended.is_set():
                    break
        except _BROKEN:  # what came before is not read again
            self._keep(None, batch)
            raise
        self._keep(pop, batch)

    def _fresh(self, listed: list[_Listed]) -> list[_Listed]:
        """What this session is to read; what is gone from the server is forgotten."""
        cursors = self.desk.cursors(self._prefix)
        known = {name.removeprefix(self._prefix): cursor for name, cursor in cursors.items()}
        times = Counter(each.uidl for each in listed)
        if gone := known.keys() - times.keys():
            self.desk.keep([], {self._prefix + uidl: None for uidl in gone})
        # RFC 1939 §7 lets identical mails share a UIDL: such are read each time. Where mails are deleted, all
        # that is still there and was understood is read again: only what this session read is deleted in it.
        passed = {uidl for uidl, cursor in known.items() if not self._place.delete or cursor == _LEFT}
        fresh = [each for each in listed if each.uidl not in passed or times[each.uidl] > 1]
        self.desk.counts.waiting = len(fresh)
        # A connection that breaks deletes nothing: what breaks them has sessions of its own.
        calm = [each for each in fresh if not self._breaks[each.uidl]]
        return calm or sorted(fresh, key=lambda each: self._breaks[each.uidl])

    def _read(self, pop: poplib.POP3, each: _Listed, batch: list[tuple[_Listed, Arrival]]) -> None:
        command = f"TOP {each.number} {_TOP_LINES}" if each.size > KEPT else f"RETR {each.number}"
        try:
            answer = _handed_over(pop, command)
            if isinstance(answer, str) and command.startswith("TOP"):  # RFC 1939 §7: TOP is optional
                answer = _handed_over(pop, f"RETR {each.number}")
        except _BROKEN:
            self._breaks[each.uidl] += 1
            raise
        if isinstance(answer, str):
            self.desk.pass_over(each.uidl, answer)
            return
        raw, size = answer
        whole = size if len(raw) < KEPT and each.size <= KEPT else max(size, each.size)
        batch.append((each, self.desk.arrival(raw, whole)))

    def _keep(self, pop: poplib.POP3 | None, batch: list[tuple[_Listed, Arrival]]) -> None:
        """Commit, then delete where that is asked for and the connection still stands."""
        if not batch:
            return
        durable = [(each, arrival.id) for each, arrival in batch]
        cursors = {self._prefix + each.uidl: b"" for each, _ in durable}
        self.desk.keep([arrival for _, arrival in batch], cursors)
        batch.clear()
        if pop is not None and self._place.delete:
            self._delete(pop, durable)

    def _delete(self, pop: poplib.POP3, durable: list[tuple[_Listed, bytes]]) -> None:
        """What was understood; the rest stays for people, and is not read again."""
        outcomes = self.desk.outcomes(id for _, id in durable)
        unknown = (Outcome.UNPARSED, Outcome.EXPIRED)
        left = {self._prefix + each.uidl: _LEFT for each, id in durable if outcomes.get(id) in unknown}
        if left:
            self.desk.keep([], left)
        for each, id in durable:
            if outcomes.get(id) is Outcome.JUDGED:
                with suppress(poplib.error_proto):  # then it stays, and is read again at the next visit
                    pop.dele(each.number)


def _start_tls(pop: poplib.POP3, account: Account) -> None:
    try:
        pop.stls(account.context)
    except BaseException as error:
        with suppress(OSError):
            pop.close()
        if isinstance(error, poplib.error_proto):
            raise TroubleError("insecure", _words(error)) from error
        raise


def _listed(pop: poplib.POP3) -> list[_Listed]:
    try:
        lines = pop.uidl()[1]
    except poplib.error_proto as error:
        raise TroubleError("no_uidl", _words(error)) from error
    sizes = dict(_pair(line) for line in pop.list()[1])
    named = [(number, uidl) for number, _, uidl in (line.partition(b" ") for line in lines)]
    return [
        _Listed(int(number), uidl.decode("ascii", "backslashreplace"), int(sizes.get(number, b"0")))
        for number, uidl in named
        if number.isdigit() and uidl
    ]


def _pair(line: bytes) -> tuple[bytes, bytes]:
    number, size = [*line.split(), b"", b""][:2]
    return number, size if size.isdigit() else b"0"


def _handed_over(pop: poplib.POP3, command: str) -> tuple[bytes, int] | str:
    """The beginning and the true size of what a command gives, or the server's words why not.

    Read here and not by poplib, which gives up on lines beyond 2048 octets (reports quote longer ones) and
    holds all of a mail in memory.
    """
    pop.sock.sendall(command.encode("ascii") + b"\r\n")
    status = pop.file.readline(_PIECE)
    if not status:
        raise EOFError("the server closed the connection")
    if not status.startswith(b"+OK"):
        return status.decode("utf-8", "replace").strip()
    kept, size, line_starts = bytearray(), 0, True
    while piece := pop.file.readline(_PIECE):
        if line_starts and piece.startswith(b"."):
            if piece in (b".\r\n", b".\n"):
                return bytes(kept), size
            piece = piece[1:]
        line_starts = piece.endswith(b"\n")
        size += len(piece)
        kept += piece[: max(0, KEPT - len(kept))]
    raise EOFError("the server closed the connection in the middle of a mail")


def _words(error: poplib.error_proto) -> str:
    told = error.args[0] if error.args else ""
    return told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
