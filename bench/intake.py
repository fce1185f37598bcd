"""Durable intake into SQLite against the least that SQLite could do with the same rows.

Retour records events: each is looked up, its address folded under the policy, state, evidence, alarm and
decision ledger written. The peer only inserts a row for the event and counts in a row for the address,
from rows made beforehand. Both keep a file with a million addresses, synchronous = FULL, one commit for
each batch of 1000, and look for cyclic garbage as seldom as `retour serve`; each lives in a process of its
own and takes the same events in alternating rounds, three in four about an address already there. Retour
takes part as pure Python and, where `make compiled` has made that of this very source, compiled.

    python -m bench.intake [--addresses 1000000] [--rounds 4] [--batches 20]
"""

import argparse
import multiprocessing
import os
import random
import resource
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

from bench._forms import COMPILED, PURE, assert_form, imported_from, is_compiled
from retour.address import domain_of, key
from retour.collector import collect_seldom
from retour.identity import event_id
from retour.instants import DAY, SECOND
from retour.lifecycle import PolicyVersion, preset
from retour.model import (
    GROUPS,
    Action,
    Event,
    EventKind,
    Evidence,
    Kind,
    Original,
    Reason,
    Report,
    Verdict,
)
from retour.stores import advance, sqlite
from retour.stores.advance import recorded
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.pages import Page, Sheaf
from retour.stores.sqlite.rows import body_of, row_of_event
from retour.wiring import json_of

BATCH, CACHE_MIB = 1000, 256
NOW, PEPPER = 20_000 * DAY, b"bench"
KNOWN_SHARE = 0.75
PLAIN = "plain SQLite"
FORMS = {"Retour": PURE, "Retour, compiled": COMPILED, PLAIN: PURE}

Record = Callable[[Sequence[Event]], None]

# Five in ten are hard, four soft, one a block: roughly what a list that was not cleaned brings.
REASONS = (
    [Reason.ADDRESS_UNKNOWN] * 5 + [Reason.MAILBOX_FULL] * 3 + [Reason.SERVER_BUSY, Reason.SPAM_REJECTED]
)


def event(number: int, address: int, at: int) -> Event:
    """A made-up bounce with the evidence of a usual delivery report."""
    name = f"contact.{address * 7919:011d}@mail{address % 9973}.example"
    reason = REASONS[number % len(REASONS)]
    words = f"550 5.1.1 <{name}>: Recipient address rejected: no such user here"
    report = Report(
        Kind.BOUNCE,
        name,
        action=Action.FAILED,
        status="5.1.1",
        reply_code="550",
        diagnostic=words,
        remote_mta=f"mx.mail{address % 9973}.example",
        mta="postfix",
        at=at,
    )
    verdict = Verdict(Kind.BOUNCE, reason, GROUPS[reason], "text.user.unknown", "no such user", 0.97)
    original = Original(f"{number}@sender.example", "What is new in May", "News <news@sender.example>")
    return Event(
        event_id(number.to_bytes(16), number, name),
        EventKind.BOUNCE,
        at,
        reason,
        "5.1.1",
        number + 1,
        at - DAY,
        account="bench",
        address=name,
        actor="lmtp",
        evidence=Evidence(report, verdict, original, number.to_bytes(16)),
    )


def batches(seed: int, count: int, addresses: int) -> list[list[Event]]:
    """Batches of a round. The same seed gives the same events, in any process."""
    chosen = random.Random(seed)
    most = int(addresses / KNOWN_SHARE)
    first = addresses + seed * count * BATCH
    return [
        [
            event(first + n * BATCH + place, chosen.randrange(most), NOW + seed * DAY + n * SECOND)
            for place in range(BATCH)
        ]
        for n in range(count)
    ]


def present(addresses: int) -> Iterator[list[Event]]:
    """One earlier bounce for each address, in chunks."""
    for start in range(0, addresses, 20_000):
        end = min(start + 20_000, addresses)
        yield [event(n, n, NOW - 300 * DAY + n * SECOND) for n in range(start, end)]


def retour(folder: Path, addresses: int) -> Record:
    """Retour's ledger, as the worker calls it."""
    path = folder / sqlite.STORE
    store = sqlite.open_store(path, PEPPER, CACHE_MIB, json_of)
    store.accounts.add_account("bench", "return.bench.example", preset("default"), NOW - 400 * DAY)
    _fill(path, addresses)

    def record(events: Sequence[Event]) -> None:
        store.ledger.record(events, NOW + 30 * DAY)

    return record


def _fill(path: Path, addresses: int) -> None:
    """The million, each with the state that its bounce gives it, in larger transactions."""
    policies = (PolicyVersion(1, NOW - 400 * DAY, preset("default")),)
    database = Database(path, "store", CACHE_MIB)
    for chunk in present(addresses):
        with database.write() as db:
            sheaf = Sheaf(db)
            for one in chunk:
                page = Page(key(PEPPER, one.address), 1, "bench", one.address, policies)
                sheaf.turn(page, recorded(page.known(), [one], NOW), [one])
            sheaf.write()
    database.close()


