"""Who reads: language, zone and theme of the person, and the accounts that they may look at."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, tzinfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from retour.console.people.models import AccountChoice, Membership, Person
from retour.flow.days import zone
from retour.texts import LANGUAGES, Catalogue, catalogue


@dataclass(frozen=True, slots=True)
class Reader:
    """How a page is written for whoever looks."""

    language: str
    zone: tzinfo
    zone_name: str
    theme: str
    dense: bool
    say: Catalogue


class ReaderMiddleware:
    """Sets `request.reader`, and Django's language for what Django and allauth say."""

    def __init__(self, inner: Callable[[HttpRequest], HttpResponse]) -> None:
        self._inner = inner

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer in the reader's language."""
        who = reader_of(request)
        request.reader = who  # type: ignore[attr-defined]  # Django's way to hand a value on
        with translation.override(who.language):
            response = self._inner(request)
        response.headers["Content-Language"] = who.language
        return response


def reader(request: HttpRequest) -> Reader:
    """Who reads the answer to this request."""
    found: Reader = request.reader  # type: ignore[attr-defined]  # as above
    return found


def reader_of(request: HttpRequest) -> Reader:
    """A person's own choices; before the login what the browser asks for.

    How narrow the rows are may also stand in the address of a page, so that a link shows another the same.
    """
    person = request.user if isinstance(request.user, Person) else None
    account = _account(request, person)
    language = (
        (person.language if person else "")
        or (account.language if account else "")
        or asked_language(request)
    )
    named = (person.zone if person else "") or (account.zone if account else "")
    where = zone(named) if named else None
    return Reader(
        language,
        where or UTC,
        named if where else "UTC",
        person.theme if person else "",
        request.GET["dense"] == "1" if "dense" in request.GET else bool(person and person.dense),
        catalogue(f"console.{language}"),
    )


def _account(request: HttpRequest, person: Person | None) -> AccountChoice | None:
    """What the account chose whose page is asked for, or else the one that the person belongs to."""
    if person is None or (person.language and person.zone):
        return None
    name = request.path.split("/")[2] if request.path.startswith("/a/") else ""
    mine = Membership.objects.filter(person=person).order_by("account")
    if name and (person.staff_role or mine.filter(account=name).exists()):
        return AccountChoice.of(name)
    first = mine.first()
    return AccountChoice.of(first.account) if first else None


def asked_language(request: HttpRequest) -> str:
    """What a browser asks for."""
    for choice in request.headers.get("Accept-Language", "").split(",")[:10]:
        language = choice.partition(";")[0].strip()[:2].lower()
        if language in LANGUAGES:
            return language
    return str(settings.LANGUAGE_CODE)
