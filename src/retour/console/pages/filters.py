"""Filters in the address of a page: what is set, in words, and how many each value would find."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.http import HttpRequest

from retour.console.days import begin, end, long, plain, read_day
from retour.console.pages.wrong_value import turned_round
from retour.console.reader import Reader
from retour.flow.suppressions import PROVIDERS as DOMAINS
from retour.texts import catalogue

DAYS = ("since", "until")
PROVIDERS = tuple(DOMAINS)
_IN_WORDS = frozenset({"state", "type", "kind", "reason", "provider", "corrected"})


@dataclass(frozen=True, slots=True)
class Option:
    """A value that can be chosen."""

    value: str
    told: str
    count: int | None = None  # None: nobody has counted


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set."""

    name: str
    label: str
    told: str
    phrase: str  # as a sentence says it: "from 3 May 2026"


def chosen(request: HttpRequest, names: Iterable[str]) -> dict[str, str]:
    """The filters that are set, by their names in the address of the page."""
    set_ = {name: value for name in names if (value := request.GET.get(name, "").strip())}
    return {name: plain(value) if name in DAYS else value for name, value in set_.items()}


def times(set_: Mapping[str, str], who: Reader) -> dict[str, str]:
    """The days that are set as moments: from the beginning of the one to the end of the other.

    Raises Refused where the one lies after the other.
    """
    if (refused := turned_round(set_, who)) is not None:
        raise refused
    moments = {"since": begin, "until": end}
    return {name: moments[name](set_[name], who) for name in DAYS if name in set_}


def chips(set_: Mapping[str, str], who: Reader) -> list[Chip]:
    """Each filter that is set, in words."""
    return [_chip(name, told(name, value, who), who) for name, value in set_.items()]


def _chip(name: str, words: str, who: Reader) -> Chip:
    key = f"phrase.{name}"
    phrase = who.say(key, value=words) if key in who.say else words
    return Chip(name, who.say(f"filter.{name}"), words, phrase)


def options(
    name: str, values: Iterable[str], who: Reader, counts: Mapping[str, int] | None = None
) -> list[Option]:
    """The values of a filter in words, each with how many it would find."""
    return [
        Option(value, _offered(name, value, who), None if counts is None else counts.get(value, 0))
        for value in values
    ]


def _offered(name: str, value: str, who: Reader) -> str:
    """A value among the others: one that is a part of the value before it says so there."""
    key = f"option.{name}_{value}"
    return who.say(key) if key in who.say else told(name, value, who)


def told(name: str, value: str, who: Reader) -> str:
    """A value in words; as it is where it is somebody's own word."""
    if name in DAYS and (day := read_day(value)) is not None:
        return long(day, who.language)
    if name == "provider":
        words, key = who.say, f"mailbox.{value}"
    elif name == "reason":
        words, key = catalogue(f"status.{who.language}"), f"label.{value}"
    else:
        words = who.say
        key = f"filter.state_{value}" if name == "state" else f"{name}.{value}"
    return words(key) if name in _IN_WORDS and key in words else value
