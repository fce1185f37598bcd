"""What stands around the lines and bars of a chart over time: days, levels, incidents, what is missing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

ROWS = 3  # names of incidents above each other; those of more are told below the chart
ROW = 13
APART = 12  # between the labels of two levels
WORD = 7.5  # pixels of a letter, at the most
LABEL, DAYS = 60, 7  # pixels between the labels of two days, and how many there are at the most
STEPS = (0.02, 0.05, 0.1, 0.2, 0.25)


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a chart is drawn, and over how many days."""

    left: float
    right: float
    top: float
    base: float
    days: int

    def x(self, place: float) -> float:
        """Where a place among the days is; a whole number is the middle of a day."""
        return round(self.left + (self.right - self.left) * (place + 0.5) / max(self.days, 1), 1)


@dataclass(frozen=True, slots=True)
class Mark:
    """A time that something lasted, in days from the first, and what it is called."""

    first: float
    last: float
    name: str


def days(frame: Frame, labels: Sequence[str]) -> Iterator[SafeString]:
    """The line at the bottom, and the days below it as far as there is room."""
    yield format_html('<path class="base" d="M{} {}H{}"/>', frame.left, frame.base, frame.right)
    step = max(-(-len(labels) // min(int((frame.right - frame.left) // LABEL), DAYS)), 1)
    told = ((frame.x(place), frame.base + 18, day) for place, day in enumerate(labels) if place % step == 0)
    yield format_html_join("", '<text class="tick" x="{}" y="{}" text-anchor="middle">{}</text>', told)


def levels(
    frame: Frame, told: Sequence[float], top: float, word: Callable[[float], str]
) -> Iterator[SafeString]:
    """A line and a label for each level; of labels that would touch the upper one stays."""
    heights = {level: round(frame.base - (frame.base - frame.top) * level / top, 1) for level in told}
    named, last = set[float](), float("-inf")
    for level in sorted(heights, reverse=True):
        if heights[level] - last >= APART:
            named, last = named | {level}, heights[level]
    for level, y in heights.items():
        yield format_html('<path class="limit" d="M{} {}H{}"/>', frame.left, y, frame.right)
        if level in named:
            place = (frame.left - 6, y + 4, word(level))
            yield format_html('<text class="tick" x="{}" y="{}" text-anchor="end">{}</text>', *place)


def above(highest: float, most: float = 1.0) -> tuple[float, list[float]]:
    """A round top above the highest value, and the levels up to it."""
    step = next((each for each in STEPS if highest <= 5 * each), STEPS[-1])
    count = -(-round(highest / step, 6) // 1)
    return min(step * count, most), [round(step * (place + 1), 4) for place in range(int(count))]


def marks(frame: Frame, told: Sequence[Mark]) -> Iterator[SafeString]:
    """A band for each incident with its name above; it has an edge, for a band alone would be a colour."""
    ends = [float("-inf")] * ROWS
    for mark in sorted(told, key=lambda mark: (mark.first, mark.last)):
        first, last = (
            min(max(frame.x(place), frame.left), frame.right) for place in (mark.first - 0.5, mark.last - 0.5)
        )
        yield format_html(
            '<rect class="incident" x="{}" y="{}" width="{}" height="{}"/>',
            first, frame.top, max(round(last - first, 1), 2), round(frame.base - frame.top, 1),
        )  # fmt: skip
        wide = len(mark.name) * WORD + 8
        start = max(min(first, frame.right - wide), frame.left)
        row = next((row for row, end in enumerate(ends) if start >= end), None)
        if row is None:
            continue
        ends[row] = start + wide
        yield format_html(
            '<text class="incident" x="{}" y="{}">{}</text>',
            round(start + 3, 1),
            frame.top + 10 + row * ROW,
            mark.name,
        )


def apart(heights: Sequence[float], least: float, lowest: float) -> list[float]:
    """Heights of names, from the top down: none over another, and none below `lowest`."""
    placed: list[float] = []
    for y in heights:
        placed.append(max(y, placed[-1] + least) if placed else y)
    for place in reversed(range(len(placed))):
        placed[place] = min(placed[place], lowest)
        lowest = placed[place] - least
    return placed


def gaps(frame: Frame, known: Sequence[bool], word: str) -> Iterator[SafeString]:
    """A word where days have no value, wherever there is room for it: a gap is never zero."""
    first = None
    for place, is_known in enumerate([*known, True]):
        if not is_known and first is None:
            first = place
        elif is_known and first is not None:
            begin, end = frame.x(first - 0.5), frame.x(place - 0.5)
            if word and end - begin >= len(word) * WORD:
                yield format_html(
                    '<text class="tick gap" x="{}" y="{}" text-anchor="middle">{}</text>',
                    round((begin + end) / 2, 1), frame.base - 8, word,
                )  # fmt: skip
            first = None


def unfinished(frame: Frame, place: int | None, id: str = "chart") -> SafeString:
    """The day that is not over is hatched: what it says is not all."""
    if place is None:
        return SafeString("")
    first, last = frame.x(place - 0.5), frame.x(place + 0.5)
    return format_html(
        '<defs><pattern id="{}-hatch" width="5" height="5" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><path class="hatch" d="M0 0V5"/></pattern></defs>'
        '<rect class="unfinished" x="{}" y="{}" width="{}" height="{}" fill="url(#{}-hatch)"/>',
        id, first, frame.top, round(last - first, 1), round(frame.base - frame.top, 1), id,
    )  # fmt: skip
