"""A policy is changed while gates answer: under the new version from its time on (lifecycle rule 5).

From before the commit until the last stored state is rewritten, the gate asks the ledger, which folds on
read; so there is no moment with an answer under the old version.
"""

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from retour.flow.policy import BATCH, change_policy, in_force, refold
from retour.instants import Instant
from retour.lifecycle import Policy, PolicyVersion, Span, decide, for_all, ignoring
from retour.model import Decision, MailKind
from retour.ports import Bus, Clock, Snapshot, Store

Rewriting = Callable[[], None]


class Gate(Snapshot, Protocol):
    """A snapshot that is told of policies."""

    def policy(
        self, account: str, policy: Policy, version: int = 0, ignored: Sequence[Span] = ()
    ) -> None: ...

    def rewriting(self, account: str, ask: Callable[[str, str, MailKind, Instant], Decision]) -> None: ...

    def rewritten(self, account: str) -> None: ...

    def stopped_for_all(self, account: str, address: str) -> bool: ...


class Marks(Protocol):
    """Which accounts are being rewritten, kept where a crash does not reach."""

    def add(self, account: str) -> None: ...

    def discard(self, account: str) -> None: ...


class Rewriter:
    """Changes policies. `run` takes jobs and does them one after the other, elsewhere."""

    def __init__(
        self,
        store: Store,
        bus: Bus,
        gate: Gate,
        clock: Clock,
        marks: Marks,
        run: Callable[[Rewriting], object],
    ) -> None:
        self._store, self._bus, self._gate, self._clock = store, bus, gate, clock
        self._marks, self._run = marks, run
        self._lock = threading.Lock()
        self._pending: Counter[str] = Counter()
        self._failed: list[str] = []  # once for each job, for each has begun and must end
        self._done: dict[str, int] = {}  # addresses rewritten, of the accounts that are being rewritten
        self._stopped = threading.Event()

    def change(self, account: str, settings: Mapping[str, Any], expected: int, author: str) -> PolicyVersion:
        """Add a version, in force at once. Raises what `flow.policy.change_policy` raises."""
        self._begin(account)
        try:
            version = change_policy(
                account, settings, expected, self._store.accounts, author, self._clock.now()
            )
        except BaseException:
            self._end(account)
            raise
        versions = self._store.accounts.policies(account)
        self._gate.policy(account, version.policy, version.number, ignoring(versions))
        self._run(partial(self._rewrite, account))
        return version

    def resume(self, account: str) -> None:
        """Rewrite what an earlier process may have left half done; harmless when there is nothing."""
        self._begin(account)
        self._run(partial(self._rewrite, account))

    def retry(self) -> None:
        """Try again what failed; until then the ledger answers for those accounts."""
        with self._lock:
            failed, self._failed = self._failed, []
        for account in failed:
            self._run(partial(self._rewrite, account))

    def stop(self) -> None:
        """End after the batch at hand; the marks tell the next process where to go on."""
        self._stopped.set()

    def busy(self) -> bool:
        """Whether states are still to be rewritten."""
        with self._lock:
            return bool(+self._pending)

    def progress(self, account: str) -> int | None:
        """How many addresses of an account are rewritten since its policy changed; None when all are."""
        with self._lock:
            return self._done.get(account, 0) if self._pending[account] > 0 else None

    def failing(self) -> bool:
        """Whether a rewriting failed and waits to be tried again."""
        with self._lock:
            return bool(self._failed)

    def _begin(self, account: str) -> None:
        with self._lock:
            self._pending[account] += 1
            self._marks.add(account)
            self._gate.rewriting(account, self._ask)

    def _end(self, account: str) -> None:
        with self._lock:
            self._pending[account] -= 1
            self._done.pop(account, None)
            if self._pending[account] <= 0:
                self._gate.rewritten(account)
                self._marks.discard(account)

    def _rewrite(self, account: str) -> None:
        try:
            for step in refold(self._store.ledger, account, self._bus, self._clock):
                with self._lock:
                    self._done[account] = step.batches * BATCH
                if self._stopped.is_set():
                    return
        except Exception:
            with self._lock:
                self._failed.append(account)
            raise
        self._end(account)

    def _ask(self, account: str, address: str, kind: MailKind, now: Instant) -> Decision:
        policy = in_force(self._store.accounts.policies(account), now).policy
        state = self._store.ledger.state(account, address, now)
        if self._gate.stopped_for_all(account, address):
            state = for_all(state)
        return decide(state, policy, kind, address)
