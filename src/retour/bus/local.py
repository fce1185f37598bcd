"""The bus of one process: publishing calls the followers, in order, before it returns."""

import threading
from collections.abc import Callable, Sequence

from retour.ports import Change

Follower = Callable[[Sequence[Change]], None]


class LocalBus:
    """Every follower hears every change, one publication after the other, whatever thread it comes from."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._followers: list[Follower] = []

    def follow(self, follower: Follower) -> None:
        """From now on `follower` is called with the changes, in the publisher's thread."""
        with self._lock:
            self._followers.append(follower)

    def publish(self, changes: Sequence[Change]) -> None:
        """Hand the changes to every follower; nothing happens when there are none."""
        if not changes:
            return
        with self._lock:
            for follower in self._followers:
                follower(changes)
