"""Posts that come days after all that they tell: replays, or what a provider kept through a long outage.

Some providers sign what they post and hold it to no time: whoever has caught such a post can send it again at
any time, and it is genuine. Bounces, complaints and the like are known again for ever, by the ids of their
events; what is only counted for as long as its ids are remembered. So a post that is older than that changes
what events change, and counts nothing by itself: it waits among the unparsed until somebody says so.
"""

from collections.abc import Iterator
from typing import Final

from retour.instants import DAY, Instant
from retour.model import LATE, Arrival
from retour.parse.providers.bodies import values_of
from retour.parse.providers.registry import BODIES, READERS
from retour.parse.providers.told import within, zoned
from retour.ports import REMEMBERED_DAYS

WINDOW: Final = (REMEMBERED_DAYS - 1) * DAY  # no provider is known to try for longer than 36 hours


def is_late(provider: str, raw: bytes, now: Instant) -> bool:
    """Whether the newest that a post tells is days old. One that tells no time is not. Never raises."""
    told = False
    for at in _times(provider, raw):
        if at >= now - WINDOW:
            return False
        told = True
    return told


def counts(arrival: Arrival) -> bool:
    """Whether what is only counted may be, of this arrival."""
    return LATE not in arrival.defects


def _times(provider: str, raw: bytes) -> Iterator[Instant]:
    values, _ = BODIES.get(provider, values_of)(raw)
    for value in values:
        if published := zoned(within(value, "Timestamp")):  # of SNS, whose events have clocks of their own
            yield published
        yield from (told.report.at for told in READERS[provider](value) if told.report.at)
