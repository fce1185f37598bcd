"""The Django app of saved views."""

from django.apps import AppConfig


class LookingConfig(AppConfig):
    """Keeps its tables beside those of people."""

    name = "retour.console.looking"
    label = "looking"
