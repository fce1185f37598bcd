"""What people call a source: a provider, a server or a way by its proper name; its place in the settings."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from retour.console.reader import Reader

# What a name begins with, and where the settings hold it.
_PLACES = {
    "webhooks.": "webhooks.sources.",
    "log:": "logs.",
    "mailboxes.": "mailboxes.",
    "queues.": "queues.",
}


@dataclass(frozen=True, slots=True)
class Name:
    """A source as it is shown."""

    called: str
    place: str = ""  # in the settings; empty for what has no name there


def names(sources: Iterable[Mapping[str, Any]], who: Reader) -> dict[str, Name]:
    """By the name that arrivals bear; two of one provider are told apart by their own."""
    listed = list(sources)
    proper = {each["source"]: _proper(each, who) for each in listed}
    often = Counter(proper.values())
    return {
        source: Name(called if often[called] == 1 else f"{called} ({_own(source)})", _place(source))
        for source, called in proper.items()
    }


def called(source: str, known: Mapping[str, Name], who: Reader) -> str:
    """The same for a source that may not be listed any more."""
    name = known.get(source)
    return _proper({"source": source, "kind": None, "form": ""}, who) if name is None else name.called


def _proper(each: Mapping[str, Any], who: Reader) -> str:
    source, kind, form = str(each["source"]), each["kind"], each["form"]
    for key in (f"provider.{form}" if kind == "webhook" else "", f"source_of.{kind}", f"log_of.{form}"):
        if key and key in who.say:
            return who.say(key)
    way = f"source_of.{source}"
    return who.say(way) if way in who.say else _own(source)


def _own(source: str) -> str:
    return next((source.removeprefix(each) for each in _PLACES if source.startswith(each)), source)


def _place(source: str) -> str:
    found = next((each for each in _PLACES if source.startswith(each)), None)
    return "" if found is None else f"[{_PLACES[found]}{source.removeprefix(found)}]"
