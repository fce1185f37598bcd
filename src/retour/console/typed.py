"""What somebody typed into a form that came to nothing: it is shown again, so that it is not lost."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.http import HttpRequest

from retour.console.plain import label
from retour.texts import Catalogue

SECRET = ("/sign/", "/first/", "/invited/")  # forms whose fields are nobody's to see again
# Hidden fields, buttons, and choices that are made again by one click.
_OURS = frozenset({
    "csrfmiddlewaretoken", "once", "query", "version", "count", "act", "next", "seen", "tried", "step", "to",
    "decision", "late", "of", "rows", "column", "columns", "dense", "theme", "zone", "language", "preset",
    "what", "sure",
})  # fmt: skip
# Fields whose values have names.
_WORDS = {"role": "role", "type": "type", "provider": "mailbox", "types": "notice"}
_MOST = 64 * 1024  # characters; no form of ours but a file holds more


def typed(request: HttpRequest, say: Catalogue) -> Sequence[tuple[str, str]]:
    """The fields with their labels; () for none, and for what another site made a browser send."""
    if request.method != "POST" or request.path.startswith(SECRET) or not _is_ours(request):
        return ()
    found = {
        (label(name, say) or name, _in_words(name, value, say)[:_MOST]): None
        for name, values in request.POST.lists()
        if name not in _OURS
        for value in values
        if isinstance(value, str) and value.strip()
    }
    return tuple(found)


def _in_words(name: str, value: str, say: Catalogue) -> str:
    key = f"{_WORDS.get(name, name)}.{value}"
    return say(key) if name in _WORDS and key in say else value


def _is_ours(request: HttpRequest) -> bool:
    """Whether the form stood on a page of ours (Fetch Metadata; older browsers: Origin, RFC 6454)."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return urlsplit(request.headers.get("Origin", "")).netloc == request.get_host()
