"""Run as a process of its own by the crash tests: writes, and says what is durable, until it is killed."""

import sys
from itertools import count
from pathlib import Path

from retour.instants import DAY
from retour.model import Arrival, Event, EventKind, Reason
from retour.stores import sqlite

NOW = 20_500 * DAY
PEPPER = b"pepper"


def bounce(n: int) -> Event:
    """Bounce number n: of a hundred addresses in turn."""
    address = f"a{n % 100}@b.example"
    return Event(
        n.to_bytes(16), EventKind.BOUNCE, NOW + n, Reason.MAILBOX_FULL, account="acme", address=address
    )


def tell(n: int) -> None:
    """Number n, and all before it, are on disk."""
    sys.stdout.write(f"{n}\n")
    sys.stdout.flush()


def write_ledger(folder: Path) -> None:
    """Batches of 20 bounces; tells the number of the last durable one."""
    store = sqlite.open_store(folder / "s", PEPPER)
    for start in count(0, 20):
        store.ledger.record([bounce(n) for n in range(start, start + 20)], NOW + DAY)
        tell(start + 19)


def write_inbox(folder: Path) -> None:
    """Batches of 3 arrivals of 100 kB; tells the number of the last durable one."""
    inbox = sqlite.open_inbox(folder / "i")
    for start in count(0, 3):
        raws = [b"%d " % n * 20_000 for n in range(start, start + 3)]
        arrivals = [Arrival(raw[:16].ljust(16), "lmtp", NOW, raw, len(raw)) for raw in raws]
        inbox.put(arrivals, {"source": b"%d" % (start + 3)})
        tell(start + 2)


if __name__ == "__main__":
    {"ledger": write_ledger, "inbox": write_inbox}[sys.argv[1]](Path(sys.argv[2]))
