"""The app that listens to django-anymail."""

from django.apps import AppConfig


class RetourConfig(AppConfig):
    """`"retour.django"` in INSTALLED_APPS."""

    name = "retour.django"
    label = "retour"
    verbose_name = "Retour"

    def ready(self) -> None:
        """Hear what providers tell, where django-anymail is installed."""
        try:
            from anymail.signals import tracking
        except ImportError:
            return
        from retour.django.tracking import on_tracking

        tracking.connect(on_tracking, dispatch_uid="retour")
