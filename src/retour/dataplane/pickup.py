"""What Retour visits by itself, mailboxes and queues: a thread for each; all pass the door of the house."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack

from retour import wiring
from retour.dataplane.opening import Ports, failed
from retour.inlets.pickup.follow import Follower
from retour.model import Arrival
from retour.wiring import House


async def start(house: House, ports: Ports, stack: AsyncExitStack) -> None:
    """Begin to follow all of the settings; they end with the stack. Raises StartError."""
    loop = asyncio.get_running_loop()

    def keep(arrivals: Sequence[Arrival], cursors: Mapping[str, bytes | None]) -> None:
        asyncio.run_coroutine_threadsafe(house.door.accept(arrivals, cursors), loop).result()

    followers = [
        *wiring.mailbox_followers(house, keep, failed(house, "mailboxes")),
        *wiring.queue_followers(house, keep, failed(house, "queues")),
    ]
    stack.push_async_callback(asyncio.to_thread, _end, followers)
    for follower in followers:
        follower.start()


def _end(followers: Sequence[Follower]) -> None:
    for follower in followers:
        follower.ask_to_end()
    for follower in followers:
        follower.end()
