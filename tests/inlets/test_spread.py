"""What a process that reads a share dies of is told, so that the log of the server can name it."""

import json
import subprocess
import sys
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from retour.classify import classifier
from retour.flow.previews import Rules
from retour.flow.whatif import question
from retour.instants import DAY, HOUR
from retour.lifecycle import preset
from retour.model import Event, EventKind, Evidence, Kind, Reason, Report
from retour.share import judged_again, looked
from retour.stores import sqlite
from retour.wiring import spread


def test_a_process_whose_server_is_gone_ends_with_one_line_of_the_log() -> None:
    ours, theirs = Pipe()
    with theirs:
        command = [sys.executable, "-m", "retour.share", str(theirs.fileno())]
        child = subprocess.Popen(
            command, pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
    ours.close()  # before anything was asked
    _, said = child.communicate(timeout=120)
    (line,) = said.splitlines()
    assert "the server is gone" in json.loads(line)["event"]
    assert child.returncode == 0


@pytest.mark.parametrize("when", ["before it is told its share", "as it is told its share"])
def test_how_a_process_ended_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    store = sqlite.open_store(tmp_path / sqlite.STORE, b"pepper")
    store.accounts.add_account("acme", "acme.example", preset("default"), 0)
    share = partial(looked, question("acme", {"soft_threshold": 2}, 1, store.accounts, "key k", 0))
    assert sum(piece.looked_at for piece in spread.spread(share, tmp_path, b"pepper", 2)) == 0
    with pytest.raises(spread.ShareError, match="cannot be opened as a database") as told:
        list(spread.spread(share, tmp_path / "nowhere", b"pepper", 1))
    assert "Traceback" in str(told.value)
    start = spread._started

    def killed() -> tuple[Connection, "subprocess.Popen[bytes]"]:
        connection, child = start()
        child.kill()
        if when.startswith("before"):
            child.wait()
        return connection, child

    monkeypatch.setattr(spread, "_started", killed)
    with pytest.raises(spread.ShareError, match=r"signal SIGKILL; the system may have run out of memory"):
        list(spread.spread(share, tmp_path, b"pepper", 1))
    store.close()


def test_reports_with_octets_that_were_no_text_are_judged_again(tmp_path: Path) -> None:
    store = sqlite.open_store(tmp_path / sqlite.STORE, b"pepper")
    store.accounts.add_account("acme", "acme.example", preset("default"), 0)
    sqlite.open_inbox(tmp_path / sqlite.INBOX).close()
    hosts = ("mx.m\udcfcnchen.example", "mx.b.example")
    store.ledger.record([bounce(number, host) for number, host in enumerate(hosts)], DAY)
    share = partial(judged_again, Rules("acme", None, DAY), [])
    pieces = list(spread.spread(share, tmp_path, b"pepper", 2))
    assert sum(piece.counts["reports",] for piece in pieces) == 2
    made = [judgement for piece in pieces for judgement in piece.judgements]
    assert [(each.id, each.reason) for each in made] == [(bytes(16), "address_unknown")]
    store.close()


def bounce(number: int, host: str) -> Event:
    """A bounce; the first was called full by rules that are no more."""
    words = "550 5.1.1 User unknown"
    report = Report(
        Kind.BOUNCE, "ann@b.example", status="5.1.1", diagnostic=words, remote_mta=host, text=words
    )
    verdict = classifier().classify(report)
    if not number:
        verdict = verdict._replace(reason=Reason.MAILBOX_FULL)
    return Event(
        number.to_bytes(16),
        EventKind.BOUNCE,
        number * HOUR,
        verdict.reason,
        report.status,
        account="acme",
        address="ann@b.example",
        evidence=Evidence(report, verdict),
    )
