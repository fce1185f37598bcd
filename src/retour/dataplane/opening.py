"""What the parts of the data plane share: how a port is opened, and what is said when it cannot be."""

import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import structlog

from retour.wiring import House, StartError

log = structlog.get_logger("retour")
T = TypeVar("T")


@dataclass(slots=True)
class Ports:
    """Where everything listens; of use when a port 0 was asked for."""

    api: int = 0
    smtp: int | None = None
    lmtp: int | None = None
    relay: int | None = None
    policy: list[int] = field(default_factory=list)
    socketmaps: list[int | Path] = field(default_factory=list)
    webhooks: int | None = None
    console: int | None = None
    first_link: str | None = None  # by which an admin chooses the first password


async def opened(opening: Coroutine[Any, Any, T], host: str, port: int, key: str) -> T:
    """What was opened. Raises StartError, which names the setting `key`."""
    try:
        return await opening
    except OSError as error:
        raise _no_port(host, port, key, error) from error


async def opened_socket(opening: Coroutine[Any, Any, T], path: Path, key: str) -> T:
    """The same for a UNIX socket."""
    try:
        return await opening
    except OSError as error:
        raise StartError("socket", path=path, reason=error.strerror or error, key=key) from error


def bound(host: str, port: int, key: str) -> socket.socket:
    """A listening socket. Raises StartError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only where the protocol is named; without it answers wait 40 ms for an ACK.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(512)
    except OSError as error:
        made.close()
        raise _no_port(host, port, key, error) from error
    return made


def _no_port(host: str, port: int, key: str, error: OSError) -> StartError:
    return StartError("port", host=host, port=port, reason=error.strerror or error, key=key)


def failed(house: House, part: str) -> Callable[[Exception], None]:
    """Counts and logs what a part that goes on failed at."""

    def told(error: Exception) -> None:
        house.metrics.faults[part] += 1
        log.error("a fault of Retour; it goes on", part=part, exc_info=error)

    return told
