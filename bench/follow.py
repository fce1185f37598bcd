"""Following a log: from the file to arrivals that are durable in SQLite, and on to events in the ledger.

    python -m bench.follow [--lines 200000] [--rounds 3]

The log is that of `bench logs`: seven lines a mail, 6 % of all lines tell of a failure or delay. Each block
of lines is committed with the place behind it (synchronous = FULL). "judged" is what the worker does
afterwards, in the same process: read again, tied, folded, recorded.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.logs import log_lines
from retour.bus import LocalBus
from retour.clock import SystemClock
from retour.flow.follow import Terms
from retour.flow.intake import Worker, take_in
from retour.flow.judge import judge
from retour.inlets.logtail.files import FileTail
from retour.inlets.logtail.following import Follower
from retour.lifecycle import preset
from retour.return_address import Keyring
from retour.stores import sqlite
from retour.wiring import json_of

KEYRING, PEPPER = Keyring(1, {1: b"k" * 32}), b"bench"


@dataclass(frozen=True, slots=True)
class Took:
    """What one run took, and did."""

    lines: int
    events: int
    cpu: float
    wall: float


def measured(work: Callable[[], tuple[int, int]]) -> Took:
    """The lines and events of the work, and its time."""
    cpu, wall = time.process_time(), time.perf_counter()
    lines, events = work()
    return Took(lines, events, time.process_time() - cpu, time.perf_counter() - wall)


def followed(log: Path, deliveries: bool) -> tuple[Took, Took]:
    """Following a log, and judging what came of it."""
    with tempfile.TemporaryDirectory() as name:
        place, clock = Path(name), SystemClock()
        inbox = sqlite.open_inbox(place / "inbox")
        store = sqlite.open_store(place / "store", PEPPER, encode=json_of)
        store.accounts.add_account("shop", "return.example", preset("default"), clock.now())
        terms = Terms("bench", "postfix-log", account="shop", deliveries=deliveries)
        follower = Follower(terms, FileTail(log), inbox.put, inbox.cursors, clock.now, _raise)
        worker = Worker(
            inbox, lambda arrivals, now: take_in(arrivals, store, KEYRING, judge, now), LocalBus(), clock
        )

        def follow() -> tuple[int, int]:
            while follower.step():
                pass
            return follower.count.lines, follower.count.events

        def settle() -> tuple[int, int]:
            worker.drain()
            return follower.count.lines, follower.count.events

        took = measured(follow), measured(settle)
        follower.close()
        inbox.close()
        store.close()
    return took


def _raise(error: Exception) -> None:
    raise error


def table(count: int, rounds: int) -> str:
    """The Markdown table."""
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "mail.log"
        log.write_text("\n".join([*log_lines(count, 6), ""]))
        runs = [(followed(log, False), followed(log, True)) for _ in range(rounds)]
    rows = {
        "followed, failures and delays": [failures[0] for failures, _ in runs],
        "judged": [failures[1] for failures, _ in runs],
        "followed, deliveries too": [both[0] for _, both in runs],
        "judged, deliveries too": [both[1] for _, both in runs],
    }
    return "\n".join(
        [
            "| what | lines per CPU-second | events per CPU-second | lines a second | events a second |",
            "|---|---|---|---|---|",
            *[_row(name, took) for name, took in rows.items()],
            "",
            f"{runs[0][0][0].lines} lines, {runs[0][0][0].events} failures and delays,"
            f" {runs[0][1][0].events} with deliveries; medians of {rounds} rounds.",
        ]
    )


def _row(name: str, runs: list[Took]) -> str:
    one = runs[0]
    cpu, wall = median(took.cpu for took in runs), median(took.wall for took in runs)
    rates = (one.lines / cpu, one.events / cpu, one.lines / wall, one.events / wall)
    return f"| {name} | " + " | ".join(f"{rate:,.0f}" for rate in rates) + " |"


def run() -> str:
    """The table in full."""
    return table(200_000, 3)


def quick() -> str:
    """The table of a small log, to prove that it works."""
    return table(700, 1)


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.follow", description=__doc__)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    print(table(given.lines, given.rounds))


if __name__ == "__main__":
    main()
