"""What every chart over time shows besides its numbers: days as the reader writes them, incidents, today."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils.timezone import now

from retour.console.asking import Api
from retour.console.axes import Mark
from retour.console.days import clock, long, short
from retour.console.pages.moves import mailbox
from retour.console.reader import Reader

MOST_INCIDENTS = 500  # that are looked through, the latest first


@dataclass(frozen=True, slots=True)
class Shown:
    """An incident below a chart: where it is told of, and in which words."""

    id: str
    told: str


@dataclass(frozen=True, slots=True)
class Time:
    """The days of a chart, in UTC, with what happened in them."""

    days: Sequence[date]
    labels: Sequence[str]
    today: int | None  # the place of the day that is not over
    marks: Sequence[Mark] = ()
    incidents: Sequence[Shown] = ()


def time_of(api: Api, since: str, until: str, who: Reader, provider: str | None = None) -> Time:
    """The time from one day to another, with its incidents; at one provider alone, where that is named."""
    first, last = date.fromisoformat(since), date.fromisoformat(until)
    days = [first + timedelta(days=day) for day in range((last - first).days + 1)]
    present = now().astimezone(UTC).date()
    today = (present - first).days if first <= present <= last else None
    found = api.get("/v1/incidents", limit=MOST_INCIDENTS)["incidents"]
    there = [each for each in found if _touches(each, first, last) and provider in (None, each["provider"])]
    marks = [Mark(_place(each["begins"], first), _end(each, first), _named(each, who)) for each in there]
    shown = [Shown(each["id"], _told(each, who)) for each in there]
    return Time(days, [short(day, who) for day in days], today, marks, shown)


def _touches(incident: Any, first: date, last: date) -> bool:
    begins, ends = incident["begins"][:10], (incident["closed_at"] or "9999")[:10]
    return bool(begins <= last.isoformat() and ends >= first.isoformat())


def _place(moment: str, first: date) -> float:
    """Where a moment is, in days from the beginning of the first."""
    begin = datetime(first.year, first.month, first.day, tzinfo=UTC)
    return (datetime.fromisoformat(moment) - begin) / timedelta(days=1)


def _end(incident: Any, first: date) -> float:
    return _place(incident["closed_at"] or now().isoformat(), first)


def _named(incident: Any, who: Reader) -> str:
    return who.say("figures.many") if incident["provider"] == "*" else mailbox(incident["provider"], who)


def _told(incident: Any, who: Reader) -> str:
    def day(moment: str) -> str:
        there = datetime.fromisoformat(moment).astimezone(who.zone)
        return f"{long(there.date(), who.language)}, {clock(there)}"

    times = {"since": day(incident["begins"])}
    if incident["closed_at"] is None:
        return who.say("figures.incident", provider=_named(incident, who), **times)
    times["until"] = day(incident["closed_at"])
    return who.say("figures.incident_ended", provider=_named(incident, who), **times)
