"""A refusal by the next server as a delivery report (RFC 3464): what an MTA in our place would write."""

import re

from retour.smtpd import Reply

_STATUS = re.compile(r"5\.\d{1,3}\.\d{1,3}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")

_FORM = """\
From: MAILER-DAEMON@{host}\r
To: {to}\r
Subject: Undelivered Mail Returned to Sender\r
Auto-Submitted: auto-replied\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary="refused"\r
\r
--refused\r
Content-Type: text/plain; charset=utf-8\r
\r
The next mail server has refused this message.\r
--refused\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; {host}\r
\r
Final-Recipient: rfc822; {recipient}\r
Action: failed\r
Status: {status}\r
Remote-MTA: dns; {following}\r
Diagnostic-Code: smtp; {code} {text}\r
\r
--refused--\r
"""


def report(to: str, recipient: str, reply: Reply, host: str, following: str) -> bytes:
    """The report to a return address. What the server said stands on one line, as it said it."""
    text = _UNPRINTABLE.sub(" ", f"{reply.enhanced} {reply.text}".strip().replace("\n", " "))
    status = _STATUS.match(text)
    return _FORM.format(
        to=to,
        recipient=recipient,
        code=reply.code,
        text=text,
        status=status[0] if status else "5.0.0",
        host=host,
        following=following,
    ).encode("utf-8", "replace")
