"""What a list tells of people fills what their contacts do not say; what those say stays."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from retour.flow.contacts import attributes_of
from retour.flow.listcheck.people import Person
from retour.instants import Instant
from retour.ports import Contact

_EMPTY = ("", None)


class Filled(NamedTuple):
    """A contact after an import."""

    contact: Contact
    cut: int  # columns that it had no room for
    differing: int  # rows that say something else than it does


def filled(before: Contact | None, people: Iterable[Person], account: str, at: Instant) -> Filled:
    """A contact, and the rows of an import that name its address, in their order: the first to say it wins.

    It bears the moment of the import even where nothing was empty, so that the undo of an earlier one knows.
    """
    address, name, cut, differing = "", before.name if before else "", 0, 0
    attributes: dict[str, Any] = json.loads(before.attributes) if before else {}
    for person in people:
        address = person.address
        differing += differs(person, name, attributes)
        name = name or person.name
        cut += person.cut + _fill(attributes, json.loads(person.attributes))
    told = attributes_of(attributes) or "{}"
    return Filled(Contact(account, address, name, told, before.made_at if before else at, at), cut, differing)


def differs(person: Person, name: str, attributes: Mapping[str, Any]) -> bool:
    """Whether a row says something else than what is known already."""
    told = json.loads(person.attributes).items()
    return bool(name and person.name and name != person.name) or any(
        attributes.get(head) not in _EMPTY and attributes[head] != cell for head, cell in told
    )


def _fill(attributes: dict[str, Any], told: Mapping[str, Any]) -> int:
    cut = 0
    for head, cell in told.items():
        if attributes.get(head) in _EMPTY:
            if attributes_of({**attributes, head: cell}) is None:
                cut += 1
            else:
                attributes[head] = cell
    return cut
