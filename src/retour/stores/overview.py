"""What every store's Overview does alike: where a page ends, and which states are shown.

An address has one row: the latest of its listed bounces that passes all the filters of a bounce together.
"""

import re
from typing import NamedTuple, Self

from retour.instants import Instant
from retour.model import State
from retour.ports import BounceQuery
from retour.ports.lives import STATUSES

END = 2**63 - 1
_CURSOR = re.compile(r"(-?[0-9]{1,18})\.([0-9]{1,18})\.([0-9]{1,18})")  # below 2^63, what SQLite can compare


class Cursor(NamedTuple):
    """After which row a page begins. Later pages look at the events of the first one only: a bounce that
    arrives between two of them would else move its address to a page that was read already."""

    at: Instant
    number: int  # of the row's event, in the order of arrival
    newest: int  # number of the newest event when the first page was read

    @classmethod
    def of(cls, text: str | None, newest: int) -> Self:
        """The place that a row's cursor names; the beginning for None. Raises ValueError."""
        if text is None:
            return cls(END, END, newest)
        read = _CURSOR.fullmatch(text)
        if read is None:
            raise ValueError(f"{text!r} is no cursor; take it from the page before")
        return cls(*map(int, read.groups()))

    def text(self, at: Instant, number: int) -> str:
        """The cursor of a row on this page."""
        return f"{at}.{number}.{self.newest}"


def fits(state: State, query: BounceQuery) -> bool:
    """Whether an address in this state is shown at all, and under this status."""
    statuses = STATUSES.get(state.state, ())
    return bool(statuses) if query.status is None else query.status in statuses


def place_of(cursor: str | None) -> tuple[str, int] | None:
    """Domain and number of a cursor over addresses by domain. Raises ValueError for one never given out."""
    if cursor is None:
        return None
    domain, space, number = cursor.rpartition(" ")
    if not space or not (number.isascii() and number.isdigit()) or len(number) > 18:
        raise ValueError("is no cursor of this list")
    return domain, int(number)
