"""Logs whose records have the form of a provider's posts: what such a record tells, as an entry."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from retour.model import Kind, Original, Reading
from retour.parse.bounds import BAD_ADDRESS
from retour.parse.logs.entry import Entry, Facts
from retour.parse.providers.told import Told, line, name, strings


def entry_of(
    told: Told,
    record: Mapping[str, Any],
    lines: tuple[bytes, ...],
    *,
    sender: object,
    time: object,
    queue_id: object = None,
    host: object = None,
    envid: object = None,
) -> Entry:
    """The entry of a record, with what its fields say of the mail."""
    facts = partial(_facts, told, record, sender, time, queue_id, host, envid)
    return Entry(lines, facts)


def _facts(
    told: Told,
    record: Mapping[str, Any],
    sender: object,
    time: object,
    queue_id: object,
    host: object,
    envid: object,
) -> Facts:
    report, by, message_id = told.report, _address(sender), _message_id(record)
    defects = () if report.recipient or report.kind is Kind.COMPLAINT else (BAD_ADDRESS,)
    original = Original(message_id=message_id, envid=name(envid), return_path=by)
    reading = Reading(report.kind, (report,), original, message_id, report.mta, defects)
    return Facts(reading, name(queue_id), by, name(host), line(time) or None, report.at, told.event_id)


def _address(value: object) -> str | None:
    """The envelope sender; "" for the null sender, None where the record has none."""
    return line(value).strip("<>") if isinstance(value, str) else None


def _message_id(record: Mapping[str, Any]) -> str | None:
    """The Message-ID, where the server was told to log it: among headers, or in a column of its own."""
    headers = record.get("headers")
    for fields in (headers if isinstance(headers, dict) else {}, record):
        for key, value in fields.items():
            if key.lower() in ("message-id", "header_message-id"):
                return name(next(iter(strings(value)), None))
    return None
