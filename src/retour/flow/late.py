"""Posts that come days after all that they tell: replays, or what a provider kept through a long outage.

Some providers sign what they post and hold it to no time: whoever has caught such a post can send it again at
any time, and it is genuine. Bounces, complaints and the like are known again for ever, by the ids of their
events; what is only counted for as long as its ids are remembered. So a post that is older than that changes
what events change, and counts nothing by itself: it waits among the unparsed until somebody says so.
One that tells no time at all cannot be told from its replay but by its name, which is remembered for ever.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import partial
from typing import Any, Final

from retour.instants import DAY, SECOND, Instant
from retour.model import LATE, Arrival
from retour.parse.providers import generic
from retour.parse.providers.bodies import values_of
from retour.parse.providers.registry import BODIES, READERS
from retour.parse.providers.told import Told, within, zoned
from retour.ports import REMEMBERED_DAYS

WINDOW: Final = (REMEMBERED_DAYS - 1) * DAY  # no provider is known to try for longer than 36 hours

# Nearly all posts are of now, and a batch need not be read to be told so: where the time of its first event
# stands, in a form (RFC 1866 §8.2.1) or in JSON; and the keys without which no time is told.
_FIRST: Final[Mapping[str, re.Pattern[bytes]]] = {
    "mandrill": re.compile(rb'(?:%22|")ts(?:%22|")(?:%3A|:)[+ ]?(\d{9,11})(?:%2C|%7D|[,}])', re.IGNORECASE),
}
_KEYS: Final[Mapping[str, bytes]] = {"mailersend": b'"created_at"', "unisender": b'"event_time"'}


class Age(Enum):
    """How old the newest is that a post tells."""

    FRESH = "fresh"
    LATE = "late"  # days
    UNTOLD = "untold"


def age_of(provider: str, raw: bytes, now: Instant, mapping: generic.Map | None = None) -> Age:
    """The age of a post; `mapping` is for the generic one. Never raises."""
    if _KEYS.get(provider, b"") not in raw:
        return Age.UNTOLD
    if _begins_fresh(provider, raw, now):
        return Age.FRESH
    age = Age.UNTOLD
    for at in _times(raw, provider, mapping):
        if at >= now - WINDOW:
            return Age.FRESH
        age = Age.LATE
    return age


def counts(arrival: Arrival) -> bool:
    """Whether what is only counted may be, of this arrival."""
    return LATE not in arrival.defects


def _begins_fresh(provider: str, raw: bytes, now: Instant) -> bool:
    pattern = _FIRST.get(provider)
    found = pattern.search(raw) if pattern else None
    return found is not None and int(found[1]) * SECOND >= now - WINDOW


def _times(raw: bytes, provider: str, mapping: generic.Map | None) -> Iterator[Instant]:
    read: Callable[[Any], Iterator[Told]] = READERS[provider]
    if mapping is not None:
        read = partial(generic.events, mapping=mapping)
    values, _ = BODIES.get(provider, values_of)(raw)
    for value in values:
        if published := zoned(within(value, "Timestamp")):  # of SNS, whose events have clocks of their own
            yield published
        yield from (told.report.at for told in read(value) if told.report.at)
