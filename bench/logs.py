"""Reading a Postfix log against pflogsumm, where that is installed, on the same made-up log.

    python -m bench.logs [--lines 200000] [--failing 6] [--rounds 5]

Seven lines a mail, `--failing` per cent of all lines tell of a failure or delay. The programs take turns;
a rate is lines per CPU-second (user and system). What differs: pflogsumm reads the file in a process of its
own, counts mails, senders, hosts and hours, and tells no reasons; Retour has the file in pieces of 256 KiB.
It finds each failure, with the lines of its mail that tell sender and Message-ID, as who follows a log keeps
them; reads what they say; and judges it. With deliveries, each of them is told as well.
"""

import argparse
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from retour.flow.judge import judged
from retour.parse.logs import Entry, read_log

PIECE = 256 * 1024
PEER = "pflogsumm"
FOUND, READ, JUDGED = "Retour, failures and their lines", "Retour, read", "Retour, read and judged"
ALL_FOUND, ALL_READ = "Retour, deliveries too and their lines", "Retour, deliveries too, read"
_OUTCOMES = (
    "dsn=5.1.1, status=bounced (host {mx} said: 550 5.1.1 <{to}>: Recipient address rejected: User unknown"
    " (in reply to RCPT TO command))",
    "dsn=4.2.2, status=deferred (host {mx} said: 452 4.2.2 Mailbox full (in reply to RCPT TO command))",
    "dsn=4.4.1, status=deferred (connect to {mx}:25: Connection timed out)",
)
_SENT = "dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as {id}F)"


def log_lines(count: int, failing: float) -> Iterator[str]:
    """A log of about `count` lines."""
    chance = random.Random(7)
    for number in range(count // 7):
        id, at = (
            f"{number * 7919 + 0x10000000:010X}",
            f"Nov 21 {number // 3600 % 24:02d}:{number // 60 % 60:02d}:00 mx",
        )
        to, mx = f"contact.{number}@mail{number % 997}.example", f"mx.mail{number % 997}.example[192.0.2.7]"
        outcome = chance.choice(_OUTCOMES) if chance.random() < failing * 7 / 100 else _SENT
        yield f"{at} postfix/smtpd[11]: connect from app.shop.example[192.0.2.9]"
        yield f"{at} postfix/smtpd[11]: {id}: client=app.shop.example[192.0.2.9]"
        yield f"{at} postfix/cleanup[12]: {id}: message-id=<{number}.{chance.getrandbits(64):x}@shop.example>"
        yield f"{at} postfix/qmgr[13]: {id}: from=<b+{number}@shop.example>, size=9, nrcpt=1 (queue active)"
        yield (
            f"{at} postfix/smtp[14]: {id}: to=<{to}>, relay={mx}:25, delay=0.7, delays=0.1/0/0.3/0.3, "
            + outcome.format(to=to, mx=mx, id=id)
        )
        yield f"{at} postfix/qmgr[13]: {id}: removed"
        yield f"{at} postfix/smtpd[11]: disconnect from app.shop.example[192.0.2.9]"


def read_by_retour(log: Path, then: Callable[[Entry], object], successes: bool = False) -> int:
    """How many failures and delays are told, and deliveries where asked for."""
    told = 0
    with log.open("rb") as stream:
        for entry in read_log("postfix-log", iter(lambda: stream.read(PIECE), b""), successes):
            told += 1
            then(entry)
    return told


def _lines(entry: Entry) -> object:
    return entry.lines


def _facts(entry: Entry) -> object:
    return entry.facts


def _verdict(entry: Entry) -> object:
    return judged(entry.reading)


def seconds(work: Callable[[], object]) -> float:
    """CPU-seconds of this process, and of those that it has waited for."""
    before = os.times()
    begin = time.process_time()
    work()
    after = os.times()
    children = after.children_user - before.children_user + after.children_system - before.children_system
    return time.process_time() - begin + children


def programs(log: Path) -> dict[str, Callable[[], object]]:
    """Who takes part."""
    found: dict[str, Callable[[], object]] = {
        FOUND: lambda: read_by_retour(log, _lines),
        READ: lambda: read_by_retour(log, _facts),
        JUDGED: lambda: read_by_retour(log, _verdict),
        ALL_FOUND: lambda: read_by_retour(log, _lines, True),
        ALL_READ: lambda: read_by_retour(log, _facts, True),
    }
    if peer := shutil.which(PEER):
        found[PEER] = lambda: subprocess.run([peer, str(log)], check=True, stdout=subprocess.DEVNULL)
    return found


def table(count: int, failing: float, rounds: int) -> str:
    """The Markdown table."""
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "mail.log"
        lines = list(log_lines(count, failing))
        log.write_text("\n".join([*lines, ""]))
        parts = programs(log)
        taken = [{name: seconds(work) for name, work in parts.items()} for _ in range(rounds)]
        told = read_by_retour(log, _lines)
    rows = []
    for name in parts:
        rate = f"{len(lines) / median(each[name] for each in taken) / 1000:.0f} k"
        ratios = [each[PEER] / each[name] for each in taken if PEER in each]
        ratio = f"{min(ratios):.1f} / {median(ratios):.1f} / {max(ratios):.1f}" if ratios else "-"
        rows.append(f"| {name} | {rate} | {ratio} |")
    absent = "" if PEER in parts else f" {PEER} is not installed."
    return "\n".join(
        [
            f"| program | lines per CPU-second | times {PEER} |",
            "|---|---|---|",
            *rows,
            "",
            f"{len(lines)} lines, {told} failures and delays told; {rounds} rounds.{absent}",
        ]
    )


def run() -> str:
    """The table in full."""
    return table(200_000, 6, 5)


def quick() -> str:
    """The table of a small log, to prove that it works."""
    return table(700, 6, 1)


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.logs", description=__doc__)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--failing", type=float, default=6, help="per cent of the lines")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    print(table(given.lines, given.failing, given.rounds))


if __name__ == "__main__":
    main()
