"""The second chart of the pages on rates: sends spared by day, hard bounces of emails against the norm."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.safestring import SafeString

from retour.console.bars import Bar, Words, lying, standing
from retour.console.days import long
from retour.console.pages.over_time import Time
from retour.console.reader import Reader
from retour.console.sizes import both
from retour.console.templatetags.words import count_in
from retour.console.templatetags.words import percent_in as percent

MOST = 12  # emails in the chart; the table has all
Rows = Sequence[Mapping[str, Any]]


class Drawn(NamedTuple):
    """A chart with what stands above and below it."""

    chart: SafeString
    title: str
    told: str


def spared(rows: Rows, time: Time, who: Reader) -> Drawn | None:
    """Sends spared, day by day; None where there were none."""
    of = {row["of"]: row["avoided"]["total"] for row in rows}
    counts = [of.get(day.isoformat(), 0) for day in time.days]
    if not sum(counts):
        return None
    bars = [
        Bar(day, count, count_in(count, who.language), "ok")
        for day, count in zip(time.labels, counts, strict=True)
    ]
    best = time.days[counts.index(max(counts))]
    told = who.say("figures.avoided_told")
    title = who.say(
        "figures.avoided_title", count=count_in(sum(counts), who.language), day=long(best, who.language)
    )
    words = Words(title, told)
    return Drawn(
        both(lambda size: standing(words, bars, "avoided", time.marks, time.today, size)), title, told
    )


def hard(rows: Rows, norm: float | None, few: int, who: Reader) -> Drawn | None:
    """The hard rate of each email against the account's norm; None where too few were sent for a rate."""
    known = [row for row in rows if row["of"] and row["hard_rate"] is not None and row["attempts"] >= few]
    if not known:
        return None
    known = sorted(sorted(known, key=lambda row: -row["attempts"])[:MOST], key=lambda row: -row["hard_rate"])
    bars = [
        Bar(
            row["of"],
            row["hard_rate"],
            f"{percent(row['hard_rate'], who.language)} (n = {count_in(row['attempts'], who.language)})",
        )
        for row in known
    ]
    worst = known[0]
    told_of = {"campaign": worst["of"], "rate": percent(worst["hard_rate"], who.language), "few": few}
    if not worst["hard_rate"]:
        title = who.say("figures.hard_none")
    elif norm is None:
        title = who.say("figures.hard_alone", **told_of)
    else:
        title = who.say("figures.hard_title", **told_of, norm=percent(norm, who.language))
    line = None if norm is None else (norm, who.say("figures.norm", rate=percent(norm, who.language)))
    told = who.say("figures.hard_told", count=len(known))
    words = Words(title, told)
    return Drawn(both(lambda size: lying(words, bars, line, "hard", size)), title, told)
