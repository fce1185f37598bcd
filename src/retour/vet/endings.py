"""What was probably meant by an ending that does not exist: "firm.con"."""

from functools import lru_cache

from retour.vet.findings import Code, Suggestion
from retour.vet.slips import slipped
from retour.vet.unknown import ending

LONGEST = 40  # of a domain that is compared at all
CURATED_ODDS = 500.0  # of what stands in squats.toml
NEVER = 1e-18  # how likely anything is at the least

_COMMON_ENDINGS = (
    "com",
    "de",
    "net",
    "org",
    "at",
    "ch",
    "eu",
    "co.uk",
    "info",
    "fr",
    "it",
    "nl",
    "pl",
    "biz",
)
_ONE_SLIP, _BEYOND_DOUBT = (
    5e-7,
    100.0,
)  # below it is two slips, or another word; and times all others together


def under_an_ending(typed: str) -> Suggestion | None:
    """A name that nobody knows under an ending that does not exist: the only common one a slip away.

    Nothing real can be meant as it stands, so there is nothing to weigh it against but the other endings.
    """
    name, _, last = typed.rpartition(".")
    if not name or len(typed) > LONGEST or not last.isascii() or not last.isalpha():
        return None
    meant, odds = _meant_ending(last)
    return Suggestion(f"{name}.{meant}", odds, Code.TYPO_TLD) if meant else None


@lru_cache(4096)  # names of a list have the same few endings
def _meant_ending(last: str) -> tuple[str, float]:
    """The ending that was meant, with its odds; "" where none is likely enough."""
    likely = sorted((ending(each) * slipped(f".{last}", f".{each}"), each) for each in _COMMON_ENDINGS)
    (best, meant), others = likely[-1], sum(how for how, _ in likely[:-1])
    if best < _ONE_SLIP or best < _BEYOND_DOUBT * others:
        return "", 0.0
    return meant, float(f"{min(best / max(others, NEVER), CURATED_ODDS):.3g}")
