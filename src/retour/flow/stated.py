"""What posts of providers and lines of logs state: each event of them a claim of its own.

Its id is that of the event, not of the body or the lines it came in: told again in another batch, by a retry
or by a second follower of the same log, it is the same event (sources.md §2.3).
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from retour.identity import told_id
from retour.model import Arrival, Kind, Original, Reading
from retour.parse.logs import LOGS, Entry, read_log
from retour.parse.providers.generic import Map
from retour.parse.providers.registry import read_body
from retour.parse.providers.told import Told
from retour.return_address import looks_like

# Ours among the tags and metadata that a sender gives along; all else there is his own, and means nothing.
_OWN = re.compile(r"(?:x[-_])?retour[-_](send|envid|return[-_]path|message[-_]id)", re.IGNORECASE)
_SEND = re.compile(r"[0-9]{1,19}", re.ASCII)

_TOKEN = 43  # characters of the local part of a return address
GENERIC = "generic"
_MOST = (1 << 63) - 1  # of a send's id, as a store keeps it


class Stated(NamedTuple):
    """One event of an arrival that is no mail."""

    reading: Reading  # with one report, or none where it could not be read
    id: bytes  # of the event
    passing: str = ""  # what it counts as, where it says nothing of the recipient
    campaign: str = ""  # by the sender's first tag
    send: int | None = None  # id of a send of ours that was given along
    ambiguous: bool = False  # names candidates
    others: tuple[str, ...] = ()  # what else its message is called, beside the Message-ID of its original


class Body(NamedTuple):
    """All that an arrival states."""

    stated: list[Stated]
    whole: bool  # nothing of it was left unread


def stated_in(arrival: Arrival, mapping: Map | None = None) -> Body:
    """What a post or some lines of a log state. Raises KeyError for a form that nobody reads."""
    if arrival.form in LOGS:
        # All that its lines tell: what an earlier one of them has told before has the id it had then.
        entries = [_entry(arrival, entry) for entry in read_log(arrival.form, (arrival.raw,), successes=True)]
        return Body(entries, bool(entries) and all(each.reading.reports for each in entries))
    if arrival.form == GENERIC and mapping is None:
        return Body([], whole=False)  # nobody here knows how its source writes: to guess could lose a bounce
    body = read_body(arrival.form, arrival.raw, mapping)
    return Body([_event(arrival, told) for told in body.told], not body.defects)


def _entry(arrival: Arrival, entry: Entry) -> Stated:
    reading = entry.reading
    passing = "other" if reading.kind is Kind.OTHER and reading.reports else ""  # a probe: no mail was sent
    return Stated(reading, told_id("log", arrival.account or "", entry.id), passing)


def _event(arrival: Arrival, told: Told) -> Stated:
    report = told.report
    own = dict(_own(told))
    called, others = _names(told, own.get("message-id"))
    original = Original(
        message_id=called,
        envid=own.get("envid"),
        return_path=own.get("return-path") or next(_tokens(told), None),
    )
    reading = Reading(report.kind, (report,), original, told.message_id, report.mta)
    send = own.get("send", "")
    passing = told.passing if report.kind is Kind.OTHER else ""
    campaign = told.tags[0] if told.tags else ""
    return Stated(reading, _id(arrival, told), passing, campaign, _send_id(send), told.ambiguous, others)


def _names(told: Told, own: str | None) -> tuple[str | None, tuple[str, ...]]:
    """What reports and logs of others call the message, then what else it may have been registered as.

    Others know a message by its Message-ID alone (RFC 5322 §3.6.4). Amazon writes one of its own, made of its
    own name, over the sender's: that one is what its reports as mail bear.
    """
    names = list(dict.fromkeys(filter(None, (own, told.message_id, told.other_id))))
    if own is None and told.report.mta != "ses":
        names.sort(key=lambda each: ("@" not in each, each != told.other_id))
    return next(iter(names), None), tuple(names[1:])


def _send_id(text: str) -> int | None:
    number = int(text) if _SEND.fullmatch(text) else None
    return number if number is not None and number <= _MOST else None


def _id(arrival: Arrival, told: Told) -> bytes:
    """By the provider's own id, else by all that makes the event another than the next one.

    The kind stands beside an id: home-grown senders give a message's id to all of its events.
    """
    report = told.report
    source = "post", arrival.account or "", arrival.inlet, report.kind, report.recipient or ""
    if told.event_id:
        return told_id(*source, told.event_id)
    at = "" if report.at is None else str(report.at)
    return told_id(*source, told.message_id or "", at, report.diagnostic or "")


def _own(told: Told) -> Iterator[tuple[str, str]]:
    for key, value in told.metadata.items():
        named = _OWN.fullmatch(key) if isinstance(value, str | int) else None
        if named:
            yield named[1].lower().replace("_", "-"), str(value)


def _tokens(told: Told) -> Iterator[str]:
    """Return addresses of ours, or their local parts, wherever they were given along."""
    values: Iterable[object] = (*told.tags, *told.metadata.values(), *told.given)
    for value in values:
        if not isinstance(value, str) or len(value) < _TOKEN:
            continue
        if looks_like(value.strip("<> ").partition("@")[0]):
            yield value
