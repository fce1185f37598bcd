"""How each server is set up: `configure` writes its files and returns the commands to run in its root."""

import socket
from pathlib import Path

from lab.network import SERVER

ALIASES = """\
postmaster: owner@shop.example
root: owner@shop.example
forward: unknown@dest.example
team: unknown@dest.example, disabled@dest.example
program: "|/bin/sh -c 'echo the archive is closed; exit 69'"
"""


def write(root: Path, place: str, text: str) -> None:
    """A file of the configuration."""
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def fill_mailbox(root: Path, place: str = "var/mail/full") -> None:
    """A mailbox of 200 kB in mbox form."""
    write(root, place, "From a@b.example Mon Mar  2 09:00:00 2026\nSubject: old\n\n" + "old mail\n" * 22_000)


def listens(_: Path) -> bool:
    """Whether it takes connections."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((SERVER, 25)) == 0
