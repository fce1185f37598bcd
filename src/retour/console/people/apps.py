"""The application's name."""

from django.apps import AppConfig


class People(AppConfig):
    """People and their roles."""

    name = "retour.console.people"
    label = "people"
