"""What a line of a list says, and what is wrong with one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from retour.instants import Instant, from_datetime
from retour.model import Cause, EventKind

UNSUBSCRIBED = "unsubscribe"
CAUSES = frozenset({*(cause.value for cause in Cause), UNSUBSCRIBED})
LONGEST = 64 * 1024  # octets of a line, of an element, of a field (security.md §3)


@dataclass(frozen=True, slots=True)
class Row:
    """An address that a list stops. `cause` is a word of `CAUSES`; `at` None where the list tells no time."""

    line: int
    address: str
    cause: str
    at: Instant | None = None
    note: str = ""

    @property
    def kind(self) -> EventKind:
        """What importing it is: whoever complained or unsubscribed did so; all else is an imported stop."""
        if self.cause == UNSUBSCRIBED:
            return EventKind.UNSUBSCRIBE
        return EventKind.COMPLAINT if self.cause == Cause.COMPLAINT else EventKind.IMPORT


@dataclass(frozen=True, slots=True)
class Defect:
    """Why a line was left out; `code` is a key under [row] in texts/lists.en.toml, with its words."""

    line: int
    code: str
    value: str = ""

    @classmethod
    def of(cls, line: int, code: str, value: object = "") -> "Defect":
        """With the value cut to what can be shown."""
        return cls(line, code, str(value).encode("utf-8", "replace").decode()[:200])


Element = tuple[int, Mapping[str, Any]]  # a line, and the fields that stand there


def moment(given: object) -> Instant | None:
    """A time as lists write it: ISO 8601, RFC 5322, seconds since 1970. None for nothing. Raises ValueError.

    One without zone is read as UTC: that is what the providers mean where they leave it out.
    """
    if given is None or given == "":
        return None
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise ValueError(given)
    if isinstance(given, str) and not given.replace(".", "", 1).isdigit():
        return _written(given.strip())
    seconds = float(given)
    try:
        return from_datetime(datetime.fromtimestamp(seconds, UTC))
    except (OverflowError, OSError) as error:
        raise ValueError(given) from error


def _written(text: str) -> Instant:
    try:
        read = datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        read = _of_mail(text)
    try:
        return from_datetime(read if read.tzinfo is not None else read.replace(tzinfo=UTC))
    except OverflowError as error:
        raise ValueError(text) from error


def _of_mail(text: str) -> datetime:
    """As RFC 5322 writes it, in UTC. Raises ValueError with the text itself."""
    try:
        read = datetime.strptime(text[:25].strip(), "%a, %d %b %Y %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(text) from None
    if text[25:].strip() not in ("", "UTC", "GMT", "+0000", "-0000"):
        raise ValueError(text)
    return read
