"""The DragonFly Mail Agent: dma(8). No port of its own, and five days of tries that no setting shortens."""

from pathlib import Path

from lab.software import ALIASES, write

COMMAND = ("/usr/sbin/dma",)
SKIPS = ("absence", "refused-by-filter", "utf8", "utf8-refused", "full-local", "pipe-fails", "hops")
PATIENCE = 15


def configure(root: Path) -> list[list[str]]:
    """Deliver by oneself, no smarthost."""
    write(root, "etc/dma/dma.conf", "MAILNAME mta.sender.example\n")
    aliases = [line for line in ALIASES.splitlines() if "|" not in line]  # it runs no programs
    write(root, "etc/aliases", "\n".join(aliases) + "\n")
    return []


def ready(_: Path) -> bool:
    """Nothing to wait for."""
    return True
