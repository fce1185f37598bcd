"""Moments as whole microseconds since 1970-01-01T00:00Z: the one form of time inside Retour.

An integer has no zone to forget, sorts and subtracts without ceremony, and is what the stores keep.
Text and datetimes exist only at the edges: `parse` on the way in, `text` on the way out.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

Instant = int

SECOND: Instant = 1_000_000
MINUTE: Instant = 60 * SECOND
HOUR: Instant = 60 * MINUTE
DAY: Instant = 24 * HOUR

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)


def from_datetime(moment: datetime) -> Instant:
    """The instant of an aware datetime. Raises ValueError for a naive one: a guess would be a wrong day."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; write it as {moment.isoformat()}Z")
    return (moment - _EPOCH) // _TICK


def to_datetime(instant: Instant) -> datetime:
    """The aware UTC datetime of an instant."""
    return _EPOCH + instant * _TICK


def parse(text: str) -> Instant:
    """The instant of an ISO 8601 text with a zone ("2026-03-01T09:00:00Z"). Raises ValueError."""
    return from_datetime(datetime.fromisoformat(text))


def text(instant: Instant) -> str:
    """ISO 8601 in UTC with a Z; fractions only where there are any."""
    return to_datetime(instant).isoformat().replace("+00:00", "Z")


def utc_day(instant: Instant) -> int:
    """Number of the UTC day since 1970-01-01."""
    return instant // DAY
