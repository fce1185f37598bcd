"""A Maildir that is followed: claim by rename, commit, then move to our folder in it (inlets/maildir.py)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from retour.inlets import maildir
from retour.inlets.mailboxes import Found, in_file
from retour.inlets.pickup.desk import BATCH_MAILS, BATCH_OCTETS, Desk, TroubleError
from retour.model import Arrival


@dataclass(frozen=True, slots=True)
class Place:
    """Which Maildir, and how often it is looked into."""

    path: Path
    seen: bool = False  # `cur/` as well: what a mail program has shown already
    poll: float = 2.0


class Maildir:
    """Follows one Maildir. A look at an empty `new/` costs one call of the system."""

    def __init__(self, place: Place, desk: Desk) -> None:
        self.desk = desk
        self._place = place
        self._rooms = ("new", "cur") if place.seen else ("new",)

    def follow(self) -> None:
        """Look, take in, wait; until the desk has ended."""
        while not self.desk.ended.is_set():
            try:
                self._look()
            except OSError as error:
                raise TroubleError("unreadable", error) from error
            self.desk.ended.wait(self._place.poll)

    def abort(self) -> None:
        """There is no connection."""

    def _look(self) -> None:
        path = self._place.path
        if not maildir.is_maildir(path):
            raise TroubleError("no_maildir", path)
        for claims in self._batches(maildir.claimed(path, self._rooms)):
            arrivals = [arrival for _, each in claims for arrival in each]
            self.desk.keep(arrivals)
            for claim, _ in claims:
                maildir.put_away(claim)
            if self.desk.ended.is_set():
                return
        self.desk.visited()

    def _batches(self, claims: Iterator[Path]) -> Iterator[list[tuple[Path, list[Arrival]]]]:
        batch: list[tuple[Path, list[Arrival]]] = []
        octets = 0
        for claim in claims:
            arrivals = self._read(claim)
            if not arrivals:
                continue
            batch.append((claim, arrivals))
            octets += sum(len(arrival.raw) for arrival in arrivals)
            if len(batch) >= BATCH_MAILS or octets >= BATCH_OCTETS:
                yield batch
                batch, octets = [], 0
        if batch:
            yield batch

    def _read(self, claim: Path) -> list[Arrival]:
        """What one file holds; [] when it cannot be read, and then it stays claimed and is tried again."""
        read = []
        for message in in_file(claim):
            if not isinstance(message, Found):
                self.desk.pass_over(claim.name, message.reason)
                return []
            read.append(self.desk.arrival(message.raw, message.size))
        return read
