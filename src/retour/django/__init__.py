"""Django: an email backend that asks Retour before it sends, and a receiver for django-anymail's tracking.

    EMAIL_BACKEND = "retour.django.EmailBackend"
    INSTALLED_APPS = [..., "retour.django"]          # for the tracking
    RETOUR = {"URL": "http://127.0.0.1:8025", "KEY": "rk_..."}

Every key of RETOUR stands in docs/python.md. Needs the extra `retour[django]`; nothing else of Retour imports
Django.
"""

from retour.django.backend import EmailBackend, RetourUnavailable, refused

__all__ = ["EmailBackend", "RetourUnavailable", "refused"]
