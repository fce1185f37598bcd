"""Which software wrote a notice, where that can be told by what it always writes."""

import re
from typing import Final

from retour.mime import Block
from retour.mime.headers import holds
from retour.parse.notice import Notice

# How the words begin, in lower case.
_THIS: Final = "this "
_IN_TEXT: Final = {
    "this is the mail system at host": "postfix",
    "this is the postfix program": "postfix",
    "this message was created automatically by mail delivery software": "exim",
    "this is the qmail-send program": "qmail",
    "this is the mailer-daemon, please do not reply": "opensmtpd",
    "this is the dragonfly mail agent": "dragonfly",
    "this is a delivery status notification from": "courier",
    "this is the nullmailer delivery system": "nullmailer",
    "this is the haraka mailer program": "haraka",
}
_OPENING: Final = re.compile("|".join(re.escape(phrase) for phrase in _IN_TEXT))
_BEGINNING: Final = 1000  # characters of the words
# What stands in a header field, in lower case; b"": that it is there. In order. A name in Received alone says
# nothing, for our own receiving server stands there as well: only qmail is told by what it writes there.
_IN_HEADERS: Final[tuple[tuple[bytes, bytes, str], ...]] = (
    (b"x-ms-exchange-message-is-ndr", b"", "m365"),
    (b"from", b"@googlemail.com>", "gmail"),
    (b"x-failed-recipients", b"", "exim"),
    (b"x-mimetrack", b"|lotus domino", "domino"),
    (b"auto-submitted", b"auto-generated (failure)", "sendmail"),
    (b"auto-submitted", b"auto-generated (warning-timeout)", "sendmail"),
    (b"x-mailer", b"internet mail service", "exchange"),
    (b"x-mimeole", b"produced by microsoft exchange", "exchange"),
    (b"content-type", b"dsn=_", "exchange"),  # in the boundary
)
_QMAIL: Final = b" invoked for bounce)"
_IN_LAST_HEADERS: Final[tuple[tuple[bytes, bytes, str], ...]] = (
    (b"from", b"@amazonses.com", "ses"),
    (b"return-path", b"@amazonses.com", "ses"),
    (b"authentication-results", b"@amazonses.com", "ses"),
    (b"message-id", b"<dovecot-", "dovecot"),
)
# What the reporting server calls itself (RFC 3464 §2.2.2).
_IN_NAME: Final[tuple[tuple[str, str], ...]] = (
    (".outlook.com", "m365"),
    ("google.com", "gmail"),
    ("amazonses.com", "ses"),
)

NAMES: Final = frozenset(
    (
        *("sendmail", "qmail", *_IN_TEXT.values(), *(name for _, name in _IN_NAME)),
        *(name for _, _, name in (*_IN_HEADERS, *_IN_LAST_HEADERS)),
    )
)


def software_of(notice: Notice) -> str | None:
    """Its name in lower case ("postfix", "exim", "m365" ...), None when it cannot be told."""
    low = notice.low
    at = low.find(_THIS, 0, _BEGINNING)
    while at >= 0:
        opening = _OPENING.match(low, at)
        if opening:
            return _IN_TEXT[opening[0]]
        at = low.find(_THIS, at + 1, _BEGINNING)
    if low.find("transcript of session follows", 0, _BEGINNING) >= 0:
        return "sendmail"
    named = _by_head(notice.mail.head)
    if named is None and notice.status:
        return _by_report(notice.status[0][0])
    return named


def _by_head(head: Block) -> str | None:
    named = _by_fields(head, _IN_HEADERS)
    if named is None and holds(head.raw, _QMAIL):
        return "qmail"
    return named or _by_fields(head, _IN_LAST_HEADERS)


def _by_fields(head: Block, marks: tuple[tuple[bytes, bytes, str], ...]) -> str | None:
    for field, mark, name in marks:
        if head.has(field) and holds(head.value(field).lower(), mark):
            return name
    return None


def _by_report(about: dict[str, str]) -> str | None:
    if "x-postfix-queue-id" in about:
        return "postfix"
    server = about.get("reporting-mta", "").lower()
    return next((name for mark, name in _IN_NAME if server.endswith(mark)), None)
