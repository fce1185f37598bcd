"""What the returned message, or what is left of it, tells about the mail that failed."""

from retour.mime import Block
from retour.model import Original
from retour.parse.mailbox import from_xtext, one_address, typed_address
from retour.parse.notice import Notice

_NOTHING = Original()


def read_original(notice: Notice) -> Original:
    """The original's marks; all None when nothing was returned."""
    envid = sender = None
    for groups in notice.status:
        about = groups[0]
        if "original-envelope-id" in about:  # RFC 3464 §2.2.1
            envid = from_xtext(about["original-envelope-id"])[:200] or None
        if "x-postfix-sender" in about:
            sender = typed_address(about["x-postfix-sender"])[0]
    head = notice.returned
    if head is None:
        return Original(envid=envid, return_path=sender) if envid or sender else _NOTHING
    return Original(
        message_id(head),
        head.text(b"subject") or None,
        head.text(b"from") or None,
        head.text(b"date") or None,
        envid,
        _return_path(head) or sender,
        sole_recipient(head),
    )


def message_id(head: Block) -> str | None:
    """Message-ID without its angle brackets, None when absent."""
    return head.text(b"message-id").strip("<> \t") or None


def sole_recipient(head: Block) -> str | None:
    """The address in To, only where To names exactly one."""
    text = head.text(b"to")
    return one_address(text) if text.count("@") == 1 else None


def _return_path(head: Block) -> str | None:
    value = head.text(b"return-path")
    return one_address(value) if value else None
