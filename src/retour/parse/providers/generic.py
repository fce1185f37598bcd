"""Posts of any sender: a mapping says where in its JSON our fields stand.

A path has names, `[n]` and `[*]` only ("data.items[*].to[0]"): no expressions, so a mapping can loop nowhere.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from retour.instants import SECOND, Instant
from retour.model import Kind
from retour.parse.providers.bodies import EVENTS
from retour.parse.providers.told import (
    Told,
    epoch,
    line,
    metadata,
    name,
    passing,
    report,
    strings,
    tags,
    zoned,
)

TIMES: Final[tuple[str, ...]] = ("iso", "seconds", "milliseconds")
FIELDS: Final[tuple[str, ...]] = (
    *("kind", "recipient", "time", "event_id", "message_id", "code", "status", "diagnostic", "host"),
    *("tags", "metadata", "token"),
)
_LONGEST_PATH: Final = 200  # characters
_PATH: Final = re.compile(
    r"(?:[^\s.\[\]]{1,100}|\[(?:\d{1,4}|\*)\])(?:\.[^\s.\[\]]{1,100}|\[(?:\d{1,4}|\*)\])*"
)
_STEP: Final = re.compile(r"\[(\d{1,4}|\*)\]|([^\s.\[\]]{1,100})")

_KINDS: Final = {kind.value: kind for kind in Kind}


class Map(NamedTuple):
    """Where each field stands in an event, and which words stand for which kind."""

    fields: Mapping[str, str]  # of FIELDS, each a path within an event
    events: str = ""  # path to the events; empty: the body itself, or each value of its list
    kinds: Mapping[str, Kind] = _KINDS
    time: str = TIMES[0]


OURS: Final = Map({field: field for field in FIELDS})  # JSON that was written for Retour


class Wrong(NamedTuple):
    """What is wrong with a mapping: the name of a text, and what it is about."""

    name: str
    what: str


def map_of(text: str) -> Map | Wrong:
    """The mapping of a TOML file (docs/providers.md), or the first thing that is wrong with it."""
    try:
        said = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return Wrong("mapping_no_toml", str(error))
    wrong = next(_wrong_names(said), None) or next(_wrong_values(said), None)
    if wrong is not None:
        return wrong
    kinds = {word: Kind(kind) for word, kind in said.get("kinds", {}).items()}
    return Map(said["fields"], said.get("events", ""), kinds or OURS.kinds, said.get("time", TIMES[0]))


def _wrong_names(said: Mapping[str, Any]) -> Iterator[Wrong]:
    for key in ("fields", "kinds"):
        if not isinstance(said.get(key, {}), dict):
            yield Wrong("mapping_no_table", key)
            return
    fields = said.get("fields", {})
    unknown = [key for key in said if key not in ("events", "time", "fields", "kinds")]
    for key in [*unknown, *(key for key in fields if key not in FIELDS)]:
        yield Wrong("mapping_unknown", key)
    for key in ("kind", "recipient"):
        if key not in fields:
            yield Wrong("mapping_needs", key)


def _wrong_values(said: Mapping[str, Any]) -> Iterator[Wrong]:
    paths = {**said["fields"], **({"events": said["events"]} if "events" in said else {})}
    for key, path in paths.items():
        if not isinstance(path, str) or len(path) > _LONGEST_PATH or not _PATH.fullmatch(path):
            yield Wrong("mapping_no_path", key)
    for word, kind in said.get("kinds", {}).items():
        if kind not in [each.value for each in Kind]:
            yield Wrong("mapping_no_kind", word)
    if said.get("time", TIMES[0]) not in TIMES:
        yield Wrong("mapping_no_time", ", ".join(TIMES))


def events(value: object, mapping: Map = OURS) -> Iterator[Told]:
    """The events of a post, read by a mapping; a word that no kind is named for is `other`.

    A path that leads to several recipients names nobody: which of them is meant, it does not say.
    """
    for said in _values(_at(value, mapping.events) if mapping.events else [value]):
        if not isinstance(said, dict):
            continue
        told = {field: _at(said, path) for field, path in mapping.fields.items()}
        first = {field: values[0] for field, values in told.items() if values}
        if "kind" not in first and "recipient" not in first:
            continue
        named = list(dict.fromkeys(map(line, _values(told.get("recipient", ())))))
        yield Told(
            report(
                "generic",
                mapping.kinds.get(line(first.get("kind")), Kind.OTHER),
                named[0] if len(named) == 1 else None,
                first.get("diagnostic"),
                code=first.get("code"),
                status=first.get("status"),
                host=first.get("host"),
                at=_time(first.get("time"), mapping.time),
            ),
            name(first.get("event_id")),
            name(first.get("message_id")),
            tags(*told.get("tags", [])),
            metadata(first.get("metadata")),
            len(named) > 1,
            passing=passing(line(first.get("kind")), _others(mapping)),
            given=(line(first.get("token")),),
        )


def _others(mapping: Map) -> frozenset[str]:
    return frozenset(word for word, kind in mapping.kinds.items() if kind is Kind.OTHER)


def _values(found: Iterable[Any]) -> list[Any]:
    """The values at a place, those of a list that stands there among them."""
    return [value for each in found for value in strings(each)][: EVENTS + 1]


def _at(value: object, path: str) -> list[Any]:
    """The values at a path, at most as many as are kept; empty when it leads nowhere."""
    found: list[Any] = [value]
    for match in _STEP.finditer(path):
        place, key = match.groups()
        found = [inner for each in found for inner in _step(each, place, key)][: EVENTS + 1]
    return found


def _step(value: object, place: str | None, key: str) -> list[Any]:
    if place is None:
        return [value[key]] if isinstance(value, dict) and key in value else []
    if not isinstance(value, list):
        return []
    return value if place == "*" else value[int(place) : int(place) + 1]


def _time(value: object, form: str) -> Instant | None:
    if form == TIMES[0]:
        return zoned(value)
    return epoch(value, SECOND if form == "seconds" else SECOND // 1000)
