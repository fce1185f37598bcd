"""The courier's thread: it tells others what has happened, and nobody waits for it."""

import asyncio
import threading
from contextlib import AsyncExitStack

from retour.dataplane.opening import Ports, failed
from retour.wiring import House


async def start(house: House, ports: Ports, stack: AsyncExitStack) -> None:
    """Begin; it ends with the stack, after the requests on their way."""
    thread = threading.Thread(target=house.courier.run, args=(failed(house, "notify"),), name="courier")

    async def end() -> None:
        house.courier.end()
        await asyncio.to_thread(thread.join)

    thread.start()
    stack.push_async_callback(end)
