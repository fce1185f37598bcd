"""Each chart is drawn twice, wide and narrow; the style sheet shows the one that its place has room for.

One drawing that shrinks would shrink its words too: at 320 pixels they would be five pixels high.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


class Size(StrEnum):
    """The size of a drawing; its value is the class that the style sheet knows."""

    WIDE = "wide"
    NARROW = "narrow"

    @property
    def width(self) -> int:
        """In units that are pixels where there is just as much room."""
        return 720 if self is Size.WIDE else 320

    def of(self, wide: float, narrow: float) -> float:
        """The measure of this size."""
        return wide if self is Size.WIDE else narrow

    def id(self, id: str) -> str:
        """An id of this drawing alone; both stand in the page."""
        return id if self is Size.WIDE else f"{id}-{self}"


def both(draw: Callable[[Size], SafeString]) -> SafeString:
    """A chart in both sizes; what is not shown is not read out either."""
    return format_html_join("", "{}", ((draw(size),) for size in Size))


def framed(
    size: Size, height: float, id: str, title: str, told: str, drawn: Sequence[SafeString]
) -> SafeString:
    """What is drawn as one picture with its title and description."""
    id = size.id(id)
    return format_html(
        '<svg class="chart {}" viewBox="0 0 {} {}" role="img" aria-labelledby="{}-t {}-d">'
        '<title id="{}-t">{}</title><desc id="{}-d">{}</desc>{}</svg>',
        size, size.width, height, id, id, id, title, id, told,
        format_html_join("", "{}", ((each,) for each in drawn)),
    )  # fmt: skip
