"""The data plane: one event loop with the API, the SMTP and LMTP inlets, the policy service and the webhooks;
beside it the threads that judge arrivals and do what time brings about.

Ends in the order in which nothing is lost: first the ports close (messages in hand are still answered), then
the worker ends after the batch at hand; what waits in the inbox is taken in at the next start.
"""

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

import structlog

from retour.dataplane import api, console, jobs, logs, mail, notify, pickup, policy, relay, webhooks
from retour.dataplane.opening import Ports, failed
from retour.flow import questions, recoveries
from retour.wiring import House

log = structlog.get_logger("retour")
_PULSE = 1.0  # seconds between two ticks of the schedule
# In the order in which they open; they close in the opposite one.
_PARTS = (notify, jobs, api, console, mail, policy, webhooks, relay, logs, pickup)

__all__ = ["Ports", "running"]


@asynccontextmanager
async def running(house: House) -> AsyncIterator[Ports]:
    """Everything runs inside the context. Raises StartError when a port cannot be opened."""
    async with AsyncExitStack() as stack:
        stack.enter_context(_threads(house))
        ports = Ports()
        for part in _PARTS:
            await part.start(house, ports, stack)
        log.info(
            "retour is ready",
            api=ports.api,
            console=ports.console,
            smtp=ports.smtp,
            lmtp=ports.lmtp,
            relay=ports.relay,
            policy=ports.policy,
            socketmaps=[str(each) for each in ports.socketmaps],
            webhooks=ports.webhooks,
        )
        yield ports
        log.info("retour is ending")


@contextmanager
def _threads(house: House) -> Iterator[None]:
    """The worker and the schedule, each in its thread."""
    ended = threading.Event()
    threads = [
        threading.Thread(target=house.worker.run, args=(failed(house, "worker"),), name="worker"),
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
    told = failed(house, "schedule")
    while not ended.wait(_PULSE):
        try:
            house.schedule.tick(house.clock.now(), ended.is_set)
            house.heard.flush(house.clock.now())
            house.avoided.flush(house.clock.now())
            questions.roll(house.store.segments)
            house.store.counts.fold()
            recoveries.roll(house.store.recoveries, house.clock.now())
        except Exception as error:
            told(error)
