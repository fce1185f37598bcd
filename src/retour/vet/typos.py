"""What was probably meant: a domain, or a name before the @, that somebody mistyped.

Bayes: how likely is it that a provider was meant (its share of contacts) and that a finger slipped just so,
against the likelihood that a domain nobody knows was meant as it stands; then what the DNS and the
account's own bounces say. Only a suggestion, never applied; and rather none than a wrong one, for owners of
real domains have every right to complain.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from retour.vet.endings import CURATED_ODDS, LONGEST, NEVER, under_an_ending
from retour.vet.facts import NOTHING, UNTOLD, Facts
from retour.vet.findings import Code, Suggestion
from retour.vet.slips import slipped
from retour.vet.tables import table, tld_known
from retour.vet.unknown import ending, split, unknown

LEAST_ODDS = 20.0
KNOWN_REAL = 5  # own deliveries from which a domain is real, and may be what others meant
_MOST_OWN = 2_000  # own domains, the largest first, that may be meant
_PRIOR_CONTACTS = 500  # so many contacts of one's own weigh as much as the shipped shares
_NO_SUCH_DOMAIN, _HAS_MAIL_SERVERS = 33.0, 0.5  # what evidence multiplies the odds with
_EACH_BOUNCE, _ALL_BOUNCES = 3.0, 100.0
# A brand under another ending may be that brand in another country, or somebody else of that name.
_BRAND_ABROAD = 0.0004
# A name that holds a brand and more was made up with it: "mygmail" is not a slip of two letters.
_BRAND_WITHIN, _LEAST_BRAND = 1e-4, 4
_MOSTLY = 0.3  # share of a brand's contacts at its largest domain, for that to be meant without an ending
_FEW_LETTERS = 4
_BEGINNING = 7  # signs: names within two slips agree in what is left of so many when two are left out
_REMEMBERED = 100_000  # beginnings
_CERTAIN = 1e6  # beyond this, odds say how wrong the model is
_LIKELIER = 4.0  # than all other providers together: with less, any suggestion may be the wrong one

_AT_ALL = 0.01  # odds from which a provider may have been meant

# Whole slips, not of a single finger, and how often they are among all.
_TAIL_SIGNS, _TWICE, _WORLD_WIDE, _NO_ENDING_AT_ALL = 2e-4, 1e-4, 1e-4, 2e-4
_UNFINISHED, _EACH_MISSING = 2e-3, 0.3  # the more is missing, the less likely


@dataclass(frozen=True)
class _Brand:
    tlds: frozenset[str]
    alone: str | None
    real: frozenset[str]


@cache
def _brands() -> dict[str, _Brand]:
    return {
        each["brand"]: _Brand(
            frozenset(each.get("tlds", "").split()), each.get("alone"), frozenset(each.get("except", ()))
        )
        for each in table("families")["family"]
    }


@cache
def _shares() -> dict[str, float]:
    """The shipped prior: the share of each provider among contacts."""
    weights = {name: each["weight"] for each in table("providers")["provider"] for name in each["domains"]}
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


@cache
def _known() -> frozenset[str]:
    return frozenset(table("known")["names"].split()) | _shares().keys()


@cache
def _curated() -> Mapping[str, tuple[str, Code]]:
    """What stands in squats.toml: a name, what is meant with it, and which kind it is."""
    told = table("squats")
    squats = {
        typed: (meant, Code.SQUAT)
        for each in told["squat"]
        for meant, names in each["domains"]
        for typed in names.split()
    }
    rules = {typed: (each["brand"], Code.TYPO_DOMAIN) for each in told["rule"] for typed in each["domains"]}
    return {**rules, **squats}


def known_real(domain: str) -> bool:
    """Whether a domain is known to have mailboxes: a provider, one of its family, or one in the table."""
    if domain in _known():
        return True
    if domain in _curated():
        return False
    name, last = split(domain)
    brand = _brands().get(name)
    if brand is None:
        return _under_known(domain)
    if brand.alone is not None:
        return domain in brand.real
    return last in brand.tlds or ("any" in brand.tlds and tld_known(last.rpartition(".")[2]))


def _under_known(domain: str) -> bool:
    """Whether a name stands under one that is known: customers of some providers have names of their own."""
    _, _, above = domain.partition(".")
    return (
        above.count(".") > 0
        and domain not in _curated()
        and above in _known()
        and not domain.startswith("www.")
    )


def _shortened(name: str) -> set[str]:
    """A name with none, one or two of its signs left out: names within two slips have one of these in common.

    Two in a name of few letters are no slip but another name.
    """
    if name.find(".") < _FEW_LETTERS:
        return {name, *(name[:place] + name[place + 1 :] for place in range(len(name)))}
    return _cut(name)


def _cut(name: str) -> set[str]:
    ones = [name[:place] + name[place + 1 :] for place in range(len(name))]
    twos = [one[:at] + one[at + 1 :] for place, one in enumerate(ones) for at in range(place, len(one))]
    return {name, *ones, *twos}


def _index(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name in names:
        for short in _shortened(name):
            found[short] = (*found.get(short, ()), name)
    return found


def _beginnings(names: Iterable[str]) -> dict[str, int]:
    """What is left of the beginnings of names when two signs are left out of them.

    Each with the lengths that are within two of such a name's, as bits.
    """
    found: dict[str, int] = {}
    for name in names:
        lengths = 0b11111 << len(name) >> 2
        for short in _cut(name[:_BEGINNING]):
            found[short] = found.get(short, 0) | lengths
    return found


@cache
def _shipped_beginnings() -> dict[str, int]:
    return _beginnings(_shares())


@cache
def _shipped_index() -> dict[str, tuple[str, ...]]:
    return _index(_shares())


class Speller:
    """Suggests what was meant, for one account: it knows where the account's mail has arrived."""

    def __init__(self, delivered: Mapping[str, int] = NOTHING, known: int = KNOWN_REAL) -> None:
        self._delivered, self._least = delivered, known
        own = sorted((count, name) for name, count in delivered.items() if count >= known)[-_MOST_OWN:]
        self._total = sum(count for count, _ in own)
        self._own = {name: count for count, name in own}
        others = [name for name in self._own if name not in _shares()]
        self._begun: dict[str, int] = {}
        self._own_index, self._own_beginnings = _index(others), _beginnings(others)

    def share(self, domain: str) -> float:
        """The prior: how many of the contacts are at a domain, by the account's own counts and the table."""
        counted = self._own.get(domain, 0) + _PRIOR_CONTACTS * _shares().get(domain, 0.0)
        return counted / (self._total + _PRIOR_CONTACTS)

    def real(self, domain: str) -> bool:
        """Whether a domain is known to be real, and so is never corrected."""
        return self._delivered.get(domain, 0) >= self._least or known_real(domain)

    def suggest(
        self, domain: str, facts: Facts | None = None, least: float = LEAST_ODDS
    ) -> Suggestion | None:
        """The domain that was probably meant; None when it is right, or nothing is likely enough."""
        typed = domain.strip().lower()
        found = self._near_one(typed, facts, least)
        if found is not None or tld_known(typed.rpartition(".")[2]) or self.real(typed):
            return found
        mended = under_an_ending(typed)
        # Near a provider more than the ending may be wrong: half a correction is none.
        return None if mended is None or self._near_one(mended.text, None, _AT_ALL) else mended

    def _near_one(self, typed: str, facts: Facts | None, least: float) -> Suggestion | None:
        """The same among domains that are known."""
        if _OF_TWO.fullmatch(typed) and typed not in _curated() and not self._begins(typed):
            return None  # most real domains end here: nothing is near, and no whole slip can be undone
        if not typed or len(typed) > LONGEST or self.real(typed):
            return None
        evidence = _evidence(typed, facts or UNTOLD)
        curated = _curated().get(typed)
        if curated is not None:
            return Suggestion(curated[0], CURATED_ODDS * evidence, curated[1])
        ways = self._ways(typed)
        if not ways:
            return None
        meant = max(ways, key=lambda name: (ways[name], name))
        others = sum(ways.values()) - ways[meant]
        odds = ways[meant] / max(unknown(typed) + self._abroad(typed, meant), NEVER) * evidence
        if odds < least or ways[meant] < _LIKELIER * others:
            return None
        return Suggestion(meant, float(f"{min(odds, _CERTAIN):.3g}"), _kind(typed, meant))

    def _abroad(self, typed: str, meant: str) -> float:
        """P(a domain bears the name of a provider in another way, and is real)."""
        name, last = split(typed)
        brand = _brands().get(name)
        if brand is not None and brand.alone is not None:
            return 0.0
        same = sum(share for each, share in _by_name().get(name, ()) if each != typed)
        within = self.share(meant) if _holds(name, split(meant)[0]) else 0.0
        return (_BRAND_ABROAD * same + _BRAND_WITHIN * within) * ending(last)

    def _ways(self, typed: str) -> dict[str, float]:
        """The domains that may have been meant, each with P(it was meant, and came out like this)."""
        ways: dict[str, float] = {}
        for name in self.near(typed):
            likely = self.share(name) * slipped(typed, name)
            if likely > 0.0:
                ways[name] = likely
        for name, how_often in _whole_slips(typed):
            for meant, more in self._exactly(name):
                ways[meant] = max(ways.get(meant, 0.0), self.share(meant) * how_often * more)
        return ways

    def near(self, typed: str) -> set[str]:
        """The names that may be within two slips of what was typed: all that are, and some others."""
        if not self._begins(typed):
            return set()
        shorts = _shortened(typed)
        found: set[str] = set()
        for index in (_shipped_index(), self._own_index):
            for short in index.keys() & shorts:
                found.update(index[short])
        return found

    def _begins(self, name: str) -> bool:
        """Whether any of about this length may begin like this. Kept: names of a list often begin alike."""
        beginning = name[:_BEGINNING]
        lengths = self._begun.get(beginning)
        if lengths is None:
            lengths, begun = 0, _cut(beginning)
            for known in (_shipped_beginnings(), self._own_beginnings):
                for short in known.keys() & begun:
                    lengths |= known[short]
            if len(self._begun) < _REMEMBERED:
                self._begun[beginning] = lengths
        return bool(lengths >> len(name) & 1)

    def _exactly(self, name: str) -> Iterable[tuple[str, float]]:
        """A name that is left when a whole slip is undone, or those that it is one slip away from."""
        if name in _shares() or name in self._own:
            return ((name, 1.0),)
        return ((near, slipped(name, near)) for near in self.near(name))


