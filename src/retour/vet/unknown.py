"""How likely it is that somebody has a mailbox under a name that nobody here has heard of.

A domain that is far from common may still be real, and its letters say how far: names are made of words, of
the letters of words, or, when they are short, of any letters at all, since all short names are taken long
since. Endings count by how many domains stand under them; one that does not exist makes a name impossible.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from retour.vet.tables import table, tld_known

TAIL = 0.22  # share of contacts outside the large providers
_NO_ENDING = 1e-9
_LETTERS = 40
# How names are made: of a word, of letters as words have them.
_A_WORD, _TWO_WORDS, _LIKE_WORDS = 0.15, 0.15, 0.6
# Or of a word that only looks like a slip from a provider's name ("range", "photon").
_NEAR_A_PROVIDER = 0.02
# Or of two with a hyphen between them, each a word or, so often, a few letters ("m-online").
_HYPHENATED, _FEW_LETTERS, _FEW = 0.1, 0.3, 3
# Shares of the models of three, two, one and no letters.
_THREE, _TWO, _ONE, _NONE = 0.62, 0.26, 0.10, 0.02
# Names of so few letters are nearly all taken: share of the contacts under an ending that is at all of them.
_SHORT = {1: 5e-4, 2: 0.01, 3: 0.08, 4: 0.07, 5: 0.15}
_ALPHABET = 26.0
# Endings of words make short words too likely: how much of that is left, by length.
_LENGTH = {1: 0.01, 2: 0.02}
_LARGE = 0.05  # the share from which an ending counts as large
_SUBDOMAIN = 0.03
_SECOND = frozenset(
    ("com", "co", "net", "org", "gov", "edu", "ac", "or", "ne", "gob", "gouv")
)  # under countries
# Mailboxes are given out under names like "rockmail": of a word or two letters, and what it is about.
_ABOUT_MAIL, _MAIL_NAMES = "mail", 0.004
_LETTERS_BEFORE_MAIL = 3
_SHORT_MAIL = {1: 1e-8, 2: 1e-8, 3: 1e-9}  # names of few letters and "mail" are taken as well


@dataclass(frozen=True)
class Letters:
    """Counts of letters in a row, of words and of pairs of words without a gap."""

    three: Counter[str]
    two: Counter[str]
    one: Counter[str]
    total: int
    words: frozenset[str]

    def probability(self, name: str) -> float:
        text, found = f"^^{name}$", 1.0
        for at in range(2, len(text)):
            sign, last, pair = text[at], text[at - 1], text[at - 2 : at]
            three, two = self.three[pair], self.two[last]
            found *= (
                (_THREE * self.three[pair + sign] / three if three else 0.0)
                + (_TWO * self.two[last + sign] / two if two else 0.0)
                + _ONE * self.one[sign] / self.total
                + _NONE / _LETTERS
            )
        return found


@cache
def letters() -> Letters:
    tables = table("words")
    words = sorted({word for name in ("own", "names", "trades") for word in tables[name].split()})
    three: Counter[str] = Counter()
    two: Counter[str] = Counter()
    one: Counter[str] = Counter()
    step = 7919  # any prime: each word meets another, the same one each time
    for place, word in enumerate(words):
        other = words[place * step % len(words)]
        text = f"^^{word}{other}$" if place % 3 else f"^^{word}$"
        for at in range(2, len(text)):
            three[text[at - 2 : at + 1]] += 1
            three[text[at - 2 : at]] += 1
            two[text[at - 1 : at + 1]] += 1
            two[text[at - 1]] += 1
            one[text[at]] += 1
    return Letters(three, two, one, one.total(), frozenset(words))


@cache
def _near_providers() -> frozenset[str]:
    """Words that are one slip from a provider's name: no letters are learned from them."""
    return frozenset(table("words")["near"].split())


@cache
def _endings() -> tuple[dict[str, float], float]:
    told = table("endings")
    total = sum(told["share"].values())
    return {name: share / total for name, share in told["share"].items()}, told["other"] / total


def common_endings() -> Iterable[str]:
    """The endings that have a share of their own."""
    return _endings()[0]


def split(domain: str) -> tuple[str, str]:
    """A domain as what somebody chose and the ending under which it stands ("x.co.uk": "x", "co.uk")."""
    name, _, last = domain.rpartition(".")
    head, _, second = name.rpartition(".")
    if head and (f"{second}.{last}" in _endings()[0] or (len(last) == 2 and second in _SECOND)):
        return head, f"{second}.{last}"
    return name, last


def ending(last: str) -> float:
    """The share of domains that stand under an ending."""
    shares, other = _endings()
    if last in shares:
        return shares[last]
    last = last.rpartition(".")[2]
    if last in shares:
        return shares[last] / 10
    return other if tld_known(last) else _NO_ENDING


def unknown(domain: str) -> float:
    """P(domain) when somebody means just this, a name that is in no table."""
    name, last = split(domain)
    if not name:
        return TAIL * _NO_ENDING
    share = ending(last)
    *above, chosen = name.split(".")
    known = letters()
    found = TAIL * share * _made_up(chosen, known)
    more = len(chosen) - len(_ABOUT_MAIL)
    if chosen.endswith(_ABOUT_MAIL):
        found += _SHORT_MAIL.get(more, 0.0) * min(1.0, share / _LARGE)
    found += TAIL * share * _SHORT.get(len(chosen), 0.0) / _ALPHABET ** len(chosen)
    for label in above:
        found *= _SUBDOMAIN * known.probability(label) ** 0.5
    return found


def _made_up(chosen: str, known: Letters) -> float:
    """P(name) by the ways in which names are made up."""
    found = _LIKE_WORDS * _LENGTH.get(len(chosen), 1.0) * known.probability(chosen)
    if chosen.endswith(_ABOUT_MAIL) and len(chosen) - len(_ABOUT_MAIL) >= _LETTERS_BEFORE_MAIL:
        found += _MAIL_NAMES * known.probability(chosen.removesuffix(_ABOUT_MAIL))
    near, words = _near_providers(), known.words
    if chosen in near:
        found += _NEAR_A_PROVIDER / len(near)
    head, hyphen, tail = chosen.partition("-")
    if hyphen:
        found += _HYPHENATED * _half(head, words) * _half(tail, words)
    if chosen in words:
        return found + _A_WORD / len(words)
    if any(chosen[:at] in words and chosen[at:] in words for at in range(3, len(chosen) - 2)):
        return found + _TWO_WORDS / len(words) ** 2
    return found


def _half(part: str, words: frozenset[str]) -> float:
    """P(one half of a name with a hyphen): a word, or a few letters; nothing for all others."""
    found = 1 / len(words) if part in words else 0.0
    return found + (_FEW_LETTERS / _FEW / _ALPHABET ** len(part) if 0 < len(part) <= _FEW else 0.0)
