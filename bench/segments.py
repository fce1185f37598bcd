"""Segments counted by roll-ups: questions about the bounces of one account, and what the roll-ups cost.

Beside them the counts that the Overview shows at its filters, and those by campaign and domain.

The store is grown from one that the ledger wrote (bench/_grown.py), its sends given to 40 campaigns; then the
roll-ups are made of all events, as the server makes them behind new ones, and the questions asked.

    python -m bench.segments [--addresses 1000000] [--events 5000000] [--rounds 15]
"""

import argparse
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sized
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from statistics import median

from bench._grown import NOW, PEPPER, grow
from retour.flow.counts import Wanted, counted
from retour.flow.questions import Question, Wrong, roll, sought
from retour.instants import DAY
from retour.ports import Records, Segments, Sought
from retour.stores import sqlite

ACCOUNT = "acme"
QUESTIONS: dict[str, Question] = {
    "all": Question(),
    "reason": Question(reason="mailbox_full"),
    "words of the reply": Question(text="mailbox is full"),
    "codes 4.": Question(code="4."),
    "type and campaign": Question(type="soft", campaign="c7"),
    "a quarter": Question(since="2025-11-01", until="2026-01-31"),
    "reason, a quarter": Question(reason="mailbox_full", since="2025-11-01", until="2026-01-31"),
    "provider": Question(provider="gmail"),
    "provider, type, a quarter": Question(
        provider="gmail", type="soft", since="2025-11-01", until="2026-01-31"
    ),
    "domain, campaign": Question(domain="d7.example", campaign="c7"),
}


def measured(path: Path, addresses: int, events: int, rounds: int) -> str:
    """The table."""
    began = time.perf_counter()
    grow(path, addresses, events)
    grown = time.perf_counter() - began
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE sends SET campaign = 'c' || (id % 40)")
        db.commit()
    store = sqlite.open_store(path, PEPPER)
    cpu = time.process_time()
    looked = 0
    while count := roll(store.segments):
        looked += count
    cpu = time.process_time() - cpu
    lines = [
        "| question | bounces | count, ms: median / max | a page of 50, ms: median / max |",
        "|---|---|---|---|",
    ]
    for name, question in QUESTIONS.items():
        lines.append(_line(name, _sought(question), store.segments, rounds))
    lines += ["", "| count | rows | ms: median / max |", "|---|---|---|"]
    lines += [_counted(name, asked, rounds) for name, asked in _counts(store).items()]
    store.close()
    size = path.stat().st_size / 2**30
    lines += [
        "",
        f"{addresses:,} addresses, {looked:,} events, {size:.1f} GiB; grown in {grown:,.0f} s. The roll-ups "
        f"of them all: {cpu:,.0f} CPU-seconds, {looked / max(cpu, 0.001):,.0f} events a CPU-second. "
        f"{rounds} rounds, wall-clock.",
    ]
    return "\n".join(lines)


def _counts(store: Records) -> dict[str, Callable[[], Sized]]:
    counts, year, month = store.counts, (NOW - 400 * DAY, NOW), (NOW - 30 * DAY, NOW)
    return {
        "every filter": lambda: asdict(counted(counts.shown(ACCOUNT), Wanted())),
        "every filter beside a type": lambda: asdict(counted(counts.shown(ACCOUNT), Wanted(type="soft"))),
        "campaigns, 30 days": lambda: counts.campaigns(ACCOUNT, *month),
        "campaigns, 400 days": lambda: counts.campaigns(ACCOUNT, *year),
        "domains, 30 days": lambda: counts.domains(ACCOUNT, *month),
        "domains, 400 days": lambda: counts.domains(ACCOUNT, *year),
    }


def _counted(name: str, asked: Callable[[], Sized], rounds: int) -> str:
    return f"| {name} | {len(asked()):,} | {_times(asked, rounds)} |"


def _sought(question: Question) -> Sought:
    wanted = sought(question)
    assert not isinstance(wanted, Wrong)
    return wanted


def _line(name: str, wanted: Sought, segments: Segments, rounds: int) -> str:
    count = segments.count(ACCOUNT, wanted)
    counting = _times(lambda: segments.count(ACCOUNT, wanted), rounds)
    paging = _times(lambda: segments.page(ACCOUNT, wanted, 50), rounds)
    return f"| {name} | {count:,} | {counting} | {paging} |"


def _times(asked: Callable[[], object], rounds: int) -> str:
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        asked()
        took.append((time.perf_counter() - began) * 1000)
    return f"{median(took):.1f} / {max(took):.1f}"


def run() -> str:
    """In full."""
    return _run(1_000_000, 5_000_000, 15)


def quick() -> str:
    """On a tiny store."""
    return _run(200, 1000, 2)


def _run(addresses: int, events: int, rounds: int) -> str:
    with tempfile.TemporaryDirectory(prefix="retour-bench-") as directory:
        return measured(Path(directory) / sqlite.STORE, addresses, events, rounds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--addresses", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    chosen = parser.parse_args()
    print(_run(chosen.addresses, chosen.events, chosen.rounds))
