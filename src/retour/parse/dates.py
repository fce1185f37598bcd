"""Dates of mail (RFC 5322 §3.3) as instants."""

import re
from datetime import UTC, datetime
from typing import Final

from retour.instants import HOUR, MINUTE, Instant, from_datetime

_DATE: Final = re.compile(
    r"(\d{1,2})[ -]([A-Za-z]{3})[ -](\d{4})\s+(\d{1,2}):(\d\d)(?::(\d\d))?\s+"
    r"(?:([+-])([01]\d)([0-5]\d)|GMT|UTC?|Z\b)",
    re.ASCII,
)
_MONTHS: Final[tuple[str, ...]] = (
    *("jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
)


def moment(text: str) -> Instant | None:
    """The instant of a date with its zone; None for an absent or broken one, or one that has no zone."""
    match = _DATE.search(text, 0, 100) if text else None
    if not match or match[2].lower() not in _MONTHS:
        return None
    day, name, year, hour, minute, second, sign, hours, minutes = match.groups()
    month = _MONTHS.index(name.lower()) + 1
    try:
        told = datetime(int(year), month, int(day), int(hour), int(minute), int(second or 0), 0, UTC)
    except (ValueError, OverflowError):
        return None
    if sign is None:
        return from_datetime(told)
    offset = int(hours) * HOUR + int(minutes) * MINUTE
    return from_datetime(told) + (offset if sign == "-" else -offset)
