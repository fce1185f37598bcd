"""The demo: `retour serve --demo`, and the three commands that it prints, run as printed."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from story.server import RETOUR
from story.waiting import eventually, free_port


@contextmanager
def demo(directory: Path, language: str = "en") -> Iterator[list[str]]:
    """The commands that a demo prints; it runs as long as the context."""
    said = directory / "said"
    environment = {f"RETOUR_{name}__PORT": str(free_port()) for name in ("API", "SMTP", "LMTP")}
    environment["RETOUR_POSTFIX__LISTENERS"] = f'[{{"port": {free_port()}}}]'
    with said.open("wb") as log:
        command = [*RETOUR, "serve", "--demo", "--lang", language, "--data", str(directory / "data")]
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env={**os.environ, **environment}, cwd=directory
        )
    try:
        yield eventually(lambda: printed(said), "the demo's commands", said.read_text)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0, said.read_text()


def printed(said: Path) -> list[str] | None:
    """Three commands, once they are there."""
    found = re.findall(r"^ +(\S*retour\S* .*)$", said.read_text(), re.MULTILINE)
    return found if len(found) == 3 else None


def typed(command: str) -> subprocess.CompletedProcess[str]:
    """As a person types it."""
    return subprocess.run(command, shell=True, capture_output=True, text=True)


def test_the_three_printed_commands_show_the_walk_and_do_so_again_at_the_next_start(tmp_path: Path) -> None:
    with demo(tmp_path) as (send, look, again):
        assert typed(send).returncode == 0
        seen = eventually(lambda: told(look, "is invalid since"), "the address to be stopped")
        refused = typed(again)

        assert "There is no such mailbox" in seen
        assert "550 5.1.1" in seen
        assert refused.returncode == 1
        assert "stopped (hard bounce)" in refused.stdout
        at_once = typed(send.replace("dsn-unknown@", "unknown@"))
        assert at_once.returncode == 1
        assert "refused the mail: 550 5.1.1" in at_once.stdout
    with demo(tmp_path, "de") as (send, look, _):
        assert typed(send).returncode == 0
        eventually(lambda: told(look, "ist ungültig seit"), "the next address to be stopped")
    assert "Drei Befehle" in (tmp_path / "said").read_text("utf-8")


def test_what_is_typed_beside_it_finds_its_account(tmp_path: Path) -> None:
    with demo(tmp_path) as (send, _, _):
        (data,) = re.findall(r"export RETOUR_DATA_DIR=.*", (tmp_path / "said").read_text())
        retour = send.partition(" send ")[0].strip()
        listed = typed(f"{data}; {retour} account list")
    assert listed.returncode == 0
    assert "demo" in listed.stdout


def test_an_address_is_told_with_the_counter_that_counts_and_without_empty_evidence(tmp_path: Path) -> None:
    with demo(tmp_path) as (send, look, _):
        for mailbox, words, there, absent in (
            ("dsn-blocked@", "is bouncing", "0 block, 1 sender_blocked\n", "1 block"),
            ("complaint@", "(complaint)", "0 block\n", "Evidence"),
        ):
            assert typed(send.replace("dsn-unknown@", mailbox)).returncode == 0
            command = look.replace("dsn-unknown@", mailbox)
            seen = eventually(lambda command=command, words=words: told(command, words), words)
            assert there in seen
            assert absent not in seen


def told(look: str, words: str) -> str | None:
    seen = typed(look).stdout
    return seen if words in seen else None
