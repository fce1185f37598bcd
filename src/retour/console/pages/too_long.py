"""What somebody sent was longer than it may be: a page in the place of the one that it was meant for."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from retour.console import faults, uploads


def show(request: HttpRequest, page: str) -> HttpResponse:
    """How much may be sent, what to do, and the way back to the form."""
    asked = f"/{page}"
    of_list = uploads.of_a_list(asked)
    most = settings.CHOSEN.most_upload if of_list else uploads.MOST
    reference = faults.noted(request, 413, "too long")
    context = {
        "reference": reference,
        "most": most // 2**20,
        "of_list": of_list,
        "back": asked if of_list else "/",
    }
    return render(request, "console/too_long.html", context, status=413)
