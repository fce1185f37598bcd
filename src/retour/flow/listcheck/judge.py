"""What a row is worth: the reference, which looks at each row for itself, and what it remembers of domains.

`Judge.row` is the reference. `Judge.host` says the same of all plain rows of a domain at once; that both
agree on every row is tested (tests/core/test_listcheck_equal.py).
"""

import csv
import io
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol, runtime_checkable

from retour.address import mailbox, normalise
from retour.flow.listcheck.alive import Alive, unheard
from retour.flow.listcheck.blocks import Record
from retour.flow.listcheck.cells import Cell, cell_of
from retour.flow.listcheck.decision import NEVER, Pile, is_unread, pile_of
from retour.flow.listcheck.seen import Seen, forms_of, octets
from retour.ports import Erased
from retour.vet import DEFAULT, Checked, Code, Dns, Facts, Finding, Policy, Practical, Speller, vet
from retour.vet.lists import of_local, suspects
from retour.vet.syntax import read

COLUMNS = (
    *("retour_row", "retour_address", "retour_rfc", "retour_practical", "retour_reasons"),
    *("retour_suggestion", "retour_odds", "retour_evidence"),
)
_REMEMBERED = 100_000  # local parts that something is to be said about
_ORDER = {code: place for place, code in enumerate(Code)}


class Heard(Protocol):
    """What is known of addresses, by mailbox (`address.mailbox`); a dictionary is one."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[str]: ...
    def get(self, address: str, nothing: tuple[Finding, ...], /) -> tuple[Finding, ...]:
        """What is known of one, also of one that was erased."""


@runtime_checkable
class ReadAhead(Protocol):
    """The same, where to ask for many at once is cheaper than for each."""

    def ahead(self, addresses: Sequence[str]) -> None:
        """These are asked for next."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All that is known before a list is read. `history` is by mailbox, all else by domain."""

    policy: Policy = DEFAULT
    dns: Mapping[str, Dns] = field(default_factory=dict)
    delivered: Mapping[str, int] = field(default_factory=dict)
    bounced: Mapping[str, int] = field(default_factory=dict)
    history: Heard = field(default_factory=dict[str, tuple[Finding, ...]])
    erased: Erased = field(default_factory=Erased)  # in a history that does not name them

    def facts(self, domain: str | None) -> Facts:
        """What is known about every address of a domain."""
        dns = self.dns.get(domain) if domain is not None else None
        return Facts(dns=dns, delivered=self.delivered, bounced=self.bounced)


class Outcome(NamedTuple):
    """What was made of a row."""

    pile: Pile
    address: str
    checked: Checked
    suggestion: str
    duplicate: Code | None = None


