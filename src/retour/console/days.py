"""Days as the reader writes them, in fields and filters; how long ago a moment was.

A field of the browser's own would write days as the browser does, not as the page around it.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Protocol

from retour.texts import LANGUAGES, Catalogue, catalogue

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_NUMBERS = re.compile(r"(\d{1,2})\.\s*(\d{1,2})\.\s*(\d{4})")
_WORDS = re.compile(r"(\d{1,2})\.?\s+([^\W\d_]{3,})\.?\s+(\d{4})")
_SHORT = 3  # letters of a month; what is cut off is told by a dot, where a language has one
_UNITS = (("years", 365 * 86400), ("months", 30 * 86400), ("days", 86400), ("hours", 3600), ("minutes", 60))


class Reads(Protocol):
    """Of whoever reads: their language, their zone, and the words of the console."""

    @property
    def language(self) -> str: ...

    @property
    def zone(self) -> tzinfo: ...

    @property
    def say(self) -> Catalogue: ...


def read_day(written: str) -> date | None:
    """The day that somebody wrote: 2026-05-03, 3.5.2026, 3 May 2026, 3. Mai 2026; None for what is none."""
    told = written.strip()
    if found := _ISO.fullmatch(told):
        return _day(found[1], found[2], found[3])
    if found := _NUMBERS.fullmatch(told):
        return _day(found[3], found[2], found[1])
    if found := _WORDS.fullmatch(told):
        month = _month(found[2])
        return None if month is None else _day(found[3], month, found[1])
    return None


def plain(written: str) -> str:
    """The day as an address of a page holds it, and the API takes it; what is no day as it is."""
    day = read_day(written)
    return written if day is None else day.isoformat()


def written(value: str, who: Reads) -> str:
    """A day as the reader writes it; what is none as it was typed."""
    day = read_day(value)
    if day is None:
        return value
    if who.language == "de":
        return f"{day.day}.{day.month}.{day.year}"
    return long(day, who.language)


def long(day: date, language: str) -> str:
    """A day in words: 3 May 2026, 3. Mai 2026."""
    say = catalogue(f"status.{language}")
    return say("day.full", day=day.day, month=say(f"month.{day.month}"), year=day.year)


def short(day: date, who: Reads) -> str:
    """A day of this year, as short as the reader would write it: 23 Oct, 23. Okt."""
    month = catalogue(f"status.{who.language}")(f"month.{day.month}")
    name = who.say("figures.short_month", name=month[:_SHORT]) if len(month) > _SHORT else month
    return who.say("figures.short_day", day=day.day, name=name)


def period(value: str, who: Reads) -> str:
    """A week or a month as the API names it, in words: 2026-W19 by its first day, 2026-05 by its name."""
    year, _, part = value.partition("-")
    if part.startswith("W"):
        monday = date.fromisocalendar(int(year), int(part[1:]), 1)
        return who.say("effects.week_of", day=long(monday, who.language))
    name = catalogue(f"status.{who.language}")(f"month.{int(part)}")
    return f"{name} {year}"


def clock(there: datetime) -> str:
    """The time of a day; with its distance to UTC in the hour that the clocks go through twice."""
    other = there.replace(fold=1 - there.fold).utcoffset()
    told = f"{there:%H:%M}"
    return told if other == there.utcoffset() else f"{told} {_apart(there)}"


def _apart(there: datetime) -> str:
    """UTC+2, UTC+5:30."""
    minutes = int((there.utcoffset() or timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")


def begin(value: str, who: Reads) -> str:
    """The moment when a day begins where the reader is; a moment stays one."""
    return _midnight(value, who, 0)


def end(value: str, who: Reads) -> str:
    """The moment when a day is over there: who says "until 3 May" means that day too."""
    return _midnight(value, who, 1)


def _midnight(value: str, who: Reads, more: int) -> str:
    day = read_day(value)
    if day is None:
        return value
    there = datetime.combine(day + timedelta(days=more), time(), who.zone)
    return there.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ago(moment: datetime, now: datetime, who: Reads) -> str:
    """How long ago a moment was, or how far ahead it is, in its largest unit."""
    seconds = int(abs((now - moment).total_seconds()))
    for unit, size in _UNITS:
        if seconds >= size:
            count = seconds // size
            told = who.say(f"span.{unit}.{'one' if count == 1 else 'other'}", count=count)
            return who.say("span.ago" if moment <= now else "span.ahead", span=told)
    return who.say("span.now" if moment <= now else "span.soon")


def _day(year: str, month: str | int, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _month(name: str) -> int | None:
    """Of a name in any language, whole or as its first three letters."""
    told = name.casefold()
    for language in LANGUAGES:
        say = catalogue(f"status.{language}")
        for month in range(1, 13):
            known = say(f"month.{month}").casefold()
            if told in (known, known[:3]):
                return month
    return None
