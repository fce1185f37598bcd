"""What a verdict tells beside its reason: who refused, which part of the mail, which list, which page."""

import re
from collections.abc import Sequence
from typing import Final

from retour.classify.evidence import Clue
from retour.classify.phrases import TEXT_LIMIT
from retour.classify.rulebook import Rule
from retour.model import Party, Reason, Report

# Begins with one of four letters, so that the search can skip to them.
_URL: Final = re.compile(r"[hHwW](?i:(?<=h)ttps?://|(?<=w)ww\.)[^\s<>\"'()\[\]{}|\\^`]{4,500}")
_ADDRESS: Final = re.compile(r"<([^<>\s]{3,320})>")
_END_OF_SENTENCE: Final = ".,;:!?"
# What our own side finds out by itself: it asks the DNS, it connects, it gives up.
_FOUND_BY_OURSELVES: Final = frozenset(
    {
        Reason.SERVER_UNREACHABLE,
        Reason.DNS_TEMPORARY,
        Reason.DOMAIN_UNKNOWN,
        Reason.DOMAIN_NO_MAIL,
        Reason.DELIVERY_EXPIRED,
        Reason.ROUTING_ERROR,
    }
)


def refused_by(report: Report, rule: Rule) -> Party | None:
    """Whose server refused; None where the report does not show it."""
    if rule.refused_by is not None:
        return rule.refused_by
    if rule.reason in _FOUND_BY_OURSELVES and not report.reply_code:
        return Party.OURS  # a report may name the host that did not answer: RFC 3464 §2.3.5
    if report.remote_mta or report.reply_code:
        return Party.FORWARDER if _was_forwarded(report) else Party.RECIPIENT
    return None


def _was_forwarded(report: Report) -> bool:
    """The mail went on to another domain than the one it was sent to."""
    if not report.recipient or not report.original_recipient:
        return False
    ends = (report.final_recipient or report.recipient, report.original_recipient)
    final, original = (address.rpartition("@")[2].lower() for address in ends)
    return bool(final and original) and final != original


def blocklist(clues: list[Clue]) -> str | None:
    """The name of the list that the words name (E13)."""
    return next((clue.rule.blocklist for clue in clues if clue.rule.blocklist), None)


def names_another(report: Report, reports: Sequence[Report]) -> bool:
    """Whether the server's words are about another recipient of the same mail, and not about this one.

    QUIRK: nullmailer reports each recipient of a mail with the refusal of one (780-nullmailer-several).
    """
    said = (report.diagnostic or "").lower()
    if "@" not in said or any(name.lower() in said for name in _names(report)):
        return False
    named = set(_ADDRESS.findall(said[:TEXT_LIMIT]))
    return any(name.lower() in named for other in reports for name in _names(other))


def _names(report: Report) -> list[str]:
    names = (report.recipient, report.original_recipient, report.final_recipient)
    return [name for name in names if name]


def url(report: Report) -> str | None:
    """The first web address in the server's words, where it explains itself. Hostile text: never followed."""
    if not report.diagnostic or ("://" not in report.diagnostic and "www." not in report.diagnostic):
        return None
    found = _URL.search(report.diagnostic[:TEXT_LIMIT])
    return found[0].rstrip(_END_OF_SENTENCE) if found else None
