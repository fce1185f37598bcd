"""Bars, drawn on the server like the lines of `charts`: classes and attributes, no style.

In print each kind has a pattern besides its colour (console.css), so that a grey page tells them apart.
"""

import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from django.utils.html import format_html
from django.utils.safestring import SafeString

from retour.console import axes
from retour.console.axes import Frame, Mark
from retour.console.sizes import Size, framed

ROW, LABEL, RIGHT = 30, 210, 130
NARROW_ROW, NARROW_LEFT = 46, 4  # the label stands above its bar
LETTER = 7  # pixels, at the most, of a number and what belongs to it
# Pixels of the letters of a name, in the broadest face that tokens.css may find.
BROAD, CAPITAL, PLAIN, THIN = 12, 9.6, 7.8, 4.8
BROADEST, THINNEST = "mwMW%@—", " .,:;'|!()[]fijlrtI"
HEIGHT, LEFT, TOP, BOTTOM = 220, 52, 18, 28
END = 40  # for the label of the last day
LONGEST = LABEL - 12  # pixels of a label; the table beside has all of it
PATTERNS = SafeString(
    '<defs><pattern id="stripes" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect width="3" height="6" class="ink"/></pattern>'
    '<pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<circle cx="3" cy="3" r="1.6" class="ink"/></pattern></defs>'
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label, its value, how that is told, its kind (which gives colour and pattern)."""

    label: str
    value: float
    told: str
    kind: str = "hard"


@dataclass(frozen=True, slots=True)
class Words:
    """What a chart says of itself: the finding as its title, and a description with its numbers."""

    title: str
    told: str


def lying(
    words: Words,
    bars: Sequence[Bar],
    line: tuple[float, str] | None = None,
    id: str = "bars",
    size: Size = Size.WIDE,
) -> SafeString:
    """Bars that lie, from zero, each with its value behind it; a labelled line where one is given."""
    top = max([*(bar.value for bar in bars), line[0] if line else 0, 1e-9])
    row, left = size.of(ROW, NARROW_ROW), size.of(LABEL, NARROW_LEFT)
    right = max(RIGHT, LETTER * max((len(bar.told) for bar in bars), default=0) + 12)
    room = size.width - left - right
    height = row * len(bars) + (24 if line else 6)
    draw = _beside if size is Size.WIDE else _below
    drawn = [PATTERNS] if size is Size.WIDE else []
    drawn += [draw(bar, place * row, round(room * bar.value / top, 1)) for place, bar in enumerate(bars)]
    if line is not None:
        x = round(left + room * line[0] / top, 1)
        drawn.append(
            format_html(
                '<path class="limit" d="M{} 0V{}"/>'
                '<text class="tick" x="{}" y="{}" text-anchor="middle">{}</text>',
                x, height - 18, max(x, left + 40), height - 4, line[1],
            )
        )  # fmt: skip
    return framed(size, height, id, words.title, words.told, drawn)


def standing(
    words: Words,
    bars: Sequence[Bar],
    id: str = "columns",
    marks: Sequence[Mark] = (),
    today: int | None = None,
    size: Size = Size.WIDE,
) -> SafeString:
    """Bars that stand side by side, as the days of a month; the highest is named."""
    top = max([*(bar.value for bar in bars), 1e-9])
    left, base = size.of(LEFT, NARROW_LEFT), HEIGHT - BOTTOM
    wide = (size.width - left - END) / max(len(bars), 1)
    frame = Frame(left, size.width - END, TOP, base, len(bars))
    drawn = [PATTERNS] if size is Size.WIDE else []
    drawn += [axes.unfinished(frame, today, size.id(id)), *axes.marks(frame, marks)]
    drawn += axes.days(frame, [bar.label for bar in bars])
    highest = max(range(len(bars)), key=lambda place: bars[place].value, default=-1)
    for place, bar in enumerate(bars):
        x, tall = round(left + wide * place, 1), round((base - TOP) * bar.value / top, 1)
        drawn.append(
            format_html(
                '<rect class="column {}" x="{}" y="{}" width="{}" height="{}"/>',
                bar.kind, round(x + wide * 0.1, 1), round(base - tall, 1), round(wide * 0.8, 1), tall,
            )
        )  # fmt: skip
        if place == highest and bar.value:
            drawn.append(
                format_html(
                    '<text class="name {}" x="{}" y="{}" text-anchor="{}">{}</text>',
                    bar.kind, round(x + wide / 2, 1), max(base - tall - 4, 11),
                    "end" if place > len(bars) * 0.8 else "start", bar.told,
                )
            )  # fmt: skip
    return framed(size, HEIGHT, id, words.title, words.told, drawn)


def _beside(bar: Bar, y: float, wide: float) -> SafeString:
    return format_html(
        '<text class="tick" x="{}" y="{}" text-anchor="end">{}</text>'
        '<rect class="column {}" x="{}" y="{}" width="{}" height="{}"/>'
        '<text class="value" x="{}" y="{}">{}</text>',
        LABEL - 8, y + 19, _short(bar.label), bar.kind, LABEL, y + 6, wide, ROW - 12,
        LABEL + wide + 6, y + 19, bar.told,
    )  # fmt: skip


def _below(bar: Bar, y: float, wide: float) -> SafeString:
    return format_html(
        '<text class="tick" x="{}" y="{}">{}</text>'
        '<rect class="column {}" x="{}" y="{}" width="{}" height="{}"/>'
        '<text class="value" x="{}" y="{}">{}</text>',
        NARROW_LEFT, y + 15, _short(bar.label), bar.kind, NARROW_LEFT, y + 21, wide, 16,
        NARROW_LEFT + wide + 6, y + 34, bar.told,
    )  # fmt: skip


def _short(label: str) -> str:
    """As much of a name as stands before its bar: a name of broad letters ends sooner."""
    ends = [*accumulate(map(_breadth, label))]
    if not ends or ends[-1] <= LONGEST:
        return label
    return label[: bisect_right(ends, LONGEST - BROAD)] + "…"


def _breadth(letter: str) -> float:
    """How broad a letter is, in pixels, rather too broad than too narrow."""
    if unicodedata.combining(letter):
        return 0
    if letter in BROADEST or unicodedata.east_asian_width(letter) in "WF":
        return BROAD
    if letter in THINNEST:
        return THIN
    return CAPITAL if letter.isupper() else PLAIN