PEER = """
CREATE TABLE events (number INTEGER PRIMARY KEY, id BLOB, k BLOB, kind, at, reason, status, send,
  handed_over, standing, begins, outcome, body);
CREATE TABLE states (k BLOB PRIMARY KEY, address TEXT, domain TEXT, bounces INTEGER, last INTEGER)
  WITHOUT ROWID;
"""
INSERT = (
    "INSERT INTO events (id, k, kind, at, reason, status, send, handed_over, standing, begins, outcome, body)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
UPSERT = (
    "INSERT INTO states VALUES (?, ?, ?, 1, ?)"
    " ON CONFLICT (k) DO UPDATE SET bounces = bounces + 1, last = excluded.last"
)
Rows = tuple[list[tuple[object, ...]], list[tuple[object, ...]]]


def rows(events: Sequence[Event]) -> Rows:
    """What the peer is given: rows ready to be written, the addresses in the order of their keys."""
    keyed = [(key(PEPPER, one.address), one) for one in events]
    told: list[tuple[object, ...]] = [(one.id, k, *row_of_event(one), body_of(one)) for k, one in keyed]
    keyed.sort(key=lambda pair: pair[0])
    return told, [(k, one.address, domain_of(one.address), one.at) for k, one in keyed]


def plain(folder: Path, addresses: int) -> Callable[[Rows], None]:
    """SQLite with two statements and nothing of Retour."""
    db = sqlite3.connect(folder / "peer.sqlite3", isolation_level=None)
    db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;" + PEER)
    db.execute(f"PRAGMA cache_size = {-1024 * CACHE_MIB}")
    db.execute("PRAGMA wal_autocheckpoint = 32768")

    def record(given: Rows) -> None:
        db.execute("BEGIN IMMEDIATE")
        db.executemany(INSERT, given[0])
        db.executemany(UPSERT, given[1])
        db.execute("COMMIT")

    for chunk in present(addresses):
        record(rows(chunk))
    return record


@dataclass(slots=True)
class Contestant:
    """One way, in its own process."""

    name: str
    pipe: Connection
    wall: list[float]
    cpu: list[float]
    megabytes: float = 0.0

    def play(self, seed: int, count: int) -> None:
        """One round; notes events per second and per CPU-second."""
        self.pipe.send((seed, count))
        wall, cpu, self.megabytes = self.pipe.recv()
        self.wall.append(count * BATCH / wall)
        self.cpu.append(count * BATCH / cpu)


def _serve(name: str, addresses: int, pipe: Connection) -> None:
    folder = Path(tempfile.mkdtemp(prefix="bench-intake-", dir=os.environ.get("BENCH_DIR")))
    try:
        assert_form(FORMS[name], advance.__file__)
        record = plain(folder, addresses) if name == PLAIN else retour(folder, addresses)
        pipe.send(None)
        while (order := pipe.recv()) is not None:
            seed, count = order
            events = batches(seed, count, addresses)
            given = [rows(batch) for batch in events] if name == PLAIN else events
            collect_seldom()  # as serve does; and what is given was there before
            wall, cpu = time.perf_counter(), time.process_time()
            for batch in given:
                record(batch)  # type: ignore[arg-type]
            spent = time.perf_counter() - wall, time.process_time() - cpu
            pipe.send((*spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000))
    finally:
        shutil.rmtree(folder)


def contest(addresses: int, rounds: int, count: int) -> list[str]:
    """All in alternating rounds, as lines of a Markdown table."""
    context = multiprocessing.get_context("spawn")
    contestants, processes = [], []
    for name, form in FORMS.items():
        if form == COMPILED and not is_compiled():
            continue
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(name, addresses, theirs))
        with imported_from(form):
            process.start()
        theirs.close()
        ours.recv()
        processes.append(process)
        contestants.append(Contestant(name, ours, [], []))
    for number in range(rounds):
        for contestant in contestants:
            contestant.play(number, count)
    for contestant, process in zip(contestants, processes, strict=True):
        contestant.pipe.send(None)
        process.join()
    return [_line(contestant, contestants[0]) for contestant in contestants]


def _line(contestant: Contestant, ours: Contestant) -> str:
    ratios = [our / their for our, their in zip(ours.cpu, contestant.cpu, strict=True)]
    return (
        f"| {contestant.name} | {_spread(contestant.wall, 0)} | {_spread(contestant.cpu, 0)}"
        f" | {contestant.megabytes:.0f} | {_spread(ratios, 2)} |"
    )


def _spread(values: Sequence[float], places: int) -> str:
    return " / ".join(f"{value:,.{places}f}" for value in (min(values), median(values), max(values)))


def run(addresses: int = 1_000_000, rounds: int = 4, count: int = 20) -> str:
    """The whole comparison as Markdown."""
    load = os.getloadavg()[0]
    lines = contest(addresses, rounds, count)
    return "\n".join(
        [
            "| durable intake | events/s, min / median / max | events per CPU-second | peak RSS, MB"
            " | rate of pure Retour to it, per CPU-second |",
            "|---|---|---|---|---|",
            *lines,
            "",
            f"{addresses:,} addresses present, {rounds} alternating rounds of {count} batches of {BATCH:,}, "
            f"synchronous = FULL, SQLite {sqlite3.sqlite_version}; load {load:.1f} before, "
            f"{os.getloadavg()[0]:.1f} after. The peer is given finished rows; it recognises no repetition, "
            "folds no state, keeps no policy, alarm or decision ledger.",
        ]
    )


def quick() -> str:
    """The same on a small input, to prove that it works."""
    return run(2_000, rounds=1, count=1)


def main() -> None:
    """From the command line; BENCH_TINY=1 runs it small."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--addresses", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--batches", type=int, default=20)
    given = parser.parse_args()
    tiny = os.environ.get("BENCH_TINY") == "1"
    print(quick() if tiny else run(given.addresses, given.rounds, given.batches))


if __name__ == "__main__":
    main()
