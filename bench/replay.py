"""What-if and replay over one account of a running server, and what checks and pages take meanwhile.

    python -m bench.replay [--addresses 1000000] [--events 5000000]

The store is grown (bench/_grown.py); the server is `retour serve` with its two processes that read. While a
job runs, one client asks for checks one after the other, and for a page of the Overview every second. Memory
is the sum of what the server and its processes hold for themselves (RssAnon, without pages of the file that
are mapped, which the system takes back when it needs them), the most of all looks; seconds are wall clock
from the job's start to its end, and of the processor for all of them together.
"""

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from bench._grown import grow
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
class Server:
    """A running server over a data directory."""

    data: Path
    port: int
    key: str
    process: "subprocess.Popen[bytes]"

    def ask(self, path: str, body: object = None) -> Any:
        """The answer of the API, as JSON values."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        joined = f"{path}{'&' if '?' in path else '?'}account=acme"
        told = None if body is None else json.dumps(body).encode()
        with urlopen(Request(f"http://127.0.0.1:{self.port}{joined}", told, headers)) as answer:
            return json.load(answer)

    def memory(self) -> float:
        """Megabytes that the server and its processes hold now."""
        pids = [self.process.pid, *_children(self.process.pid)]
        return sum(_resident(pid) for pid in pids) / 1024

    def used(self) -> float:
        """Seconds of the processor that the server has used, with its processes that have ended."""
        told = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, told[11:15])) / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, thread.read_text().split()):
            found += [child, *_children(child)]
    return found


def _resident(pid: int) -> int:
    try:
        told = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in told.splitlines() if line.startswith("RssAnon:")), 0)


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
        log = (server.data.parent / "log").read_text(errors="replace")
        raise SystemExit(f"bench.replay: the job ended as {job['state']}: {job['problem']}\n{log[-4000:]}")
    made.processor = server.used() - used
    made.seconds = (parse(job["ended_at"]) - parse(job["started_at"])) / SECOND
    made.result = job["result"]
    return made


SETTINGS = """\
data_dir = "{data}"
[api]
port = 0
requests_per_second = 0
checks_per_second = 0
[smtp]
port = 0
[lmtp]
port = 0
[[postfix.listeners]]
port = 0
[console]
enabled = false
"""


@contextmanager
def serving(room: Path, addresses: int, events: int) -> Iterator[Server]:
    """A server over a store that was grown."""
    data, config = room / "data", room / "retour.toml"
    data.mkdir()
    pepper = keyfile.load_or_create(data / keyfile.NAME).pepper
    grow(data / sqlite.STORE, addresses, events, pepper=pepper)
    with closing(sqlite3.connect(data / sqlite.STORE)) as db:  # roll-ups are measured elsewhere
        db.execute("UPDATE rolled SET number = (SELECT max(number) FROM events)")
        db.commit()
    config.write_text(SETTINGS.format(data=data))
    command = [sys.executable, "-m", "retour"]
    key = subprocess.run(
        [*command, "key", "add", "--role", "support", "--config", str(config)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    with (room / "log").open("w+b") as log:
        process = subprocess.Popen([*command, "serve", "--config", str(config)], stdout=log, stderr=log)
        try:
            yield Server(data, _port(process, room / "log"), key, process)
        finally:
            process.terminate()
            process.wait()


def _port(process: "subprocess.Popen[bytes]", log: Path) -> int:
    """Where the server says that it answers."""
    while process.poll() is None:
        for line in log.read_text(errors="replace").splitlines():
            if "retour is ready" in line:
                words = line.replace('"', " ").replace(":", " ").replace("=", " ").replace(",", " ").split()
                return int(words[words.index("api") + 1])
        time.sleep(0.05)
    raise SystemExit(f"bench.replay: the server has ended: {log.read_text(errors='replace')}")


def at(times: list[float], share: float) -> str:
    """The time that so many are below, in milliseconds."""
    ordered = sorted(times)
    return f"{1000 * ordered[min(int(len(ordered) * share), len(ordered) - 1)]:.1f}"


def run(addresses: int = 1_000_000, events: int = 5_000_000) -> str:
    """The table."""
    rows, load = list[str](), os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as room, serving(Path(room), addresses, events) as server:
        size = (server.data / sqlite.STORE).stat().st_size / 1e6
        for name, path, body in JOBS:
            made = measured(server, path, body)
            moved = sum(made.result.get("move", {}).values())
            rows.append(
                f"| {name} | {made.seconds:.1f} | {made.processor:.1f} | {made.memory:.0f} | {moved:,} "
                f"| {at(made.checks, 0.5)} / {at(made.checks, 0.99)} "
                f"| {at(made.pages, 0.5)} / {at(made.pages, 1.0)} |"
            )
    head = (
        f"{addresses:,} addresses with {events:,} events, {size:,.0f} MB; load average {load:.1f} at the "
        f"beginning, {os.getloadavg()[0]:.1f} at the end (the work's own is 2 and more).\n\n"
        "| job | seconds | of the processor | memory, MB | addresses that move | check, ms, median / 99 % "
        "| page, ms, median / most |\n|---|---|---|---|---|---|---|\n"
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
