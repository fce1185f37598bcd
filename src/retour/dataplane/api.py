"""The port of the HTTP API."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

import uvicorn

from retour import wiring
from retour.dataplane.opening import Ports, bound
from retour.outlets.api.app import create
from retour.outlets.api.connection import Connection
from retour.wiring import House


async def start(house: House, ports: Ports, stack: AsyncExitStack) -> None:
    """Open the port; it closes with the stack. Raises StartError."""
    ports.api = await stack.enter_async_context(_api(house))


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
async def _api(house: House) -> AsyncIterator[int]:
    listening = bound(house.settings.api.host, house.settings.api.port, "api.port")
    config = uvicorn.Config(
        create(wiring.services(house)),
        http=Connection,
        log_config=None,
        access_log=False,
        server_header=False,
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
