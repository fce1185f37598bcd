"""Delivery status notifications: RFC 3464, and RFC 6533 for addresses outside of ASCII."""

import re
from collections.abc import Mapping, Sequence

from retour.codes import codes_in
from retour.mime import Block
from retour.mime.encoded import decode_text, decode_words
from retour.model import Action, Kind, Report
from retour.parse.dates import moment
from retour.parse.dialects import sendmail
from retour.parse.mailbox import original_address, typed_address
from retour.parse.notice import Notice
from retour.parse.prose import claims_in
from retour.parse.reply import report_of
from retour.parse.words import words_about

RECIPIENTS = 100  # read from one notice; the rest is given up with a defect
_OCTETS = 64 * 1024  # examined of one report

Fields = Mapping[str, str]

_FOLDED = re.compile(r"\n[ \t]+(?=\S)")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}", re.ASCII)
_ACTIONS = {action.value: action for action in Action}
_KINDS = {
    Action.FAILED: Kind.BOUNCE,
    Action.DELAYED: Kind.DELAY,
    Action.DELIVERED: Kind.DELIVERED,
    Action.RELAYED: Kind.DELIVERED,
    Action.EXPANDED: Kind.DELIVERED,
}
_RECIPIENT = ("final-recipient", "original-recipient")
_RESULT = ("action", "status", "diagnostic-code")


def read_delivery_status(notice: Notice, mta: str | None) -> tuple[Report, ...]:
    """A report for each recipient of the machine-readable parts, in order; () when there is none."""
    return _reports(
        [group for block in notice.status for group in recipient_groups(_text(block))], notice, mta
    )


def read_pasted_status(notice: Notice, mta: str | None) -> tuple[Report, ...]:
    """As above, for fields that stand among the words of a notice; () when there are none."""
    if "\nfinal-recipient:" not in notice.low:
        return ()
    return _reports(list(recipient_groups(notice.words)), notice, mta)


def _reports(groups: list[Fields], notice: Notice, mta: str | None) -> tuple[Report, ...]:
    if len(groups) > RECIPIENTS:
        notice.mail.note("too_many_recipients")
        groups = groups[:RECIPIENTS]
    return tuple(_report(group, notice, len(groups) == 1, mta) for group in groups)


def recipient_groups(text: str) -> Sequence[Fields]:
    """The groups of fields that are about a recipient (RFC 3464 §2.1), also where blank lines are amiss."""
    groups: list[dict[str, str]] = []
    for group in _groups(text):
        if any(name in group for name in _RECIPIENT):
            groups.append(group)
        elif any(name in group for name in _RESULT):
            # QUIRK: a stray blank line cut these fields off from their recipient (24-stray-blank-lines).
            if groups and not any(name in groups[-1] for name in group):
                groups[-1].update(group)
            else:
                groups.append(group)
    return groups


def _text(block: Block) -> str:
    return decode_text(block.raw[block.start : min(block.end, block.start + _OCTETS)])


def _groups(text: str) -> list[dict[str, str]]:
    """The fields by lower-case name between blank lines; of a field that is repeated, the first."""
    if "\n " in text or "\n\t" in text:
        text = _FOLDED.sub(" ", text)  # RFC 3464 §2.1.1: folded as RFC 5322 headers are
    groups: list[dict[str, str]] = []
    group: dict[str, str] = {}
    for line in text.split("\n"):
        name, colon, value = line.partition(":")
        name = name.rstrip().lower()
        # QUIRK: some servers leave out the blank line between recipients (25-no-blank-lines).
        if group and (not line.strip() or (name == "final-recipient" and name in group)):
            groups.append(group)
            group = {}
        if colon and name not in group:
            group[name] = value.strip()
    groups.append(group)
    return groups


def _report(group: Fields, notice: Notice, alone: bool, mta: str | None) -> Report:
    recipient, original = _addresses(group, notice)
    if alone and not recipient and not original:
        recipient = next((claim.recipient for claim in claims_in(notice.words, notice.low)), None)
    action = _action(group.get("action", ""))
    status = _STATUS.search(group.get("status", ""))
    diagnostic = group.get("diagnostic-code", "")
    if "=?" in diagnostic:
        diagnostic = decode_words(diagnostic.encode())
    host = _host(group.get("remote-mta", ""))
    if "transcript of session" in notice.low and codes_in(diagnostic).reply is None:
        talking, reply = sendmail.said_about(recipient or original or "", notice.words)
        host, diagnostic = host or talking, reply or diagnostic
    return report_of(
        _kind(action, status[0] if status else "", notice),
        recipient or original,
        diagnostic,
        original=original,
        action=action,
        status=status[0] if status else None,
        remote=host,
        text=words_about(notice.words, notice.low, recipient or original, alone),
        mta=mta,
        at=moment(group.get("last-attempt-date", "")),
    )


def _addresses(group: Fields, notice: Notice) -> tuple[str | None, str | None]:
    """Final-Recipient and Original-Recipient (RFC 3464 §2.3.1, §2.3.2); what is no address is named."""
    recipient, bad = typed_address(group.get("final-recipient", ""))
    original, worse = None, False
    if "original-recipient" in group:
        original, worse = original_address(group["original-recipient"])
    if bad or worse:
        notice.mail.note("bad_address")
    return recipient, original


def _action(value: str) -> Action | None:
    word = value.lower()
    # QUIRK: "failure", "delayed (will retry)", "relayed to ..." of old servers: the first letters tell.
    return _ACTIONS.get(word) or next((a for name, a in _ACTIONS.items() if word.startswith(name[:4])), None)


def _kind(action: Action | None, status: str, notice: Notice) -> Kind:
    """Action before everything (RFC 3464 §2.3.3); without one the class digit (RFC 3463 §3.1)."""
    if action == Action.DELAYED and status.endswith(".4.7") and "envelope expired" in notice.low:
        return Kind.BOUNCE  # QUIRK: OpenSMTPD gives up with the words of a delay (13-opensmtpd-expired)
    if action:
        return _KINDS[action]
    return Kind.DELIVERED if status[:1] == "2" else Kind.BOUNCE


def _host(value: str) -> str | None:
    """The name in "dns; mx.example.org (192.0.2.1)"; None for an absent or empty one."""
    words = value[value.find(";") + 1 :].split(None, 1)
    return words[0].strip("[]<>,;.") or None if words else None