def _holds(name: str, brand: str) -> bool:
    """Whether a name holds a brand and something else, not only its own letters once more."""
    if len(brand) < _LEAST_BRAND or len(name) < len(brand) + 2 or brand not in name or "." in name:
        return False
    return bool(name.replace(brand, "", 1).strip(brand[0] + brand[-1]))


@cache
def _by_name() -> dict[str, tuple[tuple[str, float], ...]]:
    """Providers by what stands before the ending."""
    found: dict[str, tuple[tuple[str, float], ...]] = {}
    for domain, share in _shares().items():
        name = split(domain)[0]
        found[name] = (*found.get(name, ()), (domain, share))
    return found


# A name in which `_whole_slips` finds nothing: of two labels, with nothing odd at its ends.
_OF_TWO = re.compile(r"(?!www\.|mail\.|e-mail\.)[a-z0-9-]+\.[a-z]+")


def _whole_slips(typed: str) -> Iterable[tuple[str, float]]:
    """What a string may have been before a slip of more than a letter, with how often such a slip is made."""
    bare = typed.rstrip(".,;:!?'\"/\\>)]}*0123456789-_ ")
    if bare != typed:
        yield bare, _TAIL_SIGNS
    yield from _unfinished(typed)
    dotted = typed.replace(",", ".").replace(";", ".").replace("..", ".")
    if dotted != typed:
        yield dotted, _TAIL_SIGNS
    name, _, last = typed.rpartition(".")
    if name.endswith(f".{last}"):
        yield name, _TWICE
    for start in ("www.", "mail.", "e-mail.", "http://", "@"):
        if typed.startswith(start):
            yield typed.removeprefix(start), _WORLD_WIDE
    name = typed.rstrip(".")
    if "." not in name:
        named = sorted(_by_name().get(name, ()), key=lambda each: each[1])
        if named and named[-1][1] >= _MOSTLY * sum(share for _, share in named):
            yield named[-1][0], _NO_ENDING_AT_ALL


