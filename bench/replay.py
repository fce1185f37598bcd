"""What-if and replay over one account of a running server, and what checks and pages take meanwhile.

    python -m bench.replay [--addresses 1000000] [--events 5000000]

The store is grown (bench/_grown.py); the server is `retour serve` with its two processes that read. While a
job runs, one client asks for checks one after the other, and for a page of the Overview every second. Memory
is the sum of what the server and its processes hold for themselves (RssAnon, without pages of the file that
are mapped, which the system takes back when it needs them), the most of all looks; seconds are wall clock
from the job's start to its end, and of the processor for all of them together. The server is pure Python, and
once more, over the same store, compiled, where `make compiled` has made that of this very source.
"""

import argparse
import os
import sqlite3
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench._forms import COMPILED, PURE, imported_from, is_compiled
from bench._grown import grow
from bench._serving import Server, serving
from retour import keyfile
from retour.instants import SECOND, parse
from retour.stores import sqlite

RULE = """
[[rule]]
id = "own-no-spam"
reason = "mailbox_full"
source = "made up for the benchmark"
phrases = ["message rejected as spam"]
samples = ["550 5.7.1 Message rejected as spam; see http://spam.example/7"]
"""
JOBS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("what-if", "/v1/policy/what-if", {"settings": {"soft_threshold": 2, "reset_after": 30}, "expected": 2}),
    ("replay, policy", "/v1/replays", {"what": "policy"}),
    ("replay, own rules", "/v1/replays", {"what": "rules", "rules": RULE}),
    ("replay, rules in force", "/v1/replays", {"what": "rules"}),
)


@dataclass
class Measured:
    """One job."""

    seconds: float
    processor: float
    memory: float
    result: dict[str, Any]
    checks: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)


def measured(server: Server, path: str, body: object) -> Measured:
    """Ask for a job, and for checks and pages until it is done."""
    used = server.used()
    id = server.ask(path, body)["id"]
    made, paged, looked = Measured(0.0, 0.0, 0.0, {}), 0.0, 0.0
    while True:
        began = time.perf_counter()
        server.ask("/v1/check?address=user7-1@d3.example")
        ended = time.perf_counter()
        made.checks.append(ended - began)
        if ended - paged > 1.0:
            server.ask("/v1/bounces?limit=50")
            paged = time.perf_counter()
            made.pages.append(paged - ended)
        if ended - looked > 0.5:
            looked = ended
            made.memory = max(made.memory, server.memory())
            job = server.ask(f"/v1/jobs/{id}")
            if job["ended_at"] is not None:
                break
        time.sleep(0.005)
    if job["state"] != "done":
        told = f"{job['problem']}\n{server.log()[-4000:]}"
        raise SystemExit(f"bench.replay: the job ended as {job['state']}: {told}")
    made.processor = server.used() - used
    made.seconds = (parse(job["ended_at"]) - parse(job["started_at"])) / SECOND
    made.result = job["result"]
    return made


def grown(room: Path, addresses: int, events: int) -> None:
    """A store in the room's directory `data`, without its roll-ups: they are measured elsewhere."""
    data = room / "data"
    data.mkdir()
    pepper = keyfile.load_or_create(data / keyfile.NAME).pepper
    grow(data / sqlite.STORE, addresses, events, pepper=pepper)
    with closing(sqlite3.connect(data / sqlite.STORE)) as db:
        db.execute("UPDATE rolled SET number = (SELECT max(number) FROM events)")
        db.commit()


def at(times: list[float], share: float) -> str:
    """The time that so many are below, in milliseconds."""
    ordered = sorted(times)
    return f"{1000 * ordered[min(int(len(ordered) * share), len(ordered) - 1)]:.1f}"


def _row(form: str, job: str, made: Measured) -> str:
    moved = sum(made.result.get("move", {}).values())
    return (
        f"| {form} | {job} | {made.seconds:.1f} | {made.processor:.1f} | {made.memory:.0f} | {moved:,} "
        f"| {at(made.checks, 0.5)} / {at(made.checks, 0.99)} "
        f"| {at(made.pages, 0.5)} / {at(made.pages, 1.0)} |"
    )


def run(addresses: int = 1_000_000, events: int = 5_000_000) -> str:
    """The table."""
    forms = {"pure": PURE} | ({"compiled": COMPILED} if is_compiled() else {})
    rows, load = list[str](), os.getloadavg()[0]
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name:
        room = Path(name)
        grown(room, addresses, events)
        size = (room / "data" / sqlite.STORE).stat().st_size / 1e6
        for form, source in forms.items():
            with imported_from(source), serving(room, console=False) as server:
                rows += [_row(form, job, measured(server, path, body)) for job, path, body in JOBS]
    head = (
        f"{addresses:,} addresses with {events:,} events, {size:,.0f} MB; load average {load:.1f} at the "
        f"beginning, {os.getloadavg()[0]:.1f} at the end (the work's own is 2 and more).\n\n"
        "| form | job | seconds | of the processor | memory, MB | addresses that move "
        "| check, ms, median / 99 % | page, ms, median / most |\n|---|---|---|---|---|---|---|---|\n"
    )
    return head + "\n".join(rows) + "\n\nAim: 60 s, 500 MB."


def quick() -> str:
    """The same on a tiny store."""
    return run(400, 2000)


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--addresses", type=int, default=1_000_000)
    options.add_argument("--events", type=int, default=5_000_000)
    chosen = options.parse_args()
    print(run(chosen.addresses, chosen.events))
