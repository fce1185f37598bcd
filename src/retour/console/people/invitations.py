"""Invitations into an account: a link that is good once, and what it may and may not do. The API makes them.

Whoever invites may see the link, and so could use it. It therefore never opens what is somebody's already:
a person who can log in, or belongs anywhere, joins after a login of their own; only where nobody has this
address yet does the link let its holder choose a password.
"""

from django.db import transaction
from django.utils.timezone import now

from retour.console.people import changes
from retour.console.people.models import AccountChoice, Invitation, Membership, Person, digest


def found(secret: str) -> Invitation | None:
    """The invitation of this secret; None when it was used, withdrawn, has ended, or never was."""
    return Invitation.objects.filter(digest=digest(secret), ends_at__gt=now()).first()


def known(invitation: Invitation) -> Person | None:
    """The person who has this address already, and therefore has to log in."""
    return Person.objects.filter(email__iexact=invitation.email).first()


def begin(invitation: Invitation, password: str) -> Person:
    """Somebody new: the person is made, and belongs to the account."""
    with transaction.atomic():
        chosen = AccountChoice.of(invitation.account)
        person = Person.objects.create_user(invitation.email, password, language=chosen.language)
        join(invitation, person)
    return person


def join(invitation: Invitation, person: Person) -> None:
    """The person belongs to the account, in the role that was offered; the invitation is used."""
    account, role = invitation.account, invitation.role
    with transaction.atomic():
        Membership.objects.update_or_create(person=person, account=account, defaults={"role": role})
        changes.note(account, changes.by(person), person.email, role, changes.invited(role))
        invitation.delete()
