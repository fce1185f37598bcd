"""Looking: the life of an address, the Overview (E26-E30), and what was not understood."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from retour.address import normalise
from retour.instants import Instant
from retour.model import Arrival
from retour.ports import BouncedAddress, BounceQuery, Inbox, Ledger, Life

MOST = 500  # rows on a page


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of the Overview; `after` leads to the next page and is None on the last."""

    rows: Sequence[BouncedAddress]
    after: str | None


def life_of(account: str, address: str, ledger: Ledger, now: Instant) -> Life | None:
    """Everything known of an address as somebody writes it; None for no address, or one never seen."""
    normalised = normalise(address)
    return None if normalised is None else ledger.life(account, normalised, now)


def overview(query: BounceQuery, ledger: Ledger, now: Instant) -> Page:
    """A page of bounced addresses, latest bounce first. Raises ValueError for a cursor not of ours."""
    query = replace(query, limit=min(query.limit, MOST))
    rows = ledger.bounces(query, now)
    return Page(rows, rows[-1].cursor if len(rows) == query.limit else None)


def unparsed(inbox: Inbox, limit: int, after: bytes | None = None) -> Sequence[Arrival]:
    """What was not understood, newest first, with its bytes."""
    return inbox.unparsed(min(limit, MOST), after)
