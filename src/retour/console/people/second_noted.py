"""Second factors that are set up or taken away, noted for the ledgers of the accounts that a person sees."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models.signals import post_delete, post_save

from retour.console.people import changes
from retour.console.people.models import Person

FACTOR = "second_factor"


def listen() -> None:
    """Hear of rows that come and go, in the commit that brings or takes them."""
    post_save.connect(_added, sender=Authenticator)
    post_delete.connect(_removed, sender=Authenticator)


def _added(instance: Authenticator, created: bool, **_: Any) -> None:
    if created and _counts(instance):
        changes.note_everywhere(instance.user, changes.by(instance.user), FACTOR)


def _removed(instance: Authenticator, origin: object, **_: Any) -> None:
    if _counts(instance) and not isinstance(origin, Person):  # who is removed is told of as a whole
        by = getattr(instance, "taken_by", changes.by(instance.user))
        changes.note_everywhere(instance.user, by, f"no_{FACTOR}", FACTOR)


def _counts(factor: Authenticator) -> bool:
    """Recovery codes are none of their own: they come with the first and go with the last."""
    return bool(factor.type == Authenticator.Type.TOTP)
