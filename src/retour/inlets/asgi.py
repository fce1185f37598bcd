"""What the applications on the public port are spoken to in: ASGI, and an answer of theirs as one value."""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said, and nothing more."""

    status: int
    body: bytes = b""
    headers: Sequence[tuple[bytes, bytes]] = ()


async def say(answer: Answer, send: Send) -> None:
    """Send an answer."""
    length = (b"content-length", str(len(answer.body)).encode())
    await send({"type": "http.response.start", "status": answer.status, "headers": [length, *answer.headers]})
    await send({"type": "http.response.body", "body": answer.body})
