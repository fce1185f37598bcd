"""By which methods an address answers: pages are read, forms are sent by POST, and nobody asks otherwise."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods

KNOWN = ("GET", "HEAD", "POST")
_READ = ("GET", "HEAD")
View = Callable[..., HttpResponseBase]


def reads(place: str, view: View, more: dict[str, Any] | None = None, *, name: str) -> URLPattern:
    """A page or a file that takes no forms."""
    return path(place, require_http_methods(_READ)(view), more, name=name)


def asks(place: str, view: View, more: dict[str, Any] | None = None, *, name: str) -> URLPattern:
    """A page with a form that is sent to the page itself."""
    return path(place, require_http_methods(KNOWN)(view), more, name=name)


def unknown(request: HttpRequest) -> HttpResponseNotAllowed | None:
    """The answer to a method that no browser uses by a page of ours; None to the others.

    The library of logins takes PUT for POST: what is true of a form is to be true of every way to send it.
    """
    return None if request.method in KNOWN else HttpResponseNotAllowed(KNOWN)
