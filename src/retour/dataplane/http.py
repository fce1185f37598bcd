"""How an HTTP port of ours is served: uvicorn within our loop, with the bounds of our own connections."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn

from retour.outlets.api.connection import Connection


class _Server(uvicorn.Server):
    """uvicorn within our loop: it leaves the signals to us and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the caller's."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As always, and then tell."""
        await super().startup(sockets)
        self.listening.set()


@asynccontextmanager
async def serving(app: Callable[..., Any], listening: socket.socket) -> AsyncIterator[int]:
    """The application answers on this socket; the port. Requests in hand are still answered at the end."""
    config = uvicorn.Config(
        app,
        http=Connection,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # whoever asks is known by a key, never by an address
        lifespan="off",
        timeout_graceful_shutdown=10,
    )
    server = _Server(config)
    running = asyncio.create_task(server.serve([listening]))
    await asyncio.wait(
        [running, asyncio.create_task(server.listening.wait())], return_when=asyncio.FIRST_COMPLETED
    )
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        await running
