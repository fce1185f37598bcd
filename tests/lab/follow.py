"""Follows what a server logs while it works, as `retour serve` does, and dies again and again in between."""

import itertools
import threading
from collections import Counter
from pathlib import Path

from retour.flow.follow import LogReader, Terms
from retour.inlets.logtail.files import FileTail
from retour.inlets.logtail.following import PAUSE, Follower
from retour.model import Arrival
from retour.parse.logs import read_log
from retour.stores.memory import MemoryInbox

_LIFE = 5  # looks after which it dies


class Followed:
    """One log, from its end on."""

    def __init__(self, form: str, log: Path) -> None:
        self._terms, self._log = Terms("lab", form, account="shop"), log
        self._begin = log.stat().st_size if log.exists() else 0
        self._inbox, self._faults = MemoryInbox(), list[Exception]()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()

    def _follow(self) -> None:
        tail, follower = self._born()
        for look in itertools.count(1):
            try:
                found = follower.step()
            except OSError:  # not there yet
                found = False
            if self._ended.is_set() and not found:
                break
            if look % _LIFE == 0:  # as kill -9: nothing more is kept
                tail.close()
                tail, follower = self._born()
            self._ended.wait(0 if found else PAUSE)
        tail.close()

    def _born(self) -> tuple[FileTail, Follower]:
        tail = FileTail(self._log, at_end=True)
        inbox = self._inbox
        return tail, Follower(self._terms, tail, inbox.put, inbox.cursors, lambda: 0, self._faults.append)

    def end(self) -> str:
        """Whether it is what reading at once tells, in words."""
        self._ended.set()
        self._thread.join()
        with self._log.open("rb") as log:
            log.seek(self._begin)
            whole = LogReader(self._terms).read(log.read(), 0)
        told, expected = self._told(self._inbox.waiting(100_000)), self._told(whole)
        kinds = Counter(kind for _, kind in told.elements())
        numbers = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        verdict = (
            "as read at once"
            if told == expected
            else f"but {expected - told} is lost, {told - expected} more"
        )
        return f"{numbers or 'nothing'} followed in {self._log.name}, {verdict}"

    def _told(self, arrivals: list[Arrival]) -> Counter[tuple[str, str]]:
        found = Counter[tuple[str, str]]()
        for arrival in arrivals:
            entries = list(read_log(arrival.form, [arrival.raw], successes=True))
            for entry in entries if arrival.passing else entries[-1:]:
                found[entry.id, entry.reading.kind.value] += 1
        return found
