"""A message as the dialogue hands it over: envelope and content. `T` is what the gate said of a recipient."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Recipient(Generic[T]):
    """An accepted envelope recipient, with what the gate knew of it."""

    address: str
    ticket: T
    original: str | None = None  # RFC 3461 ORCPT, "type;address", decoded
    notify: frozenset[str] = frozenset()  # RFC 3461 NOTIFY, empty when not said


@dataclass(frozen=True, slots=True)
class Message(Generic[T]):
    """A whole message with its envelope. `content` is cut where `size` is more than its length."""

    sender: str  # "" is the null sender
    recipients: tuple[Recipient[T], ...]
    content: bytes
    size: int
    envid: str | None = None  # RFC 3461 ENVID, decoded
    headers_only: bool = False  # RFC 3461 RET=HDRS
