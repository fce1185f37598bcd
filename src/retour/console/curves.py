"""Curves of how many of a group something had happened to after so many days, with who was left below."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from retour.console import axes
from retour.console.axes import Frame
from retour.console.bars import Words
from retour.console.sizes import Size, framed

LEFT, RIGHT, TOP, BASE = 170, 190, 16, 210
NARROW_LEFT, NARROW_RIGHT = 50, 20
ROW, APART = 18, 15
TOPS = (0.02, 0.05, 0.1, 0.25, 0.5, 1.0)  # of which the lowest is taken that all fit below
LOOKS = 5  # how often the number that is left stands below
LONGEST = 20  # letters of a name before its number; the table has all of it


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
    size: Size = Size.WIDE,
) -> SafeString:
    """Steps that rise day by day; `told` names the days, and what the numbers below are.

    Where it is narrow the name of a curve stands above its numbers alone, with a piece of its line.
    """
    days = max((len(curve.shares) for curve in curves), default=1)
    left, right = size.of(LEFT, NARROW_LEFT), size.of(RIGHT, NARROW_RIGHT)
    frame = Frame(left, size.width - right, TOP, BASE, days)
    highest = max((share for curve in curves for share in curve.shares), default=0)
    top = next((each for each in TOPS if highest <= each), TOPS[-1])
    ticks = [round((days - 1) * place / (LOOKS - 1)) for place in range(LOOKS)]
    drawn = [
        *axes.levels(frame, [top * part / 5 for part in range(1, 6)], top, percent),
        *_days(frame, ticks),
        *(_steps(frame, curve, place, top) for place, curve in enumerate(curves)),
    ]
    if size is Size.WIDE:
        height: float = BASE + 44 + ROW * (len(curves) + 1)
        drawn += [_beyond(frame, told[0]), *_names(frame, curves, top)]
        drawn += _left(frame, ticks, curves, told[1], count)
    else:
        height = BASE + 62 + 2 * ROW * len(curves)
        drawn += [_under(frame, told[0]), *_left_under(frame, ticks, curves, told[1], count)]
    return framed(size, height, id, words.title, words.told, drawn)


def _days(frame: Frame, ticks: Sequence[int]) -> Iterator[SafeString]:
    yield format_html('<path class="base" d="M{} {}H{}"/>', frame.left, frame.base, frame.right)
    for day in ticks:
        place = (frame.x(day), frame.base + 18, day)
        yield format_html('<text class="tick" x="{}" y="{}" text-anchor="middle">{}</text>', *place)


def _beyond(frame: Frame, told: str) -> SafeString:
    return format_html('<text class="tick" x="{}" y="{}">{}</text>', frame.right + 8, frame.base + 18, told)


def _under(frame: Frame, told: str) -> SafeString:
    place = (frame.right + NARROW_RIGHT, frame.base + 34, told)
    return format_html('<text class="tick" x="{}" y="{}" text-anchor="end">{}</text>', *place)


def _y(frame: Frame, share: float, top: float) -> float:
    return round(frame.base - (frame.base - frame.top) * min(share / top, 1), 1)


def _steps(frame: Frame, curve: Curve, place: int, top: float) -> SafeString:
    path = [f"M{frame.x(-0.5)} {frame.base}"]
    path += [f"V{_y(frame, share, top)}H{frame.x(day + 0.5)}" for day, share in enumerate(curve.shares)]
    return format_html('<path class="line curve-{}" d="{}"/>', place, " ".join(path))


def _names(frame: Frame, curves: Sequence[Curve], top: float) -> Iterator[SafeString]:
    """The name of each at its end, none over another."""
    ends = sorted((_y(frame, curve.shares[-1], top), place) for place, curve in enumerate(curves))
    heights = axes.apart([y for y, _ in ends], APART, frame.base)  # below stand the days
    for y, (_, place) in zip(heights, ends, strict=True):
        yield format_html(
            '<text class="name curve-{}" x="{}" y="{}">{}</text>',
            place, frame.right + 8, y + 4, _short(curves[place].name, 24),
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
        yield _numbers(frame, ticks, curve, y, count)


def _left_under(
    frame: Frame, ticks: Sequence[int], curves: Sequence[Curve], told: str, count: Callable[[int], str]
) -> Iterator[SafeString]:
    """The same where it is narrow: the name above the numbers."""
    top = frame.base + 52
    yield format_html('<text class="tick" x="4" y="{}">{}</text>', top, told)
    for place, curve in enumerate(curves):
        y = top + ROW * (2 * place + 1)
        yield format_html(
            '<path class="line curve-{}" d="M4 {}H36"/><text class="name curve-{}" x="44" y="{}">{}</text>',
            place, y - 4, place, y, _short(curve.name, 34),
        )  # fmt: skip
        yield _numbers(frame, ticks, curve, y + ROW - 1, count)


def _numbers(
    frame: Frame, ticks: Sequence[int], curve: Curve, y: float, count: Callable[[int], str]
) -> SafeString:
    numbers = ((frame.x(day), y, count(curve.left[day])) for day in ticks)
    return format_html_join("", '<text class="value" x="{}" y="{}" text-anchor="middle">{}</text>', numbers)


def _short(name: str, most: int = LONGEST) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"
