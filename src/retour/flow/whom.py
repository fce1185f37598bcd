"""Whom a filter of the Overview or a question means, or an incident holds: how many they are, and who.

Under a time or a name no roll-up knows how many addresses a filter means, and of a question none does: one
address may have many of its bounces. What cannot be counted while somebody waits for a page is counted by a
job, which can be cancelled and changes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from retour.flow.browse import overview
from retour.flow.jobs import Course, Facts, FailedError, Job, Work
from retour.flow.questions import Question, Wrong, roll, sought
from retour.instants import SECOND
from retour.model import BounceType, MailKind, Reason
from retour.ports import BounceQuery, Clock, Counting, Records, Sought

COUNT = "count"  # kind of job
QUICK = 0.06  # seconds that a count may take where a page waits for it, which asks for more than that
_PAGE = 500
_HELD = 5000  # addresses of an incident that are counted in one go


def works(store: Records, clock: Clock) -> Mapping[str, Work]:
    """What jobs do to count."""

    def count(job: Job, course: Course) -> Facts:
        """Begun again after a kill, it counts from the beginning."""
        found = 0
        for each in _counting(job.account, job.order["from"], store, clock):
            found = each.addresses
            course.told(each.done, each.total or None, {})
        return {"addresses": found}

    return {COUNT: count}


def quickly(account: str, told: Mapping[str, Any], store: Records, clock: Clock) -> int | None:
    """How many addresses are meant now, by looking at their bounces; None where that takes longer than QUICK.

    Raises FailedError.
    """
    if "incident" in told:
        return _held_quickly(told["incident"], store, clock)
    if "bounces" in told:
        query = query_of(account, told["bounces"])
        found = store.ledger.bounced(query, clock.now(), None, QUICK)
        return None if found is None else found.addresses
    wanted = _sought(told)
    roll(store.segments)
    return None if store.segments.behind() else store.segments.whom(account, wanted, QUICK)


def _held_quickly(incident: str, store: Records, clock: Clock) -> int | None:
    found, until = 0, clock.now() + int(QUICK * SECOND)
    for each in _held(incident, store):
        if clock.now() > until:
            return None
        found = each.addresses
    return found


def _held(incident: str, store: Records) -> Iterator[Counting]:
    """In the order in which they were held; how many there will be, nothing knows."""
    found = after = 0
    while True:
        count, after = store.incidents.count_held(incident, _HELD, after)
        found += count
        yield Counting(found, 0, found)
        if count < _HELD:
            return


def _counting(account: str, told: Mapping[str, Any], store: Records, clock: Clock) -> Iterator[Counting]:
    if "incident" in told:
        yield from _held(told["incident"], store)
        return
    if "bounces" in told:
        yield from store.ledger.counting(query_of(account, told["bounces"]), clock.now())
        return
    wanted = _sought(told)
    while roll(store.segments):
        yield Counting(0, 0, 0)
    yield from store.segments.counting(account, wanted)


def _sought(told: Mapping[str, Any]) -> Sought:
    """What a question looks for. Raises FailedError."""
    wanted = sought(Question(**told["data"]))
    if isinstance(wanted, Wrong):
        raise FailedError("question")
    return wanted


def meant(account: str, told: Mapping[str, Any], store: Records, clock: Clock) -> Iterator[Sequence[str]]:
    """Addresses that a filter of the Overview or a question means now, each once; a piece may be empty.

    Raises FailedError.
    """
    if "bounces" in told:
        yield from _listed(query_of(account, told["bounces"]), store, clock)
        return
    wanted = _sought(told)
    while roll(store.segments):
        yield []
    yield from store.segments.addresses(account, wanted, _PAGE)


def _listed(query: BounceQuery, store: Records, clock: Clock) -> Iterator[Sequence[str]]:
    while True:
        page = overview(query, store.ledger, clock.now())
        yield [row.address for row in page.rows]
        if page.after is None:
            return
        query = replace(query, after=page.after)


def query_of(account: str, told: Mapping[str, Any]) -> BounceQuery:
    """The filters of the list of bounced addresses, as a job keeps them."""
    return BounceQuery(
        account=account,
        status=told.get("status"),
        type=None if told.get("type") is None else BounceType(told["type"]),
        campaign=told.get("campaign"),
        reason=None if told.get("reason") is None else Reason(told["reason"]),
        mail_kind=None if told.get("kind") is None else MailKind(told["kind"]),
        since=told.get("since"),
        until=told.get("until"),
        search=told.get("search"),
        domains=None if told.get("domains") is None else frozenset(told["domains"]),
        corrected=told.get("corrected"),
        limit=_PAGE,
    )
