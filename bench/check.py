"""The check in process against what one would use without Retour: a set of addresses, and SQLite.

Every structure lives in a process of its own (so that its memory can be told) and answers the same
addresses, half of them suppressed, in alternating rounds. Rates are per CPU-second of that process.

    python -m bench.check [--suppressed 1000000,10000000] [--rounds 4] [--questions 200000]
"""

import argparse
import multiprocessing
import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

from retour.flow.check import may_send, may_send_all
from retour.instants import DAY
from retour.lifecycle import preset
from retour.model import VALID, Answer, Cause, MailKind, State, StateName
from retour.ports import Change
from retour.snapshot import Table

Ask = Callable[[list[str]], int]
"""Addresses → how many of them are stopped."""

ACCOUNT, NOW = "bench", 20_000 * DAY
STOPPED = State(StateName.INVALID, frozenset({Cause.HARD}), since=NOW)
PAUSED = State(StateName.INVALID, frozenset({Cause.SOFT}), since=NOW, until=NOW + 30 * DAY)
PEPPER = b"bench"


def address(number: int) -> str:
    """A made-up address; even numbers are suppressed, odd ones are not."""
    return f"contact.{number * 7919:011d}@mail{number % 9973}.example"


def suppressed(count: int) -> Iterator[str]:
    """The suppressed addresses."""
    return (address(2 * number) for number in range(count))


def table(count: int) -> Table:
    """Retour's table; every tenth address waits for a reset."""
    filled = Table(PEPPER)
    filled.policy(ACCOUNT, preset("default"))
    filled.apply(
        Change(ACCOUNT, name, VALID, STOPPED if number % 10 else PAUSED, NOW)
        for number, name in enumerate(suppressed(count))
    )
    filled.merge()
    return filled


def retour_single(count: int) -> Ask:
    """Retour, one call an address: normalise, hash, look up, decide."""
    filled = table(count)

    def ask(addresses: list[str]) -> int:
        kind = MailKind.MAILING
        return sum(may_send(a, ACCOUNT, kind, filled, NOW).answer is Answer.STOP for a in addresses)

    return ask


def retour_batch(count: int) -> Ask:
    """Retour, 10,000 addresses a call."""
    filled = table(count)

    def ask(addresses: list[str]) -> int:
        batches = (addresses[start : start + 10_000] for start in range(0, len(addresses), 10_000))
        return sum(
            decision.answer is Answer.STOP
            for batch in batches
            for decision in may_send_all(batch, ACCOUNT, MailKind.MAILING, filled, NOW)
        )

    return ask


def plain_set(count: int) -> Ask:
    """A Python set of addresses: no accounts, no kinds, no reasons, no due times, no normal form."""
    names = set(suppressed(count))
    return lambda addresses: sum(a in names for a in addresses)


def sqlite(count: int) -> Ask:
    """SQLite with a 16-byte key, prepared, one look-up an address."""
    file = Path(tempfile.mkdtemp()) / "peer.sqlite3"
    database = sqlite3.connect(file)
    database.execute("CREATE TABLE given (k BLOB)")
    database.executemany("INSERT INTO given VALUES (?)", ((_digest(name),) for name in suppressed(count)))
    database.execute("CREATE TABLE suppressed (k BLOB PRIMARY KEY, reason INTEGER) WITHOUT ROWID")
    database.execute("INSERT INTO suppressed SELECT k, 1 FROM given ORDER BY k")
    database.execute("DROP TABLE given")
    database.commit()
    find = database.execute

    def ask(addresses: list[str]) -> int:
        question = "SELECT reason FROM suppressed WHERE k = ?"
        return sum(find(question, (_digest(a),)).fetchone() is not None for a in addresses)

    return ask


def _digest(name: str) -> bytes:
    return blake2b(name.encode(), digest_size=16, key=PEPPER).digest()


CONTESTANTS: dict[str, Callable[[int], Ask]] = {
    "Retour, single": retour_single,
    "Retour, batches of 10,000": retour_batch,
    "Python set": plain_set,
    "SQLite": sqlite,
}


@dataclass(slots=True)
class Contestant:
    """One structure in its own process."""

    name: str
    pipe: Connection
    megabytes: float
    rates: list[float]

    def play(self, seed: int, questions: int) -> int:
        """One round; notes the rate, returns how many were stopped."""
        self.pipe.send((seed, questions))
        stopped, seconds = self.pipe.recv()
        self.rates.append(questions / seconds)
        return int(stopped)


def _serve(name: str, count: int, pipe: Connection) -> None:
    before = _resident()
    ask = CONTESTANTS[name](count)
    pipe.send(_resident() - before)
    while (order := pipe.recv()) is not None:
        seed, questions = order
        addresses = _questions(seed, questions, count)
        start = time.process_time()
        stopped = ask(addresses)
        pipe.send((stopped, time.process_time() - start))


def _questions(seed: int, questions: int, count: int) -> list[str]:
    chosen = random.Random(seed)
    return [address(chosen.randrange(2 * count)) for _ in range(questions)]


def _resident() -> float:
    """Resident memory of this process in megabytes (10^6 octets)."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def contest(count: int, rounds: int, questions: int) -> list[str]:
    """All contestants over so many suppressed addresses, as lines of a Markdown table."""
    context = multiprocessing.get_context("spawn")
    contestants, processes = [], []
    for name in CONTESTANTS:
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(name, count, theirs), daemon=True)
        process.start()
        processes.append(process)
        contestants.append(Contestant(name, ours, ours.recv(), []))
    for number in range(rounds):
        answers = {contestant.play(number, questions) for contestant in contestants}
        if len(answers) != 1:
            raise AssertionError(f"the contestants disagree: {answers}")
    for contestant, process in zip(contestants, processes, strict=True):
        contestant.pipe.send(None)
        process.join()
    return [_line(contestant, contestants[0], count) for contestant in contestants]


def _line(contestant: Contestant, ours: Contestant, count: int) -> str:
    rates = sorted(contestant.rates)
    ratios = sorted(our / their for our, their in zip(ours.rates, contestant.rates, strict=True))
    thousands = " / ".join(f"{rate / 1000:.0f}" for rate in (rates[0], median(rates), rates[-1]))
    ratio = " / ".join(f"{value:.2f}" for value in (ratios[0], median(ratios), ratios[-1]))
    return f"| {count:,} | {contestant.name} | {contestant.megabytes:.0f} | {thousands} | {ratio} |"


def run(
    suppressed: tuple[int, ...] = (1_000_000, 10_000_000), rounds: int = 4, questions: int = 200_000
) -> str:
    """The whole comparison as Markdown."""
    load = os.getloadavg()[0]
    lines = [line for count in suppressed for line in contest(count, rounds, questions)]
    return "\n".join(
        [
            "| suppressed | structure | memory, MB | thousand checks per CPU-second, min / median / max "
            "| Retour single is faster by |",
            "|---|---|---|---|---|",
            *lines,
            "",
            f"{rounds} alternating rounds of {questions:,} questions, half of them suppressed; "
            f"load {load:.1f} before, {os.getloadavg()[0]:.1f} after. Only Retour normalises the address and "
            "knows account, mail kind, cause and due time.",
        ]
    )


def quick() -> str:
    """The same on a small input, to prove that it works."""
    return run((2_000,), rounds=1, questions=1_000)


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suppressed", default="1000000,10000000")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--questions", type=int, default=200_000)
    given = parser.parse_args()
    counts = tuple(int(count) for count in given.suppressed.split(","))
    print(run(counts, given.rounds, given.questions))


if __name__ == "__main__":
    main()