def _unfinished(typed: str) -> Iterable[tuple[str, float]]:
    """What somebody stopped to write within the ending ("hotmail.c")."""
    name, _, begun = typed.rpartition(".")
    if begun and not tld_known(begun):
        for meant, _ in _by_name().get(name, ()):
            if meant.startswith(typed):
                yield meant, _UNFINISHED * _EACH_MISSING ** (len(meant) - len(typed))


def _evidence(typed: str, facts: Facts) -> float:
    """What the DNS and own bounces make of the odds."""
    found = 1.0
    if facts.dns is not None:
        if facts.dns.state in (Code.NXDOMAIN, Code.NULL_MX):
            found *= _NO_SUCH_DOMAIN
        elif facts.dns.state is Code.MX:
            found *= _HAS_MAIL_SERVERS
    bounced = facts.bounced.get(typed, 0)
    if bounced and not facts.delivered.get(typed, 0):
        found *= min(_EACH_BOUNCE**bounced, _ALL_BOUNCES)
    return found


def _kind(typed: str, meant: str) -> Code:
    """Whether only the ending is wrong, or more."""
    same = split(typed)[0] == split(meant)[0] or typed.partition(".")[0] == meant.partition(".")[0]
    return Code.TYPO_TLD if same else Code.TYPO_DOMAIN


@lru_cache(16)
def _speller(delivered: tuple[tuple[str, int], ...]) -> Speller:
    return Speller(dict(delivered))


def speller_for(delivered: Mapping[str, int]) -> Speller:
    """A speller for some counts; whoever has many to check makes one, and keeps it."""
    return _speller(tuple(sorted(delivered.items())))


def suggest_domain(
    domain: str, delivered: Mapping[str, int] = NOTHING, facts: Facts | None = None
) -> Suggestion | None:
    """The domain that was probably meant, or None. `delivered`: own deliveries by domain.

    Whoever asks for many keeps a `Speller`: this makes one for the counts that it is given, and keeps few.
    """
    return speller_for(delivered).suggest(domain, facts)
