"""What the API refuses, as a page that says what is wrong and what to do."""

from collections.abc import Callable
from logging import ERROR, INFO, WARNING

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from retour.client.connection import Refused, Unreachable
from retour.console.faults import noted, page_of
from retour.console.pages import as_json, wrong_value
from retour.console.reader import reader
from retour.console.typed import typed


class Refusals:
    """Middleware: a refusal on the way becomes a page, with the API's own words in the reader's language."""

    def __init__(self, inner: Callable[[HttpRequest], HttpResponse]) -> None:
        self._inner = inner

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer."""
        return self._inner(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Django's hook for what a page raises."""
        if isinstance(error, Refused):
            # An API that leads elsewhere is none of ours: a browser must not follow.
            if as_json.wanted(request):
                return as_json.refused(error)
            status = error.status if error.status >= 400 else 502
            reference = noted(request, status, error.type, WARNING if status >= 500 else INFO)
            wrong = wrong_value.told(request, error, reader(request))
            told = {
                "title": wrong.title if wrong else error.detail, "reference": reference, "wrong": wrong,
                "remedy": wrong.remedy if wrong else error.remedy or "", **_typed(request),
            }  # fmt: skip
            return render(request, "console/refused.html", told, status=status)
        if isinstance(error, Unreachable):
            say = reader(request).say
            # What hung may have been done nevertheless: who sends it once more should have looked.
            remedy = "refused.unreachable_form" if request.method == "POST" else "refused.unreachable_remedy"
            told = {
                "title": say("refused.unreachable"), "remedy": say(remedy),
                "reference": noted(request, 503, "the API does not answer", ERROR), **_typed(request),
            }  # fmt: skip
            return render(request, "console/refused.html", told, status=503)
        return None


def _typed(request: HttpRequest) -> dict[str, object]:
    say = reader(request).say
    back = page_of(request) if request.method == "POST" else ""
    return {"typed": typed(request, say), "typed_told": say("fault.typed"), "back": back}
