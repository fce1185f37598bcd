"""The API, asked under a person's name and role."""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import IO, Any
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from retour.client import streams
from retour.client.connection import Connection, Refused
from retour.console.people.models import Membership, Person
from retour.console.plain import plain
from retour.console.reader import Reader, reader
from retour.model import Role

_LONGEST = 64  # characters of what makes a form one
# Octets. What bears a key is set aside whole to be compared; no second click sends more than this twice,
# for the browser breaks off the first sending.
_SET_ASIDE = 64 * 1024 * 1024
_RANK = {role.value: rank for rank, role in enumerate(Role)}
Answer = Mapping[str, Any]


class NotAskedError(Exception):
    """Nobody may ask this: there is no such account, or not for this person."""


class Api:
    """Asks for one person in one account."""

    def __init__(self, person: Person, role: str, account: str, reader: Reader) -> None:
        self.role, self.account, self._say = role, account, reader.say
        self._headers = {
            "Retour-Person": quote(person.email),
            "Retour-Role": role,
            "Retour-Account": "" if person.staff_role else quote(account),
            "Accept-Language": reader.language,
            "Time-Zone": reader.zone_name,
        }

    def get(self, path: str, **query: object) -> Any:
        """What a GET answers. Raises Refused, Unreachable."""
        return self._told(_connection().call, "GET", path, self._asked(query), headers=self._headers)

    def post(self, path: str, body: object, method: str = "POST", once: str = "", **query: object) -> Any:
        """What an act answers; one that bears the `once` of its form is done once, however often it is sent.

        Raises Refused, Unreachable.
        """
        asked, key = self._asked(query), once[:_LONGEST] or None
        return self._told(_connection().call, method, path, asked, body, key, headers=self._headers)

    def upload(self, path: str, file: IO[bytes], length: int, once: str = "", **query: object) -> Any:
        """What a long body is answered with; as above one that bears the `once` of its form is taken once.

        Raises Refused, Unreachable.
        """
        connection, asked = _connection(), self._asked(query)
        key = once[:_LONGEST] if length <= _SET_ASIDE else ""
        return self._told(streams.upload, connection, path, asked, file, length, self._headers, key or None)

    def download(self, path: str, **query: object) -> tuple[Mapping[str, str], Iterator[bytes]]:
        """A file, with its headers. Raises Refused, Unreachable."""
        return streams.download(_connection(), path, self._asked(query), self._headers)

    def pages(self, path: str, rows: str, **query: object) -> Iterator[Answer]:
        """The rows of a list, page by page, to its end."""
        after = None
        while True:
            page = self.get(path, **query, after=after, limit=500)
            yield from page[rows]
            after = page.get("next")
            if after is None:
                return

    def _told(self, ask: Callable[..., Any], *how: object, **more: object) -> Any:
        """What is answered. Raises Refused in words for pages."""
        try:
            return ask(*how, **more)
        except Refused as refused:
            plain(refused, self._say)
            raise

    def _asked(self, query: Mapping[str, object]) -> Mapping[str, object]:
        return {"account": self.account or None, **query}


def api_of(request: HttpRequest, account: str, least: Role = Role.MEMBER) -> Api:
    """The API for whoever looks, in this account.

    Raises Http404 where they have nothing to look at, PermissionDenied where their role is below `least`.
    """
    person = request.user
    assert isinstance(person, Person)
    role = role_in(person, account)
    if role is None:
        raise Http404
    if _RANK[role] < _RANK[least]:
        raise PermissionDenied(least.value)
    return Api(person, role, account, reader(request))


def role_in(person: Person, account: str) -> str | None:
    """What a person may do in an account; staff in all of them."""
    if person.staff_role:
        return str(person.staff_role)
    found = Membership.objects.filter(person=person, account=account).first()
    return None if found is None else str(found.role)


@lru_cache(1)
def _connection() -> Connection:
    return Connection(settings.CHOSEN.api, settings.CHOSEN.secret, retries=1)
