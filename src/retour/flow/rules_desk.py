"""Rules that staff publish beside the files of the settings, and shapes that they have set aside.

What is published is tried before Retour's own rules like any file of the settings, and can be taken back;
what was set aside comes back by itself when it grows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from retour.instants import Instant


@dataclass(frozen=True, slots=True)
class Published:
    """A file of rules that somebody has published."""

    id: str
    at: Instant
    actor: str
    text: str
    in_force: bool  # else it was taken back


class RulesDesk(Protocol):
    """Published rules and shapes set aside, on disk."""

    def published(self) -> list[Published]:
        """All of them, the latest first."""

    def with_those_in_force(self, text: str) -> Sequence[tuple[str, str]]:
        """Names and texts of what would hold together. Raises OwnRulesError for files not to be read."""

    def publish(self, text: str, actor: str, now: Instant) -> Published:
        """Put rules in force, from this call on. Raises OwnRulesError for rules that cannot be used."""

    def take_back(self, id: str) -> Published | None:
        """Out of force, from this call on; None where there is no such file in force."""

    def set_aside(self) -> Mapping[str, int]:
        """Shapes by id, with how many texts they had when somebody set them aside."""

    def put_aside(self, id: str, count: int | None) -> None:
        """Set a shape aside until it has more than so many texts; None: no more."""
