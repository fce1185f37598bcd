"""Local parts that something may be to be said about, to be found by one look at a set for each of many.

A superset of what `vet.lists.of_local` has words for: who is in it is asked there.
"""

from collections.abc import Iterable, Sequence
from functools import cache

from retour.vet.lists import listed_locals

_LEFT_OUT = b"0123456789-._"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LONGEST = 64
HASH = 32  # letters of a local part that may be a hash: nobody's


@cache
def special() -> frozenset[str]:
    """What is left of them without digits and joints: nothing of those that are digits alone."""
    same = (letter * length for letter in _LETTERS for length in range(4, _LONGEST + 1))
    return frozenset({"", *bare(sorted(listed_locals())), *same})


def bare(locals_: Iterable[str]) -> Sequence[str]:
    """What is left of local parts in small letters, which have no line feed."""
    return "\n".join(locals_).encode().translate(None, _LEFT_OUT).decode().split("\n")
