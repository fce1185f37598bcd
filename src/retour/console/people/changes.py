"""Who got in, with which role and by whom: written down with the change itself, and told to the ledger.

People are in the console's own file and the ledger is not. So a change is a row of the same commit, and a
thread of the console tells it until the ledger has it; what the command line does waits for that thread too.
"""

from collections.abc import Iterable
from datetime import timedelta
from secrets import token_hex
from threading import Event

from django.db import transaction
from django.utils.timezone import now

from retour.console.people.models import Change, Membership, Person
from retour.model import Role

COMMAND = "command line"  # who acts there, as the ledger names it
ALL = ""  # the account of those who belong to none and see every one
there_are = Event()  # changes to tell
_SOON = timedelta(minutes=1)  # within which a change is told, where nothing is wrong


def by(person: Person) -> str:
    """Somebody who has logged in, as the ledger names them."""
    return f"person {person.email}"


def note(account: str, actor: str, email: str, after: str, before: str = "", was: str = "") -> None:
    """How this person stands; within the transaction that changes it. `was` is the address of before."""
    Change.objects.create(
        name=token_hex(16),
        account=account,
        at=now(),
        by=actor,
        before=f"{before} {was or email}" if before else "",
        after=f"{after} {email}",
    )
    transaction.on_commit(there_are.set)


def note_everywhere(person: Person, actor: str, after: str, before: str = "", was: str = "") -> None:
    """The same wherever the person belongs; for staff, who belong everywhere, in every account."""
    accounts: Iterable[str] = Membership.objects.filter(person=person).values_list("account", flat=True)
    for account in [ALL] if person.staff_role else sorted(accounts):
        note(account, actor, person.email, after, before, was)


def untold(account: str) -> int:
    """How many changes do not stand in the account's ledger, though there was time for it."""
    return Change.objects.filter(account__in=(account, ALL), at__lt=now() - _SOON).count()


def invited(role: str) -> str:
    """How somebody stands who may join in this role."""
    return "invited_manager" if role == Role.MANAGER.value else "invited_member"
