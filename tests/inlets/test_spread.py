"""What a process that reads a share dies of is told, so that the log of the server can name it."""

import subprocess
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from retour.flow.whatif import question
from retour.lifecycle import preset
from retour.share import looked
from retour.stores import sqlite
from retour.wiring import spread


def test_how_a_process_ended_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
        return connection, child

    monkeypatch.setattr(spread, "_started", killed)
    with pytest.raises(spread.ShareError, match=r"signal SIGKILL; the system may have run out of memory"):
        list(spread.spread(share, tmp_path, b"pepper", 1))
    store.close()
