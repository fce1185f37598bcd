"""Charts as SVG, drawn here: a page with them is one file, and runs nothing."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

WIDTH, BAR, GAP, LABEL = 720, 22, 8, 330
_LETTERS = 40  # of a label


class Bar(NamedTuple):
    """One bar: what it says, how long it is, and how it looks (a class of the page's style)."""

    label: str
    value: int
    shown: str  # the value as people write it
    look: str = "bar"


def stacked(title: str, bars: Sequence[Bar]) -> str:
    """One band, parted by share."""
    total = sum(bar.value for bar in bars) or 1
    x = 0.0
    parts = []
    for bar in bars:
        width = WIDTH * bar.value / total
        if width > 0:
            parts.append(
                f'<rect class="{bar.look}" x="{x:.1f}" y="0" width="{width:.1f}" height="40">'
                f"<title>{escape(bar.label)}: {escape(bar.shown)}</title></rect>"
            )
        x += width
    return _picture(title, bars, 40, parts)


def bars_of(title: str, bars: Sequence[Bar]) -> str:
    """Bars below each other, the longest over the whole width."""
    longest = max((bar.value for bar in bars), default=0) or 1
    parts = []
    for place, bar in enumerate(bars):
        y = place * (BAR + GAP)
        width = max((WIDTH - LABEL - 110) * bar.value / longest, 1)
        label = bar.label if len(bar.label) <= _LETTERS else bar.label[: _LETTERS - 1] + "…"
        parts.append(
            f'<text class="label" x="{LABEL - 8}" y="{y + 16}" text-anchor="end">{escape(label)}</text>'
            f'<rect class="{bar.look}" x="{LABEL}" y="{y}" width="{width:.1f}" height="{BAR}"/>'
            f'<text class="value" x="{LABEL + width + 6:.1f}" y="{y + 16}">{escape(bar.shown)}</text>'
        )
    return f'<div class="wide">{_picture(title, bars, len(bars) * (BAR + GAP), parts)}</div>'


def _picture(title: str, bars: Sequence[Bar], height: int, parts: Sequence[str]) -> str:
    """With its words, for those who do not see it."""
    told = "; ".join(f"{bar.label}: {bar.shown}" for bar in bars)
    return (
        f'<svg viewBox="0 0 {WIDTH} {max(height, 1)}" role="img" aria-label="{escape(f"{title}. {told}")}">'
        f"{''.join(parts)}</svg>"
    )
