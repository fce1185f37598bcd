"""Lines of the decision ledger that are about no single address."""

from typing import Protocol

from retour.ports.records import Record

OF_MANY = bytes(16)
"""What stands in a line for the keyed hash of an address, where it is about many."""


class Acts(Protocol):
    """Acts over many addresses, as lines in the chain of an account (retour.chain)."""

    def note(self, id: bytes, line: Record) -> None:
        """Append a line, once for each id. Its number, hash, event (`id`) and link are made here.

        Raises KeyError for an unknown account.
        """
