"""Waiting for a condition instead of for time to pass."""

import os
import random
import socket
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_DEADLINE = 240.0  # seconds; only a broken run gets there, so it may be generous
_given: set[int] = set()  # what was chosen may not be listened on yet
_PULSE = threading.Event()  # never set: its wait() yields the processor between two looks


def eventually(look: Callable[[], T | None], what: str, evidence: Callable[[], str] = str) -> T:
    """The first true answer of `look`. Fails naming `what` and showing `evidence()` past the deadline."""
    deadline = time.monotonic() + _DEADLINE
    while not (answer := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for {what}\n{evidence()}")
        _PULSE.wait(0.02)
    return answer


def free_port() -> int:
    """A loopback port for a server that cannot choose one itself.

    Below the ephemeral range (32768 on Linux), so that no outgoing connection takes it in between.
    """
    for port in _candidates():
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            _given.add(port)
            return port
    raise AssertionError("no free port between 20000 and 32000")


def _candidates() -> list[int]:
    # Not the seeded generator: two runs on one machine must not walk the same ports in the same order. And
    # each process of one run has ports of its own: between choice and start of a server lie seconds.
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    mine = [port for port in range(20_000 + process, 32_000, processes) if port not in _given]
    return random.SystemRandom().sample(mine, 200)


def listening(port: int) -> bool:
    """Whether something accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
