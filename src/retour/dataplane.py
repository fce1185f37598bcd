"""The data plane: one event loop with the API, the SMTP and LMTP inlets and the policy service; beside it the
threads that judge arrivals and do what time brings about.

Ends in the order in which nothing is lost: first the ports close (messages in hand are still answered), then
the worker ends after the batch at hand; what waits in the inbox is taken in at the next start.
"""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog
import uvicorn

from retour import wiring
from retour.flow.intake import Door
from retour.inlets.smtp import Source, start_smtp
from retour.outlets import postfix
from retour.outlets.api.app import create
from retour.outlets.api.connection import Connection
from retour.settings import Smtp
from retour.smtpd import Limits, Listener
from retour.wiring import House, StartError

log = structlog.get_logger("retour")
T = TypeVar("T")
_PULSE = 1.0  # seconds between two ticks of the schedule


@dataclass(slots=True)
class Ports:
    """Where everything listens; of use when a port 0 was asked for."""

    api: int = 0
    smtp: int | None = None
    lmtp: int | None = None
    policy: list[int] = field(default_factory=list)


@asynccontextmanager
async def running(house: House) -> AsyncIterator[Ports]:
    """Everything runs inside the context. Raises StartError when a port cannot be opened."""
    async with AsyncExitStack() as stack:
        stack.enter_context(_threads(house))
        ports = Ports()
        ports.api = await stack.enter_async_context(_api(house))
        door = Door(house.inbox, house.worker.wake)
        for name, settings in (("smtp", house.settings.smtp), ("lmtp", house.settings.lmtp)):
            if settings.enabled:
                listener = await _inlet(house, name, settings, door)
                stack.push_async_callback(listener.close)
                setattr(ports, name, listener.port)
        ports.policy = await _policy(house, stack)
        log.info("retour is ready", api=ports.api, smtp=ports.smtp, lmtp=ports.lmtp, policy=ports.policy)
        yield ports
        log.info("retour is ending")


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
    bound = _bound(house.settings.api.host, house.settings.api.port, "api.port")
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
    running = asyncio.create_task(server.serve([bound]))
    await asyncio.wait(
        [running, asyncio.create_task(server.listening.wait())], return_when=asyncio.FIRST_COMPLETED
    )
    try:
        yield bound.getsockname()[1]
    finally:
        server.should_exit = True
        await running


async def _inlet(house: House, name: str, chosen: Smtp, door: Door) -> Listener[Source]:
    limits = Limits(message=chosen.message_limit, kept=chosen.kept)
    return await _opened(
        start_smtp(
            chosen.host,
            chosen.port,
            wiring.inlet(house, name, door),
            lmtp=name == "lmtp",
            hostname=chosen.hostname,
            limits=limits,
            clients=chosen.clients,
        ),
        chosen.host,
        chosen.port,
        f"{name}.port",
    )


async def _policy(house: House, stack: AsyncExitStack) -> list[int]:
    service, ports = wiring.policy(house), []
    for place, chosen in enumerate(house.settings.postfix.listeners):
        listener = await _opened(
            postfix.listen(
                service, chosen.host, chosen.port, _failed(house, "policy"), wiring.origin(chosen)
            ),
            chosen.host,
            chosen.port,
            f"postfix.listeners[{place}].port",
        )
        stack.push_async_callback(listener.close)
        ports.append(listener.port)
    return ports


async def _opened(opening: Coroutine[Any, Any, T], host: str, port: int, key: str) -> T:
    try:
        return await opening
    except OSError as error:
        raise _no_port(host, port, key, error) from error


def _bound(host: str, port: int, key: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only where the protocol is named; without it answers wait 40 ms for an ACK.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(512)
    except OSError as error:
        bound.close()
        raise _no_port(host, port, key, error) from error
    return bound


def _no_port(host: str, port: int, key: str, error: OSError) -> StartError:
    return StartError("port", host=host, port=port, reason=error.strerror or error, key=key)


@contextmanager
def _threads(house: House) -> Iterator[None]:
    """The worker and the schedule, each in its thread."""
    ended = threading.Event()
    threads = [
        threading.Thread(target=house.worker.run, args=(_failed(house, "worker"),), name="worker"),
        threading.Thread(target=_tick, args=(house, ended), name="schedule"),
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        house.worker.end()
        for thread in threads:
            thread.join()


def _tick(house: House, ended: threading.Event) -> None:
    failed = _failed(house, "schedule")
    while not ended.wait(_PULSE):
        try:
            house.schedule.tick(house.clock.now(), ended.is_set)
        except Exception as error:
            failed(error)


def _failed(house: House, part: str) -> Callable[[Exception], None]:
    def told(error: Exception) -> None:
        house.metrics.faults[part] += 1
        log.error("a fault of Retour; it goes on", part=part, exc_info=error)

    return told
