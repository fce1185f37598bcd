"""Logs that are still written: followed through rotations and restarts, line by line, nothing twice.

A tail gives whole lines and the place behind them; who reads them commits both in one transaction.
"""

from collections.abc import Iterable
from typing import Protocol

BLOCK = 1024 * 1024  # octets that are read, judged relevant or not, and committed together


class Tail(Protocol):
    """A log that is still written. Raises OSError while it cannot be read; to ask again is right."""

    gaps: int  # how often lines were gone before they could be read
    behind: int  # octets that stand written and unread, as far as is known

    @property
    def sure(self) -> bool:
        """Whether the place will be found again whatever becomes of the log: lines were read before it."""

    def resume(self, place: bytes | None) -> None:
        """Go on behind what was read when this place was told; None: begin."""

    def read(self) -> bytes:
        """The next lines with their ends; b"" when there are none just now."""

    def place(self) -> bytes | None:
        """The place behind all that was read; None before there is one."""

    def between(self, start: bytes, end: bytes) -> Iterable[bytes]:
        """The lines between two places once more, in blocks; nothing where they are gone by now."""

    def close(self) -> None:
        """Let go of it."""


__all__ = ["BLOCK", "Tail"]
