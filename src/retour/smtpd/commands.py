"""Command lines of the client, read strictly: a line is either understood whole or answered with a refusal.

Nothing here raises; what cannot be read is a `Reply`. Strictness is safe here: a relay that speaks to us
is software, and every leniency in a command line has once been a way to smuggle in another command.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from retour.smtpd import replies
from retour.smtpd.replies import Reply


class Verb(StrEnum):
    """Commands that we obey (RFC 5321 §4.5.1, RFC 2033 §4.1)."""

    HELO = "HELO"
    EHLO = "EHLO"
    LHLO = "LHLO"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    RSET = "RSET"
    NOOP = "NOOP"
    VRFY = "VRFY"
    QUIT = "QUIT"


KNOWN_BUT_NOT_OFFERED = frozenset({"EXPN", "HELP", "TURN", "ETRN", "STARTTLS", "AUTH", "BDAT"})

_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_CONTROL_IN_UTF8 = re.compile(r"[\x80-\x9f\u2028\u2029]")  # C1 and what some software takes for a line end

# RFC 5321 §4.1.2. A source route before the mailbox is read over (appendix C); the mailbox has one @ outside
# of quotes, or none (postmaster, §4.1.1.3). Every alternative starts with its own character: linear.
_PATH = re.compile(
    rb"<(?:@[^\s<>\":]+:)?"
    rb"(?P<mailbox>(?:(?:\"(?:[^\"\\]|\\.)*\"|[^\s<>\"@]+)(?:@[^\s<>\"@]+)?)?)>"
    rb"(?P<parameters>(?: .*)?)",
    re.DOTALL,
)

# RFC 3461 §4: xtext is printable ASCII without "+" and "=", and "+" with two hex digits.
_XTEXT = r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})+"
_HEX = re.compile(r"\+([0-9A-F]{2})")

# What each parameter may hold; "" stands for a parameter without a value.
MAIL_PARAMETERS: Mapping[str, str] = {
    "SIZE": r"[0-9]{1,20}",  # RFC 1870 §5
    "BODY": r"7BIT|8BITMIME",  # RFC 6152 §3
    "SMTPUTF8": r"",  # RFC 6531 §3.4
    "RET": r"FULL|HDRS",  # RFC 3461 §4.3
    "ENVID": _XTEXT,  # RFC 3461 §4.4
}
# RFC 4954 §5: who offers AUTH takes this too. We believe nobody's word about somebody else: it is read over.
SUBMISSION_PARAMETERS: Mapping[str, str] = {**MAIL_PARAMETERS, "AUTH": rf"<>|{_XTEXT}"}
RCPT_PARAMETERS: Mapping[str, str] = {
    "NOTIFY": r"NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY)){0,2}",  # RFC 3461 §4.1
    "ORCPT": r"[!-:<-~]+;\S+",  # RFC 3461 §4.2; UTF-8 as it is under RFC 6533 §3
}


@dataclass(frozen=True, slots=True)
class MailCommand:
    """MAIL FROM understood; `sender` is "" for the null sender."""

    sender: str
    size: int = 0  # as declared, 0 when not
    smtputf8: bool = False
    envid: str | None = None  # decoded
    headers_only: bool = False  # RET=HDRS
    eight_bit: bool = False  # BODY=8BITMIME


@dataclass(frozen=True, slots=True)
class RcptCommand:
    """RCPT TO understood; `original` is "type;address", decoded."""

    recipient: str
    original: str | None = None
    notify: frozenset[str] = frozenset()  # empty when the client did not say


def split(line: bytes) -> tuple[str, bytes] | Reply:
    """Verb in upper case and what follows it, of a line without its CRLF."""
    if _CONTROL.search(line):
        return replies.CONTROL_CHARACTER
    verb, _, argument = line.partition(b" ")
    return verb.decode("ascii", "replace").upper(), argument.strip(b" ")


def read_mail(argument: bytes, known: Mapping[str, str] = MAIL_PARAMETERS) -> MailCommand | Reply:
    """The argument of MAIL: "FROM:<path> parameters"; `known` are those that are offered."""
    read = _path(argument, b"FROM:", known, replies.BAD_SENDER)
    if isinstance(read, Reply):
        return read
    mailbox, given = read
    sender = _address(mailbox, "SMTPUTF8" in given, replies.BAD_SENDER)
    if isinstance(sender, Reply):
        return sender
    envid = _from_xtext(given.get("ENVID"))
    if isinstance(envid, Reply):
        return envid
    return MailCommand(
        sender=sender,
        size=int(given.get("SIZE", "0")),
        smtputf8="SMTPUTF8" in given,
        envid=envid,
        headers_only=given.get("RET", "").upper() == "HDRS",
        eight_bit=given.get("BODY", "").upper() == "8BITMIME",
    )


def read_rcpt(argument: bytes, smtputf8: bool) -> RcptCommand | Reply:
    """The argument of RCPT: "TO:<path> parameters"; `smtputf8` is what MAIL announced."""
    read = _path(argument, b"TO:", RCPT_PARAMETERS, replies.BAD_RECIPIENT)
    if isinstance(read, Reply):
        return read
    mailbox, given = read
    if not mailbox:
        return replies.BAD_RECIPIENT
    recipient = _address(mailbox, smtputf8, replies.BAD_RECIPIENT)
    if isinstance(recipient, Reply):
        return recipient
    original = _from_xtext(given.get("ORCPT"))
    if isinstance(original, Reply):
        return original
    notify = frozenset(filter(None, given.get("NOTIFY", "").upper().split(",")))
    return RcptCommand(recipient, original, notify)


def _path(
    argument: bytes, word: bytes, known: Mapping[str, str], malformed: Reply
) -> tuple[bytes, dict[str, str]] | Reply:
    if argument[: len(word)].upper() != word:
        return replies.BAD_ARGUMENT
    # QUIRK: a space after the colon, which RFC 5321 §3.3 forbids and old senders and hands at telnet write
    # (tests/core/test_smtpd_session.py, test_addresses_that_are_read).
    found = _PATH.fullmatch(argument[len(word) :].lstrip(b" "))
    if found is None:
        return malformed
    given = _parameters(found["parameters"], known)
    return given if isinstance(given, Reply) else (found["mailbox"], given)


def _parameters(words: bytes, known: Mapping[str, str]) -> dict[str, str] | Reply:
    given: dict[str, str] = {}
    for word in words.split():
        keyword, _, value = word.decode("utf-8", "replace").partition("=")
        keyword = keyword.upper()
        if keyword not in known:
            return replies.PARAMETER_NOT_OFFERED
        if keyword in given or not re.fullmatch(known[keyword], value, re.IGNORECASE):
            return replies.BAD_PARAMETER
        given[keyword] = value
    return given


def _address(mailbox: bytes, smtputf8: bool, malformed: Reply) -> str | Reply:
    if not mailbox.isascii() and not smtputf8:
        return replies.NEEDS_SMTPUTF8
    try:
        address = mailbox.decode("utf-8")
    except UnicodeDecodeError:
        return malformed
    return malformed if _CONTROL_IN_UTF8.search(address) else address


def _from_xtext(value: str | None) -> str | Reply | None:
    """Decoded xtext. RFC 3461 §4.4: only printable characters may hide in it, so that none ends a header."""
    if value is None:
        return None
    decoded = _HEX.sub(lambda found: chr(int(found[1], 16)), value)
    return decoded if decoded.isprintable() else replies.BAD_PARAMETER
