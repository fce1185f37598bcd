"""Days as people write them, in their language and their zone."""

from collections.abc import Callable
from datetime import date, tzinfo
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

    def day(moment: Instant) -> str:
        return written(to_datetime(moment).astimezone(where), language)

    return day


def written(day: date, language: str) -> str:
    """A day in words."""
    say = catalogue(f"status.{language}")
    return say("day.full", day=day.day, month=say(f"month.{day.month}"), year=day.year)
