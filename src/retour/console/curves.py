"""Curves of how many of a group something had happened to after so many days, with who was left below."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from retour.console import axes
from retour.console.axes import Frame
from retour.console.bars import Words

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BASE = 140, 150, 16, 210
ROW, APART = 18, 15
TOPS = (0.25, 0.5, 1.0)  # of which the lowest is taken that all fit below
LOOKS = 5  # how often the number that is left stands below
LONGEST = 15  # letters of a name before its number; the table has all of it


@dataclass(frozen=True, slots=True)
class Curve:
    """One group: its name, what had happened by the end of each day, and how many were left before it."""

    name: str
    shares: Sequence[float]
    left: Sequence[int]


def rising(
    words: Words,
    curves: Sequence[Curve],
    told: tuple[str, str],
    percent: Callable[[float], str],
    count: Callable[[int], str],
    id: str = "curve",
) -> SafeString:
    """Steps that rise day by day; `told` names the days, and what the numbers below are."""
    days = max((len(curve.shares) for curve in curves), default=1)
    frame = Frame(LEFT, WIDTH - RIGHT, TOP, BASE, days)
    highest = max((share for curve in curves for share in curve.shares), default=0)
    top = next((each for each in TOPS if highest <= each), TOPS[-1])
    ticks = [round((days - 1) * place / (LOOKS - 1)) for place in range(LOOKS)]
    height = BASE + 44 + ROW * (len(curves) + 1)
    drawn = [
        *axes.levels(frame, [top * part / 5 for part in range(1, 6)], top, percent),
        *_days(frame, ticks, told[0]),
        *(_steps(frame, curve, place, top) for place, curve in enumerate(curves)),
        *_names(frame, curves, top),
        *_left(frame, ticks, curves, told[1], count),
    ]
    return format_html(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-labelledby="{}-t {}-d">'
        '<title id="{}-t">{}</title><desc id="{}-d">{}</desc>{}</svg>',
        WIDTH, height, id, id, id, words.title, id, words.told, SafeString("".join(drawn)),
    )  # fmt: skip


def _days(frame: Frame, ticks: Sequence[int], told: str) -> Iterator[SafeString]:
    yield format_html('<path class="base" d="M{} {}H{}"/>', frame.left, frame.base, frame.right)
    for day in ticks:
        place = (frame.x(day), frame.base + 18, day)
        yield format_html('<text class="tick" x="{}" y="{}" text-anchor="middle">{}</text>', *place)
    yield format_html('<text class="tick" x="{}" y="{}">{}</text>', frame.right + 8, frame.base + 18, told)


def _y(frame: Frame, share: float, top: float) -> float:
    return round(frame.base - (frame.base - frame.top) * min(share / top, 1), 1)


def _steps(frame: Frame, curve: Curve, place: int, top: float) -> SafeString:
    path = [f"M{frame.x(-0.5)} {frame.base}"]
    path += [f"V{_y(frame, share, top)}H{frame.x(day + 0.5)}" for day, share in enumerate(curve.shares)]
    return format_html('<path class="line curve-{}" d="{}"/>', place, " ".join(path))


def _names(frame: Frame, curves: Sequence[Curve], top: float) -> Iterator[SafeString]:
    """The name of each at its end, none over another."""
    ends = sorted((_y(frame, curve.shares[-1], top), place) for place, curve in enumerate(curves))
    lowest = float("-inf")
    for y, place in ends:
        lowest = max(y, lowest + APART)
        yield format_html(
            '<text class="name curve-{}" x="{}" y="{}">{}</text>',
            place, frame.right + 8, lowest + 4, _short(curves[place].name, 22),
        )  # fmt: skip


def _left(
    frame: Frame, ticks: Sequence[int], curves: Sequence[Curve], told: str, count: Callable[[int], str]
) -> Iterator[SafeString]:
    """How many were left at some days: a share of few says little."""
    top = frame.base + 44
    yield format_html('<text class="tick" x="4" y="{}">{}</text>', top, told)
    for place, curve in enumerate(curves):
        y = top + ROW * (place + 1)
        yield format_html('<text class="name curve-{}" x="4" y="{}">{}</text>', place, y, _short(curve.name))
        numbers = ((frame.x(day), y, count(curve.left[day])) for day in ticks)
        yield format_html_join(
            "", '<text class="value" x="{}" y="{}" text-anchor="middle">{}</text>', numbers
        )


def _short(name: str, most: int = LONGEST) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"
