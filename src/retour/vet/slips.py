"""How fingers slip: the probability that one thing was typed where another was meant.

A channel in the sense of Shannon: what was meant goes in, and comes out changed by single slips. Letters are
swapped, doubled, left out, hit beside (on the keyboards of several countries), and dots become commas. Each
kind has its share of all slips, and falls on each place of the word alike; endings are slipped on more often.
"""

from functools import cache
from math import exp, log

# Rows of keyboards, as their keys stand under one another: German and Swiss, American, French.
_KEYBOARDS = (
    ("1234567890ß", "qwertzuiopü", "asdfghjklöä", "yxcvbnm,.-"),
    ("1234567890-", "qwertyuiop[", "asdfghjkl;'", "zxcvbnm,./"),
    ("1234567890", "azertyuiop", "qsdfghjklm", "wxcvbn,;:"),
)
_VOWELS = frozenset("aeiou")
_ALIKE = frozenset(
    ("0o", "o0", "1l", "l1", "1i", "i1", "il", "li", "mn", "nm", "vw", "wv", "bp", "dt", "ck", "kc")
)

# Shares of the kinds among all slips. Generated slips follow them, and the bench says how far real ones do.
SWAPPED, LEFT_OUT, LEFT_OUT_OF_DOUBLE, DOUBLED = 0.20, 0.22, 0.30, 0.20
HIT_BESIDE, SLIPPED_IN, OTHER_VOWEL, ALIKE, ANY, ANY_IN = 0.20, 0.12, 0.06, 0.05, 0.08, 0.08
COMMA, DOT_LOST, MOVED = 0.05, 0.06, 0.02
_BESIDE = 6  # keys around a key
_SIGNS = 30
AT_FIRST = 0.3  # who begins a word looks where; and names are made by putting letters before another
IN_ENDING = 2.0  # slips fall on what stands after the last dot so much more often
# Entries of a provider's domain that hold a slip: of 83,000 confirmations about 1,500 went to wrong addresses
# (alphagov/govuk-coronavirus-vulnerable-people-form#350).
EVER = 0.018
AGAIN = 0.04  # of those, the ones with one more


@cache
def beside(key: str) -> frozenset[str]:
    """The keys around a key, on any of the keyboards."""
    found = set()
    for rows in _KEYBOARDS:
        for place, row in enumerate(rows):
            for column in (at for at, each in enumerate(row) if each == key):
                found |= set(row[max(column - 1, 0) : column + 2])
                above = rows[place - 1] if place else ""
                below = rows[place + 1] if place + 1 < len(rows) else ""
                found |= set(above[column : column + 2]) | set(below[max(column - 1, 0) : column + 1])
    return frozenset(found - {key})


def slipped(typed: str, meant: str) -> float:
    """P(typed | meant), by the likeliest way from one to the other; 0 when there is none of few slips."""
    start, end = _same(typed, meant)
    if abs(len(typed) - len(meant)) > _MOST:
        return 0.0
    grid = _Grid(typed[start : len(typed) - end], meant[start : len(meant) - end], meant, start)
    cost = grid.cheapest()
    likely = EVER * exp(_AGAIN - cost) if cost < _TOO_DEAR else 0.0
    return max(likely, EVER * MOVED / len(meant)) if _moved(typed, meant) else likely


def _moved(typed: str, meant: str) -> bool:
    """Whether one letter was typed two places too early or too late ("gimal")."""
    if len(typed) != len(meant):
        return False
    places = [at for at in range(len(meant)) if typed[at] != meant[at]]
    if not places or places[-1] - places[0] != _TWO_PLACES:
        return False
    one, other = typed[places[0] : places[-1] + 1], meant[places[0] : places[-1] + 1]
    return one in (other[1:] + other[0], other[-1] + other[:-1])


_MOST = 3
_TWO_PLACES = 2
_AGAIN = -log(AGAIN)  # each slip pays it, and the first gets it back
_TOO_DEAR = 40.0


def _same(typed: str, meant: str) -> tuple[int, int]:
    """How many signs are the same at both ends, less one for the context of the slips between."""
    most = min(len(typed), len(meant))
    start = 0
    while start < most and typed[start] == meant[start]:
        start += 1
    end = 0
    while end < most - start and typed[-1 - end] == meant[-1 - end]:
        end += 1
    return max(start - 1, 0), max(end - 1, 0)


class _Grid:
    """The cheapest way of slips from one string to another (Damerau, Levenshtein)."""

    def __init__(self, typed: str, meant: str, whole: str, offset: int) -> None:
        self._typed, self._meant, self._size = typed, meant, len(whole)
        self._offset = offset
        self._ending = (whole.rfind(".") if "." in whole else len(whole)) - offset

    def cheapest(self) -> float:
        typed, meant = self._typed, self._meant
        before: list[float] = []
        row = [0.0]
        for at in range(len(typed)):
            row.append(row[-1] + self._put_in(at, 0))
        for place in range(1, len(meant) + 1):
            last, before, row = before, row, [row[0] + self._left_out(place - 1)]
            for at in range(1, len(typed) + 1):
                if typed[at - 1] == meant[place - 1]:
                    best = before[at - 1]
                else:
                    best = before[at - 1] + self._other(at - 1, place - 1)
                best = min(
                    best, before[at] + self._left_out(place - 1), row[at - 1] + self._put_in(at - 1, place)
                )
                if (
                    place > 1
                    and at > 1
                    and typed[at - 1] == meant[place - 2]
                    and typed[at - 2] == meant[place - 1]
                ):
                    best = min(best, last[at - 2] + self._price(SWAPPED, place - 1))
                row.append(best)
        return row[-1]

    def _price(self, share: float, place: int) -> float:
        """What a slip of this share costs at one place of what was meant."""
        where = IN_ENDING if place > self._ending else 1.0
        return _AGAIN - log(share * where / self._size)

    def _left_out(self, place: int) -> float:
        sign = self._meant[place]
        if sign == ".":
            return _AGAIN - log(DOT_LOST)
        double = sign in (self._meant[place - 1 : place], self._meant[place + 1 : place + 2])
        return self._price(LEFT_OUT_OF_DOUBLE if double else LEFT_OUT, place)

    def _put_in(self, at: int, place: int) -> float:
        sign = self._typed[at]
        around = self._meant[max(place - 1, 0) : place + 1]
        if sign in around:
            return self._price(DOUBLED, place)
        if any(sign in beside(each) for each in around):
            return self._price(SLIPPED_IN / _BESIDE, place)
        return self._price(ANY_IN / _SIGNS * (AT_FIRST if self._first(place) else 1.0), place)

    def _other(self, at: int, place: int) -> float:
        typed, meant = self._typed[at], self._meant[place]
        if meant == "." and typed == ",":
            return _AGAIN - log(COMMA)
        share = ANY / _SIGNS * (AT_FIRST if self._first(place) else 1.0)
        if typed in beside(meant):
            share = HIT_BESIDE / _BESIDE
        if typed in _VOWELS and meant in _VOWELS:
            share += OTHER_VOWEL / len(_VOWELS)
        if typed + meant in _ALIKE:
            share += ALIKE / 2
        return self._price(share, place)

    def _first(self, place: int) -> bool:
        """Whether a place of the piece that differs is the first of the whole."""
        return self._offset + place == 0
