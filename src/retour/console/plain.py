"""Refusals of the API for people: it speaks to programs, of fields and calls; a page has labels."""

import re

from retour.client.connection import Refused
from retour.texts import Catalogue

_NOT_FOUND, _CONFLICT = 404, 409
_ID = re.compile(r" [0-9a-f]{16}\b")
_PERSON = re.compile(r"\bperson (?=\S+@)")  # as the ledger names who acted
_CALL = re.compile(
    r"/v1/|\b(?:GET|POST|PUT|DELETE) |If-Match|Retry-After|Idempotency-Key"
)  # what programs do


def plain(error: Refused, say: Catalogue) -> None:
    """Say it with the names that forms bear, and what to do on a page, where there are words."""
    name = error.type.rpartition("/")[2]
    if error.field:
        last = error.field.rpartition(".")[2]
        called = label(last, say)
        if called:
            befores = (f"{error.field}: ", f"{error.field} ", f"{last}: ")
            error.detail = _instead(error.detail, befores, f"{called}: ")
    error.detail = _PERSON.sub("", error.detail)
    if error.status == _CONFLICT:  # what is meant stands on the page
        error.detail = _ID.sub("", error.detail)
    if f"detail.{name}" in say:
        error.detail = say(f"detail.{name}")
    if f"remedy.{name}" in say:
        error.remedy = say(f"remedy.{name}")
    elif error.remedy and _CALL.search(error.remedy):
        error.remedy = say("remedy.gone") if error.status == _NOT_FOUND else None


def label(field: str, say: Catalogue) -> str:
    """What a form calls a field; empty where no form has it."""
    return next((say(key) for key in _labels(field) if key in say), "")


def _labels(field: str) -> tuple[str, ...]:
    return f"field.{field}", f"filter.{field}", f"setting.{field}"


def _instead(text: str, befores: tuple[str, ...], after: str) -> str:
    for before in befores:
        if text.startswith(before):
            return after + text.removeprefix(before)
    return text
