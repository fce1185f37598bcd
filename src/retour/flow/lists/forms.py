"""The forms of lists: how each is read, and how it is written. A form of a provider says what it can.

Sources: the API references of SES v2 (ListSuppressedDestinations), SendGrid (suppression/bounces, blocks,
invalid_emails, spam_reports, unsubscribes), Mailgun (v3/{domain}/bounces, complaints, unsubscribes) and
Postmark (message-streams/{stream}/suppressions/dump), and the files that their consoles export.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from functools import partial
from typing import IO, Any

from retour.flow.lists import pieces, table
from retour.flow.lists.pieces import BrokenError
from retour.flow.lists.row import CAUSES, UNSUBSCRIBED, Defect, Element, Row, moment
from retour.instants import SECOND, text, to_datetime
from retour.model import Cause

Elements = Callable[[IO[bytes]], Iterator[Element | Defect]]
Meaning = Callable[[int, Mapping[str, Any]], Row | Defect]
Writing = Callable[[Iterable[Row]], Iterator[bytes]]

IMPORTED, COMPLAINED, HARD = Cause.IMPORT.value, Cause.COMPLAINT.value, Cause.HARD.value


@dataclass(frozen=True, slots=True)
class Form:
    """One form of list."""

    name: str
    elements: Elements
    meaning: Meaning
    write: Writing
    holds: Callable[[Row], bool]  # whether a row can stand in this list at all
    media_type: str = "application/json"

    def read(self, file: IO[bytes]) -> Iterator[Row | Defect]:
        """The rows, in constant memory; after a defect at which reading ends nothing follows."""
        try:
            for element in self.elements(file):
                yield element if isinstance(element, Defect) else self._row(*element)
        except BrokenError as error:
            yield Defect(error.line, error.code)

    def _row(self, line: int, fields: Mapping[str, Any]) -> Row | Defect:
        try:
            return self.meaning(line, fields)
        except _MissingError as error:
            return Defect.of(line, "no_field", error.args[0])
        except ValueError as error:
            return Defect.of(line, "no_time", error.args[0] if error.args else "")

    def written(self, rows: Iterable[Row]) -> Iterator[bytes]:
        """A file of those rows that it can hold, piece by piece."""
        return self.write(row for row in rows if self.holds(row))


class _MissingError(Exception):
    """A field that has to be there is not, or is no text."""


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value.strip():
        raise _MissingError(name)
    return value.strip()


def _note(fields: Mapping[str, Any], *names: str) -> str:
    return " ".join(str(fields[name]) for name in names if fields.get(name) not in (None, ""))[:1000]


# --- ours -------------------------------------------------------------------------------------------------

_OURS = ("address", "cause", "since", "note")
_OTHER_NAMES = {
    "email": "address",
    "emailaddress": "address",
    "email_address": "address",
    "e-mail": "address",
}
_OTHER_NAMES |= {"recipient": "address", "created_at": "since", "created": "since", "date": "since"}


def _own(line: int, fields: Mapping[str, Any]) -> Row | Defect:
    cause = str(fields.get("cause") or IMPORTED).strip().lower()
    if cause not in CAUSES:
        return Defect.of(line, "no_cause", cause)
    return Row(line, _text(fields, "address"), cause, moment(fields.get("since")), _note(fields, "note"))


def _own_fields(row: Row) -> Sequence[str]:
    return row.address, row.cause, "" if row.at is None else text(row.at), row.note


def _own_lines(rows: Iterable[Row]) -> Iterator[bytes]:
    for row in rows:
        told = dict(zip(_OURS, _own_fields(row), strict=True)) | {"since": row.at and text(row.at)}
        yield json.dumps(told, ensure_ascii=True).encode() + b"\n"


def _own_csv(file: IO[bytes]) -> Iterator[Element | Defect]:
    return table.rows(file, _OTHER_NAMES, "address")


# --- what the forms of providers share --------------------------------------------------------------------


def _document(
    fields: Callable[[Row], Mapping[str, Any]], name: str | None, rows: Iterable[Row]
) -> Iterator[bytes]:
    """One JSON document with an array, an element a line."""
    yield b"[" if name is None else json.dumps({name: []})[:-2].encode()
    for place, row in enumerate(rows):
        yield (b",\n" if place else b"\n") + json.dumps(fields(row)).encode()
    yield b"\n]\n" if name is None else b"\n]}\n"


def _table(
    head: Sequence[str], fields: Callable[[Row], Mapping[str, Any]], rows: Iterable[Row]
) -> Iterator[bytes]:
    return table.written(head, ([str(fields(row).get(name, "")) for name in head] for row in rows))


def _csv(address: str) -> Elements:
    return partial(table.rows, names={}, address=address)


def _lower(meaning: Meaning, names: Sequence[str]) -> Meaning:
    """A meaning whose fields stand in a table with lower-case names."""
    by_name = {name.lower(): name for name in names}

    def read(line: int, fields: Mapping[str, Any]) -> Row | Defect:
        return meaning(line, {by_name.get(name, name): value for name, value in fields.items()})

    return read


def _stop(row: Row) -> bool:
    return row.cause not in (COMPLAINED, UNSUBSCRIBED)


def _complaint(row: Row) -> bool:
    return row.cause == COMPLAINED


def _unsubscribe(row: Row) -> bool:
    return row.cause == UNSUBSCRIBED


# --- Amazon SES: stops and complaints in one list; it knows no unsubscribes -------------------------------


def _ses(line: int, fields: Mapping[str, Any]) -> Row | Defect:
    reason = _text(fields, "Reason").upper()
    if reason not in ("BOUNCE", "COMPLAINT"):
        return Defect.of(line, "no_cause", reason)
    cause = COMPLAINED if reason == "COMPLAINT" else IMPORTED
    return Row(
        line, _text(fields, "EmailAddress"), cause, moment(fields.get("LastUpdateTime")), f"SES {reason}"
    )


def _ses_fields(row: Row) -> Mapping[str, Any]:
    reason = "COMPLAINT" if _complaint(row) else "BOUNCE"
    at = {} if row.at is None else {"LastUpdateTime": text(row.at)}
    return {"EmailAddress": row.address, "Reason": reason, **at}


# --- SendGrid: a list for each; what is blocked there is not suppressed, and stops nobody -----------------


def _sendgrid(cause: str, line: int, fields: Mapping[str, Any]) -> Row | Defect:
    note = f"SendGrid {_note(fields, 'status', 'reason')}".strip()
    return Row(line, _text(fields, "email"), cause, moment(fields.get("created")), note)


def _sendgrid_block(line: int, fields: Mapping[str, Any]) -> Row | Defect:
    return Defect.of(line, "not_a_stop", _text(fields, "email"))


def _sendgrid_fields(row: Row) -> Mapping[str, Any]:
    told = {"reason": row.note, "status": ""} if _stop(row) else {}
    at = {} if row.at is None else {"created": row.at // SECOND}
    return {**at, "email": row.address, **told}


# --- Mailgun: a list for each, by domain ------------------------------------------------------------------


def _mailgun(cause: str, line: int, fields: Mapping[str, Any]) -> Row | Defect:
    given = fields.get("tags", fields.get("tag"))
    tags = given if isinstance(given, list) else [given]
    if cause == UNSUBSCRIBED and given not in (None, "", []) and "*" not in tags:
        return Defect.of(
            line, "one_tag", ", ".join(map(str, tags))
        )  # of one sort of mail: all the other may go on
    note = f"Mailgun {_note(fields, 'code', 'error')}".strip()
    return Row(line, _text(fields, "address"), cause, moment(fields.get("created_at")), note)


def _mailgun_fields(row: Row) -> Mapping[str, Any]:
    at = (
        {} if row.at is None else {"created_at": format_datetime(to_datetime(row.at)).replace("+0000", "UTC")}
    )
    if _stop(row):
        return {"address": row.address, "code": "550", "error": row.note, **at}
    return {"address": row.address, **({"tags": ["*"]} if _unsubscribe(row) else {}), **at}


# --- Postmark: one list of a message stream ---------------------------------------------------------------

_POSTMARK = ("EmailAddress", "SuppressionReason", "Origin", "CreatedAt")


def _postmark(line: int, fields: Mapping[str, Any]) -> Row | Defect:
    reason, origin = _text(fields, "SuppressionReason"), str(fields.get("Origin") or "")
    causes = {"hardbounce": IMPORTED, "spamcomplaint": COMPLAINED, "manualsuppression": IMPORTED}
    cause = causes.get(reason.lower())
    if cause is None:
        return Defect.of(line, "no_cause", reason)
    if reason.lower() == "manualsuppression" and origin.lower() == "recipient":
        cause = UNSUBSCRIBED  # the recipient asked for it
    at = moment(fields.get("CreatedAt"))
    return Row(line, _text(fields, "EmailAddress"), cause, at, f"Postmark {reason} {origin}".strip())


def _postmark_fields(row: Row) -> Mapping[str, Any]:
    if _complaint(row):
        told = ("SpamComplaint", "Recipient")
    elif _unsubscribe(row):
        told = ("ManualSuppression", "Recipient")
    else:
        told = (
            ("ManualSuppression", "Customer")
            if row.cause in (IMPORTED, "support")
            else ("HardBounce", "Recipient")
        )
    at = "" if row.at is None else text(row.at)
    return dict(zip(_POSTMARK, (row.address, *told, at), strict=True))


# --- all of them ------------------------------------------------------------------------------------------

_CSV = "text/csv; charset=utf-8; header=present"


def _sendgrid_forms() -> Iterator[Form]:
    lists = {
        "bounces": (IMPORTED, _stop),
        "invalid_emails": (IMPORTED, _stop),
        "spam_reports": (COMPLAINED, _complaint),
        "unsubscribes": (UNSUBSCRIBED, _unsubscribe),
    }
    read = partial(pieces.elements, name=None)
    for name, (cause, holds) in lists.items():
        head = ("status", "reason", "email", "created") if holds is _stop else ("email", "created")
        meaning = partial(_sendgrid, cause)
        yield Form(f"sendgrid-{name}", read, meaning, partial(_document, _sendgrid_fields, None), holds)
        write = partial(_table, head, _sendgrid_fields)
        yield Form(f"sendgrid-{name}-csv", _csv("email"), meaning, write, holds, _CSV)
    nothing = partial(_document, _sendgrid_fields, None)
    yield Form("sendgrid-blocks", read, _sendgrid_block, nothing, _none)
    empty = partial(_table, ("status", "reason", "email", "created"), _sendgrid_fields)
    yield Form("sendgrid-blocks-csv", _csv("email"), _sendgrid_block, empty, _none, _CSV)


def _mailgun_forms() -> Iterator[Form]:
    lists = {
        "bounces": (IMPORTED, _stop, ("address", "code", "error", "created_at")),
        "complaints": (COMPLAINED, _complaint, ("address", "created_at")),
        "unsubscribes": (UNSUBSCRIBED, _unsubscribe, ("address", "tags", "created_at")),
    }
    read = partial(pieces.elements, name="items")
    for name, (cause, holds, head) in lists.items():
        meaning = partial(_mailgun, cause)
        yield Form(f"mailgun-{name}", read, meaning, partial(_document, _mailgun_fields, "items"), holds)
        write = partial(_table, head, _mailgun_line)
        yield Form(f"mailgun-{name}-csv", _csv("address"), meaning, write, holds, _CSV)


def _mailgun_line(row: Row) -> Mapping[str, Any]:
    fields = _mailgun_fields(row)
    return {**fields, "tags": "*"} if "tags" in fields else fields


def _any(row: Row) -> bool:
    return True


def _none(row: Row) -> bool:
    return False


def _forms() -> Iterator[Form]:
    yield Form("csv", _own_csv, _own, lambda rows: table.written(_OURS, map(_own_fields, rows)), _any, _CSV)
    yield Form("jsonl", pieces.lines, _own, _own_lines, _any, "application/jsonl")
    summaries = "SuppressedDestinationSummaries"
    read = partial(pieces.elements, name=summaries)
    yield Form(
        "ses", read, _ses, partial(_document, _ses_fields, summaries), lambda row: not _unsubscribe(row)
    )
    yield from _sendgrid_forms()
    yield from _mailgun_forms()
    read = partial(pieces.elements, name="Suppressions")
    yield Form("postmark", read, _postmark, partial(_document, _postmark_fields, "Suppressions"), _any)
    write = partial(_table, _POSTMARK, _postmark_fields)
    yield Form("postmark-csv", _csv("emailaddress"), _lower(_postmark, _POSTMARK), write, _any, _CSV)


FORMS: Mapping[str, Form] = {form.name: form for form in _forms()}


def form_of(name: str) -> Form | None:
    """The form of this name."""
    return FORMS.get(name)
