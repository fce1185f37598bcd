"""Local parts that something may be to be said about, to be found by one look at a set.

A superset of what `vet.lists.of_local` has words for: who is in it is asked there.
"""

from functools import cache

from retour.vet.lists import KEYS, WALK, own

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_-"
_LONGEST = 64
BEHIND = "0123456789-._"  # what may stand behind the name of an office


@cache
def special_locals() -> frozenset[str]:
    """Names of offices, words of traps, one key and keys in a row; and nothing, for what is digits alone."""
    walks = {
        row[start:end]
        for keys in KEYS
        for row in (keys, keys[::-1])
        for start in range(len(row))
        for end in range(start + WALK, len(row) + 1)
    }
    same = {letter * length for letter in _LETTERS for length in range(4, _LONGEST + 1)}
    roles = {squeezed(name.rstrip(BEHIND)) for name in own("role").names}
    return frozenset({"", *roles, *own("trap_like").names, *walks, *same})


def squeezed(stem: str) -> str:
    """Without the signs that may stand within the name of an office."""
    bare = stem.replace(".", "")
    return bare if bare.isalnum() else bare.replace("-", "").replace("_", "")
