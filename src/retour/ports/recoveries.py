"""How long addresses that bounced softly stay unreached: counted behind the events."""

from typing import NamedTuple, Protocol

from retour.instants import Instant

LAST_MONTH = "9999-12"
LONGEST = 90  # days that an address is followed after a soft bounce


class Lasted(NamedTuple):
    """How many times of being unreached ended, or were last looked at, after so many whole days.

    Such a time begins with a soft bounce of an address for which none is running.
    """

    month: str  # in which they began, in UTC: "2026-05"
    reason: str  # of the bounce that began them
    what: str  # "reached" by a mail, "stopped" before, or "open": neither, when last looked at
    days: int  # at most LONGEST
    times: int


class Recoveries(Protocol):
    """Roll-ups of these times. What is judged anew later changes none of them."""

    def roll(self, now: Instant, limit: int) -> int:
        """Begin times from at most so many new events, and look at some that are due; how many it were."""

    def of(self, account: str, since: str, until: str = LAST_MONTH) -> list[Lasted]:
        """Those that began in these months, both included. Raises KeyError for an unknown account."""
