"""PowerMTA: rows of its accounting file, or the same as JSON objects, as its user's guide has the fields.

The header names the columns, in an order that the settings say; each kind of record may have its own.
"""

import csv
import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from retour.model import Action, Kind, Report
from retour.parse.mailbox import one_address
from retour.parse.providers.bodies import EVENTS, NOT_READ, values_of
from retour.parse.providers.told import (
    Told,
    epoch,
    line,
    metadata,
    name,
    objects,
    report,
    tags,
    zoned,
)

COLUMNS: Final = 500  # of a row
ROWS: Final = EVENTS + 20  # of one body, headers too
LINES: Final = 8  # of one record; more are a quote that nobody closes
FIELD: Final = 128 * 1024  # signs; the library's own bound is one for all of a process, and others raise it

_KINDS: Final = {
    "b": Kind.BOUNCE,
    "rb": Kind.BOUNCE,  # a bounce mail that came later
    "t": Kind.DELAY,
    "tq": Kind.DELAY,  # of a whole queue
    "f": Kind.COMPLAINT,
    "d": Kind.DELIVERED,
}
_ACTIONS: Final = {action.value: action for action in Action}
_BY_ACTION: Final = {  # what "rs", the status that another server has reported, amounts to
    Action.FAILED: Kind.BOUNCE,
    Action.DELAYED: Kind.DELAY,
    Action.DELIVERED: Kind.DELIVERED,
    Action.RELAYED: Kind.DELIVERED,
}
_STATUS: Final = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+\((.{0,500})\))?")
_MARKS: Final[tuple[str, ...]] = ("vmta", "vmtaPool", "envId", "jobId")


def rows_of(raw: bytes) -> tuple[list[Any], tuple[str, ...]]:
    """The rows of a body as objects of their columns; JSON as it is."""
    if raw.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"["):
        return values_of(raw)
    rows: list[Any] = []
    columns: list[str] = []
    broken = False
    for number, record in enumerate(_records(_text(raw))):
        if number > ROWS:
            break
        row = [] if record is None else row_of(record)
        if is_header(row):
            columns = row
        elif row and columns:
            rows.append(dict(zip(columns, row, strict=False)))
        else:
            broken = broken or record is None or bool(record.strip())
    return rows, (NOT_READ,) if broken or not columns else ()


def row_of(record: str) -> list[str]:
    """The fields of a record; none where it is no CSV, or a field is longer than `FIELD`.

    Only a line feed ends a line here: what else breaks lines in Unicode may stand in a server's words.
    """
    try:
        row = next(csv.reader([record.replace("\r\n", "\n").replace("\r", " ").rstrip()]), [])
    except csv.Error:
        return []
    return row if len(record) <= FIELD or all(len(field) <= FIELD for field in row) else []


def _records(text: str) -> Iterator[str | None]:
    """The records of a file; None for a line whose quote nobody closes: it is lost, and no other one."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        quotes, end = 0, at
        for each in lines[at : at + LINES]:
            quotes, end = quotes + each.count('"'), end + 1
            if quotes % 2 == 0:
                break
        whole = quotes % 2 == 0
        yield "\n".join(lines[at:end]) if whole else None
        at = end if whole else at + 1


def _text(raw: bytes) -> str:
    return raw.decode("utf-8-sig", "replace").replace("\0", "\ufffd")


def is_header(row: list[str]) -> bool:
    """Whether a row names columns: "type" is no type."""
    return "type" in row and len(row) <= COLUMNS


def events(value: object) -> Iterator[Told]:
    """The event of a row, or those of a list of them. Mail that came in (`r`) is no event."""
    for said in objects(value):
        if line(said.get("type")) not in ("", "r"):
            yield _told(said)


def _told(said: Mapping[str, Any]) -> Told:
    """A row has no id of its own: it is its own id."""
    written = "\n".join(f"{key}={line(said[key])}" for key in sorted(said))
    marks = {key: said[key] for key in _MARKS if said.get(key)}
    return Told(
        _report(said),
        hashlib.sha256(written.encode("utf-8", "replace")).hexdigest()[:32],
        name(said.get("header_Message-Id") or said.get("header_Message-ID") or said.get("messageId")),
        tags(said.get("jobId")),
        metadata(marks),
        given=(line(said.get("orig")),),
    )


def _report(said: Mapping[str, Any]) -> Report:
    record, action = line(said.get("type")), _ACTIONS.get(line(said.get("dsnAction")).lower())
    kind = _KINDS.get(record, Kind.OTHER)
    if record == "rs" and action:
        kind = _BY_ACTION.get(action, Kind.OTHER)
    if kind is Kind.COMPLAINT and line(said.get("feedbackType")) not in ("abuse", ""):
        kind = Kind.OTHER
    status = _STATUS.match(line(said.get("dsnStatus")))
    category = line(said.get("bounceCat"))
    found = report(
        "powermta",
        kind,
        said.get("rcpt"),
        _untyped(said.get("dsnDiag")) or (status[2] if status else ""),
        told_class=category if kind in (Kind.BOUNCE, Kind.DELAY) else "",
        status=status[1] if status else None,
        host=line(said.get("dsnMta")).partition(" ")[0],
        action=action,
        at=zoned(said.get("timeLogged")) or epoch(said.get("timeLogged")),
    )
    before = one_address(_untyped(said.get("orcpt")))
    return found._replace(original_recipient=before if before != found.recipient else None)


def _untyped(value: object) -> str:
    """A field of RFC 3464 without its type: "smtp;550 …", "rfc822;ann@b.example"."""
    said = line(value)
    kind, mark, rest = said.partition(";")
    return rest.strip() if mark and kind.strip().lower() in ("smtp", "rfc822", "utf-8", "x-pmta") else said
