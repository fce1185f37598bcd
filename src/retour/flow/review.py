"""The guided review of stopped addresses (E37): those first in which somebody has probably slipped.

A page looks at some of them at a time. All of them are looked at by a job, which keeps the places in the list
where slips stand, and no addresses: whoever was erased or corrected since is told by none of them.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from retour.flow.browse import overview
from retour.flow.corrections import is_corrected
from retour.flow.jobs import Course, Facts, Job, Work
from retour.flow.slips import Asked, Meant, delivered_to, suggestions, with_contact
from retour.instants import Instant
from retour.model import Reason
from retour.ports import BouncedAddress, BounceQuery, Clock, Records

REVIEW = "review"  # kind of job
MOST = 500  # slips of which a job keeps the places
LOOKED_AT = 20  # addresses in one go: each is compared with a thousand others, in some ms
_PAGE = 20
# A slip shows as an address or a domain that is not there; a full mailbox was written correctly.
_SLIPS = frozenset({Reason.ADDRESS_UNKNOWN, Reason.DOMAIN_UNKNOWN, Reason.DOMAIN_NO_MAIL})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stopped address, and what was probably meant."""

    row: BouncedAddress
    meant: Sequence[Meant]
    place: str = ""  # the cursor that leads to it; "" at the beginning of the list


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
    looked, place = 0, after or ""
    delivered = delivered_to(account, store, now)
    while True:
        page = overview(query, store.ledger, now)
        for row in page.rows:
            looked += 1
            candidate = _candidate(account, row, store, now, delivered)
            if candidate is not None:
                found.append(replace(candidate, place=place))
            place = row.cursor
            if len(found) == limit or looked == LOOKED_AT:
                return Reviewed(found, looked, row.cursor)
        if page.after is None:
            return Reviewed(found, looked, None)
        query = replace(query, after=page.after)


def at_places(account: str, store: Records, now: Instant, places: Sequence[str]) -> Sequence[Candidate]:
    """Who still is a candidate where a job has found one; each once, in the order of the places.

    Raises ValueError for a place that never was.
    """
    found: dict[str, Candidate] = {}
    delivered = delivered_to(account, store, now)
    for place in places:
        query = BounceQuery(account=account, status="invalid", limit=1, after=place or None)
        for row in overview(query, store.ledger, now).rows:
            candidate = _candidate(account, row, store, now, delivered)
            if candidate is not None:
                found.setdefault(row.address, candidate)
    return list(found.values())


def works(store: Records, clock: Clock) -> Mapping[str, Work]:
    """What a job does that looks at all stopped addresses."""

    def look(job: Job, course: Course) -> Facts:
        looked = int(job.place.get("looked", 0))
        places: list[str] = list(job.place.get("places", ()))
        after: str | None = job.place.get("after")
        while True:
            gone = candidates(job.account, store, clock.now(), LOOKED_AT, after)
            looked, after = looked + gone.looked_at, gone.after
            places += [each.place for each in gone.candidates]
            told = {"looked": looked, "places": places, "after": after}
            course.told(looked, max(looked, int(job.order["stopped"])), told)
            if after is None or len(places) >= MOST:
                return {"looked_at": looked, "slips": len(places), "places": places, "all": after is None}

    return {REVIEW: look}


def _candidate(
    account: str, row: BouncedAddress, store: Records, now: Instant, delivered: Counter[str]
) -> Candidate | None:
    if row.event.reason not in _SLIPS or is_corrected(account, row.address, store.corrections):
        return None
    asked = with_contact(Asked(account, row.address), store.contacts)
    meant = suggestions(asked, store, now, delivered)
    return Candidate(row, meant) if meant else None
