"""Reply codes (RFC 5321 §4.2) and enhanced status codes (RFC 3463, RFC 5248): found in text, and named."""

import re
from collections.abc import Mapping
from typing import Final

from retour import swift

Codes = tuple[str | None, str | None]
"""The reply code and the enhanced status code of one text; None where it says nothing."""


# RFC 3463 §2: class 2, 4 or 5; subjects 0-7 are the registered ones, which also keeps out addresses of
# hosts and version numbers ("5.94.2"). RFC 5321 §4.2: the second digit of a refusal is 0-5.
_STATUS: Final = r"[245]\.[0-7]\.\d{1,3}"
_END: Final = r"(?![\w-]|\.\d)"


def _free(seen: str) -> str:
    """No part of a word, path, host or port: looks back over the `seen` characters, a dot for each."""
    return rf"(?<![\w./@-]{seen})(?<![\w\]:]:{seen})"


# All begins with one digit: a pattern that begins with a set of characters is found several times as fast as
# any other. What stands before is asked only where what follows fits, and the one group is the enhanced code
# of a pair: most digits in a text are of dates and hosts (a fifth less time than asking at the first digit).
_CODES: Final = re.compile(
    # "550 5.1.1", "550-5.1.1", "550 #5.1.1", "552 (5.2.2)", "550-'5.7.1", or the reply code alone
    rf"[245](?:[0-5]\d(?<=[45]..){_free('...')}(?![\w.@]|-\d\d)"
    rf"(?:[ \-:]{{0,3}}[ \[(#'\"]{{0,3}}({_STATUS}){_END})?"
    rf"|\.[0-7]\.{_free('....')}\d{{1,3}}{_END})",
    re.ASCII,
)


_codes_in: Final = swift.codes_in if swift.IN_C else None
_reply_at: Final = swift.reply_at if swift.IN_C else None


def codes_in(text: str) -> Codes:
    """The reply code and the enhanced status code that a server's words carry.

    A pair that stands together wins over codes that stand alone; among equals the first, but one that
    only says that time ran out (x.4.7) gives way to a later one, which tells why. O(len(text)).
    """
    if _codes_in is not None:
        codes = _codes_in(text)
        if codes is not None:
            return codes
    opening = _CODES.match(text)  # where a server's own words nearly always have both
    if opening and opening[1] and not opening[1].endswith(".4.7"):
        return text[:3], opening[1]
    reply: str | None = None
    status: str | None = None
    expired: Codes | None = None
    match = _CODES.search(text)
    while match:  # takes half the time of an iterator for the one or two that there are
        code, paired = match[0], match[1]
        if paired is None:
            if code[1] == ".":
                status = status or code
            else:
                reply = reply or code
        elif paired.endswith(".4.7"):
            expired = expired or (code[:3], paired)
        else:
            return code[:3], paired
        match = _CODES.search(text, match.end())
    return expired or (reply, status)


def reply_in(text: str) -> str | None:
    """The reply code of `codes_in`."""
    return codes_in(text)[0]


def status_in(text: str) -> str | None:
    """The enhanced status code of `codes_in`."""
    return codes_in(text)[1]


def reply_at(text: str) -> int:
    """Where the first reply code of a text stands, else its first enhanced code; -1 for neither."""
    if _reply_at is not None:
        place = _reply_at(text)
        if place is not None:
            return place
    lone = -1
    match = _CODES.search(text)
    while match:
        at = match.start()
        if text[at + 1] != ".":
            return at
        lone = at if lone < 0 else lone
        match = _CODES.search(text, match.end())
    return lone


def is_vague(status: str | None) -> bool:
    """Whether an enhanced code says nothing about the cause: missing, or x.0.0 (RFC 3463 §3.1)."""
    return status is None or status[1:] == ".0.0"


def names_cause(status: str | None) -> bool:
    """Whether an enhanced code has a detail: x.1.0 or x.7.0 only name the subject (RFC 3463 §3)."""
    return status is not None and not status.endswith(".0")


