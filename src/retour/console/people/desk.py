"""People kept from the command line: who may look at what, and links to choose a password."""

from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.management import call_command

from retour.console import framework
from retour.settings.chosen import Chosen

if TYPE_CHECKING:
    from retour.console.people.models import Person


class UnknownPersonError(Exception):
    """Nobody logs in with this address."""


def open_people(database: Path) -> None:
    """Make people in a file reachable by the functions below; once in a process."""
    if not settings.configured:
        database.touch(mode=0o600, exist_ok=True)
        framework.configure(Chosen(api="", secret="", database=str(database), django_secret=token_hex(16)))
        call_command("migrate", verbosity=0, interactive=False)


def invite(email: str, role: str, account: str) -> str:
    """A person with this role, made if new; returns the secret of a link to choose a password.

    An account's role belongs to `account`; staff have "" and see all.
    """
    from django.db import transaction

    from retour.console.people.models import Link, Person

    with transaction.atomic():
        person = Person.objects.filter(email__iexact=email).first() or Person.objects.create_user(email)
        _place(person, role, account)
        return Link.made(person)


def _place(person: "Person", role: str, account: str) -> None:
    """Give the role, with a line for the ledger where it is another than before."""
    from retour.console.people import changes
    from retour.console.people.models import Membership

    if account:
        there = Membership.objects.filter(person=person, account=account).first()
        before = there.role if there else ""
        Membership.objects.update_or_create(person=person, account=account, defaults={"role": role})
    else:
        before, person.staff_role = person.staff_role, role
        person.save()
    if role != before:
        changes.note(account or changes.ALL, changes.COMMAND, person.email, role, before)


def renew(email: str) -> str:
    """The secret of a new link. Raises UnknownPersonError."""
    from retour.console.people.models import Link

    return Link.made(_named(email))


def remove(email: str) -> None:
    """Nobody logs in with this address any more. Raises UnknownPersonError."""
    from django.db import transaction

    from retour.console.people import changes
    from retour.console.people.models import Membership

    person = _named(email)
    with transaction.atomic():
        for each in Membership.objects.filter(person=person).order_by("account"):
            changes.note(each.account, changes.COMMAND, person.email, "gone", each.role)
        if person.staff_role:
            changes.note(changes.ALL, changes.COMMAND, person.email, "gone", person.staff_role)
        person.delete()


def without_second_factor(email: str) -> bool:
    """Their login asks for the password alone again; False where it did so. Raises UnknownPersonError."""
    from allauth.mfa.models import Authenticator
    from django.db import transaction

    from retour.console.people import changes

    with transaction.atomic():
        person = _named(email)
        found = list(Authenticator.objects.filter(user=person))
        for each in found:
            each.taken_by = changes.COMMAND  # not by the person: so the ledger tells it
            each.delete()
    return bool(found)


def listed() -> list[tuple[str, str, str]]:
    """Everybody with account ("" for staff) and role, by address."""
    from retour.console.people.models import Membership, Person

    staff = [(person.email, "", person.staff_role) for person in Person.objects.exclude(staff_role="")]
    members = [(each.person.email, each.account, each.role) for each in Membership.objects.all()]
    return sorted(staff + members)


def _named(email: str) -> "Person":
    from retour.console.people.models import Person

    person = Person.objects.filter(email__iexact=email).first()
    if person is None:
        raise UnknownPersonError
    return person