class Judge:
    """Looks at rows, one after the other: duplicates are told by their order."""

    def __init__(self, know: Knowledge, alive: Alive = unheard) -> None:
        self.know, self.alive = know, alive
        self.seen = Seen()
        # Of whom something may be known, by those who look at many: asking for each would take long.
        self.heard: Container[bytes] | None = None
        self.knows = bool(know.history) or bool(know.erased)
        # Made once: it knows where the account's mail has arrived.
        self.speller = Speller(know.delivered, know.policy.known_real)
        self._suspect = suspects(know.policy)
        self._of_local: dict[str, tuple[Finding, ...]] = {}

    def row(self, record: Record, cell: Cell | None = None) -> Outcome:
        """The reference; `cell` is what stands in the record, where that was read already."""
        cell = cell or cell_of(record.cell)
        repairs = tuple(map(Finding, repairs_of(record, cell)))
        address, facts, found = self._facts(cell.addresses[0], repairs)
        checked = self.check(cell.addresses[0], facts)
        pile = pile_of(checked, facts, self.know.policy)
        if len(cell.addresses) > 1:
            return self._several(cell.addresses, address, checked)
        proposed = checked.suggestion or (address if pile is Pile.CORRECTED else "")
        return Outcome(pile, address, checked, proposed, found)

    def check(self, text: str, facts: Facts) -> Checked:
        """One string, with what this judge knows."""
        checked = vet(text, facts, self.know.policy, self.speller)
        return replace(checked, findings=ordered(checked.findings))

    def told(self, kept: str) -> tuple[Finding, ...]:
        """What is known of a normalised address: of its mailbox, or of it as it was erased."""
        told = self._told(mailbox(kept))
        return told or self._told(kept)

    def ahead(self, kept: Sequence[str]) -> None:
        """What is known of these is asked for next."""
        if len(kept) > 1 and isinstance(self.know.history, ReadAhead):
            self.know.history.ahead(kept)

    def _told(self, each: str) -> tuple[Finding, ...]:
        raw, know = octets(each), self.know
        if self.heard is None or raw in self.heard or (know.erased and raw in know.erased):
            return know.history.get(each, ())
        return ()

    def of_local(self, local: str) -> tuple[Finding, ...]:
        """What is to be said about a plain local part, whatever its domain."""
        if not self._suspect(local):
            return ()
        found = self._of_local.get(local)
        if found is None:
            found = tuple(of_local(local, self.know.policy))
            if len(self._of_local) < _REMEMBERED:
                self._of_local[local] = found
        return found

    def _facts(self, text: str, repairs: tuple[Finding, ...]) -> tuple[str, Facts, Code | None]:
        """The address in the form that is compared, all facts about it, and which sort of duplicate it is."""
        exact, *folded = forms_of(text) or ("",)
        if not exact:
            return text, replace(self.know.facts(None), repairs=repairs), None
        found = self.seen.find(exact, *folded)
        kept = normalise(exact) or ""
        facts = replace(
            self.know.facts(exact.rpartition("@")[2]),
            repairs=repairs,
            history=self.told(kept),
            duplicates=() if found is None else (Finding(found),),
        )
        return exact, facts, found

    def _several(self, addresses: tuple[str, ...], first: str, checked: Checked) -> Outcome:
        """A cell with several addresses: its row is one row still, and what to make of it is proposed.

        Each as far as it could be mailed to, and a mistyped one as it was meant, as in a cell of its own.
        """
        each = [(first, checked)]
        for other in addresses[1:]:
            parts = read(other)
            history = self.told(normalise(other) or "")
            fine = self.check(other, replace(self.know.facts(parts.domain), history=history))
            plain = "" if parts.local is None or parts.domain is None else f"{parts.local}@{parts.domain}"
            each.append((plain, fine))
        said = tuple(finding for _, one in each for finding in one.findings)
        checked = replace(checked, findings=ordered(said))
        good = [meant for plain, one in each if (meant := meant_by(one, plain))]
        pile, proposed = Pile.CORRECTED, " ".join(dict.fromkeys(good))
        if any(is_unread(one, among_others=True) or Code.ODD_SIGN in one.reasons for _, one in each):
            pile, proposed = Pile.QUESTIONED, ""  # whoever accepts the others would lose it
        elif not good:
            pile = Pile.DROPPED
        return Outcome(pile, " ".join(addresses), checked, proposed)


def repairs_of(record: Record, cell: Cell) -> tuple[Code, ...]:
    """What was done to read the address of a row."""
    guessed = (Code.ENCODING_GUESSED,) if record.guessed and not cell.addresses[0].isascii() else ()
    return (*cell.repairs, *guessed, *((Code.OTHER_COLUMN,) if record.moved else ()))


def meant_by(checked: Checked, address: str) -> str:
    """What one address of several is worth: itself, what was probably meant by it, or nothing."""
    if not NEVER.isdisjoint(checked.reasons):
        return ""
    return checked.suggestion or ("" if checked.practical is Practical.REJECT else address)


def ordered(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Findings in the order of their codes, each once."""
    once = {finding.code: finding for finding in reversed(findings)}
    return tuple(sorted(once.values(), key=lambda finding: _ORDER[finding.code]))


def tail(outcome: Outcome, delimiter: str) -> str:
    """What is written behind a row, its number and its address."""
    checked = outcome.checked
    odds = "" if checked.odds is None else f"{checked.odds:.3g}"
    fields = (
        *(checked.rfc.value, checked.practical.value, " ".join(checked.reasons)),
        *(outcome.suggestion, odds, evidence(checked.findings)),
    )
    return row_of(fields, delimiter)


def row_of(fields: tuple[str, ...], delimiter: str) -> str:
    """Some fields as CSV, guarded against formulas."""
    from retour.flow.lists.table import guarded

    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="").writerow([guarded(each) for each in fields])
    return text.getvalue()


def evidence(findings: tuple[Finding, ...]) -> str:
    """What speaks for each finding: code=answer, by whom, when, until when."""
    told = []
    for finding in findings:
        if (speaks := finding.evidence) is not None:
            times = [
                f"{word} {at.isoformat(timespec='seconds')}"
                for word, at in (("at", speaks.checked_at), ("until", speaks.expires_at))
                if at is not None
            ]
            told.append(" ".join([f"{finding.code}={speaks.answer}", f"by {speaks.source}", *times]))
    return " / ".join(told)
