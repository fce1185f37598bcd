"""`retour serve` over a grown store, in processes of its own, and what they use."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO, Any
from urllib.request import Request, urlopen

COMMAND = (sys.executable, "-m", "retour")
SETTINGS = """\
data_dir = "{data}"
[api]
port = 0
requests_per_second = 0
checks_per_second = 0
[smtp]
enabled = false
[lmtp]
port = 0
[[postfix.listeners]]
port = 0
[console]
enabled = {console}
port = 0
"""


@dataclass
class Server:
    """A running server over the data directory of a room, with a key of its support."""

    room: Path
    ports: dict[str, int]
    key: str
    process: "subprocess.Popen[bytes]"

    @property
    def data(self) -> Path:
        """Its data directory."""
        return self.room / "data"

    def ask(self, path: str, body: object = None) -> Any:
        """The answer of the API, as JSON values."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        joined = f"{path}{'&' if '?' in path else '?'}account=acme"
        told = None if body is None else json.dumps(body).encode()
        with urlopen(Request(f"http://127.0.0.1:{self.ports['api']}{joined}", told, headers)) as answer:
            return json.load(answer)

    def command(self, *arguments: str) -> str:
        """What a command prints that reads the server's settings."""
        return _said(self.room, *arguments)

    def log(self) -> str:
        """What it has written so far."""
        return (self.room / "log").read_text(errors="replace")

    def memory(self) -> float:
        """Megabytes that the server and its processes hold now."""
        pids = [self.process.pid, *_children(self.process.pid)]
        return sum(_resident(pid) for pid in pids) / 1024

    def used(self) -> float:
        """Seconds of the processor that the server has used, with its processes that have ended."""
        told = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, told[11:15])) / os.sysconf("SC_CLK_TCK")

    def worked(self) -> float:
        """Seconds of the processor that the threads of the server and of its processes have used so far."""
        pids = [self.process.pid, *_children(self.process.pid)]
        return sum(_ran(each) for pid in pids for each in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def _ran(thread: Path) -> int:
    try:
        return int(thread.read_text().split()[0])
    except OSError:  # it has ended
        return 0


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


def _settings_of_its_own() -> dict[str, str]:
    """The environment without what would be settings of Retour's: the file alone says them."""
    return {name: value for name, value in os.environ.items() if not name.startswith("RETOUR_")}


def _said(room: Path, *arguments: str) -> str:
    command = [*COMMAND, *arguments, "--config", str(room / "retour.toml")]
    run = subprocess.run(command, capture_output=True, text=True, env=_settings_of_its_own())
    if run.returncode:
        raise SystemExit(f"bench: {' '.join(command)}: {run.stdout}{run.stderr}")
    return run.stdout.strip()


@contextmanager
def serving(room: Path, *, console: bool) -> Iterator[Server]:
    """A server over the store in the room's directory `data`, ready. Raises SystemExit if it ends before."""
    written = SETTINGS.format(data=room / "data", console=str(console).lower())
    (room / "retour.toml").write_text(written)
    key = _said(room, "key", "add", "--role", "support")
    process = subprocess.Popen(
        [*COMMAND, "serve", "--config", str(room / "retour.toml")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=_settings_of_its_own(),
    )
    ready: Future[dict[str, int]] = Future()
    assert process.stdout is not None
    copying = Thread(target=_copy, args=(process.stdout, room / "log", ready))
    copying.start()
    try:
        yield Server(room, ready.result(), key, process)
    finally:
        process.terminate()
        process.wait()
        copying.join()


def _copy(told: IO[bytes], log: Path, ready: "Future[dict[str, int]]") -> None:
    """Write down what the server tells, and pass on the ports of its line that it is ready."""
    with told, log.open("wb", buffering=0) as written:
        for line in told:
            written.write(line)
            if line.startswith(b"{") and b'"retour is ready"' in line:
                ready.set_result(json.loads(line))
    if not ready.done():
        ready.set_exception(SystemExit(f"bench: the server has ended:\n{log.read_text(errors='replace')}"))
