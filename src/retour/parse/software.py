"""Which software wrote a notice, where that can be told by what it always writes."""

from retour.parse.notice import Notice

# What stands at the beginning of the words, in lower case.
_IN_TEXT = (
    ("this is the mail system at host", "postfix"),
    ("this is the postfix program", "postfix"),
    ("this message was created automatically by mail delivery software", "exim"),
    ("transcript of session follows", "sendmail"),
    ("this is the qmail-send program", "qmail"),
    ("this is the mailer-daemon, please do not reply", "opensmtpd"),
    ("this is the dragonfly mail agent", "dragonfly"),
)
# What stands in the header block, in lower case; in order.
_IN_HEADERS = (
    (b"\nx-ms-exchange-", "m365"),
    (b"@googlemail.com>", "gmail"),
    (b"\nx-failed-recipients:", "exim"),
    (b"(postfix)", "postfix"),
    (b"(opensmtpd)", "opensmtpd"),
    (b"lotus ", "domino"),
    (b"auto-generated (failure)", "sendmail"),
    (b"microsoft ", "exchange"),
    (b"internet mail service", "exchange"),
    (b"(qmail ", "qmail"),
    (b"amazonses.com", "ses"),
)


def software_of(notice: Notice) -> str | None:
    """Its name in lower case ("postfix", "exim", "m365" ...), None when it cannot be told."""
    words = notice.low[:1000]
    for phrase, name in _IN_TEXT:
        if phrase in words:
            return name
    low, end = notice.mail.low, notice.mail.head.end
    for mark, name in _IN_HEADERS:
        if low.find(mark, 0, end) >= 0:
            return name
    return "postfix" if any("x-postfix-queue-id" in groups[0] for groups in notice.status) else None
