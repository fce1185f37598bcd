"""What a gate looks up, and what carries changes to it."""

from collections.abc import Sequence
from typing import Protocol

from retour.instants import Instant
from retour.model import Decision, MailKind
from retour.ports.records import Change


class Snapshot(Protocol):
    """What a gate looks up. No SQL, no parser, no network."""

    def decision(self, account: str, address: str, kind: MailKind, now: Instant) -> Decision:
        """The answer for a normalised address."""

    def decisions(
        self, account: str, addresses: Sequence[str], kind: MailKind, now: Instant
    ) -> list[Decision]:
        """The answers for many normalised addresses, in their order."""

    def slow(self, account: str) -> bool:
        """Whether the ledger answers for this account just now: then ask for many in a thread."""

    def apply(self, changes: Sequence[Change]) -> None:
        """Follow the ledger."""


class Bus(Protocol):
    """Carries changes from the worker to the gates."""

    def publish(self, changes: Sequence[Change]) -> None: ...
