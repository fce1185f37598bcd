"""Slips among the stopped addresses, those that the API finds in one go and in the next ones."""

from collections.abc import Callable
from typing import Any

_GOES = 5  # of thirty addresses: where none of them is a slip, nobody has to ask for the next ones


def candidates(get: Callable[..., Any], after: str | None) -> dict[str, Any]:
    """What `GET /v1/review` tells, of the first go that finds a slip; without any, of the last one."""
    looked, found = 0, {}
    for _ in range(_GOES):
        found = get("/v1/review", after=after, limit=20)
        looked += found["looked_at"]
        after = found["next"]
        if found["candidates"] or after is None:
            break
    return {**found, "looked_at": looked}
