"""The key file: made once, kept from others, rotated without a gap."""

import json
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
