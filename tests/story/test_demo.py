"""The demo: `retour serve --demo`, and the three commands that it prints, run as printed."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from story.server import RETOUR
from story.waiting import eventually, free_port


@pytest.fixture
def commands(tmp_path: Path) -> Iterator[list[str]]:
    """The commands that a demo prints; it runs until the test ends."""
    said = tmp_path / "said"
    ports = {f"RETOUR_{name}__PORT": str(free_port()) for name in ("API", "SMTP", "LMTP")}
    ports["RETOUR_POSTFIX__LISTENERS"] = f'[{{"port": {free_port()}}}]'
    with said.open("wb") as log:
        command = [*RETOUR, "serve", "--demo", "--data", str(tmp_path / "data")]
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **ports}, cwd=tmp_path)
    try:
        yield eventually(lambda: printed(said), "the demo's commands", said.read_text)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, said.read_text()


def printed(said: Path) -> list[str] | None:
    """Three commands, once they are there."""
    found = re.findall(r"^ +(\S*retour\S* .*)$", said.read_text(), re.MULTILINE)
    return found if len(found) >= 3 else None


def typed(command: str) -> subprocess.CompletedProcess[str]:
    """As a person types it."""
    return subprocess.run(command, shell=True, capture_output=True, text=True)


def test_the_three_printed_commands_show_the_walk(commands: list[str]) -> None:
    send, look, again = commands[:3]

    assert typed(send).returncode == 0
    seen = eventually(lambda: told(look), "the address to be stopped")
    refused = typed(again)

    assert "There is no such mailbox" in seen
    assert "550 5.1.1" in seen
    assert refused.returncode == 1
    assert "stopped (hard bounce)" in refused.stdout


def told(look: str) -> str | None:
    seen = typed(look).stdout
    return seen if "is invalid since" in seen else None
