"""What was probably meant by an ending that does not exist: "firm.con"."""

from functools import cache, lru_cache

from retour.vet.findings import Code, Suggestion
from retour.vet.slips import slipped
from retour.vet.tables import tlds
from retour.vet.unknown import common_endings, ending

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
_ONE_SLIP = 5e-7  # below it is two slips, or another word
_BEYOND_DOUBT = 100.0  # times all other common ones together
_COUNTRY = 2  # letters
_LIKELIER = 10.0  # times all other endings together: ".n" may be any of some twenty countries


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
    others += sum(ending(each) * slipped(f".{last}", f".{each}") for each in _other_endings())
    if best < _LIKELIER * others:
        return "", 0.0
    return meant, float(f"{min(best / max(others, NEVER), CURATED_ODDS):.3g}")


@cache
def _other_endings() -> tuple[str, ...]:
    """Those of countries, and what else has a share of its own."""
    countries = (each for each in tlds() if len(each) == _COUNTRY)
    return tuple(sorted({*countries, *common_endings()} - {*_COMMON_ENDINGS}))
