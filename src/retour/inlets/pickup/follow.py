"""A mailbox in a thread of its own: followed as long as it works, with back-off when it does not."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from retour.inlets.pickup.desk import Desk, TroubleError


class Source(Protocol):
    """A mailbox that can be followed."""

    desk: Desk

    def follow(self) -> None:
        """Take in mails until the desk has ended. Raises TroubleError when that cannot go on."""

    def abort(self) -> None:
        """Break the connection, if there is one. May be called from any thread."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds between two tries: doubled from the first to the longest."""

    first: float = 1.0
    longest: float = 300.0
    refused: float = 60.0  # after a wrong password: servers lock out who tries too often
    refused_longest: float = 1800.0


_REFUSED = ("refused", "insecure", "not_allowed")  # troubles that only a person can mend


class Follower:
    """Runs one source until `end`; tells each trouble with the seconds until the next try."""

    def __init__(
        self,
        name: str,
        source: Source,
        trouble: Callable[[TroubleError, float], None],
        fault: Callable[[Exception], None],
        patience: Patience | None = None,
    ) -> None:
        self.name = name
        self._source, self._trouble, self._fault = source, trouble, fault
        self._patience = patience or Patience()
        self._thread = threading.Thread(target=self.run, name=f"mailbox {name}", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def ask_to_end(self) -> None:
        """Let it end after the mails at hand."""
        self._source.desk.ended.set()

    def end(self, within: float = 2.0) -> None:
        """Wait for the end; a connection that hangs is left behind. What is not durable comes again, so
        that nothing is lost by it.
        """
        self.ask_to_end()
        if self._thread.ident is None:
            return
        self._thread.join(within)
        if self._thread.is_alive():
            self._source.abort()
            self._thread.join(within)

    def run(self) -> None:
        """Follow until ended."""
        desk, tries = self._source.desk, 0
        while not desk.ended.is_set():
            before = desk.counts.last_success
            try:
                self._source.follow()
                continue
            except Exception as error:
                if desk.ended.is_set():
                    return
                desk.counts.failing = True
                tries = 0 if desk.counts.last_success != before else tries
                pause = self._told(error, tries)
            tries += 1
            desk.ended.wait(pause)

    def _told(self, error: Exception, tries: int) -> float:
        pause = self._pause(error, tries)
        if isinstance(error, TroubleError):
            self._trouble(error, pause)
        else:
            self._fault(error)  # a bug of ours
        return pause

    def _pause(self, error: Exception, tries: int) -> float:
        patience = self._patience
        if isinstance(error, TroubleError) and error.code in _REFUSED:
            return float(min(patience.refused * 2 ** min(tries, 20), patience.refused_longest))
        return float(min(patience.first * 2 ** min(tries, 20), patience.longest))
