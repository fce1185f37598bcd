"""Which software wrote a notice, where that can be told by what it always writes."""

from retour.parse.notice import Notice

# In order: what is needed in the header block or the first part of the mail, in lower case.
_IN_HEADERS: tuple[tuple[bytes, str], ...] = (
    (b"\nx-ms-exchange-message-is-ndr:", "m365"),
    (b"\nx-ms-exchange-", "m365"),
    (b"@googlemail.com>", "gmail"),
    (b"\nx-failed-recipients:", "exim"),
    (b"(postfix)", "postfix"),
    (b"(opensmtpd)", "opensmtpd"),
    (b"lotus domino", "domino"),
    (b"lotus notes", "domino"),
    (b"auto-generated (failure)", "sendmail"),
    (b"microsoft smtpsvc", "exchange"),
    (b"internet mail service", "exchange"),
    (b"microsoft exchange", "exchange"),
    (b"(qmail ", "qmail"),
    (b"dovecot", "dovecot"),
    (b"zimbra", "zimbra"),
    (b"amazonses.com", "ses"),
)
_IN_TEXT: tuple[tuple[str, str], ...] = (
    ("this is the mail system at host", "postfix"),
    ("this is the postfix program", "postfix"),
    ("this is the qmail-send program", "qmail"),
    ("this message was created automatically by mail delivery software", "exim"),
    ("transcript of session follows", "sendmail"),
    ("this is the mailer-daemon, please do not reply", "opensmtpd"),
    ("this is the dragonfly mail agent", "dragonfly"),
)


def software_of(notice: Notice) -> str | None:
    """Its name in lower case ("postfix", "exim", "m365" ...), None when it cannot be told."""
    low, end = notice.mail.low, notice.mail.head.end
    words = notice.low[:1000]
    for needle, name in _IN_TEXT:
        if needle in words:
            return name
    for mark, name in _IN_HEADERS:
        if low.find(mark, 0, end) >= 0:
            return name
    if any(fields.low.find(b"\nx-postfix-", fields.start, fields.end) >= 0 for fields in notice.status[:1]):
        return "postfix"
    return None
