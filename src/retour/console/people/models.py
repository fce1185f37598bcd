"""People, their roles, how they like to read, and links that are good once."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.timezone import now

from retour.model import Role

LINK_DAYS = 7
STAFF_ROLES = [(Role.SUPPORT.value, "support"), (Role.ADMIN.value, "admin")]
ACCOUNT_ROLES = [(Role.MEMBER.value, "member"), (Role.MANAGER.value, "manager")]


class PersonManager(BaseUserManager["Person"]):
    """Makes people by their address."""

    def create_user(self, email: str, password: str | None = None, **more: Any) -> Person:
        """A new person; without a password nobody can log in as them before a link was used."""
        person = self.model(email=self.normalize_email(email), **more)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """Somebody who logs in, by an e-mail address."""

    email: models.EmailField[str, str] = models.EmailField(unique=True)
    is_active: models.BooleanField[bool, bool] = models.BooleanField(default=True)
    staff_role: models.CharField[str, str] = models.CharField(max_length=16, blank=True, choices=STAFF_ROLES)
    language: models.CharField[str, str] = models.CharField(max_length=8, blank=True)
    zone: models.CharField[str, str] = models.CharField(max_length=64, blank=True)  # "": as the account
    theme: models.CharField[str, str] = models.CharField(max_length=8, blank=True)  # "", "light" or "dark"
    dense: models.BooleanField[bool, bool] = models.BooleanField(default=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[PersonManager] = PersonManager()


class Membership(models.Model):
    """What a person may do in one account."""

    person: models.ForeignKey[Person, Person] = models.ForeignKey(
        Person, on_delete=models.CASCADE, related_name="memberships"
    )
    account: models.CharField[str, str] = models.CharField(max_length=64)
    role: models.CharField[str, str] = models.CharField(max_length=16, choices=ACCOUNT_ROLES)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["person", "account"], name="one_role_in_an_account")
        ]


class Link(models.Model):
    """A link that is good once: it lets a person choose a password. The secret itself is kept nowhere."""

    person: models.ForeignKey[Person, Person] = models.ForeignKey(Person, on_delete=models.CASCADE)
    digest: models.CharField[str, str] = models.CharField(max_length=64, unique=True)
    ends_at: models.DateTimeField[datetime, datetime] = models.DateTimeField()

    @classmethod
    def made(cls, person: Person) -> str:
        """The secret of a new link; those made before for this person end."""
        cls.objects.filter(person=person).delete()
        secret = new_secret()
        cls.objects.create(person=person, digest=digest(secret), ends_at=now() + timedelta(days=LINK_DAYS))
        return secret

    @classmethod
    def found(cls, secret: str) -> Link | None:
        """The link of this secret; None when it was used, has ended, or never was."""
        return cls.objects.filter(digest=digest(secret), ends_at__gt=now()).first()


class Invitation(models.Model):
    """A role in an account, offered to an address; the secret itself is kept nowhere."""

    account: models.CharField[str, str] = models.CharField(max_length=64)
    email: models.EmailField[str, str] = models.EmailField()
    role: models.CharField[str, str] = models.CharField(max_length=16, choices=ACCOUNT_ROLES)
    by: models.CharField[str, str] = models.CharField(max_length=254)
    digest: models.CharField[str, str] = models.CharField(max_length=64, unique=True)
    made_at: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    ends_at: models.DateTimeField[datetime, datetime] = models.DateTimeField()


class Change(models.Model):
    """How somebody stands towards an account from now on; a row until the account's ledger has it."""

    name: models.CharField[str, str] = models.CharField(max_length=32, unique=True)
    account: models.CharField[str, str] = models.CharField(max_length=64, blank=True)  # "": all of them
    at: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    by: models.CharField[str, str] = models.CharField(max_length=300)
    before: models.CharField[str, str] = models.CharField(max_length=300, blank=True)  # "member ann@…"
    after: models.CharField[str, str] = models.CharField(max_length=300)


class AccountChoice(models.Model):
    """How the people of an account read, as long as they choose nothing themselves."""

    account: models.CharField[str, str] = models.CharField(max_length=64, unique=True)
    language: models.CharField[str, str] = models.CharField(max_length=8, blank=True)
    zone: models.CharField[str, str] = models.CharField(max_length=64, default="UTC")

    @classmethod
    def of(cls, account: str) -> AccountChoice:
        """What the account chose; what it starts with, if it chose nothing."""
        return cls.objects.filter(account=account).first() or cls(account=account)


def new_secret() -> str:
    """What a link is made of."""
    return token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept of it."""
    return sha256(secret.encode()).hexdigest()
