"""What a provider tells of one recipient: a report, and what names and marks its event.

The functions here take values out of parsed JSON. All of them accept any value: what is not of the expected
form is empty or None.
"""

import json
from collections.abc import Container, Iterator, Mapping
from typing import Any, Final, NamedTuple

from retour.instants import SECOND, Instant
from retour.instants import parse as parsed_time
from retour.model import Action, Kind, Report
from retour.parse.mailbox import one_address
from retour.parse.providers.bodies import EVENTS, decoded
from retour.parse.reply import report_of

MARKS: Final = 100  # tags, and entries of metadata, of one event
LONGEST_MARK: Final = 1024  # characters of an id, a tag, or a value of metadata

_LATEST: Final = 32_503_680_000  # seconds: the year 3000; what is later is counted in another unit
_LONGEST_STATUS: Final = 9  # characters: RFC 3463 §2 has three digits behind each dot
_ACTIONS: Final = {Kind.BOUNCE: Action.FAILED, Kind.DELAY: Action.DELAYED, Kind.DELIVERED: Action.DELIVERED}

Scalar = str | int | float | bool | None


class Told(NamedTuple):
    """One report out of a provider's post."""

    report: Report
    event_id: str | None = None  # the provider's own, by which a repeated post is known again
    message_id: str | None = None  # the provider's name for the message, without angle brackets
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Scalar] = {}  # what the sender had given along; nested values as JSON text
    ambiguous: bool = False  # the provider names candidates: any of them, or all, may be meant
    passing: str = ""  # what is counted of an event that says nothing of the recipient, a word of `passing`
    given: tuple[str, ...] = ()  # where a return address of ours may stand besides: sender, ids of his own
    other_id: str | None = None  # what else the message is called: its Message-ID, beside the provider's name


def report(
    provider: str,
    kind: Kind,
    recipient: object,
    words: object = "",
    *,
    told_class: str = "",
    code: object = None,
    status: object = None,
    host: object = None,
    at: Instant | None = None,
    action: Action | None = None,
) -> Report:
    """A report of a provider: the server's `words` decide, its own class only where they say nothing.

    The class becomes words of their own ("postmark class HardBounce"), for which provider-classes.toml has
    faint rules.
    """
    said = _with_code(line(words), line(code))
    return report_of(
        kind,
        one_address(line(recipient).removeprefix("rfc822;")),
        said,
        action=action or _ACTIONS.get(kind),
        status=line(status)[:_LONGEST_STATUS] or None,
        remote=line(host).rstrip(".")[:255] or None,
        text=f"{provider} class {told_class}" if told_class else "",
        mta=provider,
        at=at,
    )


def _with_code(words: str, code: str) -> str:
    """The reply as the server sent it, where the provider keeps its code apart (RFC 5321 §4.2)."""
    if not is_reply(code) or code in words or (is_reply(words[:3]) and words[3:4] in (" ", "-", "")):
        return words
    return f"{code} {words}".rstrip()


def is_reply(code: str) -> bool:
    """Whether a number is one of a server's replies: providers have others of their own (605, 498)."""
    return len(code) == 3 and code.isdecimal() and code[0] in "245" and code[1] in "012345"


def line(value: object) -> str:
    """A string or number of JSON on one line, fit to be stored.

    JSON can escape half of a surrogate pair (RFC 8259 §8.2).
    """
    if isinstance(value, str):
        if value.isascii() and value.isprintable() and "  " not in value:
            return value.strip()
        return " ".join(value.encode("utf-8", "replace").decode().split())
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value) if abs(value) < 1e30 else ""  # JSON bounds no digits, Python does
    return ""


def name(value: object) -> str | None:
    """An id: without angle brackets, None when there is none."""
    return line(value).strip("<>")[:LONGEST_MARK] or None


def message_id_in(headers: object) -> str | None:
    """The Message-ID among headers: objects or pairs of name and value, or one object of them all."""
    listed = list(headers.items()) if isinstance(headers, dict) else strings(headers)
    for each in listed:
        pair = (each.get("name", each.get("key")), each.get("value")) if isinstance(each, dict) else each
        if isinstance(pair, list | tuple) and len(pair) == 2 and line(pair[0]).lower() == "message-id":
            return name(next(iter(strings(pair[1])), None))
    return None


def within(value: object, *path: str) -> Any:
    """What stands at a path of objects; None when it leads nowhere."""
    for step in path:
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def an_object(value: object, *path: str) -> Mapping[str, Any]:
    """The object at a path; empty when there is none."""
    found = within(value, *path)
    return found if isinstance(found, dict) else {}


def objects(value: object, *path: str) -> Iterator[Mapping[str, Any]]:
    """The objects of a list at a path, or the one that stands there alone; not more than are kept."""
    found = within(value, *path)
    listed = found if isinstance(found, list) else [found]
    return (each for each in listed[: EVENTS + 1] if isinstance(each, dict))


def strings(value: object) -> list[object]:
    """The values of a list, or the one that stands alone; empty for nothing."""
    if isinstance(value, list):
        return value[: EVENTS + 1]
    return [] if value is None or value == "" else [value]


def passing(word: object, words: Container[str]) -> str:
    """What an event that says nothing of the recipient counts as; "" for all others, also unknown ones."""
    if not isinstance(word, str) or word not in words:
        return ""
    low = word.lower()
    if "open" in low or "load" in low or low == "view":
        return "opened"
    return "clicked" if "click" in low else "other"


def tags(*values: object) -> tuple[str, ...]:
    """Tags out of strings and lists of them, each once."""
    said = [line(each)[:LONGEST_MARK] for value in values for each in strings(value)]
    return tuple(dict.fromkeys(filter(None, said)))[:MARKS]


def metadata(value: object) -> dict[str, Scalar]:
    """Metadata out of an object, also one that stands in a string as JSON; empty for all else."""
    if isinstance(value, str):
        try:
            value = decoded(value)
        except (ValueError, RecursionError):
            return {}
    entries = list(value.items())[:MARKS] if isinstance(value, dict) else []
    return {line(key)[:LONGEST_MARK]: _scalar(each) for key, each in entries}


def _scalar(value: object) -> Scalar:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and line(value):
        return value if value == value else None  # NaN is no JSON (RFC 8259 §6)
    if isinstance(value, str):
        return value[:LONGEST_MARK].encode("utf-8", "replace").decode()
    try:
        return json.dumps(value)[:LONGEST_MARK]
    except RecursionError:
        return None


def epoch(value: object, unit: Instant = SECOND) -> Instant | None:
    """The instant of a count of seconds (or milliseconds) since 1970, a number or its digits."""
    try:
        counted = float(line(value))
    except ValueError:
        return None
    return int(counted * unit) if 0 < counted * unit < _LATEST * SECOND else None


def zoned(value: object) -> Instant | None:
    """The instant of an ISO 8601 text with a zone. None without one: a guess would be a wrong day."""
    try:
        return parsed_time(line(value))
    except (ValueError, OverflowError):
        return None
