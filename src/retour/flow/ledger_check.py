"""Whether the decision ledger of an account holds together, all of it, as a job (N13).

Read from the latest line back, so that memory stays the same however long it is: each line must follow from
the one before it in time.
"""

from collections.abc import Iterator, Mapping

from retour.chain import BEGINNING, link
from retour.flow.jobs import Course, Facts, Job, Work
from retour.ports import Ledger, Record, RecordQuery

VERIFY = "ledger_verify"
_PAGE = 1000


def works(ledger: Ledger) -> Mapping[str, Work]:
    """What jobs do to verify."""
    return {VERIFY: lambda job, course: verified(job, ledger, course)}


def verified(job: Job, ledger: Ledger, course: Course) -> Facts:
    """How many lines hold, from which to which, and where the chain breaks, if it does."""
    checked, unlinked = 0, 0
    newer: Record | None = None
    first = last = head = None
    for page in _pages(job.account, ledger):
        for each in page:
            if not each.link:  # of before the chain began
                unlinked += 1
                continue
            if newer is not None and link(each.link, newer.line()) != newer.link:
                return {"lines": checked, "broken": newer.number, "last": last}
            if newer is None:
                last, head = each.number, each.link
            newer, first, checked = each, each.number, checked + 1
        course.told(checked + unlinked, None, {})
    whole = newer is not None and link(BEGINNING, newer.line()) == newer.link
    told = {
        "lines": checked,
        "first": first,
        "last": last,
        "head": head,
        "whole": whole,
        "unlinked": unlinked,
    }
    return {**told, "broken": None}


def _pages(account: str, ledger: Ledger) -> Iterator[list[Record]]:
    before: int | None = None
    while True:
        found = ledger.records(RecordQuery(account, before=before, limit=_PAGE))
        yield found
        if len(found) < _PAGE:
            return
        before = found[-1].number
