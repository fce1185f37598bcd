"""What the returned message, or what is left of it, tells about the mail that failed.

Where it was not returned, the notice's own References or In-Reply-To name it (Exim, M365, absence notes).
"""

from typing import Final

from retour.mime import Block
from retour.model import NOTHING_RETURNED, Original
from retour.parse.feedback import token_told
from retour.parse.mailbox import from_xtext, one_address, typed_address
from retour.parse.notice import Notice

_BRACKETS: Final = "<> \t"


def read_original(notice: Notice) -> Original:
    """The original's marks; all None when the notice tells nothing about it."""
    envid = sender = None
    for groups in notice.status:
        about = groups[0]
        if "original-envelope-id" in about:  # RFC 3464 §2.2.1
            envid = from_xtext(about["original-envelope-id"])[:200] or None
        if "x-postfix-sender" in about:
            sender = typed_address(about["x-postfix-sender"])[0]
    if notice.feedback is not None:
        envid = envid or token_told(notice.feedback, notice.returned)
        sender = sender or one_address(notice.feedback.text(b"original-mail-from"))  # RFC 5965 §3.2
    head = notice.returned
    if head is None:
        answered = _answered(notice.mail.head)
        return (
            Original(answered, envid=envid, return_path=sender)
            if answered or envid or sender
            else NOTHING_RETURNED
        )
    path = head.text(b"return-path")
    return Original(
        message_id(head) or _answered(notice.mail.head),
        head.text(b"subject") or None,
        head.text(b"from") or None,
        head.text(b"date") or None,
        envid,
        (one_address(path) if path else None) or sender,
        _sole_address(head.text(b"to")),
    )


def message_id(head: Block) -> str | None:
    """Message-ID without its angle brackets, None when absent."""
    return head.text(b"message-id").strip(_BRACKETS) or None


def _answered(head: Block) -> str | None:
    """The Message-ID that a mail answers: the last in References, else In-Reply-To (RFC 5322 §3.6.4)."""
    named = (head.text(b"references") or head.text(b"in-reply-to")).split()
    return named[-1].strip("<>") or None if named else None


def _sole_address(text: str) -> str | None:
    """The address in To, only where To names exactly one."""
    return one_address(text) if text.count("@") == 1 else None
