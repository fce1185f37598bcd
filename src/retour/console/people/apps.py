"""The application's name."""

from django.apps import AppConfig


class People(AppConfig):
    """People and their roles."""

    name = "retour.console.people"
    label = "people"

    def ready(self) -> None:
        """Second factors come and go in pages of the library, which tells by signals."""
        from retour.console.people import second_noted

        second_noted.listen()
