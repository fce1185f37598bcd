"""Charts, drawn on the server: SVG of classes and attributes alone, so that no style stands in a page."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 52, 84, 12, 28
APART = 15  # between the names at the ends of two lines
LIMITS = (0.02, 0.05, 0.10)


@dataclass(frozen=True, slots=True)
class Series:
    """One line: its kind (which gives colour and dash), its name, a value a day; None is a gap."""

    kind: str
    name: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn: the finding as its title, a description, labels of days, lines, how rates are told."""

    title: str
    told: str
    days: Sequence[str]
    series: Sequence[Series]
    percent: Callable[[float], str]


def rates(chart: Chart, id: str = "chart") -> SafeString:
    """Rates over days, from zero to the limit above the highest, with the limits as labelled lines."""
    top = _ceiling(chart)
    drawn = [
        *(_limit(limit, top, chart) for limit in LIMITS if limit <= top),
        *(_axis(chart)),
        *(_line(series, top, len(chart.days)) for series in chart.series),
        *_names(chart, top),
    ]
    return format_html(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-labelledby="{}-t {}-d">'
        '<title id="{}-t">{}</title><desc id="{}-d">{}</desc>{}</svg>',
        WIDTH, HEIGHT, id, id, id, chart.title, id, chart.told, SafeString("".join(drawn)),
    )  # fmt: skip


def _ceiling(chart: Chart) -> float:
    highest = max(
        (value for series in chart.series for value in series.values if value is not None), default=0
    )
    return next((limit for limit in LIMITS if highest <= limit), max(highest, LIMITS[-1]))


def _x(place: int, days: int) -> float:
    return round(LEFT + (WIDTH - LEFT - RIGHT) * (place + 0.5) / max(days, 1), 1)


def _y(value: float, top: float) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(value / top, 1), 1)


def _limit(limit: float, top: float, chart: Chart) -> SafeString:
    y = _y(limit, top)
    return format_html(
        '<path class="limit" d="M{} {}H{}"/><text class="tick" x="{}" y="{}" text-anchor="end">{}</text>',
        LEFT, y, WIDTH - RIGHT, LEFT - 6, y + 4, chart.percent(limit),
    )  # fmt: skip


def _axis(chart: Chart) -> list[SafeString]:
    base = HEIGHT - BOTTOM
    line = format_html('<path class="base" d="M{} {}H{}"/>', LEFT, base, WIDTH - RIGHT)
    step = max(len(chart.days) // 6, 1)
    labels = (
        (_x(place, len(chart.days)), base + 18, day)
        for place, day in enumerate(chart.days)
        if place % step == 0
    )
    return [
        line,
        format_html_join("", '<text class="tick" x="{}" y="{}" text-anchor="middle">{}</text>', labels),
    ]


def _line(series: Series, top: float, days: int) -> SafeString:
    """The line; where a day has no value, a gap."""
    path, pen = [], "M"
    for place, value in enumerate(series.values):
        if value is None:
            pen = "M"
            continue
        # A day between two gaps is a line of no length, which a round cap shows as a dot.
        path.append(f"{pen}{_x(place, days)} {_y(value, top)}" + ("h0" if pen == "M" else ""))
        pen = "L"
    if not path:
        return SafeString("")
    return format_html('<path class="line {}" d="{}"/>', series.kind, " ".join(path))


def _names(chart: Chart, top: float) -> Iterator[SafeString]:
    """The name of each line at its end, none over another."""
    ends = []
    for series in chart.series:
        told = [(place, value) for place, value in enumerate(series.values) if value is not None]
        if told:
            place, value = told[-1]
            ends.append((_y(value, top), _x(place, len(chart.days)), series))
    lowest = float("-inf")
    for y, x, series in sorted(ends, key=lambda end: end[0]):
        lowest = max(y, lowest + APART)
        yield format_html(
            '<text class="name {}" x="{}" y="{}">{}</text>', series.kind, x + 6, lowest + 4, series.name
        )
