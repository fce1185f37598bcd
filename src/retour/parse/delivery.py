"""Delivery status notifications: RFC 3464, and RFC 6533 for addresses outside of ASCII."""

import re
from email.utils import parsedate_to_datetime
from itertools import pairwise

from retour.codes import codes_in
from retour.instants import Instant, from_datetime
from retour.mime import Block, Part
from retour.mime.encoded import decode_text, decode_words
from retour.model import Action, Kind, Report
from retour.parse.dialects import sendmail
from retour.parse.mailbox import original_address, typed_address
from retour.parse.notice import Notice
from retour.parse.prose import claims_in
from retour.parse.reply import report_of
from retour.parse.words import words_about

RECIPIENTS = 100  # read from one notice; the rest is counted in a defect

_BLANK = re.compile(rb"\n[ \t]*(?=\n)")
_STATUS = re.compile(rb"([245])\.(\d{1,3})\.(\d{1,3})")
_ACTIONS = {action.value.encode(): action for action in Action}
_KINDS = {
    Action.FAILED: Kind.BOUNCE,
    Action.DELAYED: Kind.DELAY,
    Action.DELIVERED: Kind.DELIVERED,
    Action.RELAYED: Kind.DELIVERED,
    Action.EXPANDED: Kind.DELIVERED,
}


def read_delivery_status(notice: Notice, mta: str | None) -> tuple[Report, ...]:
    """A report for each recipient of the machine-readable parts, in order; () when there is none."""
    groups = [group for part in notice.status for group in recipient_groups(part)]
    if len(groups) > RECIPIENTS:
        notice.mail.note("too_many_recipients")
        groups = groups[:RECIPIENTS]
    low = notice.words.lower() if groups else ""
    return tuple(_report(group, notice, low, len(groups) == 1, mta) for group in groups)


def recipient_groups(part: Part) -> list[Block]:
    """The groups of fields that are about a recipient (RFC 3464 §2.1), also where blank lines are amiss."""
    raw = b"\n" + part.body().strip(b"\n") + b"\n"
    low = raw.lower()
    edges = [0, *(match.start() for match in _BLANK.finditer(raw)), len(raw)]
    groups: list[Block] = []
    for start, end in pairwise(edges):
        for group in _one_recipient_each(Block(raw, low, start, end)):
            if group.has(b"final-recipient") or group.has(b"original-recipient"):
                groups.append(group)
            elif group.has(b"action") or group.has(b"status") or group.has(b"diagnostic-code"):
                _join(groups, group)
    return groups


def _one_recipient_each(group: Block) -> list[Block]:
    # QUIRK: some servers leave out the blank line between recipients (RFC 3464 §2.1; 12-no-blank-lines).
    name = b"\nfinal-recipient:"
    if group.low.count(name, group.start, group.end) < 2:
        return [group]
    starts = [group.start]
    at = group.low.find(name, group.low.find(name, group.start) + 1, group.end)
    while at >= 0 and len(starts) <= RECIPIENTS:
        starts.append(at)
        at = group.low.find(name, at + 1, group.end)
    stops = [*starts[1:], group.end]
    return [Block(group.raw, group.low, start, stop) for start, stop in zip(starts, stops, strict=True)]


def _join(groups: list[Block], rest: Block) -> None:
    """Fields cut off from their recipient by a stray blank line go back to it."""
    if not groups:
        groups.append(rest)
    elif not groups[-1].has(b"action") or not rest.has(b"action"):
        last = groups[-1]
        groups[-1] = Block(last.raw, last.low, last.start, rest.end)


def _report(group: Block, notice: Notice, low: str, alone: bool, mta: str | None) -> Report:
    recipient, bad = typed_address(decode_text(group.value(b"final-recipient")))
    original, bad_original = None, False
    if group.has(b"original-recipient"):
        original, bad_original = original_address(decode_text(group.value(b"original-recipient")))
    if bad or bad_original:
        notice.mail.note("bad_address")
    action = _action(group)
    status = _STATUS.search(group.value(b"status"))
    diagnostic = decode_words(group.value(b"diagnostic-code"))
    text = words_about(notice.words, low, recipient or original, alone)
    if alone and not recipient and not original:
        recipient = next((claim.recipient for claim in claims_in(notice.words)), None)
    host = _host(group.value(b"remote-mta"))
    if "ranscript of session" in notice.words and codes_in(diagnostic).reply is None:
        talking, reply = sendmail.said_about(recipient or original or "", notice.words)
        host, diagnostic = host or talking, reply or diagnostic
    return report_of(
        _kind(action, status),
        recipient or original,
        diagnostic,
        original=original,
        action=action,
        status=b".".join(status.groups()).decode() if status else None,
        remote=host,
        text=text,
        mta=mta,
        at=_moment(group.value(b"last-attempt-date")),
    )


def _action(group: Block) -> Action | None:
    word = group.value(b"action").split(b"(")[0].split(b";")[0].strip().lower()
    # QUIRK: "failure", "delayed (will retry)", "relayed-..." of old servers: the first letters tell.
    return _ACTIONS.get(word) or next((a for name, a in _ACTIONS.items() if word.startswith(name[:4])), None)


def _kind(action: Action | None, status: re.Match[bytes] | None) -> Kind:
    """Action before everything (RFC 3464 §2.3.3); without one the class digit (RFC 3463 §3.1)."""
    if action:
        return _KINDS[action]
    return Kind.DELIVERED if status and status[1] == b"2" else Kind.BOUNCE


def _host(value: bytes) -> str | None:
    """The name in "dns; mx.example.org (192.0.2.1)"; None for an absent or empty one."""
    name = value.partition(b";")[2].split() if b";" in value else value.split()
    return decode_text(name[0]).strip("[]<>,;").rstrip(".") or None if name else None


def _moment(value: bytes) -> Instant | None:
    """A date with its zone (RFC 5322 §3.3); None for an absent, broken or zoneless one."""
    if not value:
        return None
    try:
        return from_datetime(parsedate_to_datetime(value[:100].decode("ascii")))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
