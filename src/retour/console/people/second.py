"""Who must have a second factor gets to nothing but the way to one, until they have it."""

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from retour.console.people.models import Person
from retour.console.reader import reader

_OPEN = ("/sign/", "/static/")
# Pages of the library that are missing without an app: another tab removed it, or the first of two clicks.
_OF_AN_APP = {
    "mfa_deactivate_totp": "sign.no_app",
    "mfa_view_recovery_codes": "sign.no_codes",
    "mfa_download_recovery_codes": "sign.no_codes",
}


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

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Django's hook for what a page raises: whoever has no app is led to where one is set up."""
        match = request.resolver_match
        told = _OF_AN_APP.get(match.view_name) if match else None
        if told is None or not isinstance(error, Http404):
            return None
        messages.info(request, reader(request).say(told))
        return redirect("mfa_index")


def _lacks(person: object) -> bool:
    wanted = settings.CHOSEN.second_factor
    if wanted == "optional" or not isinstance(person, Person):
        return False
    return bool(wanted == "all" or person.staff_role) and not is_mfa_enabled(person)
