"""Accounts, keys and policies in memory."""

import threading
from dataclasses import replace

from retour.instants import Instant
from retour.lifecycle import Policy, PolicyVersion
from retour.ports import Account, Key, KnownKey, StaleVersionError


class MemoryAccounts:
    """Accounts, keys and policies in dicts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accounts: dict[str, Account] = {}
        self._keys: dict[bytes, Key] = {}
        self._known: dict[str, KnownKey] = {}
        self._policies: dict[str, tuple[PolicyVersion, ...]] = {}

    def accounts(self) -> list[Account]:
        return list(self._accounts.values())

    def add_account(self, name: str, return_domain: str, policy: Policy, now: Instant) -> Account:
        with self._lock:
            domains = {account.return_domain for account in self._accounts.values()}
            if not name or name in self._accounts or return_domain in domains:
                raise ValueError(
                    f"account {name!r} or return domain {return_domain!r} is taken; choose another"
                )
            account = Account(name, len(self._accounts) + 1, return_domain)
            self._accounts[name] = account
            self._policies[name] = (PolicyVersion(1, now, policy),)
            return account

    def add_key(self, key: Key, digest: bytes, now: Instant, name: str = "") -> None:
        with self._lock:
            if digest in self._keys or key.id in {known.id for known in self._keys.values()}:
                raise ValueError(f"key {key.id!r} is taken; choose another id")
            self._keys[digest] = key
            self._known[key.id] = KnownKey(key, name, now, None)

    def keys(self) -> list[Key]:
        return list(self._keys.values())

    def keys_of(self, account: str) -> list[KnownKey]:
        found = [self._known[key.id] for key in self._keys.values() if key.account == account]
        return sorted(found, key=lambda known: (known.made_at, known.key.id))

    def key_used(self, id: str, now: Instant) -> None:
        with self._lock:
            self._known[id] = replace(self._known[id], used_at=now)

    def revoke_key(self, id: str, now: Instant) -> bool:
        with self._lock:
            digests = [digest for digest, key in self._keys.items() if key.id == id]
            return any(self._keys.pop(digest, None) for digest in digests)

    def key(self, digest: bytes) -> Key | None:
        return self._keys.get(digest)

    def policies(self, account: str) -> tuple[PolicyVersion, ...]:
        return self._policies[account]

    def add_policy(self, account: str, version: PolicyVersion, expected: int) -> None:
        with self._lock:
            versions = self._policies[account]
            if versions[-1].number != expected:
                raise StaleVersionError(versions[-1].number, expected)
            self._policies[account] = (*versions, replace(version, number=expected + 1))
