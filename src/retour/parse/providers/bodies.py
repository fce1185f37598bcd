"""The body of a post → JSON values: JSON, JSON by lines, or a form. Headers are not needed to tell which."""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any, Final
from urllib.parse import parse_qs

NOT_READ: Final = "bad_json"  # defect: the body is neither JSON nor a form

TOO_COMPLEX: Final = "too_complex"  # defect: more, deeper or longer values than any provider posts
TOO_MANY: Final = "too_many_events"  # defect: the rest of the body was left alone

EVENTS: Final = 10_000  # of one body; the largest batch known has 1000 (SparkPost)
VALUES: Final = 500_000  # of one JSON text: counted before it is read, for each takes memory
DEPTH: Final = 32  # of objects and lists within each other (security.md §3)
KEYS: Final = 10_000  # of one object
LONGEST: Final = 256 * 1024  # characters of one string

_FIELDS: Final = 1000  # of a form
_BOUNDARY: Final = re.compile(rb"--([^\r\n]{1,70})\r?\n")  # RFC 2046 §5.1.1
_PART_NAME: Final = re.compile(
    rb'^content-disposition:[^\r\n]{0,200}?;\s?name="([^"\r\n]{1,200})"', re.I | re.M
)
_FORM: Final = re.compile(rb"[A-Za-z0-9_.%+\[\]-]{1,200}=")


class TooComplexError(ValueError):
    """JSON beyond the limits."""


Pairs = list[tuple[str, Any]]
"""The keys and values of an object as they stand there: a key may stand twice (RFC 8259 §4)."""


def decoded(text: str | bytes, made: Callable[[Pairs], dict[str, Any]] | None = None) -> Any:
    """The value of a JSON text; `made` makes its objects, of which else the last value of a key stands.

    Raises TooComplexError, and ValueError or RecursionError for what is none.
    """
    marks: tuple[Any, ...] = (b",", b"[", b"{") if isinstance(text, bytes) else (",", "[", "{")
    if len(text) > VALUES and sum(map(text.count, marks)) > VALUES:
        raise TooComplexError
    value = json.loads(text, object_pairs_hook=made)
    level: list[Iterable[Any]] = [[value]]
    for _ in range(DEPTH + 1):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return value
    raise TooComplexError


def _inside(values: Iterable[Any]) -> list[Iterable[Any]]:
    """What the objects and lists among these hold; none of them, and no string, is larger than it may be."""
    inside: list[Iterable[Any]] = []
    for value in values:
        if isinstance(value, str):
            if len(value) > LONGEST:
                raise TooComplexError
        elif isinstance(value, dict):
            if len(value) > KEYS:
                raise TooComplexError
            inside.append(value.values())
        elif isinstance(value, list):
            inside.append(value)
    return inside


def values_of(
    raw: bytes, made: Callable[[Pairs], dict[str, Any]] | None = None
) -> tuple[list[Any], tuple[str, ...]]:
    """The JSON values of a body, a form being one object of strings (or lists of them), and its defects."""
    body = raw.removeprefix(b"\xef\xbb\xbf").strip()
    boundary = _BOUNDARY.match(body)
    if boundary:
        return [_multipart(body, boundary[1].rstrip())], ()
    if _FORM.match(body):
        return [_form(body)], ()
    try:
        return [decoded(body, made)], ()
    except TooComplexError:
        return [], (TOO_COMPLEX,)
    except (ValueError, RecursionError):  # a broken encoding is a ValueError as well
        return _by_lines(body, made)


def _by_lines(
    body: bytes, made: Callable[[Pairs], dict[str, Any]] | None
) -> tuple[list[Any], tuple[str, ...]]:
    """One value a line: so KumoMTA writes and posts batches. A line that is none is a defect, not the end."""
    values: list[Any] = []
    defects: dict[str, None] = {}
    lines = body.split(b"\n", EVENTS)
    if len(lines) > EVENTS and lines.pop().strip():
        defects[TOO_MANY] = None
    for text in filter(bytes.strip, lines):
        try:
            values.append(decoded(text, made))
        except TooComplexError:
            defects[TOO_COMPLEX] = None
        except (ValueError, RecursionError):
            defects[NOT_READ] = None
    return values, tuple(defects) or (() if values else (NOT_READ,))


def _form(body: bytes) -> dict[str, Any]:
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_FIELDS)
    except ValueError:  # more fields than any provider sends
        return {}
    return {key: _one_or_all(values) for key, values in fields.items()}


def _multipart(body: bytes, boundary: bytes) -> dict[str, Any]:
    """The fields of multipart/form-data (RFC 7578 §4); what is a file there is a field as well."""
    found: dict[str, list[str]] = {}
    for part in body.split(b"--" + boundary, _FIELDS)[1:_FIELDS]:
        head, _, value = part.replace(b"\r\n", b"\n").partition(b"\n\n")
        named = _PART_NAME.search(head)
        if named:
            key = named[1].decode("utf-8", "replace")
            found.setdefault(key, []).append(value.decode("utf-8", "replace").removesuffix("\n"))
    return {key: _one_or_all(values) for key, values in found.items()}


def _one_or_all(values: list[str]) -> Any:
    return values[0] if len(values) == 1 else values
