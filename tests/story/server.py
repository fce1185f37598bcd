"""`retour serve` as a process of its own, with its own data directory and free ports."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx

from story.waiting import eventually, free_port, listening

TESTS = str(Path(__file__).parents[1])  # where the program of story.killed is found
RETOUR = [str(Path(sys.executable).with_name("retour"))]

_SETTINGS = """\
data_dir = "{directory}/data"

[api]
port = {api}

[smtp]
port = {smtp}

[lmtp]
port = {lmtp}

[[postfix.listeners]]
port = {policy}
"""


class Server:
    """One installation of Retour with an account "shop", whose return domain is return.test.

    It may be started, killed and started again; data and ports stay. `settings` is TOML that is added.
    """

    domain = "return.test"

    def __init__(self, directory: Path, settings: str = "") -> None:
        self.directory = directory / "retour"
        self.directory.mkdir()
        self.ports = {name: free_port() for name in ("api", "smtp", "lmtp", "policy")}
        self.config = self.directory / "retour.toml"
        self.config.write_text(_SETTINGS.format(directory=self.directory, **self.ports) + settings)
        self.process: subprocess.Popen[bytes] | None = None
        self.key = self._first_key()

    def command(self, *arguments: str) -> str:
        """What a command of this installation prints."""
        command = [*RETOUR, *arguments, "--config", str(self.config)]
        run = subprocess.run(command, capture_output=True, text=True)
        assert run.returncode == 0, f"{' '.join(command)}: {run.stdout}{run.stderr}"
        return run.stdout.strip()

    def _first_key(self) -> str:
        self.command("account", "add", "shop", "--return-domain", self.domain)
        return self.command("key", "add", "--account", "shop", "--role", "manager")

    def start(self, program: Sequence[str] = RETOUR) -> "Server":
        """Start it and wait until every port answers."""
        with (self.directory / "serve.log").open("ab") as log:
            command = [*program, "serve", "--config", str(self.config)]
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": TESTS}
            )
        eventually(self._ready, "Retour's ports", self.story)
        return self

    def _ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"Retour has ended: {self.story()}"
        return all(map(listening, self.ports.values()))

    def stop(self) -> None:
        """End it the friendly way, if it runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(120) == 0, self.story()

    def dies(self) -> int:
        """The status with which the process ends by itself."""
        process = self.process
        assert process is not None
        eventually(lambda: process.poll() is not None, "the death", self.story)
        return process.returncode

    @contextmanager
    def running(self) -> Iterator["Server"]:
        """Started, and stopped at the end."""
        try:
            yield self.start()
        finally:
            self.stop()

    def story(self) -> str:
        """Its log so far."""
        return (self.directory / "serve.log").read_text(errors="replace")

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """What the API answers to a call that must succeed."""
        answer = self._call(method, path, body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}\n{self.story()}"
        return answer.json()

    def return_address(self, recipient: str, kind: str = "mailing") -> str:
        """Register a send to a recipient; its return address."""
        registered = self.ask("POST", "/v1/sends", {"recipient": recipient, "kind": kind})
        address: str = registered["return_address"]
        return address

    def life(self, address: str) -> dict[str, Any] | None:
        """Everything known of an address; None when it was never seen."""
        path = f"/v1/addresses/{address}"
        if self._call("GET", path).status_code == httpx.codes.NOT_FOUND:
            return None
        life: dict[str, Any] = self.ask("GET", path)
        return life

    def bounced(self, address: str, evidence: Callable[[], str] | None = None) -> dict[str, Any]:
        """The life of an address, once there is an event in it."""

        def life() -> dict[str, Any] | None:
            known = self.life(address)
            return known if known and known["events"] else None

        return eventually(life, f"a bounce of {address}", evidence or self.story)

    def waiting(self) -> int:
        """How many arrivals are not yet judged."""
        ((count,),) = self._inbox("SELECT count(*) FROM arrivals WHERE outcome = 'waiting'")
        return int(count)

    def arrivals(self, to: str) -> list[tuple[int, bytes]]:
        """Size and kept bytes of what came to a return address."""
        return [
            (size, raw) for size, raw in self._inbox("SELECT size, raw FROM arrivals WHERE rcpt_to = ?", to)
        ]

    def faults(self) -> float:
        """How often Retour itself was at fault."""
        lines = self.metrics().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith("retour_faults_total"))

    def metrics(self) -> str:
        """All numbers, as Prometheus reads them."""
        return self._call("GET", "/metrics").text

    def peak_memory(self) -> int:
        """The most octets that the process ever held (proc(5), VmHWM)."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (kilobytes,) = re.findall(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
        return int(kilobytes) * 1024

    def _inbox(self, query: str, *values: str) -> list[Any]:
        path = self.directory / "data/inbox.sqlite3"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as inbox:
            return inbox.execute(query, values).fetchall()

    def _call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        url = f"http://127.0.0.1:{self.ports['api']}{path}"
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx.request(method, url, json=body, headers=headers, timeout=120)
