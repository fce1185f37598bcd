"""Corrections in memory."""

import threading
from collections.abc import Sequence
from dataclasses import replace

from retour.instants import Instant
from retour.ports import Correction
from retour.stores.memory.accounts import MemoryAccounts


class MemoryCorrections:
    """Corrections in dicts, the oldest first."""

    def __init__(self, accounts: MemoryAccounts) -> None:
        self._lock = threading.Lock()
        self._accounts = accounts
        self._known: dict[bytes, Correction] = {}
        self._links: dict[bytes, bytes] = {}  # from digest to id

    def add(self, correction: Correction, digest: bytes | None) -> None:
        self._accounts.policies(correction.account)  # KeyError for an unknown account
        with self._lock:
            self._unlink(correction)
            known = self._known.setdefault(correction.id, correction)
            if digest is not None and known.confirmed is None and known.withdrawn is None:
                self._links[digest] = correction.id

    def _unlink(self, correction: Correction) -> None:
        place = correction.account, correction.new
        dead = [d for d, id in self._links.items() if (self._known[id].account, self._known[id].new) == place]
        for digest in dead:
            del self._links[digest]

    def linked(self, digest: bytes, now: Instant) -> Correction | None:
        with self._lock:
            found = self._known.get(self._links.get(digest, b""))
        return found if found and found.expires is not None and now < found.expires else None

    def confirm(self, correction: Correction, at: Instant) -> None:
        with self._lock:
            self._unlink(correction)
            for id, each in self._known.items():
                open_ = each.expires is not None and each.confirmed is None and each.withdrawn is None
                if open_ and (each.account, each.new) == (correction.account, correction.new):
                    self._known[id] = replace(each, confirmed=at)

    def withdraw(self, correction: Correction, at: Instant) -> None:
        with self._lock:
            known = self._known.get(correction.id)
            if known is not None and known.withdrawn is None:
                self._known[correction.id] = replace(known, withdrawn=at)
            self._links = {digest: id for digest, id in self._links.items() if id != correction.id}

    def named(self, account: str, id: bytes) -> Correction | None:
        return next((each for each in self._own(account) if each.id == id), None)

    def of(self, account: str, address: str) -> list[Correction]:
        return [each for each in self._own(account) if address in (each.old, each.new)]

    def is_corrected(self, account: str, address: str) -> bool:
        """Whether it stands for another now."""
        return any(each.old == address and each.withdrawn is None for each in self.of(account, address))

    def page(self, account: str, limit: int, before: bytes | None = None) -> list[Correction]:
        own = self._own(account)
        ids = [each.id for each in own]
        start = 0 if before is None else ids.index(before) + 1 if before in ids else len(own)
        return own[start : start + limit]

    def _own(self, account: str) -> list[Correction]:
        self._accounts.policies(account)
        with self._lock:
            linked = set(self._links.values())
            own = [each for each in reversed(self._known.values()) if each.account == account]
        return [replace(each, is_linked=each.id in linked) for each in own]

    def forget(self, account: str, addresses: Sequence[str]) -> None:
        for address in addresses:
            for each in self.of(account, address):
                with self._lock:
                    self._links = {digest: id for digest, id in self._links.items() if id != each.id}
                    del self._known[each.id]
