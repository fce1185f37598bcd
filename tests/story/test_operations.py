"""docs/operations.md: the backup that it tells to make, made while Retour works, brings everything back."""

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from story.mta import Mta
from story.server import Server

PAGE = Path(__file__).parents[2] / "docs/operations.md"


def documented_copies(to: Path) -> list[str]:
    """The commands of the page, in its order, that copy into `to`."""
    commands = re.findall(r"^python3 -c .*VACUUM INTO.*$", PAGE.read_text("utf-8"), re.MULTILINE)
    return [command.replace("python3", sys.executable).replace("/backup", str(to)) for command in commands]


def test_an_arrival_judged_between_the_two_copies_is_not_lost(tmp_path: Path) -> None:
    server, backup = Server(tmp_path), tmp_path / "backup"
    data = server.directory / "data"
    backup.mkdir()
    inbox, desk, store = documented_copies(backup)
    with server.running():
        mta = Mta(server, ["before@mailbox.test"])
        between = Mta(server, ["between@mailbox.test"])
        assert mta.run_queue()
        before = server.bounced("before@mailbox.test")
    server.start([sys.executable, "-m", "story.killed", "before record"])
    between.run_queue()
    assert server.dies() == -signal.SIGKILL  # it waits in the inbox

    subprocess.run(inbox, shell=True, check=True, cwd=data)
    with server.running():
        between.run_queue()
        judged = server.bounced("between@mailbox.test")
        for copy in (desk, store):
            subprocess.run(copy, shell=True, check=True, cwd=data)

    keys = (data / "keys.json").read_bytes()
    shutil.rmtree(data)
    shutil.copytree(backup, data)
    (data / "keys.json").write_bytes(keys)
    (data / "keys.json").chmod(0o600)
    with server.running():
        assert server.bounced("before@mailbox.test") == before
        assert server.bounced("between@mailbox.test") == judged


# What is switched off has no numbers.
EVERY_WAY = """
[relay]
enabled = true
port = 0
[webhooks]
port = 0
[webhooks.sources.shop]
provider = "postmark"
account = "shop"
paths = ["0123456789abcdefghijklmnopqrstuv"]
keys = ["user:a long password"]
"""


def test_the_numbers_to_watch_are_there(tmp_path: Path) -> None:
    names = set(re.findall(r"`(retour_\w+)", PAGE.read_text("utf-8")))
    server = Server(tmp_path, EVERY_WAY)
    with server.running():
        told = server.metrics()
    assert names
    assert {name for name in names if f"# TYPE {name.removesuffix('_total')}" not in told} == set()
