"""Pages for what went wrong: what it is, what to do, and a reference that stands in a line of the log too.

They need neither the API nor, where something broke, the database or whoever has logged in. The log names the
page by its place in the table of addresses: the path itself may hold an address or the secret of a link.
"""

import logging
from collections.abc import Callable
from secrets import token_hex
from urllib.parse import urlencode, urlsplit

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from retour.console import methods
from retour.console.reader import Reader, asked_language
from retour.console.typed import SECRET, typed
from retour.texts import Catalogue, catalogue

_log = structlog.get_logger(__name__)
_QUIET = logging.INFO
_TYPED = frozenset({"ended", "forged", "broken"})  # where a form may have come to nothing
WAIT = 60  # seconds after which somebody who asked too often may ask again


def quiet() -> None:
    """Django names the path of every refusal in a line of its own; ours stands in its place."""
    logging.getLogger("django.request").setLevel(logging.CRITICAL)


def noted(request: HttpRequest, status: int, why: str, level: int = _QUIET, trace: bool = False) -> str:
    """Write a line, and give the reference that finds it."""
    reference = f"{token_hex(2)}-{token_hex(2)}"
    match = getattr(request, "resolver_match", None)
    _log.log(
        level, "a page was not shown", reference=reference, status=status, why=why, method=request.method,
        page=match.view_name if match else None, exc_info=trace,
    )  # fmt: skip
    return reference


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Nothing that a browser sends by itself."""
    return _bare(request, "bad", 400, noted(request, 400, type(exception).__name__, logging.WARNING))


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without the mark that says it is ours, or with one of before."""
    return _bare(request, "forged", 403, noted(request, 403, f"csrf: {reason}", logging.WARNING))


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A role that does not suffice."""
    told = {"exception": str(exception), "reference": noted(request, 403, "role")}
    return render(request, "403.html", told, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Gone, or not for whoever asks: they look alike."""
    reference = noted(request, 404, "not found")
    if not hasattr(request, "reader"):
        return _bare(request, "absent", 404, reference)
    return render(request, "404.html", {"reference": reference}, status=404)


def too_often(request: HttpRequest) -> HttpResponse:
    """More than a client or an address may ask for in a time."""
    answer = _bare(request, "often", 429, noted(request, 429, "asked too often", logging.WARNING))
    answer.headers["Retry-After"] = str(WAIT)
    return answer


def broken(request: HttpRequest) -> HttpResponse:
    """A fault of ours."""
    return _bare(request, "broken", 500, noted(request, 500, "fault", logging.ERROR, trace=True))


class WrongWay:
    """Middleware: an address that only takes forms is told so to whoever opens it, instead of nothing."""

    def __init__(self, inner: Callable[[HttpRequest], HttpResponse]) -> None:
        self._inner = inner

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer."""
        answer = methods.unknown(request) or self._inner(request)
        if answer.status_code != 405 or answer.content:
            return answer
        page = _bare(request, "way", 405, noted(request, 405, "method"))
        page.headers["Allow"] = answer.headers.get("Allow", "")
        return page


class Ended:
    """Middleware: whoever sends a form after their session has ended is told so, and has what they typed."""

    def __init__(self, inner: Callable[[HttpRequest], HttpResponse]) -> None:
        self._inner = inner

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer."""
        answer = self._inner(request)
        leads = answer.headers.get("Location", "").startswith(settings.LOGIN_URL)
        if request.method != "POST" or not leads or request.path.startswith(SECRET):
            return answer
        login = f"{settings.LOGIN_URL}?{urlencode({'next': page_of(request)})}"
        return _bare(request, "ended", 401, noted(request, 401, "the session has ended"), login)


def page_of(request: HttpRequest) -> str:
    """The page that the form stood on, else the first: where a form leads to may only take forms."""
    parts = urlsplit(request.headers.get("Referer", ""))
    if parts.netloc != request.get_host():
        return "/"
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _bare(request: HttpRequest, what: str, status: int, reference: str, login: str = "") -> HttpResponse:
    """A page that asks nobody anything: no person, no database, no API. What was typed stands on it."""
    who: Reader | None = getattr(request, "reader", None)
    language = who.language if who else asked_language(request)
    say: Catalogue = catalogue(f"console.{language}")
    written = typed(request, say) if what in _TYPED else ()
    do = f"fault.{what}_do" if written or what != "ended" else "fault.ended_do_bare"
    told = {
        "language": language, "theme": who.theme if who else "", "reference": reference, "status": status,
        "title": say(f"fault.{what}"), "lead": say(f"fault.{what}_told"), "do": say(do),
        "home": say("refused.home"), "named": say("fault.reference", reference=reference),
        "skip": say("base.skip"), "login": login, "to_login": say("login.title"),
        "typed": written, "typed_told": say("fault.typed"),
    }  # fmt: skip
    answer = HttpResponse(render_to_string("console/fault.html", told), status=status)
    answer.headers["Content-Language"] = language
    return answer
