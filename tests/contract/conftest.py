"""Every body of the ports, for one suite."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from retour.ports import Inbox, Store
from retour.stores import memory, sqlite

PEPPER = b"pepper of the contract tests"


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty system of record."""
    made = memory.new_store() if request.param == "memory" else sqlite.open_store(tmp_path / "s", PEPPER)
    yield made
    made.close()


@pytest.fixture(params=["memory", "sqlite"])
def inbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Inbox]:
    """An empty inbox."""
    made = memory.MemoryInbox() if request.param == "memory" else sqlite.open_inbox(tmp_path / "i")
    yield made
    made.close()
