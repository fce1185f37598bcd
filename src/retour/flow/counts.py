"""How many addresses each value of a filter of the Overview would find, under the other filters."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from retour.model import StateName
from retour.ports import Mark, Shown

OTHER = "other"  # providers whose domains are not known, and bounces of no send that is known


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters; None means all. A campaign is chosen by reading its roll-up."""

    status: str | None = None  # "valid" (bounced, not deactivated) or "invalid"
    type: str | None = None
    reason: str | None = None
    kind: str | None = None
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """Addresses under all filters, and by each value of a filter under all the others."""

    addresses: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    providers: Counter[str] = field(default_factory=Counter)


def counted(rows: Iterable[Shown], wanted: Wanted) -> Counted:
    """The counts. An address passes when one of its bounces passes all filters of a bounce together."""
    found, addresses = Counted(), 0
    for row in rows:
        status = "invalid" if row.state is StateName.INVALID else "valid"
        is_status, is_provider = wanted.status in (None, status), wanted.provider in (None, row.provider)
        fits = any(_fits(mark, wanted) for mark in row.marks)
        if fits and is_provider:
            found.statuses[status] += row.addresses
            found.states[row.state.value] += row.addresses
        if fits and is_status:
            found.providers[row.provider or OTHER] += row.addresses
        if is_status and is_provider:
            addresses += row.addresses if fits else 0
            _count(found.types, row, wanted, lambda mark: mark.type, "type")
            _count(found.reasons, row, wanted, lambda mark: mark.reason, "reason")
            _count(found.kinds, row, wanted, lambda mark: mark.kind, "kind")
    return Counted(
        addresses, found.statuses, found.states, found.types, found.reasons, found.kinds, found.providers
    )


def _fits(mark: Mark, wanted: Wanted, but: str = "") -> bool:
    return (
        (but == "type" or wanted.type in (None, mark.type))
        and (but == "reason" or wanted.reason in (None, mark.reason))
        and (but == "kind" or wanted.kind in (None, mark.kind))
    )


def _count(into: Counter[str], row: Shown, wanted: Wanted, of: Callable[[Mark], str], name: str) -> None:
    """An address counts once under each value that one of its bounces has."""
    for value in {of(mark) for mark in row.marks if _fits(mark, wanted, name)}:
        into[value or OTHER] += row.addresses
