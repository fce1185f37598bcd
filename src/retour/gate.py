"""`retour.Gate`: may I send? Answered in the sender's own process, out of a data directory on its machine.

The gate reads what `retour serve` writes and never writes itself. It loads the addresses that are not
plainly free once, and then follows the decision ledger: before an answer, when the last look is older than
`every`, one cheap look tells whether anything happened.
"""

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType

from retour import keyfile
from retour.clock import SystemClock
from retour.datadir import Marks
from retour.flow.check import may_send, may_send_all
from retour.flow.directory import Directory
from retour.flow.policy import in_force
from retour.instants import SECOND, Instant
from retour.lifecycle import decide, for_all
from retour.model import Decision, MailKind
from retour.ports import Clock
from retour.snapshot import Table
from retour.stores import sqlite
from retour.stores.sqlite import StoreError

_LINES = 10_000  # of the ledger in one look


class GateError(Exception):
    """The data directory cannot be used; the message says what to do."""


class Gate:
    """Answers as `GET /v1/check` does, at most `every` seconds later. Thread-safe; open one in each process.

        >>> gate = retour.Gate("/var/lib/retour", account="shop")
        >>> gate.decision("ann@b.example").answer
        <Answer.SEND: 'send'>

    `account`: whose answers are given where a call names none. Raises GateError when the directory holds no
    data of this version, or its keys cannot be read by this user.
    """

    def __init__(
        self, data: Path | str, account: str = "", every: float = 1.0, clock: Clock | None = None
    ) -> None:
        self._clock = clock or SystemClock()
        self._every = int(every * SECOND)
        place = Path(data)
        if not any((place / name).exists() for name in (keyfile.NAME, sqlite.STORE)):
            raise GateError(
                f"{place} is no data directory of Retour, for there is no {keyfile.NAME} in it; "
                "name the data_dir of its settings"
            )
        try:
            keys = keyfile.load(place / keyfile.NAME)
            self._store = sqlite.open_reader(place / sqlite.STORE, keys.pepper)
        except (keyfile.KeyFileError, StoreError) as error:
            raise GateError(f"the gate finds nothing to answer from: {error}") from error
        self._table = Table(keys.pepper)
        self._directory = Directory(self._store.accounts, self._table)
        self._marks = Marks(place, self._store, make=False)
        self._rewriting: set[str] = set()
        self._turn = threading.Lock()
        self._account = account
        self._revision = 0  # of the stops of the platform
        self._load()
        if account and not self._directory.exists(account):
            self.close()
            raise GateError(f"there is no account {account!r} in {place}; `retour account list` shows them")

    def decision(
        self, address: str, kind: MailKind | str = MailKind.MAILING, account: str | None = None
    ) -> Decision:
        """May this address be sent mail of this kind? Raises ValueError for an unknown kind or account."""
        now = self._looked()
        return may_send(address, self._of(account), MailKind(kind), self._table, now)

    def decisions(
        self,
        addresses: Sequence[str],
        kind: MailKind | str = MailKind.MAILING,
        account: str | None = None,
    ) -> list[Decision]:
        """The same for at most 10,000 addresses, in their order. Raises ValueError, also for more."""
        now = self._looked()
        return may_send_all(addresses, self._of(account), MailKind(kind), self._table, now)

    def close(self) -> None:
        """Close the file. Nothing may be asked afterwards."""
        self._store.close()

    def __enter__(self) -> "Gate":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _of(self, account: str | None) -> str:
        named = self._account if account is None else account
        if not self._directory.exists(named):
            raise ValueError(f"there is no account {named!r}; name one in the call, or when the gate is made")
        return named

    def _load(self) -> None:
        now = self._clock.now()
        self._number = self._store.ledger.newest()  # before the states: what comes between is looked at twice
        self._directory.refresh(now)
        self._ask_ledger_for(self._marks.left())
        self._table.apply(self._store.ledger.standing(now))
        self._follow_platform()
        self._table.merge()
        self._seen = now

    def _looked(self) -> Instant:
        """The present, after a look at what happened if the last was too long ago."""
        now = self._clock.now()
        if not 0 <= now - self._seen < self._every and self._turn.acquire(blocking=False):
            try:
                self._look(now)
            except sqlite3.Error as error:
                raise GateError(f"the data can no longer be read ({error}); open the gate anew") from error
            finally:
                self._turn.release()
        return now

    def _look(self, now: Instant) -> None:
        self._directory.refresh(now)
        left = self._marks.left()
        self._ask_ledger_for(left)
        more = True
        while more:
            changes, number = self._store.ledger.moved(self._number, _LINES)
            self._table.apply(changes)
            more, self._number = number > self._number, number
        self._follow_platform()
        for account in self._rewriting.difference(left):  # the last of its states has just been read
            self._table.rewritten(account)
        self._rewriting.intersection_update(left)
        self._seen = now

    def _follow_platform(self) -> None:
        """What the whole platform has stopped since the last look, or no more."""
        while stops := self._store.platform.changed(self._revision, _LINES):
            self._table.platform(stops)
            self._revision = stops[-1].revision

    def _ask_ledger_for(self, accounts: Iterable[str]) -> None:
        """While the states of an account are rewritten, each answer is its ledger's (lifecycle rule 5)."""
        for account in accounts:
            self._rewriting.add(account)
            self._table.rewriting(account, self._ask)

    def _ask(self, account: str, address: str, kind: MailKind, now: Instant) -> Decision:
        policy = in_force(self._store.accounts.policies(account), now).policy
        state = self._store.ledger.state(account, address, now)
        if self._table.stopped_for_all(account, address):
            state = for_all(state)
        return decide(state, policy, kind, address)
