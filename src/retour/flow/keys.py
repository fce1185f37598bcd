"""Keys of the API: who made and who ended one stands in the ledger; of a key of the staff, in all of them."""

from retour.flow.account_lines import Change, note
from retour.instants import Instant
from retour.ports import Key, Records

CAUSE = "key"
REVOKED = "revoked"


def make(store: Records, key: Key, digest: bytes, name: str, by: str, at: Instant) -> None:
    """Add a key. Its line comes first: a line too many harms less than a key that nobody was told of."""
    note(store, Change(CAUSE, f"{key.id} made", key.account, at, by, "", _named(key)))
    store.accounts.add_key(key, digest, at, name)


def revoke(store: Records, key: Key, by: str, at: Instant) -> bool:
    """End a key; False where it has ended before, or never was."""
    if not store.accounts.revoke_key(key.id, at):
        return False
    note(store, Change(CAUSE, f"{key.id} {REVOKED}", key.account, at, by, _named(key), REVOKED))
    return True


def _named(key: Key) -> str:
    """As the ledger calls it. Its name is left out: that is free text, and lines stay for good."""
    return f"key_{key.role} {key.id}"
