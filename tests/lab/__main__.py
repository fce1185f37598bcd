"""One server, all scenarios: `python -m lab SOFTWARE@SUITE DIRECTORY`, as scripts/lab calls it."""

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from lab.follow import Followed
from lab.network import HOME, NAMES, world_beside
from lab.patience import eventually, happens
from lab.submit import by_command, over_smtp
from retour.parse.logs import LOGS

SCENARIOS: dict[str, dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "scenarios.toml").read_text("utf-8")
)


class Server:
    """The mail server in its root directory, as its module in lab.software sets it up."""

    def __init__(self, system: str, lab: Path) -> None:
        self.name = system.partition("@")[0]
        self._installed, self._scratch = lab / "roots" / system, lab / "scratch"
        self.root = self._scratch / "root"
        self.setup = import_module(f"lab.software.{self.name}")
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Configure it, then run its commands; those that stay are ended with the lab."""
        self._lay_over()
        (self.root / "etc/resolv.conf").write_text(f"nameserver {NAMES}\n")
        (self.root / "etc/hosts").write_text(f"127.0.0.1 localhost\n192.0.2.10 {HOME} mta\n")
        subprocess.run(["mount", "-t", "proc", "proc", str(self.root / "proc")], check=True)
        self._log = subprocess.Popen(
            [sys.executable, "-m", "lab.syslog", str(self.root / "dev/log"), str(self._installed) + ".log"]
        )
        eventually((self.root / "dev/log").exists, "the log")
        for command in self.setup.configure(self.root):
            words = ["chroot", str(self.root), *command]
            self._processes.append(subprocess.Popen(words, stdin=subprocess.DEVNULL))

    def _lay_over(self) -> None:
        """A layer in memory over what is installed: each run begins as if it were the first."""
        self._scratch.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "lab", str(self._scratch)], check=True)
        for part in ("root", "upper", "work"):
            (self._scratch / part).mkdir()
        layers = f"lowerdir={self._installed},upperdir={self._scratch}/upper,workdir={self._scratch}/work"
        subprocess.run(["mount", "-t", "overlay", "lab", "-o", layers, str(self.root)], check=True)

    def followed(self) -> Followed | None:
        """Its log, where it is one that Retour reads."""
        form, own = getattr(self.setup, "FORM", ""), getattr(self.setup, "LOG", "")
        log = self.root / own if own else Path(f"{self._installed}.log")
        return Followed(form, log) if form in LOGS else None

    def submit(self, name: str, scenario: Mapping[str, Any]) -> str:
        """What it refused at once."""
        command = getattr(self.setup, "COMMAND", None)
        if command and (not getattr(self.setup, "ONLY_LOCAL", False) or "local" in scenario["to"][0]):
            return by_command(self.root, command, name, scenario)
        return over_smtp(name, scenario)


def main(system: str, lab: Path) -> None:
    """Start everything, submit everything, wait until nothing more comes."""
    collected = lab / "mails" / system
    shutil.rmtree(collected, ignore_errors=True)
    collected.mkdir(parents=True)
    subprocess.run(["hostname", HOME], check=True)
    world_beside(collected)
    server = Server(system, lab)
    server.start()
    followed = server.followed()
    eventually(lambda: server.setup.ready(server.root), f"{system} to listen", within=60)
    skips = getattr(server.setup, "SKIPS", ())
    for name, scenario in SCENARIOS.items():
        if name in skips or name not in getattr(server.setup, "ONLY", SCENARIOS):
            continue
        if not getattr(server.setup, "LOCAL", True) and "local.example" in " ".join(scenario["to"]):
            continue
        if scenario.get("only", server.name) != server.name:
            continue
        if refused := server.submit(name, scenario):
            print(f"lab: {system}: {name}: refused at once: {refused[:200]}")
    _until_quiet(collected, getattr(server.setup, "PATIENCE", 40))
    print(f"lab: {system}: {len(list(collected.glob('*.eml')))} mails")
    if followed:
        print(f"lab: {system}: {followed.end()}")


def _until_quiet(collected: Path, patience: float) -> None:
    """Until no mail came for so many seconds."""
    seen = -1
    while (count := len(list(collected.glob("*.eml")))) != seen:
        seen = count
        happens(lambda known=count: len(list(collected.glob("*.eml"))) != known, patience)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
