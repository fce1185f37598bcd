"""Lines of the ledger that are about an account and none of its addresses: who belongs to it, its keys."""

from typing import NamedTuple

from retour.identity import told_id
from retour.instants import Instant
from retour.ports import Record, Records


class Change(NamedTuple):
    """What changed, in words of the ledger."""

    cause: str
    name: str  # of this very change: told twice under it, it is written once
    account: str  # "" means all of them
    at: Instant
    by: str
    before: str
    after: str


def note(store: Records, told: Change) -> int:
    """Write it down where it belongs: in so many ledgers. An account that is gone has none."""
    known = [each.name for each in store.accounts.accounts()]
    named = [name for name in known if told.account in ("", name)]
    for account in named:
        id = told_id(told.cause, account, told.name)
        line = Record(0, told.at, account, "", told.by, told.before, told.after, told.cause, id, 0)
        store.acts.note(id, line)
    return len(named)
