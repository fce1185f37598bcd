"""Contacts of an account, and lists made of what is shown: Save as list (E36)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from retour.flow.browse import overview
from retour.flow.jobs import Course, Facts, FailedError, Job, Work
from retour.flow.questions import Question, Wrong, all_of, sought
from retour.model import BounceType, MailKind, Reason
from retour.ports import BounceQuery, Clock, ContactList, Records

MOST_AT_ONCE = 10_000  # contacts in one request
MOST_OF_ATTRIBUTES = 8 * 1024  # octets of JSON
MOST_LISTS = 1000  # of an account
_PAGE = 500


def attributes_of(given: Mapping[str, Any]) -> str | None:
    """Attributes as they are kept; None where they are too long."""
    told = json.dumps(given, ensure_ascii=False, separators=(",", ":"))
    return told if len(told.encode("utf-8", "replace")) <= MOST_OF_ATTRIBUTES else None


def works(store: Records, clock: Clock) -> Mapping[str, Work]:
    """What jobs do for lists."""

    def save(job: Job, course: Course) -> Facts:
        """Put everybody who is meant on the list; begun again after a kill, nobody is on it twice."""
        lists = {each.id: each for each in store.contacts.lists(job.account)}
        target = lists.get(job.order["list"])
        if target is None:
            raise FailedError("list_gone")
        seen = added = 0
        for addresses in meant(job.account, job.order["from"], store, clock):
            added += store.contacts.put_on(target, addresses, clock.now())
            seen += len(addresses)
            course.told(seen, None, {})
        after = {each.id: each for each in store.contacts.lists(job.account)}
        return {"list": target.id, "contacts": after[target.id].contacts if target.id in after else 0}

    return {"list_save": save}


def meant(account: str, told: Mapping[str, Any], store: Records, clock: Clock) -> Iterator[Sequence[str]]:
    """Addresses that a filter of the Overview or a question means now. Raises FailedError."""
    if "bounces" in told:
        yield from _listed(query_of(account, told["bounces"]), store, clock)
        return
    wanted = sought(Question(**told["data"]))
    if isinstance(wanted, Wrong):
        raise FailedError("question")
    for page in all_of(account, wanted, store.segments):
        yield list(dict.fromkeys(row.event.address for row in page))


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
        limit=_PAGE,
    )


def named(lists: Sequence[ContactList], id: str) -> ContactList | None:
    """The list of this id."""
    return next((each for each in lists if each.id == id), None)
