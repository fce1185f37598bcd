"""Saved views, and how somebody wants lists to look."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from retour.console.people.models import Person


class Looks(models.Model):
    """How one person wants lists to look."""

    person: models.OneToOneField[Person, Person] = models.OneToOneField(
        Person, on_delete=models.CASCADE, related_name="looks", primary_key=True
    )
    columns: models.CharField[str, str] = models.CharField(max_length=200, blank=True)  # "": the usual ones
    quiet: models.BooleanField[bool, bool] = models.BooleanField(default=False)  # single keys do nothing


class View(models.Model):
    """A name for the address of a list: its filters, order and columns."""

    account: models.CharField[str, str] = models.CharField(max_length=64)
    person: models.ForeignKey[Person | None, Person | None] = models.ForeignKey(
        Person, null=True, on_delete=models.CASCADE, related_name="views"
    )  # None: everybody of the account sees it
    page: models.CharField[str, str] = models.CharField(max_length=16)  # the name of its address
    name: models.CharField[str, str] = models.CharField(max_length=100)
    query: models.CharField[str, str] = models.CharField(max_length=2000)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account", "person", "page", "name"], name="one_view_of_a_name")
        ]
