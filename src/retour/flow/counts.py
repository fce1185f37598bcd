"""How many addresses each value of a filter of the Overview would find, under the other filters."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from retour.ports import Mark, Shown
from retour.ports.lives import STATUSES

OTHER = "other"  # providers whose domains are not known, and bounces of no send that is known


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters; None means all. A campaign is chosen by reading its roll-up."""

    status: str | None = None  # "valid" (bounced, not deactivated), of these "held", or "invalid"
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
        statuses = STATUSES.get(row.state, ())
        is_status = wanted.status is None or wanted.status in statuses
        is_provider = wanted.provider in (None, row.provider)
        if not (is_status or is_provider):
            continue
        fits, types, reasons, kinds = _passing(row.marks, wanted)
        if fits and is_provider:
            for status in statuses:
                found.statuses[status] += row.addresses
            found.states[row.state.value] += row.addresses
        if fits and is_status:
            found.providers[row.provider or OTHER] += row.addresses
        if is_status and is_provider:
            addresses += row.addresses if fits else 0
            for into, values in ((found.types, types), (found.reasons, reasons), (found.kinds, kinds)):
                for value in values:
                    into[value or OTHER] += row.addresses
    return replace(found, addresses=addresses)


def _passing(marks: Iterable[Mark], wanted: Wanted) -> tuple[bool, set[str], set[str], set[str]]:
    """Whether a bounce passes all; and the types, reasons and kinds of those that pass the other filters."""
    fits, types, reasons, kinds = False, set[str](), set[str](), set[str]()
    for type_, reason, kind in marks:
        is_type, is_reason = wanted.type in (None, type_), wanted.reason in (None, reason)
        is_kind = wanted.kind in (None, kind)
        fits = fits or (is_type and is_reason and is_kind)
        if is_reason and is_kind:
            types.add(type_)
        if is_type and is_kind:
            reasons.add(reason)
        if is_type and is_reason:
            kinds.add(kind)
    return fits, types, reasons, kinds
