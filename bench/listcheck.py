"""`retour check-list` offline (syntax, lists, typing errors, duplicates, own stops), against validators.

    python -m bench listcheck

The list is made up: 78 % of the contacts at 120 providers (Zipf), the rest at small domains, 3 % damaged, 3 %
twice. A row of ours is read from CSV, judged and written with its reasons; the others are only asked whether
the address is one. The reference is our own long way, row by row. Each of our ways has a process of its own;
the one in C takes part where `make compiled` has made the compiled form of this very source.

    python -m bench.listcheck rows 10000000 1      one way on a list of so many rows, so often
"""

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from bench._forms import COMPILED, PURE, imported_from, is_compiled
from retour.collector import collect_seldom
from retour.flow import listcheck
from retour.flow.listcheck import Knowledge, Source
from retour.flow.listcheck.blocks import records
from retour.flow.listcheck.judge import Judge
from retour.flow.listcheck.passes import WAYS
from retour.vet import Answer, Code, Evidence, Finding

_WAYS = {
    "rows": "without the extra",
    "columns": "in columns (the extra `lists`)",
    "sifted": "in C (the compiled form)",
}
ROWS, SHOWN, STOPPED = 1_000_000, 3, 10_000
PROVIDERS = (
    *(
        "gmail.com",
        "gmx.de",
        "web.de",
        "t-online.de",
        "yahoo.com",
        "hotmail.com",
        "outlook.com",
        "icloud.com",
    ),
    *("freenet.de", "aol.com", "gmx.net", "live.de", "mail.ru", "yahoo.de", "hotmail.de", "posteo.de"),
    *(f"provider{number}.org" for number in range(104)),
)
_DAMAGES: tuple[Callable[[str], str], ...] = (
    lambda address: address.replace("@", " (at) "),
    lambda address: f"{address} ",
    lambda address: f"Ann Lee <{address}>",
    lambda address: address.replace("@", ""),
    lambda address: address.replace(".", "..", 1),
    lambda address: f"mailto:{address}",
    lambda address: address.upper(),
    lambda address: address.replace("gmail", "gmial").replace(".de", ".dee"),
)


