"""The key file: made once, kept from others, rotated without a gap."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from retour.keyfile import KeyFileError, Keys, load, load_or_create, rotate
from retour.model import MailKind
from retour.return_address import make, verify


def test_made_at_first_start_and_read_from_then_on(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    first = load_or_create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_or_create(path) == first
    assert len(first.pepper) == 32
    assert [file.name for file in tmp_path.iterdir()] == ["keys.json"]


def test_rotation_signs_with_the_new_key_and_verifies_the_old(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    before = load_or_create(path)
    old = make(before.keyring, 1, "return.example", 5, MailKind.MAILING, 0)
    after = rotate(path)
    assert load(path) == after
    assert after.keyring.current != before.keyring.current
    assert after.pepper == before.pepper
    assert verify(after.keyring, old, "return.example") is not None
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_open_to_others_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    load_or_create(path)
    path.chmod(0o644)
    with pytest.raises(KeyFileError, match="chmod 600"):
        load(path)


@pytest.mark.parametrize("damage", ["", "{}", "[]", '{"format": 1}', '{"format": 9, "current": 1}'])
def test_a_damaged_file_is_never_replaced(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(damage)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match=r"keys\.json"):
        load_or_create(path)
    assert path.read_text() == damage


def test_the_signing_key_must_be_there(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    load_or_create(path)
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "current": 9}))
    with pytest.raises(KeyFileError, match="damaged"):
        load(path)


def test_no_secret_in_a_repr(tmp_path: Path) -> None:
    keys = load_or_create(tmp_path / "keys.json")
    assert repr(keys) == "Keys()"
    assert isinstance(keys, Keys)


def test_a_key_that_others_have_seen_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    before = load_or_create(path)
    seen = make(before.keyring, 7, "return.test", 1, MailKind.MAILING, 0)
    after = rotate(path, forget=True)
    assert verify(after.keyring, seen, "return.test") is None
    assert after.pepper == before.pepper
    fresh = make(load(path).keyring, 7, "return.test", 1, MailKind.MAILING, 0)
    assert verify(after.keyring, fresh, "return.test") is not None


@contextmanager
def as_somebody_else(path: Path) -> Iterator[None]:
    """Within, this process may not read the file. Root may read everything, so it is nobody meanwhile."""
    own = os.geteuid()
    path.chmod(0o600 if own == 0 else 0)
    os.seteuid(65_534 if own == 0 else own)
    try:
        yield
    finally:
        os.seteuid(own)


def test_who_is_another_user_is_told_so_and_not_to_look_for_a_backup() -> None:
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        path = Path(directory, "keys.json")
        load_or_create(path)
        with as_somebody_else(path), pytest.raises(KeyFileError) as told:
            load(path)
    assert "run this as the user of retour serve" in str(told.value)
    assert "backup" not in str(told.value)
