"""The body of a post → JSON values: JSON, JSON by lines, or a form. Headers are not needed to tell which."""

import json
import re
from typing import Any
from urllib.parse import parse_qs

NOT_READ = "bad_json"  # defect: the body is neither JSON nor a form

_FIELDS = 1000  # of a form
_JSON_LINES = 2000  # of one body
_BOUNDARY = re.compile(rb"--([^\r\n]{1,70})\r?\n")  # RFC 2046 §5.1.1
_PART_NAME = re.compile(rb'^content-disposition:[^\r\n]{0,200}?;\s?name="([^"\r\n]{1,200})"', re.I | re.M)
_FORM = re.compile(rb"[A-Za-z0-9_.%+\[\]-]{1,200}=")


def values_of(raw: bytes) -> tuple[list[Any], tuple[str, ...]]:
    """The JSON values of a body, a form being one object of strings (or lists of them), and its defects."""
    body = raw.removeprefix(b"\xef\xbb\xbf").strip()
    boundary = _BOUNDARY.match(body)
    if boundary:
        return [_multipart(body, boundary[1].rstrip())], ()
    if _FORM.match(body):
        return [_form(body)], ()
    try:
        return [json.loads(body)], ()
    except (ValueError, RecursionError):  # a broken encoding is a ValueError as well
        return _by_lines(body)


def _by_lines(body: bytes) -> tuple[list[Any], tuple[str, ...]]:
    """One value a line: so KumoMTA writes and posts batches. A line that is none is a defect, not the end."""
    values: list[Any] = []
    defects: list[str] = []
    for text in body.split(b"\n", _JSON_LINES)[:_JSON_LINES]:
        if not text.strip():
            continue
        try:
            values.append(json.loads(text))
        except (ValueError, RecursionError):
            defects = [NOT_READ]
    return values, tuple(defects) if values else (NOT_READ,)


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
