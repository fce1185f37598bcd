"""What is counted of a list: rows by pile and by reason, examples, typing errors by domain, domains."""

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any

from retour.flow.listcheck.decision import Pile
from retour.flow.listcheck.judge import Outcome
from retour.vet import Code, Rfc

EXAMPLES = 5


class Flaw(StrEnum):
    """What is wrong with how a list is written, whatever stands in it: keys under [flaw] in
    texts/listcheck.en.toml.
    """

    QUOTES = "quotes"  # rows whose quotation marks do not fit together
    NUL = "nul"  # octets that stand for nothing, and were taken out


@lru_cache(4096)
def _counted(pile: Pile, codes: tuple[Code, ...], rfc: Rfc) -> tuple[str, ...]:
    """What a row counts for; most rows count for the same as others."""
    reasons = (name for code in codes for name in (f"reason.{code}", f"{pile}.{code}"))
    return "rows", f"pile.{pile}", f"rfc.{rfc}", *reasons


class Tally:
    """Counts since the last commit; `told` gives them as JSON holds them and begins anew."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.counts: Counter[str] = Counter()
        self.domains: Counter[str] = Counter()
        self.kept: Counter[str] = Counter()  # the same of the pile that may be written to
        self.typos: Counter[str] = Counter()
        self.examples: dict[str, list[tuple[int, str]]] = {}

    def rows(self, count: int, pile: Pile, codes: Sequence[Code], rfc: Rfc, domain: str) -> None:
        """So many rows of which the same is to be said."""
        for name in _counted(pile, tuple(codes), rfc):
            self.counts[name] += count
        if domain:
            self.domains[domain] += count
            if pile is Pile.KEPT:
                self.kept[domain] += count

    def row(self, row: int, outcome: Outcome) -> None:
        """One row."""
        checked = outcome.checked
        # What is said of such a row is said of the first.
        several = Code.SEVERAL_IN_CELL in checked.reasons and " " in outcome.address
        address = outcome.address.partition(" ")[0] if several else outcome.address
        domain = address.rpartition("@")[2] if checked.normalised is not None else ""
        self.rows(1, outcome.pile, checked.reasons, checked.rfc, domain)
        self.example(checked.reasons, row, outcome.address)
        if checked.suggestion is not None and domain and not several:
            meant = checked.suggestion.rpartition("@")[2]
            if meant != domain:
                self.typo(domain, meant, 1)

    def example(self, codes: Sequence[Code], row: int, address: str) -> None:
        """Something to show for reasons: the first rows are kept."""
        for code in codes:
            kept = self.examples.setdefault(code.value, [])
            kept.append((row, address[:120]))
            if len(kept) > 4 * EXAMPLES:
                self.examples[code.value] = sorted(kept)[:EXAMPLES]

    def flaw(self, flaw: Flaw, count: int, rows: Sequence[int]) -> None:
        """So many flaws; `rows` have some of them, in their order."""
        if count:
            self.counts[f"flaw.{flaw}"] += count
            kept = self.examples.setdefault(f"flaw.{flaw}", [])
            self.examples[f"flaw.{flaw}"] = [*kept, *((row, "") for row in rows)][:EXAMPLES]

    def typo(self, domain: str, meant: str, count: int) -> None:
        """Addresses at a domain that looks like another."""
        self.typos[f"{domain} {meant}"] += count

    def told(self) -> Mapping[str, Any]:
        """The counts as JSON holds them."""
        return {
            "counts": dict(self.counts),
            "domains": dict(self.domains),
            "kept": dict(self.kept),
            "typos": dict(self.typos),
            "examples": {code: sorted(kept)[:EXAMPLES] for code, kept in self.examples.items()},
        }

    def add(self, told: Mapping[str, Any]) -> None:
        """Counts of an earlier commit."""
        self.counts.update(told["counts"])
        self.domains.update(told["domains"])
        self.kept.update(told["kept"])
        self.typos.update(told["typos"])
        for code, kept in told["examples"].items():
            all_ = [*self.examples.get(code, []), *((row, address) for row, address in kept)]
            self.examples[code] = sorted(all_)[:EXAMPLES]
