"""Which software wrote a notice, where that can be told by what it always writes."""

from typing import Final

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
_BEGINNING: Final = 1000  # characters of the words
# What stands in the header block, in lower case; in order. A name in Received alone says nothing: our own
# receiving server stands there as well.
_IN_HEADERS: Final = {
    b"\nx-ms-exchange-message-is-ndr:": "m365",
    b"@googlemail.com>": "gmail",
    b"\nx-failed-recipients:": "exim",
    b"|lotus domino": "domino",
    b"auto-generated (failure)": "sendmail",
    b"auto-generated (warning-timeout)": "sendmail",
    b"x-mailer: internet mail service": "exchange",
    b"produced by microsoft exchange": "exchange",
    b"dsn=_": "exchange",  # in the boundary
    b" invoked for bounce)": "qmail",
    b"@amazonses.com": "ses",
    b"\nmessage-id: <dovecot-": "dovecot",
}
# What the reporting server calls itself (RFC 3464 §2.2.2).
_IN_NAME: Final[tuple[tuple[str, str], ...]] = (
    (".outlook.com", "m365"),
    ("google.com", "gmail"),
    ("amazonses.com", "ses"),
)

NAMES: Final = frozenset((*_IN_TEXT.values(), *_IN_HEADERS.values(), *(name for _, name in _IN_NAME)))


def software_of(notice: Notice) -> str | None:
    """Its name in lower case ("postfix", "exim", "m365" ...), None when it cannot be told."""
    low, head = notice.low, notice.mail.head.low
    at = low.find(_THIS, 0, _BEGINNING)
    while at >= 0:
        for phrase, name in _IN_TEXT.items():
            if low.startswith(phrase, at):
                return name
        at = low.find(_THIS, at + 1, _BEGINNING)
    if low.find("transcript of session follows", 0, _BEGINNING) >= 0:
        return "sendmail"
    for mark, name in _IN_HEADERS.items():
        if head.find(mark) >= 0:
            return name
    return _by_report(notice.status[0][0]) if notice.status else None


def _by_report(about: dict[str, str]) -> str | None:
    if "x-postfix-queue-id" in about:
        return "postfix"
    server = about.get("reporting-mta", "").lower()
    return next((name for mark, name in _IN_NAME if server.endswith(mark)), None)
