"""A slip in the name before the @: what the contact is called says what was meant.

`w.wislon` of a Walter Wilson is w.wilson. The words of the row's name columns count most, then the names that
stand in many addresses where mail has arrived. A part that is such a name already, or a common one, stays.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from retour.vet.facts import NOTHING
from retour.vet.findings import Code, Suggestion
from retour.vet.slips import slipped
from retour.vet.unknown import letters

LEAST_ODDS = 20.0
CERTAIN = 1e6  # as for domains: beyond this, odds say nothing
_SHORTEST = 4  # letters of a part that can be said to be mistyped
_TOLD = 0.4  # how likely a part is one of the words of the row's own name
_FREQUENT = 0.2  # how likely it is one of the frequent names, all together
_COMMON = 0.3  # how likely it is meant as it stands when it is a name itself
_COMPARED = 2_000
_PARTS = re.compile(r"[^\W\d_]+")
# How letters are written in addresses: with two, with one, or with what programs leave of them.
_TWO = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_ONE = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i"})
_WRITTEN = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"})
_LEFT = str.maketrans({"ß": "s", "æ": "a", "œ": "o", "þ": "t"})


def suggest_local(
    local: str,
    names: Iterable[str] = (),
    frequent: Mapping[str, int] = NOTHING,
    least: float = LEAST_ODDS,
) -> Suggestion | None:
    """The local part that was probably meant, None when it is right or nothing is likely enough.

    `names`: what the row says the contact is called. `frequent`: names in own delivered addresses, counted.
    """
    words = {word for name in names for word in _PARTS.findall(name)}
    told = {form for word in words for form in _forms(word)}
    right = told | {form for word in words for form in _forms(word, _LEFT)}
    best: Suggestion | None = None
    for part in _PARTS.finditer(local):
        typed = part[0].lower()
        found = _meant(typed, told, right, frequent)
        if found is not None and found[1] >= least and (best is None or found[1] > best.odds):
            text = local[: part.start()] + found[0] + local[part.end() :]
            best = Suggestion(text, float(f"{min(found[1], CERTAIN):.3g}"), Code.TYPO_LOCAL)
    return best


def _forms(word: str, written: Mapping[int, str] = _WRITTEN) -> set[str]:
    """A name as it is written in addresses: ü as it is, as ue and as u."""
    low = unicodedata.normalize("NFC", word.lower())
    ways = [low, *(_bare(way) for way in (low.translate(_TWO), low.translate(_ONE)))]
    return {way.translate(written) for way in ways}


def _bare(word: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFD", word) if not unicodedata.combining(sign))


def _meant(
    typed: str, told: set[str], right: set[str], frequent: Mapping[str, int]
) -> tuple[str, float] | None:
    """The likeliest name for a part of a local part, with its odds; `right`: what is no slip."""
    if len(typed) < _SHORTEST or typed in right or typed in frequent:
        return None
    ways = {}
    for initial in ("", typed[0]):  # "wwislon": an initial and a name
        rest = typed[len(initial) :]
        if rest in right or rest in frequent:
            return None
        for name, share in _candidates(rest, told, frequent):
            ways[initial + name] = share * _one_slip(rest, name)
    if not ways:
        return None
    meant = max(ways, key=lambda name: (ways[name], name))
    return meant, ways[meant] / (_as_it_stands(typed) + sum(ways.values()) - ways[meant])


def _candidates(typed: str, told: set[str], frequent: Mapping[str, int]) -> Iterable[tuple[str, float]]:
    """Names of about this length, each with how likely it is the one that was meant."""
    writable = [name for name in told if name.isascii() >= typed.isascii()]
    for name in writable:
        if abs(len(name) - len(typed)) <= 1 and len(name) >= _SHORTEST:
            yield name, _TOLD / len(writable)
    total = sum(frequent.values())
    for name in list(frequent)[:_COMPARED]:
        if abs(len(name) - len(typed)) <= 1 and len(name) >= _SHORTEST and name not in told:
            yield name, _FREQUENT * frequent[name] / total


def _one_slip(typed: str, name: str) -> float:
    """P(typed | name) where the two differ in one place only; two names that differ in more are two names."""
    start = 0
    while start < min(len(typed), len(name)) and typed[start] == name[start]:
        start += 1
    left, right = typed[start:], name[start:]
    near = left[1:] == right or left == right[1:] or left[1:] == right[1:]
    swapped = left[:2] == right[1::-1] and left[2:] == right[2:]
    return slipped(typed, name) if near or swapped else 0.0


def _as_it_stands(typed: str) -> float:
    """P(typed) when it is no slip: a name that is common, or one made of letters as names are."""
    known = letters()
    share = _COMMON / len(known.words) if typed in known.words else 0.0
    return share + known.probability(typed)
