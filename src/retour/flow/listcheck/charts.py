"""Charts as SVG, drawn here: a page with them is one file, and runs nothing."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

WIDTH = 720


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
    """Bars below each other, the longest over the whole width; what each is stands beside it, and wraps."""
    longest = max((bar.value for bar in bars), default=0) or 1
    rows = [
        f'<div><span>{escape(bar.label)}</span><svg viewBox="0 0 100 10" preserveAspectRatio="none">'
        f'<rect class="{bar.look}" width="{max(100 * bar.value / longest, 0.3):.1f}" height="10"/></svg>'
        f"<b>{escape(bar.shown)}</b></div>"
        for bar in bars
    ]
    return f'<div class="bars" role="img" aria-label="{escape(_told(title, bars))}">{"".join(rows)}</div>'


def _picture(title: str, bars: Sequence[Bar], height: int, parts: Sequence[str]) -> str:
    """With its words, for those who do not see it."""
    return (
        f'<svg viewBox="0 0 {WIDTH} {max(height, 1)}" role="img" aria-label="{escape(_told(title, bars))}">'
        f"{''.join(parts)}</svg>"
    )


def _told(title: str, bars: Sequence[Bar]) -> str:
    return f"{title}. {'; '.join(f'{bar.label}: {bar.shown}' for bar in bars)}"
