"""`retour account`, `retour key` and `retour signing`, on a data directory of their own."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from retour import keyfile
from retour.cli import app
from retour.model import Role
from retour.ports import Key, Record, RecordQuery
from retour.secret import digest
from retour.stores.sqlite import STORE, open_store

DATA = Path("data")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RETOUR_DATA_DIR", raising=False)


def retour(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def made(*arguments: str) -> str:
    result = retour(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def refused(*arguments: str) -> str:
    result = retour(*arguments)
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    return result.stderr


def known(secret: str, data: Path = DATA) -> Key | None:
    store = open_store(data / STORE, keyfile.load(data / keyfile.NAME).pepper)
    try:
        return store.accounts.key(digest(secret))
    finally:
        store.close()


def key_lines(account: str) -> list[Record]:
    """What the ledger of an account tells of keys, the latest first."""
    store = open_store(DATA / STORE, keyfile.load(DATA / keyfile.NAME).pepper)
    try:
        return [each for each in store.ledger.records(RecordQuery(account)) if each.cause == "key"]
    finally:
        store.close()


def test_an_account_is_made_and_listed() -> None:
    assert "return.test" in made("account", "add", "shop", "--return-domain", "Return.Test")
    assert "Konto" in made("account", "add", "zwei", "--return-domain", "zwei.test", "--lang", "de")
    assert made("account", "list").splitlines() == [
        "shop  return.test  policy version 1",
        "zwei  zwei.test  policy version 1",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("shop", "--return-domain", "other.test"), "taken"),
        (("other", "--return-domain", "return.test"), "taken"),
        (("other", "--return-domain", "nodot"), "is no domain"),
        (("other", "--return-domain", "[192.0.2.1]"), "is no domain"),
        (("a/b", "--return-domain", "other.test"), "letters"),
        (("", "--return-domain", "other.test"), "letters"),
        (("other", "--return-domain", "other.test", "--preset", "best"), "preset"),
    ],
)
def test_an_account_that_cannot_be_is_refused_with_the_reason(arguments: tuple[str, ...], said: str) -> None:
    made("account", "add", "shop", "--return-domain", "return.test")
    assert said in refused("account", "add", *arguments)
    assert len(made("account", "list").splitlines()) == 1


def test_a_key_is_the_one_line_on_stdout_and_works() -> None:
    made("account", "add", "shop", "--return-domain", "return.test")
    secret = made("key", "add", "--account", "shop", "--role", "manager")
    key = known(secret)
    assert key is not None
    assert (key.account, key.role) == ("shop", Role.MANAGER)
    listed = made("key", "list")
    assert listed == f"{key.id}  shop  manager"
    assert secret not in listed
    made("key", "revoke", key.id)
    assert known(secret) is None
    assert f"there is no key {key.id}" in refused("key", "revoke", key.id)


def test_keys_of_the_staff_stand_in_the_ledger_of_every_account() -> None:
    accounts = ("shop", "club")
    for name in accounts:
        made("account", "add", name, "--return-domain", f"{name}.test")
    key = known(made("key", "add", "--role", "support"))
    assert key is not None
    made("key", "revoke", key.id)
    named = f"key_support {key.id}"
    for name in accounts:
        assert [(line.before, line.after, line.actor) for line in key_lines(name)] == [
            (named, "revoked", "command line"),
            ("", named, "command line"),
        ]


def test_staff_keys_have_no_account_and_others_need_one() -> None:
    staff = known(made("key", "add", "--role", "support"))
    assert staff is not None
    assert (staff.account, staff.role) == ("", Role.SUPPORT)
    assert "add --account" in refused("key", "add", "--role", "manager")
    assert "there is no account none" in refused("key", "add", "--account", "none")


def test_the_data_directory_is_that_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "retour.toml").write_text('data_dir = "here"', "utf-8")
    assert known(made("key", "add", "--role", "support"), Path("here"))
    (tmp_path / "other.toml").write_text('data_dir = "there"', "utf-8")
    assert known(made("key", "add", "--role", "support", "--config", "other.toml"), Path("there"))
    monkeypatch.setenv("RETOUR_DATA_DIR", "environment")
    assert known(made("key", "add", "--role", "support"), Path("environment"))
    assert known(made("key", "add", "--role", "support", "--data", "option"), Path("option"))


def test_what_cannot_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file", "utf-8")
    assert "cannot be used" in refused("account", "list")
    assert "cannot be read" in refused("account", "list", "--config", "none.toml")


def test_signing_keys_are_rotated_and_forgotten() -> None:
    assert "keys.json" in refused("signing", "rotate"), "there is nothing to rotate yet"
    made("account", "list")
    first = keyfile.load(DATA / keyfile.NAME).keyring
    assert "still verify: 1" in made("signing", "rotate")
    second = keyfile.load(DATA / keyfile.NAME).keyring
    assert second.current != first.current
    assert set(second.keys) > set(first.keys)
    assert "abgelehnt" in made("signing", "rotate", "--forget", "--lang", "de")
    third = keyfile.load(DATA / keyfile.NAME).keyring
    assert set(third.keys) == {third.current}
