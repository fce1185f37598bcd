"""Contacts of an account, and lists made of what is shown: Save as list (E36)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from retour.flow.jobs import Course, Facts, FailedError, Job, Work
from retour.flow.whom import meant
from retour.ports import Clock, ContactList, Records

MOST_AT_ONCE = 10_000  # contacts in one request
MOST_OF_ATTRIBUTES = 8 * 1024  # octets of JSON
MOST_LISTS = 1000  # of an account


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


def named(lists: Sequence[ContactList], id: str) -> ContactList | None:
    """The list of this id."""
    return next((each for each in lists if each.id == id), None)
