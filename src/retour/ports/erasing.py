"""What is left of a person, and how it goes (lifecycle rule 10)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from retour.instants import Instant


class Marks(Protocol):
    """The traces of one address (flow.traces)."""

    def holds(self, text: str) -> bool: ...

    def holds_octets(self, raw: bytes) -> bool: ...

    def scrubbed(self, text: str) -> str: ...


Told = Callable[[int], None]
"""Is told how many rows were looked at."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """An address that is to be erased; kept until it is."""

    id: str
    account: str
    address: str
    actor: str
    note: str
    at: Instant


class Erasures(Protocol):
    """What is to be erased, where kill -9 does not reach: it comes in the commit of the job that does it."""

    def one(self, id: str) -> Erasure | None:
        """One that is not done yet."""

    def drop(self, erasures: Sequence[Erasure]) -> None:
        """They are done: forget whom they were about, and whoever else asked for the same address."""

    def collect(self, erasures: Sequence[Erasure]) -> None:
        """Commit erasures of a job that has begun already."""

    def of_job(self, job: str, limit: int) -> list[Erasure]:
        """The next of a job that has collected them, by id, which begins with that of the job and "-"."""

    def forget(self, job: str, ids: Sequence[str]) -> None:
        """Nobody is to be erased any more of a job that has collected them, nor of those with these ids."""


class Scrubbing(Protocol):
    """One file of a data directory."""

    def scrub(self, account: str, marks: Marks, told: Told) -> int:
        """Take an address out of every table, as far as rows are of this account or of nobody; how many."""

    def settle(self) -> bool:
        """Nothing older stands beside the file any more; False while somebody reads it."""


class ErasingDesk(Erasures, Scrubbing, Protocol):
    """The file of the desk."""


class Erasing(Scrubbing, Protocol):
    """The file of the ledger."""

    def spellings(self, account: str, address: str) -> list[str]:
        """The address, and others that the account has events of which differ in capital letters alone."""

    def arrivals(self, account: str, address: str) -> list[bytes]:
        """Ids of the arrivals that the events of an address were judged on."""

    def erase(self, account: str, address: str, pseudonym: str | None) -> None:
        """Take all personal data off an address: evidence, sends, signs of life, contact, place in counts.

        With a pseudonym its events go on standing under the keyed hash alone, and so does its state; without
        one they are nobody's. The decision ledger keeps its lines.
        """

    def named(self, account: str, marks: Marks, told: Told) -> int:
        """How many lines of the ledger name this address as that of one who acted: these stay as they are."""


class ScrubbingInbox(Scrubbing, Protocol):
    """The file of the inbox."""

    def waits(self, account: str, until: Instant) -> bool:
        """Whether arrivals of this account or of nobody, received until then, are still to be judged."""

    def drop(self, ids: Sequence[bytes]) -> None:
        """Drop the bytes and envelopes of arrivals."""
