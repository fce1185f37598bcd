"""What the stories stand on."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from story.dovecot import Dovecot
from story.pickup import House

PICKED_UP = [
    "idle",
    "poll",
    "cut",
    "validity",
    "large",
    "folders",
    "starttls",
    "left",
    "uidplus",
    "taken",
    "kept",
    "readonly",
    "shared",
    "between0",
    "between6",
    "last0",
    "last6",
    "password",
    "away",
    "disk",
    "poison",
    "pop-pop3",
    "pop-pop3s",
    "popdelete",
    "popodd",
    "poplarge",
    "popunreadable",
    "nomove",
    "noname",
    "again",
    "unreadable",
]


@pytest.fixture(scope="module")
def ground() -> Iterator[Path]:
    """A directory that the mail software's own users may enter; pytest's tmp_path is closed to them."""
    with tempfile.TemporaryDirectory(prefix="retour-story-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def mailboxes(ground: Path) -> Iterator[Dovecot]:
    """A Dovecot that speaks IMAP and POP3, with a mailbox for each test."""
    with Dovecot(ground, {f"{user}@mailbox.test": "300M" for user in PICKED_UP}, pickup=True) as dovecot:
        yield dovecot


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """An empty inbox, and whom a mailbox tells its troubles."""
    house = House(tmp_path)
    yield house
    house.inbox.close()