def rows(count: int) -> Iterator[str]:
    """So many rows."""
    chance = random.Random(5)
    weights = [1 / (place + 1) for place in range(len(PROVIDERS))]
    tail, last = max(10, count // 62), "ann@gmail.com"
    yield "id,name,email,city"
    for start in range(0, count, 10_000):
        for number, at in enumerate(chance.choices(PROVIDERS, weights, k=min(10_000, count - start)), start):
            domain = at if chance.random() < 0.78 else f"firm{chance.randrange(tail)}.de"
            address = f"{chance.choice('abcdefgh')}.{chance.choice(NAMES)}{chance.randrange(count)}@{domain}"
            lot = chance.random()
            if lot < 0.03:
                address = chance.choice(_DAMAGES)(address)
            elif lot < 0.06:
                address = last
            else:
                last = address
            yield f"{number},Ann Lee,{address},Berlin"


NAMES = (
    "smith",
    "mueller",
    "jones",
    "schmidt",
    "garcia",
    "rossi",
    "novak",
    "wilson",
    "meyer",
    "silva",
    "weber",
)


def made(path: Path, count: int) -> Path:
    """The list as a file."""
    with path.open("w", encoding="utf-8") as file:
        for row in rows(count):
            file.write(row + "\n")
    return path


def stops(path: Path) -> Knowledge:
    """The account has stopped some of them."""
    told = (Finding(Code.SUPPRESSED, Evidence("history", Answer.YES, "own ledger")),)
    with path.open(encoding="utf-8") as file:
        addresses = [line.split(",")[2] for line in islice(file, 1, STOPPED * 40, 40)]
    return Knowledge(history=dict.fromkeys(addresses, told))


def whole(path: Path, out: Path, know: Knowledge, way: str = "") -> float:
    """CPU seconds of a whole check, from file to report, as `retour check-list` does it."""
    collect_seldom()
    before = _used()
    with path.open("rb") as file:
        source = listcheck.open_source(file)
        assert isinstance(source, Source)
        for _ in listcheck.check_list(listcheck.Order(path.name, file, source, know, out, "now", way=way)):
            pass
    return _used() - before


def reference(path: Path, know: Knowledge, count: int) -> float:
    """Rows a CPU second of the long way."""
    with path.open("rb") as file:
        source = listcheck.open_source(file)
        assert isinstance(source, Source)
        judge, done, before = Judge(know), 0, _used()
        for block in source.blocks():
            for record in records(block, source.layout):
                judge.row(record)
                done += 1
                if done == count:
                    return done / (_used() - before)
    return done / (_used() - before)


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peers(addresses: list[str]) -> Iterator[tuple[str, float]]:
    """Rows a CPU second of what is installed beside."""
    try:
        from email_validator import EmailNotValidError, validate_email
    except ImportError:
        pass
    else:

        def theirs(address: str) -> None:
            try:
                validate_email(address, check_deliverability=False)
            except EmailNotValidError:
                return

        yield "email-validator", _rate(theirs, addresses)
        try:
            from pydantic import EmailStr, TypeAdapter, ValidationError
        except ImportError:
            return
        asked = TypeAdapter(EmailStr)

        def of_pydantic(address: str) -> None:
            try:
                asked.validate_python(address)
            except ValidationError:
                return

        yield "pydantic EmailStr", _rate(of_pydantic, addresses)
    yield "mailcheck's rule, re-done (typing errors alone)", _rate(mailcheck, addresses)


def mailcheck(address: str) -> str | None:
    """The nearest of the 120 providers, by the distance that mailcheck uses; None from distance 3 on."""
    domain = address.rpartition("@")[2].lower()
    if domain in PROVIDERS:
        return None
    best = min(PROVIDERS, key=lambda name: _sift(domain, name))
    return best if _sift(domain, best) < SHOWN else None


def _sift(one: str, other: str, reach: int = 5) -> float:
    """sift3: letters in common within reach, against the mean length."""
    a = b = common = shift = 0
    while a < len(one) and b < len(other):
        if one[a] == other[b]:
            common += 1
        else:
            steps = ((n, one[a + n : a + n + 1], other[b + n : b + n + 1]) for n in range(1, reach))
            shift = next((n for n, mine, theirs in steps if mine == other[b] or theirs == one[a]), 0)
            if shift and one[a + shift : a + shift + 1] == other[b]:
                a += shift
            elif shift:
                b += shift
            common += bool(shift)
        a, b = a + 1, b + 1
    return (len(one) + len(other)) / 2 - common


def _rate(ask: Callable[[str], object], addresses: list[str]) -> float:
    before = time.process_time()
    for address in addresses:
        ask(address)
    return len(addresses) / (time.process_time() - before)


class Measured(NamedTuple):
    """What a way took: rows a CPU second, each time; and MB at the most."""

    rates: list[float]
    peak: int


def alone(path: Path, way: str, rounds: int) -> Measured:
    """One way in this process."""
    with path.open("rb") as file:
        know, count = stops(path), sum(1 for _ in file) - 1
    with tempfile.TemporaryDirectory(dir=path.parent) as room:
        rates = [count / whole(path, Path(room, str(number)), know, way) for number in range(rounds)]
    return Measured(sorted(rates), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


def apart(path: Path, way: str, rounds: int) -> Measured:
    """The same in a process of its own."""
    with imported_from(COMPILED if way == "sifted" else PURE):
        command = [sys.executable, "-m", "bench.listcheck", way, str(path), str(rounds)]
        return Measured(*json.loads(subprocess.run(command, check=True, capture_output=True).stdout))


def table(count: int, rounds: int, asked: int) -> str:
    """The measurements as a table."""
    ways, load = [*WAYS, *(["sifted"] if is_compiled() else [])], os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as room:
        path = made(Path(room) / "list.csv", count)
        measured = {way: apart(path, way, rounds) for way in ways}
        long = reference(path, stops(path), asked)
        sample = [line.split(",")[2] for line in path.read_text("utf-8").splitlines()[1 : asked + 1]]
        others = list(peers(sample))
    middles = [each.rates[rounds // 2] for each in measured.values()]
    lines = [f"| what | rows a CPU second | ours is ({', '.join(ways)}) | MB |", "|---|---|---|---|"]
    lines += [
        f"| whole check of {count:,} rows, file to report, {_WAYS[way]} (min / median / max of {rounds}) | "
        f"{rates[0]:,.0f} / {rates[rounds // 2]:,.0f} / {rates[-1]:,.0f} | | {peak} |"
        for way, (rates, peak) in measured.items()
    ]
    lines += [
        f"| {name} | {rate:,.0f} | {' / '.join(f'{middle / rate:.1f}' for middle in middles)} × | |"
        for name, rate in (("our long way, row by row", long), *others)
    ]
    lines.append("")
    lines.append(f"Load average {load:.1f} at the beginning, {os.getloadavg()[0]:.1f} at the end.")
    return "\n".join(lines)


def run() -> str:
    """In full."""
    return table(ROWS, 3, 20_000)


def quick() -> str:
    """On a small list."""
    return table(2_000, 1, 300)


if __name__ == "__main__":
    way, given, rounds = sys.argv[1:]
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name:
        listed = made(Path(name, "list.csv"), int(given)) if given.isdecimal() else Path(given)
        print(json.dumps(alone(listed, way, int(rounds))))
