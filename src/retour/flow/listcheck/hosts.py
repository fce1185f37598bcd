"""What is known of the domains of a list, and so of every plain address there: each domain is judged once.

A plain address has a local part of letters that need no second look. What the reference would say of it is
said by its domain, until something more is found: a repair, an office's name, a duplicate, a stop.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple

from retour.address import CASELESS, LOOKED_UP, Provider
from retour.flow.listcheck.decision import PILES, Pile, pile_of
from retour.flow.listcheck.judge import Judge, Outcome, ordered, tail
from retour.flow.listcheck.tally import Tally
from retour.vet import Checked, Code, Facts, Finding, Rfc
from retour.vet.decide import practical
from retour.vet.hosts import is_ordinary
from retour.vet.lists import of_domain

NEUTRAL = "ann.lee"  # a local part that nothing is to be said about
LOCAL = "\0"  # stands for the local part in what is said of all addresses of a domain
_PLAIN_DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]")
_LONGEST_DOMAIN = 63
_MOST_VARIANTS = 200  # of one domain that are remembered
MOST_HOSTS = 4_000_000  # names remembered: a list of a hundred million rows has about two million

_Key = tuple[tuple[Code, ...], Code | None, tuple[Code, ...], int]


class More(NamedTuple):
    """What was found of a row beside what is known of its domain."""

    repairs: tuple[Code, ...] = ()
    duplicate: Code | None = None
    said: tuple[Finding, ...] = ()  # by lists, of its local part
    told: tuple[Finding, ...] = ()  # by the ledger


NOTHING = More()


class Tail:
    """What is said of some rows, ready to be written; and how many there are."""

    __slots__ = (
        *("address", "codes", "domain", "first", "pile", "rfc", "row", "rows", "suggested", "text", "told"),
    )

    def __init__(
        self, pile: int, codes: tuple[Code, ...], text: str, suggested: str, rfc: Rfc, domain: str
    ) -> None:
        self.pile, self.codes, self.text, self.rfc, self.domain = pile, codes, text, rfc, domain
        self.suggested = suggested  # the domain of what is proposed
        self.row = b""  # the same with what parts it from an address and a row; by those who write many
        self.rows = 0
        self.first, self.address = 0, ""  # an example
        self.told: tuple[Finding, ...] = ()  # by the ledger

    def at(self, domain: str) -> "Tail":
        """The same for another domain."""
        return Tail(self.pile, self.codes, self.text, "", self.rfc, domain)

    def of(self, local: str) -> str:
        """What is written behind an address."""
        return self.text.replace(LOCAL, local) if self.suggested else self.text

    def seen(self, row: int, address: str, rows: int = 1) -> None:
        """So many rows more, the first of them this one."""
        if self.codes and (not self.first or row < self.first):
            self.first, self.address = row, address
        self.rows += rows

    def settle(self, tally: Tally) -> None:
        """Count what was looked at since the last time."""
        if self.rows:
            tally.rows(self.rows, PILES[self.pile], self.codes, self.rfc, self.domain)
            tally.example(self.codes, self.first, self.address)
            if self.domain and self.suggested not in ("", self.domain):
                tally.typo(self.domain, self.suggested, self.rows)
            self.rows = self.first = 0


class Host:
    """A domain, and what holds for every plain address there."""

    __slots__ = ("checked", "domain", "facts", "folds", "heeds_case", "kept", "spells", "tail", "variants")

    def __init__(self, domain: str, facts: Facts, checked: Checked, plain: Tail) -> None:
        self.domain, self.facts, self.checked, self.tail = domain, facts, checked, plain
        provider = LOOKED_UP.get(domain)
        self.folds = None if provider is None else _fold(provider)
        self.heeds_case = provider is not None and not provider.case
        self.spells = domain in CASELESS  # kept in all spellings, which stand for one mailbox
        self.kept = domain if provider is None else provider.domain
        self.variants: dict[_Key, Tail] | None = None

    def theirs(self, local: str) -> str:
        """A plain address in small letters as its provider reads it."""
        return f"{local if self.folds is None else self.folds(local)}@{self.kept}"


def _fold(provider: Provider) -> Callable[[str], str]:
    """How a provider reads a local part in small letters."""

    def folded(local: str) -> str:
        if provider.cut:
            local = local.partition(provider.cut)[0] or local
        return (local.replace(".", "") or local) if provider.dots else local

    return folded


class Hosts:
    """The domains of one list."""

    def __init__(self, judge: Judge, delimiter: str, tally: Tally) -> None:
        self._judge, self._delimiter, self._tally = judge, delimiter, tally
        # By the name as somebody wrote it; None where rows go to the reference.
        self.known: dict[str, Host | None] = {}
        self._facts = judge.know.facts(None)  # of all domains that the DNS was not asked about
        self._texts: dict[str, str] = {}
        self._ordinary: Host | None = None  # of which nothing is to be said

    def learn(self, names: Iterable[str]) -> None:
        """Judge those that were not seen before."""
        for name in names:
            if name not in self.known:
                self.get(name)

    def get(self, name: str) -> Host | None:
        """What is known of a domain as somebody wrote it; None where its rows go to the reference."""
        if name in self.known:
            return self.known[name]
        small, found = name.lower(), None
        if len(name) <= _LONGEST_DOMAIN and _PLAIN_DOMAIN.fullmatch(name) is not None:
            found = self._new(name) if small == name else self.get(small)
        if len(self.known) < MOST_HOSTS:
            self.known[name] = found
        return found

    def tail_of(self, known: Host, more: More) -> Tail:
        """What is said of rows of a domain about which more was found; the same for all ordinary domains."""
        if not any(more):
            return known.tail
        if known.variants is None:
            known.variants = {}
        repairs, duplicate, said, told = more
        # What a ledger says is hashed by its place: its dates and sources take long. It stays where it
        # is, for what is made of it holds it.
        key = (repairs, duplicate, tuple([finding.code for finding in said]), id(told) if told else 0)
        found = known.variants.get(key)
        if found is None:
            if len(known.variants) >= _MOST_VARIANTS:
                self._settle(known)
                known.variants.clear()
            found = known.variants[key] = self._variant(known, more)
            found.told = told
        return found

    def _variant(self, known: Host, more: More) -> Tail:
        common = self._ordinary
        if common is not None and known is not common and known.checked is common.checked:
            shared = self.tail_of(common, more)
            if not shared.suggested:
                return shared.at(known.domain)
        return self._tail(known.domain, known.facts, self._composed(known, more))

    def _composed(self, known: Host, more: More) -> Checked:
        """What is to be said of an address about which more was found than about its domain."""
        repairs, duplicate, said, told = more
        findings = (
            *said,
            *map(Finding, repairs),
            *(() if duplicate is None else (Finding(duplicate),)),
            *told,
        )
        findings = ordered((*known.checked.findings, *findings))
        verdict = practical(known.checked.rfc, True, findings, known.facts, self._judge.know.policy)
        return replace(known.checked, findings=findings, practical=verdict)

    def _new(self, domain: str) -> Host | None:
        """What is known of a domain; of most nothing is to be said, and then all of that is shared."""
        facts = self._facts if domain not in self._judge.know.dns else self._judge.know.facts(domain)
        if self._ordinary is not None and self._is_ordinary(domain, facts):
            return Host(domain, facts, self._ordinary.checked, self._ordinary.tail.at(domain))
        checked = self._judge.check(f"{NEUTRAL}@{domain}", facts)
        if checked.normalised is None:
            return None
        if checked.suggestion is not None:
            checked = replace(checked, suggestion=checked.suggestion.replace(f"{NEUTRAL}@", f"{LOCAL}@"))
        made = Host(domain, facts, checked, self._tail(domain, facts, checked))
        if not checked.findings and self._ordinary is None:
            self._ordinary = made
        return made

    def _is_ordinary(self, domain: str, facts: Facts) -> bool:
        """Whether there is nothing to be said about a plain domain: the parts of `vet`, without the whole."""
        if facts.dns is not None:
            return False
        policy = self._judge.know.policy
        if not is_ordinary(domain):
            return False
        if any(True for _ in of_domain(domain, facts, policy)):
            return False
        return domain in policy.allowed or not self._judge.speller.suggest(domain, facts, policy.typo_odds)

    def _tail(self, domain: str, facts: Facts, checked: Checked) -> Tail:
        pile = pile_of(checked, facts, self._judge.know.policy)
        suggestion = checked.suggestion or (f"{LOCAL}@{domain}" if pile is Pile.CORRECTED else "")
        text = tail(Outcome(pile, "", checked, suggestion), self._delimiter)
        text = self._texts.setdefault(text, text)
        suggested = suggestion.rpartition("@")[2]
        return Tail(PILES.index(pile), checked.reasons, text, suggested, checked.rfc, domain)

    def settle(self) -> None:
        """Count what was looked at since the last time."""
        for known in self.known.values():
            if known is not None:
                self._settle(known)

    def _settle(self, known: Host) -> None:
        known.tail.settle(self._tally)
        for each in (known.variants or {}).values():
            each.settle(self._tally)
