"""Times as logs write them."""

import re
from typing import Final

from retour.instants import Instant, parse

_ISO: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))? ?(Z|[+-]\d\d:?\d\d)", re.ASCII | re.IGNORECASE
)


def stamp(text: str) -> Instant | None:
    """The instant of an ISO 8601 or RFC 5424 time with a zone; None for all else.

    A classic syslog time ("Nov  1 09:00:00") names neither year nor zone: a guess would be a wrong day.
    """
    found = _ISO.fullmatch(text) if "0" <= text[:1] <= "9" else None
    if not found:
        return None
    day, time, fraction, zone = found.groups()
    try:
        return parse(f"{day}T{time}.{(fraction or '0')[:6]:0<6}{zone.upper()}")
    except (ValueError, OverflowError):
        return None
