"""Two networks with a cable between them: the mail server under test on one side, the world on the other."""

import subprocess
import sys
from pathlib import Path

from lab.names import NAMES, WORLD
from lab.patience import eventually

SERVER = "192.0.2.10"
HOME = "mta.sender.example"


def ip(*words: str, inside: int | None = None) -> None:
    """One ip(8) command, in the network of a process."""
    enter = ["nsenter", "-t", str(inside), "-n"] if inside else []
    subprocess.run([*enter, "ip", *words], check=True)


def world_beside(collected: Path) -> "subprocess.Popen[bytes]":
    """The world in a network of its own; the caller's network becomes the mail server's."""
    waiting = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    keeper = subprocess.Popen(["unshare", "-n", *waiting], stdin=subprocess.PIPE)
    eventually(lambda: _apart(keeper.pid), "a second network")
    ip("link", "set", "lo", "up")
    ip("link", "add", "lab0", "type", "veth", "peer", "name", "lab1")
    ip("link", "set", "lab1", "netns", str(keeper.pid))
    ip("addr", "add", f"{SERVER}/28", "dev", "lab0")
    ip("link", "set", "lab0", "up")
    _addresses(keeper.pid)
    ip("route", "add", "default", "via", NAMES)
    world = subprocess.Popen(
        ["nsenter", "-t", str(keeper.pid), "-n", sys.executable, "-m", "lab.world", str(collected)]
    )
    eventually(lambda: (collected / ".serving").exists(), "the world")
    return world


def _apart(process: int) -> bool:
    return Path(f"/proc/{process}/ns/net").readlink() != Path("/proc/self/ns/net").readlink()


def _addresses(world: int) -> None:
    ip("link", "set", "lo", "up", inside=world)
    ip("addr", "add", f"{NAMES}/28", "dev", "lab1", inside=world)
    ip("link", "set", "lab1", "up", inside=world)
    for name, host in WORLD["hosts"].items():
        if name != HOME and not host.get("dark"):
            ip("addr", "add", f"{host['address']}/32", "dev", "lo", inside=world)
