"""Charts that look across: reasons by provider, what became of soft bounces and of addresses given back."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from retour.console.asking import Api, api_of
from retour.console.bars import Bar, Words, lying
from retour.console.days import long, read_day
from retour.console.heat import heat, providers
from retour.console.pages.moves import mailbox
from retour.console.reader import Reader, reader
from retour.console.sizes import both
from retour.console.templatetags.words import count_in, percent_in
from retour.flow.lists.table import guarded
from retour.texts import catalogue


@login_required
def reasons(request: HttpRequest, account: str) -> HttpResponse:
    """Reason by provider as a heat map: a table whose cells are shaded by their number."""
    api, who = api_of(request, account), reader(request)
    found, cells = _cells(request, api)
    columns = providers(cells)
    label = catalogue(f"status.{who.language}")
    table = [
        {**row, "named": label(f"label.{row['reason']}") if row["reason"] else who.say("figures.rarer")}
        for row in heat(cells, columns)
    ]
    most, total = max(cells.values(), default=0), sum(cells.values())
    title = who.say("figures.no_bounces")
    if most:
        reason, provider = max(cells, key=lambda place: cells[place])
        title = who.say(
            "figures.largest", reason=label(f"label.{reason}"), provider=mailbox(provider, who), count=most,
            total=total,
        )  # fmt: skip
    context = {
        "account": account, "section": "figures", "title": title, "table": table, "found": found,
        "columns": [(column, mailbox(column, who)) for column in columns], "total": total,
        "others": any(row["others"] for row in table),
        "since": found["since"][:10], "last": _last(found["until"]),
        "since_told": _told(found["since"][:10], who), "last_told": _told(_last(found["until"]), who),
    }  # fmt: skip
    return render(request, "console/reasons.html", context)


@login_required
def reasons_csv(request: HttpRequest, account: str) -> StreamingHttpResponse:
    """The same as a file, every reason and provider."""
    _, cells = _cells(request, api_of(request, account))
    rows = ((reason, provider, count) for (reason, provider), count in sorted(cells.items()))
    return as_csv(f"reasons-{account}", ("reason", "provider", "bounces"), rows)


@login_required
def given_back(request: HttpRequest, account: str) -> HttpResponse:
    """The way of addresses that came back: freed, reached since, bounced again."""
    api, who = api_of(request, account), reader(request)
    found = api.get("/v1/policy/effects", by="month")
    total = {name: sum(row[name] for row in found["periods"]) for name in ("freed", "delivered", "bounced")}
    kinds = {"freed": "held", "delivered": "ok", "bounced": "hard"}
    freed = total["freed"]
    bars = [
        Bar(who.say(f"figures.{name}"), count, _of(count, freed, who), kinds[name])
        for name, count in total.items()
    ]
    words = Words(who.say("figures.funnel", **total), who.say("figures.funnel_told", count=freed))
    context = {
        "account": account, "section": "figures", "title": words.title, "total": total, "freed": freed,
        "chart": both(lambda size: lying(words, bars, None, "funnel", size)) if freed else None,
        "periods": found["periods"][::-1],
    }  # fmt: skip
    return render(request, "console/given_back.html", context)


@login_required
def given_back_csv(request: HttpRequest, account: str) -> StreamingHttpResponse:
    """Month by month."""
    found = api_of(request, account).get("/v1/policy/effects", by="month")
    columns = ("period", "version", "freed", "delivered", "bounced")
    return as_csv(
        f"given-back-{account}", columns, ([row[name] for name in columns] for row in found["periods"])
    )


def as_csv(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """A table as a file for programs: points, days in UTC, guarded against formulas."""
    response = StreamingHttpResponse(_lines(columns, rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


class _Line:
    """What csv writes to: it hands each line on."""

    def write(self, line: str) -> str:
        return line


def _lines(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow(columns)  # Excel reads UTF-8 only behind a mark
    for row in rows:
        yield writer.writerow([guarded("" if value is None else str(value)) for value in row])


def _cells(request: HttpRequest, api: Api) -> tuple[Mapping[str, Any], Counter[tuple[str, str]]]:
    """Bounces by reason and provider (its domain where it is nobody's that is known), of whole days."""
    times = {name: _day(request, name) for name in ("since", "until")}
    found = api.get("/v1/providers", **{name: _moment(day) for name, day in times.items()})
    cells: Counter[tuple[str, str]] = Counter()
    for row in found["providers"]:
        for reason, count in row["reasons"].items():
            if reason != "none" and count:
                cells[reason, row["provider"] or row["domain"]] += count
    return found, cells


def _moment(day: str | None) -> str | None:
    """The beginning of a day as the API takes moments; what is no day as it is, for the API to refuse."""
    return f"{day}T00:00:00Z" if day and read_day(day) else day


def _day(request: HttpRequest, name: str) -> str | None:
    told = request.GET.get(name, "").strip()
    day = read_day(told)
    return told or None if day is None else (day + timedelta(days=1) if name == "until" else day).isoformat()


def _told(day: str, who: Reader) -> str:
    return long(date.fromisoformat(day), who.language)


def _last(until: str) -> str:
    """The last whole day before a moment."""
    return (datetime.fromisoformat(until) - timedelta(microseconds=1)).date().isoformat()


def _of(count: int, whole: int, who: Reader) -> str:
    return (
        f"{count_in(count, who.language)} ({percent_in(count / whole, who.language)})"
        if whole
        else str(count)
    )
