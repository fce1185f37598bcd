"""Waiting for a condition."""

import threading
import time
from collections.abc import Callable

_PULSE = threading.Event()  # never set: its wait() yields the processor between two looks


def happens(look: Callable[[], bool], within: float) -> bool:
    """Whether it becomes true within so many seconds."""
    deadline = time.monotonic() + within
    while not look():
        if time.monotonic() > deadline:
            return False
        _PULSE.wait(0.1)
    return True


def eventually(look: Callable[[], bool], what: str, within: float = 120) -> None:
    """Until it is true; names what was waited for in vain."""
    if not happens(look, within):
        raise AssertionError(f"waited in vain for {what}")
