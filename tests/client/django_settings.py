"""A Django project of the tests."""

INSTALLED_APPS = ["anymail", "retour.django"]
EMAIL_BACKEND = "retour.django.EmailBackend"
SECRET_KEY = "of a test"
RETOUR: dict[str, object] = {}
