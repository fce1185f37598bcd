"""The logs that are followed, each in a thread of its own."""

import asyncio
import threading
from collections.abc import Sequence
from contextlib import AsyncExitStack

from retour import wiring
from retour.dataplane.opening import Ports
from retour.wiring import House


async def start(house: House, ports: Ports, stack: AsyncExitStack) -> None:
    """Begin to follow all that are in the settings; ends with the stack, at a durable place."""
    ended = threading.Event()
    threads = [
        threading.Thread(target=follower.run, args=(ended,), name=f"log {follower.terms.name}")
        for follower in wiring.followers(house)
    ]
    for thread in threads:
        thread.start()
    stack.push_async_callback(_end, ended, threads)


async def _end(ended: threading.Event, threads: Sequence[threading.Thread]) -> None:
    ended.set()
    for thread in threads:
        await asyncio.to_thread(thread.join)
