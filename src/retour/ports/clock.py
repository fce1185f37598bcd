"""Where the present comes from."""

from typing import Protocol

from retour.instants import Instant


class Clock(Protocol):
    """Where the present comes from; tests bring their own."""

    def now(self) -> Instant: ...
