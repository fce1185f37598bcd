"""The report that a mail server returns (RFC 3464), for tests that send one to a running Retour."""

import re

_STATUS = re.compile(r"[245]\.\d\.\d+")


def report(
    to: str,
    recipient: str,
    said: str,
    prose: str = "Your message could not be delivered.",
    said_by: str = "smtp",
    status: str = "",
    message_id: str = "",
) -> str:
    """Mail of a failure, lines ended by CRLF; unless given, the status is the first in `said`, else 5.0.0.

    With a `message_id` the headers of the message come back.
    """
    found = _STATUS.search(said)
    lines = [
        "From: MAILER-DAEMON@mx.test",
        f"To: {to}",
        "Subject: Undelivered Mail Returned to Sender",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="cut"',
        "",
        "--cut",
        "Content-Type: text/plain",
        "",
        prose,
        "",
        "--cut",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.test",
        "",
        f"Final-Recipient: rfc822; {recipient}",
        "Action: failed",
        f"Status: {status or (found.group() if found else '5.0.0')}",
        f"Diagnostic-Code: {said_by}; {said}",
        "",
        *(_returned(message_id) if message_id else ()),
        "--cut--",
        "",
    ]
    return "\r\n".join(lines)


def _returned(message_id: str) -> list[str]:
    return ["--cut", "Content-Type: text/rfc822-headers", "", f"Message-ID: <{message_id}>", ""]
