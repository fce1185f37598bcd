"""Group commit: many who wait for something to be durable share one commit.

Belongs to one event loop. While a commit runs in its thread, further items gather for the next.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Gathered(Generic[T]):
    """`commit` makes a list durable in one go; it is called in a thread, never twice at once."""

    def __init__(self, commit: Callable[[Sequence[T]], None]) -> None:
        self._commit = commit
        self._waiting: list[tuple[T, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    def add(self, item: T) -> "asyncio.Future[None]":
        """What is done when the item is durable, and raises what the commit raised."""
        durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # A connection that broke waits for nothing any more: its fault is not an unheard one.
        durable.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._waiting.append((item, durable))
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return durable

    async def _run(self) -> None:
        while self._waiting:
            together, self._waiting = self._waiting, []
            fault: Exception | None = None
            try:
                await asyncio.to_thread(self._commit, [item for item, _ in together])
            except Exception as error:  # a full disk: every caller answers "try again later"
                fault = error
            for _, durable in together:
                if not durable.done():
                    durable.set_exception(fault) if fault else durable.set_result(None)
        self._task = None
