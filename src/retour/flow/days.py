"""Days as people write them, in their language and their zone."""

from collections.abc import Callable
from datetime import tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from retour.instants import Instant, to_datetime
from retour.texts import catalogue


def zone(name: str) -> tzinfo | None:
    """The zone of an IANA name; None where there is none of this name here."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a path, a folder of zones
        return None


def day_in(language: str, where: tzinfo) -> Callable[[Instant], str]:
    """Writes moments as days: "3 May 2026", "3. Mai 2026"."""
    say = catalogue(f"status.{language}")

    def day(moment: Instant) -> str:
        there = to_datetime(moment).astimezone(where)
        return say("day.full", day=there.day, month=say(f"month.{there.month}"), year=there.year)

    return day
