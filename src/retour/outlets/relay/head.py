"""What the header section of a passing message tells: read, never changed."""

from dataclasses import dataclass

from retour.mime import Block
from retour.model import MailKind

LIMIT = 128 * 1024  # octets that are looked at (docs/limits.md); more passes unread
_BLANK = b"\r\n\r\n"
_KINDS = {kind.value: kind for kind in MailKind}
_ROOM = 2000  # of a text that is kept with the send, as in the API


@dataclass(frozen=True, slots=True)
class Head:
    """The fields that the record of a send has a place for."""

    kind: MailKind | None = None  # X-Retour-Kind
    campaign: str | None = None  # X-Retour-Campaign
    message_id: str | None = None
    subject: str | None = None
    sender: str | None = None
    hops: int = 0  # servers that it has been at


def is_whole(content: bytearray, latest: int) -> bool:
    """Whether the header section is there to its end, or so much of it that no more is waited for.

    Only the `latest` octets are looked at, and those that a blank line may have begun in.
    """
    from_here = max(0, len(content) - latest - len(_BLANK))
    return content.startswith(b"\r\n") or content.find(_BLANK, from_here) >= 0 or len(content) >= LIMIT


def head_of(content: bytes) -> Head:
    """The header section at the beginning of a content."""
    end = 0 if content.startswith(b"\r\n") else content.find(_BLANK)
    block = Block(content[: end if end >= 0 else LIMIT].replace(b"\r\n", b"\n"))

    def text(name: bytes) -> str | None:
        return block.text(name)[:_ROOM] or None

    kind = text(b"x-retour-kind")
    return Head(
        _KINDS.get(kind.lower()) if kind else None,
        text(b"x-retour-campaign"),
        text(b"message-id"),
        text(b"subject"),
        text(b"from"),
        block.low.count(b"\nreceived:"),
    )
