"""Who must have a second factor gets to nothing but the way to one, until they have it."""

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from retour.console.people.models import Person
from retour.console.reader import reader

_OPEN = ("/sign/", "/static/")


class SecondFactor:
    """Middleware, as `console.second_factor` says: "optional", "staff", "all"."""

    def __init__(self, inner: Callable[[HttpRequest], HttpResponse]) -> None:
        self._inner = inner

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer, or the way to a second factor."""
        if not request.path.startswith(_OPEN) and _lacks(request.user):
            messages.info(request, reader(request).say("sign.second_needed"))
            return redirect("mfa_activate_totp")
        return self._inner(request)


def _lacks(person: object) -> bool:
    wanted = settings.CHOSEN.second_factor
    if wanted == "optional" or not isinstance(person, Person):
        return False
    return bool(wanted == "all" or person.staff_role) and not is_mfa_enabled(person)
