"""No page holds a sign that nobody sees: names, too, come from outside, and each stands on many pages."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from retour.console.pages.shown import HIDDEN, shown

# What is typed into a form goes back as it was; of a tag the words alone that are read.
_PART = re.compile(r"(?is)<textarea\b.*?</textarea\s*>|<[^>]*>|[^<]+")
_READ = re.compile(r'(?<=\s)(?:title|aria-label|alt)="[^"]*"')


class Visible:
    """Middleware. What other programs read, as CSV or JSON, stays as it is."""

    def __init__(self, inner: Callable[[HttpRequest], HttpResponse]) -> None:
        self._inner = inner

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer, with marks in the place of what is not seen."""
        answer = self._inner(request)
        if not answer.streaming and answer.headers.get("Content-Type", "").startswith("text/html"):
            text = answer.content.decode()
            if HIDDEN.search(text) is not None:
                answer.content = visible(text).encode()
        return answer


def visible(page: str) -> str:
    """A page of HTML with its text as it is read."""
    return _PART.sub(_seen, page)


def _seen(part: re.Match[str]) -> str:
    text = part[0]
    if not text.startswith("<"):
        return shown(text)
    return text if text[:9].lower() == "<textarea" else _READ.sub(lambda read: shown(read[0]), text)
