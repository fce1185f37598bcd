"""Slips among the stopped addresses, those that the API finds in one go and in the next ones."""

import time
from collections.abc import Callable
from typing import Any

_GOES = 8  # of twenty addresses: where none of them is a slip, nobody has to ask for the next ones
_BEGUN = 0.1  # seconds within which another go begins: one whose mailboxes are not there takes as long


def candidates(get: Callable[..., Any], after: str | None, seconds: float = _BEGUN) -> dict[str, Any]:
    """What `GET /v1/review` tells, of the first go that finds a slip; without any, of the last one."""
    looked, found, until = 0, {}, time.monotonic() + seconds
    for _ in range(_GOES):
        found = get("/v1/review", after=after, limit=20)
        looked += found["looked_at"]
        after = found["next"]
        if found["candidates"] or after is None or time.monotonic() >= until:
            break
    return {**found, "looked_at": looked}
