"""The threads that do jobs."""

import threading
from contextlib import AsyncExitStack

from retour import wiring
from retour.dataplane.opening import Ports
from retour.wiring import House


async def start(house: House, ports: Ports, stack: AsyncExitStack) -> None:
    """Jobs run until the stack ends, those of an earlier process first; then each stops at its next step."""
    runner = wiring.runner(house)
    house.wake_jobs = runner.wake
    thread = threading.Thread(target=runner.run, name="jobs")
    thread.start()
    stack.callback(thread.join)
    stack.callback(runner.end)
