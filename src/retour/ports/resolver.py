"""The port of the DNS, as far as the check of lists asks it."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from retour.vet import Dns


class Resolver(Protocol):
    """Tells whether domains take mail. Trouble is an answer of its own, and never becomes "no"."""

    def look_up(self, names: Sequence[str]) -> Iterator[tuple[str, Dns]]:
        """What is known of each name (A-labels in small letters), as the answers come; each comes once.

        The first names are asked first. An answer that is fresh enough is not asked for again. Raises nothing
        for any name: what cannot be asked is `timeout`.
        """
