"""Events of providers' posts, from the bytes in the inbox to the store.

    python -m bench.posts [--rounds 8] [--posts 40]

Each round takes posts of 100 events as SendGrid writes them, over SQLite with synchronous = FULL. "Judged" is
all that comes before the ledger: the JSON is read within its limits, each event is told, classified, named
and tied to sends (none is registered: each is looked up by its message id in vain). "Recorded" is that and
the commit of events, states and sums. What only passes, deliveries and opens, leaves no row for its address.
"""

import argparse
import json
import os
import random
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from retour.flow.intake import read_batch, take_in
from retour.flow.judge import judge
from retour.identity import arrival_id
from retour.instants import DAY, HOUR, SECOND
from retour.lifecycle import preset
from retour.model import Arrival, Proof
from retour.ports import Store
from retour.return_address import Keyring
from retour.stores import sqlite
from retour.wiring import json_of

NOW, RING, EVENTS = 20_500 * DAY, Keyring(1, {1: b"bench" * 8}), 100
MIXES = {
    "deliveries": ["delivered"],
    "17 deliveries, an open, a delay, a bounce": [*["delivered"] * 17, "open", "deferred", "bounce"],
    "bounces": ["bounce"],
}
WORDS = {
    "delivered": {"response": "250 2.0.0 OK 1706000000 abc-20020a056 - gsmtp"},
    "open": {"useragent": "Mozilla/5.0", "ip": "192.0.2.9"},
    "deferred": {"response": "452 4.2.2 The email account that you tried to reach is over quota"},
    "bounce": {
        "reason": "550 5.1.1 The email account that you tried to reach does not exist",
        "type": "bounce",
    },
}


def told(number: int, what: str) -> dict[str, object]:
    """One event."""
    return {
        "email": f"contact.{number}@mail{number % 977}.example",
        "timestamp": (NOW - HOUR) // SECOND + number % 3000,
        "smtp-id": f"<{number}.abc@shop.example>",
        "category": ["news"],
        "sg_event_id": f"ev{number:020d}",
        "sg_message_id": f"m{number}.filter0001.16648.5515E0B88.0",
        "event": what,
        **WORDS[what],
    }


def posts(first: int, count: int, mix: Sequence[str]) -> list[Arrival]:
    """Posts about addresses that nobody has seen."""
    chosen, made = random.Random(first), list[Arrival]()
    for number in range(first, first + count * EVENTS, EVENTS):
        raw = json.dumps([told(number + n, chosen.choice(mix)) for n in range(EVENTS)]).encode()
        id = arrival_id("hook", raw, None)
        made.append(
            Arrival(id, "hook", NOW, raw, len(raw), proof=Proof.TRUSTED, account="shop", form="sendgrid")
        )
    return made


def measured(store: Store, rounds: int, count: int, mix: Sequence[str]) -> tuple[list[float], list[float]]:
    """Events per CPU-second, judged alone and recorded, of each round."""
    judged, recorded = list[float](), list[float]()
    for number in range(rounds + 1):
        batch = posts(number * count * EVENTS, count, mix)
        start = time.process_time()
        read_batch(batch, store, RING, judge, NOW)
        between = time.process_time()
        take_in(batch, store, RING, judge, NOW)
        judged.append(count * EVENTS / (between - start))
        recorded.append(count * EVENTS / (time.process_time() - between))
    return judged[1:], recorded[1:]  # the first one warms up


def run(rounds: int = 8, count: int = 40) -> str:
    """The table as Markdown."""
    lines = ["| events | judged / CPU-second, min / median / max | recorded / CPU-second |", "|---|---|---|"]
    load = os.getloadavg()[0]
    for name, mix in MIXES.items():
        folder = Path(tempfile.mkdtemp(prefix="bench-posts-", dir=os.environ.get("BENCH_DIR")))
        store = sqlite.open_store(folder / sqlite.STORE, b"bench", 64, json_of)
        try:
            store.accounts.add_account("shop", "return.shop.example", preset("default"), NOW - DAY)
            rates = measured(store, rounds, count, mix)
        finally:
            store.close()
            shutil.rmtree(folder)
        lines.append(f"| {name} | {_spread(rates[0])} | {_spread(rates[1])} |")
    size = len(posts(0, 1, MIXES["deliveries"])[0].raw) / 1024
    after = os.getloadavg()[0]
    return "\n".join(
        [
            *lines,
            "",
            f"{rounds} rounds of {count} posts of {EVENTS} events ({size:.0f} KiB a post); load {load:.1f}"
            f" before, {after:.1f} after.",
        ]
    )


def _spread(values: Sequence[float]) -> str:
    return " / ".join(f"{value:,.0f}" for value in (min(values), median(values), max(values)))


def quick() -> str:
    """The same on a small input, to prove that it works."""
    return run(1, 1)


def main() -> None:
    """From the command line; BENCH_TINY=1 runs it small."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--posts", type=int, default=40)
    given = parser.parse_args()
    print(quick() if os.environ.get("BENCH_TINY") == "1" else run(given.rounds, given.posts))


if __name__ == "__main__":
    main()
