"""The guided review of stopped addresses (E37): those first in which somebody has probably slipped."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from retour.flow.browse import overview
from retour.flow.corrections import is_corrected
from retour.flow.slips import Asked, Meant, suggestions, with_contact
from retour.instants import Instant
from retour.model import Reason
from retour.ports import BouncedAddress, BounceQuery, Records

LOOKED_AT = 20  # addresses in one go: each is compared with a thousand others, in some ms
_PAGE = 20
# A slip shows as an address or a domain that is not there; a full mailbox was written correctly.
_SLIPS = frozenset({Reason.ADDRESS_UNKNOWN, Reason.DOMAIN_UNKNOWN, Reason.DOMAIN_NO_MAIL})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stopped address, and what was probably meant."""

    row: BouncedAddress
    meant: Sequence[Meant]


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Candidates among the stopped addresses from a place on; `after` is None at the end of the list."""

    candidates: Sequence[Candidate]
    looked_at: int
    after: str | None


def candidates(account: str, store: Records, now: Instant, limit: int, after: str | None) -> Reviewed:
    """The next ones, up to `limit`, among so many addresses as are looked at in one go.

    Raises ValueError for a cursor that was never given out.
    """
    query = BounceQuery(account=account, status="invalid", limit=_PAGE, after=after)
    found: list[Candidate] = []
    looked = 0
    while True:
        page = overview(query, store.ledger, now)
        for row in page.rows:
            looked += 1
            candidate = _candidate(account, row, store, now)
            if candidate is not None:
                found.append(candidate)
            if len(found) == limit or looked == LOOKED_AT:
                return Reviewed(found, looked, row.cursor)
        if page.after is None:
            return Reviewed(found, looked, None)
        query = replace(query, after=page.after)


def _candidate(account: str, row: BouncedAddress, store: Records, now: Instant) -> Candidate | None:
    if row.event.reason not in _SLIPS or is_corrected(account, row.address, store.corrections):
        return None
    asked = with_contact(Asked(account, row.address), store.contacts)
    meant = suggestions(asked, store, now)
    return Candidate(row, meant) if meant else None
