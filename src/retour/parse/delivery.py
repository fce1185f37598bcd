"""Delivery status notifications: RFC 3464, and RFC 6533 for addresses outside of ASCII."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from retour.codes import reply_in
from retour.mime.encoded import decode_words
from retour.mime.limits import MULTIPART_UNCLOSED
from retour.model import Action, Kind, Report
from retour.parse.bounds import BAD_ADDRESS, RECIPIENTS, REPORT, TOO_MANY_RECIPIENTS
from retour.parse.claims import claims_in, source_in
from retour.parse.dates import moment
from retour.parse.dialects import sendmail
from retour.parse.fields import Fields, groups_of
from retour.parse.mailbox import original_address, typed_address
from retour.parse.notice import Notice
from retour.parse.reply import report_of
from retour.parse.words import deciding, words_from

_STATUS: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}", re.ASCII)
_STATUS_SAID: Final = re.compile(r"\(([45]\d\d [^()]{1,500})\)", re.ASCII)
_ACTIONS: Final = {action.value: action for action in Action}
_KINDS: Final = {
    Action.FAILED: Kind.BOUNCE,
    Action.DELAYED: Kind.DELAY,
    Action.DELIVERED: Kind.DELIVERED,
    Action.RELAYED: Kind.DELIVERED,
    Action.EXPANDED: Kind.DELIVERED,
}
_TOLD: Final = {"action", "status", "diagnostic-code"}  # what is said of a recipient, beside its names
# Postfix, when it was asked to try an address without sending anything (sendmail -bv): about no mail.
_PROBES: Final[tuple[str, ...]] = ("deliverable", "undeliverable")


def read_delivery_status(notice: Notice, mta: str | None) -> tuple[Report, ...]:
    """A report for each recipient of the machine-readable parts, in order; () when there is none."""
    if not notice.status:
        return ()
    groups = [group for groups in notice.status for group in about_recipients(groups)]
    if groups and MULTIPART_UNCLOSED in notice.mail.defects and not _TOLD & groups[-1].keys():
        groups.pop()  # the mail was cut behind the name
        if not groups:
            return ()
    return _reports(groups, notice, mta)


def read_pasted_status(notice: Notice, mta: str | None) -> tuple[Report, ...]:
    """As above, for fields that stand among the words of a notice; () when there are none."""
    if "\nfinal-recipient:" not in notice.low:
        return ()
    return _reports(about_recipients(groups_of(notice.words[:REPORT])), notice, mta)


def _reports(groups: Sequence[Fields], notice: Notice, mta: str | None) -> tuple[Report, ...]:
    if len(groups) == 1:
        return (_report(groups[0], notice, None, mta),)
    if len(groups) > RECIPIENTS:
        notice.mail.note(TOO_MANY_RECIPIENTS)
    claims = _claims(notice)
    reports = tuple([_report(group, notice, claims, mta) for group in groups[:RECIPIENTS]])
    originals = Counter((report.original_recipient or "").lower() for report in reports)
    return tuple([_of_group(each, originals) for each in reports])


def _of_group(report: Report, originals: Counter[str]) -> Report:
    """Of one address that stands for several, each member is told by its own name."""
    if report.final_recipient is None or originals[(report.original_recipient or "").lower()] == 1:
        return report
    return report._replace(recipient=report.final_recipient, final_recipient=None)


def about_recipients(groups: Sequence[dict[str, str]]) -> Sequence[Fields]:
    """Those groups that are about a recipient (RFC 3464 §2.3), also where blank lines are amiss."""
    about: list[dict[str, str]] = []
    for group in groups:
        if "final-recipient" in group or "original-recipient" in group:
            about.append(group)
        elif "action" in group or "status" in group or "diagnostic-code" in group:
            # QUIRK: a stray blank line cut these fields off from their recipient (24-stray-blank-lines).
            if about and not any(name in about[-1] for name in group):
                about[-1] = {**about[-1], **group}
            else:
                about.append(group)
    return about


def _report(group: Fields, notice: Notice, claims: Mapping[str, str] | None, mta: str | None) -> Report:
    """`claims` are the words by recipient; None when there is but one recipient: all words are about it."""
    recipient, original = _addresses(group, notice)
    if claims is None and not recipient and not original:
        recipient = next((claim.recipient for claim in claims_in(notice.words, notice.low)), None)
    action = _action(group.get("action", ""))
    status = _STATUS.search(group.get("status", ""))
    diagnostic = group.get("diagnostic-code", "")
    if "=?" in diagnostic:
        diagnostic = decode_words(diagnostic.encode())
    if not diagnostic:
        # QUIRK: Haraka says it in a comment behind the code (785-haraka-connection-refused).
        said = _STATUS_SAID.search(group.get("status", ""))
        diagnostic = said[1] if said else ""
    host = _host(group.get("remote-mta", ""))
    done = _KINDS.get(action) is Kind.DELIVERED if action else False
    if not done and sendmail.BEGIN in notice.low:
        if reply_in(diagnostic) is None:
            talking, reply = sendmail.said_about(recipient or original or "", notice.words, notice.low)
            host, diagnostic = host or talking, reply or diagnostic
        else:
            diagnostic = sendmail.whole_reply(diagnostic, notice.words)
    text = _words((recipient or original, original), notice, claims)
    if not diagnostic:  # Exim and OpenSMTPD say it to people only
        told = _claims(notice) if claims is None else claims
        diagnostic = deciding(told.get((recipient or "").lower(), ""))[0]
    went_on = recipient and original and recipient.lower() != original.lower()
    return report_of(
        Kind.OTHER if group.get("action") in _PROBES else _kind(action, status[0] if status else "", notice),
        original if went_on else recipient or original,
        diagnostic,
        original=original or source_in(text),
        final=recipient if went_on else None,
        action=action,
        status=status[0] if status else None,
        remote=host,
        text=text,
        mta=mta,
        at=moment(group.get("last-attempt-date", "")),
    )


def _claims(notice: Notice) -> dict[str, str]:
    """What the words say about each recipient, by its address in lower case."""
    return {claim.recipient.lower(): claim.words for claim in claims_in(notice.words, notice.low)}


def _words(names: tuple[str | None, ...], notice: Notice, claims: Mapping[str, str] | None) -> str:
    if claims is None:
        return words_from(notice.words, notice.low, names[0])
    words = (claims.get(name.lower()) for name in names if name)
    return next((found for found in words if found), "").strip(" :>\t\n")


def _addresses(group: Fields, notice: Notice) -> tuple[str | None, str | None]:
    """Final-Recipient and Original-Recipient (RFC 3464 §2.3.1, §2.3.2); what is no address is named."""
    recipient, bad = typed_address(group.get("final-recipient", ""))
    original, worse = None, False
    if "original-recipient" in group:
        original, worse = original_address(group["original-recipient"])
    if bad or worse:
        notice.mail.note(BAD_ADDRESS)
    return recipient, original


def _action(value: str) -> Action | None:
    word = value.lower()
    if word in _PROBES:
        return None
    # QUIRK: old servers go on behind the word, or bend it: the first letters tell (25-no-blank-lines).
    found = _ACTIONS.get(word)
    return found or next((action for name, action in _ACTIONS.items() if word.startswith(name[:4])), None)


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