# RFC 3463 §3.2-3.8 and the IANA registry of RFC 5248; the class digit is left out.
STATUS_NAMES: Mapping[str, str] = {
    "0.0": "other, undefined",  # RFC 3463 §3.1
    "1.0": "other address status",  # RFC 3463 §3.2
    "1.1": "bad destination mailbox address",
    "1.2": "bad destination system address",
    "1.3": "bad destination mailbox address syntax",
    "1.4": "destination mailbox address ambiguous",
    "1.5": "destination address valid",
    "1.6": "destination mailbox has moved, no forwarding address",
    "1.7": "bad sender's mailbox address syntax",
    "1.8": "bad sender's system address",
    "1.9": "message relayed to non-compliant mailer",  # RFC 5248
    "1.10": "recipient address has null MX",  # RFC 7505
    "2.0": "other or undefined mailbox status",  # RFC 3463 §3.3
    "2.1": "mailbox disabled, not accepting messages",
    "2.2": "mailbox full",
    "2.3": "message length exceeds administrative limit",
    "2.4": "mailing list expansion problem",
    "3.0": "other or undefined mail system status",  # RFC 3463 §3.4
    "3.1": "mail system full",
    "3.2": "system not accepting network messages",
    "3.3": "system not capable of selected features",
    "3.4": "message too big for system",
    "3.5": "system incorrectly configured",
    "3.6": "requested priority was changed",  # RFC 6710
    "4.0": "other or undefined network or routing status",  # RFC 3463 §3.5
    "4.1": "no answer from host",
    "4.2": "bad connection",
    "4.3": "directory server failure",
    "4.4": "unable to route",
    "4.5": "mail system congestion",
    "4.6": "routing loop detected",
    "4.7": "delivery time expired",
    "5.0": "other or undefined protocol status",  # RFC 3463 §3.6
    "5.1": "invalid command",
    "5.2": "syntax error",
    "5.3": "too many recipients",
    "5.4": "invalid command arguments",
    "5.5": "wrong protocol version",
    "5.6": "authentication exchange line too long",  # RFC 4954
    "6.0": "other or undefined media error",  # RFC 3463 §3.7
    "6.1": "media not supported",
    "6.2": "conversion required and prohibited",
    "6.3": "conversion required but not supported",
    "6.4": "conversion with loss performed",
    "6.5": "conversion failed",
    "6.6": "message content not available",  # RFC 4468
    "6.7": "non-ASCII addresses not permitted for that sender or recipient",  # RFC 6531
    "6.8": "UTF-8 reply required, but not permitted",
    "6.9": "UTF-8 header message cannot be transferred",
    "7.0": "other or undefined security status",  # RFC 3463 §3.8
    "7.1": "delivery not authorized, message refused",
    "7.2": "mailing list expansion prohibited",
    "7.3": "security conversion required but not possible",
    "7.4": "security features not supported",
    "7.5": "cryptographic failure",
    "7.6": "cryptographic algorithm not supported",
    "7.7": "message integrity failure",
    "7.8": "authentication credentials invalid",  # RFC 4954
    "7.9": "authentication mechanism is too weak",
    "7.10": "encryption needed",  # RFC 5248
    "7.11": "encryption required for requested authentication mechanism",  # RFC 4954
    "7.12": "a password transition is needed",  # RFC 4954
    "7.13": "user account disabled",  # RFC 5248
    "7.14": "trust relationship required",  # RFC 5248
    "7.15": "priority level is too low",  # RFC 6710
    "7.16": "message is too big for the specified priority",  # RFC 6710
    "7.17": "mailbox owner has changed",  # RFC 7293
    "7.18": "domain owner has changed",  # RFC 7293
    "7.19": "RRVS test cannot be completed",  # RFC 7293
    "7.20": "no passing DKIM signature found",  # RFC 7372
    "7.21": "no acceptable DKIM signature found",  # RFC 7372
    "7.22": "no valid author-matched DKIM signature found",  # RFC 7372
    "7.23": "SPF validation failed",  # RFC 7372
    "7.24": "SPF validation error",  # RFC 7372
    "7.25": "reverse DNS validation failed",  # RFC 7372
    "7.26": "multiple authentication checks failed",  # RFC 7372
    "7.27": "sender address has null MX",  # RFC 7505
    "7.28": "mail flood detected",  # IANA registry
    "7.29": "ARC validation failure",  # RFC 8617
    "7.30": "REQUIRETLS support required",  # RFC 8689
}


def status_name(status: str | None) -> str | None:
    """The registered meaning of an enhanced code, None for none or an unregistered one."""
    return STATUS_NAMES.get(status[2:]) if status else None
