"""Charts, drawn on the server: SVG of classes and attributes alone, so that no style stands in a page."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from retour.console import axes
from retour.console.axes import Frame, Mark
from retour.console.sizes import Size, framed

HEIGHT = 260
LEFT, RIGHT, TOP, BOTTOM = 52, 84, 16, 28
NARROW_LEFT, NARROW_RIGHT = 46, 78
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
    """What is drawn: the finding as its title, a description, labels of days, lines, how rates are told.

    `marks` are incidents, `today` the place of the day that is not over, `gap` the word for missing days;
    `levels`, where it shows no rates, what stands on its axis up to the top.
    """

    title: str
    told: str
    days: Sequence[str]
    series: Sequence[Series]
    percent: Callable[[float], str]
    marks: Sequence[Mark] = ()
    today: int | None = None
    gap: str = ""
    levels: Sequence[float] = ()


def rates(chart: Chart, id: str = "chart", size: Size = Size.WIDE) -> SafeString:
    """Rates over days, from zero to the limit above the highest, with the limits as labelled lines."""
    top, levels = _ceiling(chart)
    left, right = size.of(LEFT, NARROW_LEFT), size.of(RIGHT, NARROW_RIGHT)
    frame = Frame(left, size.width - right, TOP, HEIGHT - BOTTOM, len(chart.days))
    known = [any(each.values[place] is not None for each in chart.series) for place in range(len(chart.days))]
    drawn = [
        axes.unfinished(frame, chart.today, size.id(id)),
        *axes.marks(frame, chart.marks),
        *axes.levels(frame, levels, top, chart.percent),
        *axes.days(frame, chart.days),
        *axes.gaps(frame, known, chart.gap),
        *(_line(series, top, frame) for series in chart.series),
        *_names(chart, top, frame),
    ]
    return framed(size, HEIGHT, id, chart.title, chart.told, drawn)


def _ceiling(chart: Chart) -> tuple[float, list[float]]:
    """The top of the chart, and the levels that are lines: the limits, and above them round numbers."""
    if chart.levels:
        return max(chart.levels), list(chart.levels)
    highest = max(
        (value for series in chart.series for value in series.values if value is not None), default=0
    )
    top = next((limit for limit in LIMITS if highest <= limit), None)
    if top is not None:
        return top, [limit for limit in LIMITS if limit <= top]
    top, round_ = axes.above(highest)
    return top, sorted({*LIMITS, *(level for level in round_ if level > LIMITS[-1])})


def _y(value: float, top: float) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(value / top, 1), 1)


def _line(series: Series, top: float, frame: Frame) -> SafeString:
    """The line; where a day has no value, a gap."""
    path, pen = [], "M"
    for place, value in enumerate(series.values):
        if value is None:
            pen = "M"
            continue
        path.append(f"{pen}{frame.x(place)} {_y(value, top)}")
        pen = "L"
    if not path:
        return SafeString("")
    line = format_html('<path class="line {}" d="{}"/>', series.kind, " ".join(path))
    return line + format_html_join(
        "", '<circle class="point {}" cx="{}" cy="{}" r="3.5"/>', _alone(series, top, frame)
    )


def _alone(series: Series, top: float, frame: Frame) -> Iterator[tuple[str, float, float]]:
    """A day between two gaps, which no line shows: the first day of an account has no other."""
    around = [None, *series.values, None]
    for place, value in enumerate(series.values):
        if value is not None and around[place] is None and around[place + 2] is None:
            yield series.kind, frame.x(place), _y(value, top)


def _names(chart: Chart, top: float, frame: Frame) -> Iterator[SafeString]:
    """The name of each line at its end, none over another."""
    ends = []
    for series in chart.series:
        told = [(place, value) for place, value in enumerate(series.values) if value is not None]
        if told:
            place, value = told[-1]
            x = frame.right if place == frame.days - 1 else frame.x(place)  # beyond the name of an incident
            ends.append((_y(value, top), x, series))
    ends.sort(key=lambda end: end[0])
    heights = axes.apart([y for y, _, _ in ends], APART, frame.base)  # below stand the days
    for y, (_, x, series) in zip(heights, ends, strict=True):
        yield format_html(
            '<text class="name {}" x="{}" y="{}">{}</text>', series.kind, x + 6, y + 4, series.name
        )
