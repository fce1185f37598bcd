"""Local parts that something may be to be said about, to be found by one look at a set for each of many.

A superset of what `vet.lists.of_local` has words for: who is in it is asked there.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache

from retour.vet.lists import listed_locals, offices, walks

LEFT_OUT = b"0123456789-._"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LONGEST = 64
HASH = 32  # letters of a local part that may be a hash: nobody's


@cache
def special() -> frozenset[bytes]:
    """What is left of them without digits and joints: nothing of those that are digits alone."""
    same = (letter * length for letter in _LETTERS for length in range(4, _LONGEST + 1))
    listed = [local.encode() for local in sorted(listed_locals())]
    return frozenset({b"", *bare(listed), *(each.encode() for each in same)})


def bare(locals_: Iterable[bytes]) -> Sequence[bytes]:
    """What is left of local parts in small letters, which have no line feed."""
    return b"\n".join(locals_).translate(None, LEFT_OUT).split(b"\n")


@cache
def suspected() -> str:
    """The same as a pattern, for whoever has columns of plain local parts."""
    joints = "[-._]*"
    office = "|".join(joints.join(map(re.escape, name)) for name in sorted(offices()))
    walk = "|".join(map(re.escape, sorted(walks())))
    same = "|".join(f"{re.escape(sign)}{{4,}}" for sign in f"{_LETTERS}0123456789-._")
    return rf"^(?:{joints}(?:{office})[0-9\-._]*|{walk}|{same})$"
