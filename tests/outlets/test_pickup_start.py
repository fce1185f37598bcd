"""Mailboxes and queues that cannot be started with: said in words, without the secret."""

import subprocess
import sys
from pathlib import Path

import pytest

from retour.inlets.pickup.desk import Desk, Terms
from retour.settings import Queue
from retour.stores.memory import MemoryInbox
from retour.wiring import StartError
from retour.wiring.queues import _follower
from story.dovecot import certify

RETOUR = str(Path(sys.executable).with_name("retour"))
SETTINGS = """
api = {{ port = 0 }}
smtp = {{ port = 0 }}
lmtp = {{ port = 0 }}
postfix = {{ listeners = [] }}
[mailboxes.bounces]
kind = "pop3"
host = "127.0.0.1"
user = "ann"
password_file = "{directory}/password"
ca_file = "{directory}/ca.pem"
"""


@pytest.mark.parametrize(
    ("password", "authority", "told"),
    [
        (None, None, "ca.pem: holds no certificates for mailboxes.bounces (No such file or directory)"),
        (None, "no PEM", "ca.pem: holds no certificates for mailboxes.bounces"),
    ],
)
def test_an_authority_that_cannot_be_read_is_told(
    tmp_path: Path, password: str | None, authority: str | None, told: str
) -> None:
    assert told in refused(tmp_path, password, authority, "en")


@pytest.mark.parametrize(
    ("password", "told"),
    [
        (None, "das Passwort von mailboxes.bounces lässt sich dort nicht lesen (No such file or directory)"),
        ("hidden\nhidden too\n", "dort nicht lesen (is not one line of UTF-8)"),
        ("", "dort nicht lesen (is not one line of UTF-8)"),
    ],
)
def test_a_password_that_cannot_be_read_is_told_and_not_shown(
    tmp_path: Path, password: str | None, told: str
) -> None:
    certify(tmp_path / "ca.pem", tmp_path / "key.pem")
    said = refused(tmp_path, password, None, "de")
    assert told in said
    assert "hidden" not in said


def refused(directory: Path, password: str | None, authority: str | None, lang: str) -> str:
    """What `retour serve` says when it does not start."""
    for name, content in (("password", password), ("ca.pem", authority)):
        if content is not None:
            (directory / name).write_text(content)
    config = directory / "retour.toml"
    config.write_text(SETTINGS.format(directory=directory))
    command = [RETOUR, "serve", "--config", str(config), "--data", str(directory / "data"), "--lang", lang]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 1, run.stderr
    return run.stderr


def test_a_queue_without_its_packages_says_how_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "retour.inlets.pickup.sqs", None)
    monkeypatch.delattr("retour.inlets.pickup.sqs", raising=False)
    desk = Desk(Terms("queues.ses"), lambda arrivals, cursors: None, MemoryInbox(), lambda: 0)
    with pytest.raises(StartError, match=r"queues\.ses needs packages.*retour\[server,sqs\]"):
        _follower("ses", Queue(url="https://sqs.eu-central-1.amazonaws.com/1/q", account="shop"), desk, print)
