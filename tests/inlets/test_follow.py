"""`retour follow`: a log out of a pipe, into a data directory, with and without a server on it."""

import fcntl
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from inlets.test_logtail import SENT, log_of, mail
from retour import keyfile
from retour.cli import app
from retour.lifecycle import preset
from retour.model import Event, State, StateName
from retour.ports import Outcome, Store
from retour.stores import sqlite

DATA = "data"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / DATA).mkdir()
    with closing(store(tmp_path / DATA)) as made:
        made.accounts.add_account("shop", "return.example", preset("default"), now())
        made.accounts.add_account("other", "return.other.example", preset("default"), now())
    return tmp_path / DATA


def now() -> int:
    return time.time_ns() // 1000


def store(data: Path) -> Store:
    return sqlite.open_store(data / sqlite.STORE, keyfile.load_or_create(data / keyfile.NAME).pepper)


def follow(log: bytes, *arguments: str, status: int = 0) -> str:
    words = ["follow", "--as", "postfix-log", *arguments]
    ran = CliRunner().invoke(app, words, input=log)
    assert ran.exit_code == status, ran.output
    return ran.output


def state(data: Path, address: str, account: str = "shop") -> State:
    with closing(store(data)) as opened:
        return opened.ledger.state(account, address, now())


def events(data: Path, address: str, account: str = "shop") -> Sequence[Event]:
    with closing(store(data)) as opened:
        life = opened.ledger.life(account, address, now())
        return life.events if life else ()


def counts(data: Path) -> dict[Outcome, int]:
    with closing(sqlite.open_inbox(data / sqlite.INBOX)) as inbox:
        return dict(inbox.counts())


def test_a_last_line_without_an_end_is_a_line(data: Path) -> None:
    assert "4 lines, 1 events kept" in follow(mail(1).removesuffix(b"\n"), "--account", "shop")
    assert state(data, "r1@b.example").state is StateName.INVALID


def test_a_failure_in_the_log_stops_the_address_once(data: Path) -> None:
    log = mail(1)
    for _ in range(2):
        assert "4 lines, 1 events kept" in follow(log, "--account", "shop")
    assert state(data, "r1@b.example").state is StateName.INVALID
    assert [event.actor for event in events(data, "r1@b.example")] == ["log:postfix-log"]
    assert counts(data)[Outcome.JUDGED] == 1


def test_whose_mail_it_was_the_sender_tells(data: Path) -> None:
    strangers = mail(1).replace(b"news@shop.example", b"news@elsewhere.example")
    double = mail(3, "dsn=5.1.1, status=bounced (no)").replace(b"from=<news@shop.example>", b"from=<>")
    log = strangers + double + mail(2)
    follow(log, "--sender", "Shop.Example=shop", "--sender", "news@shop.example=other", "--account", "shop")
    assert [bool(events(data, f"r{number}@b.example", "other")) for number in (1, 2, 3)] == [
        False,
        True,
        False,
    ]
    assert [bool(events(data, f"r{number}@b.example")) for number in (1, 2, 3)] == [True, False, False]


def test_deliveries_leave_nothing_behind_but_their_number(data: Path) -> None:
    follow(log_of(40), "--account", "shop")
    assert counts(data) == {Outcome.JUDGED: 33, Outcome.WAITING: 0, Outcome.UNPARSED: 0, Outcome.EXPIRED: 0}
    assert events(data, "r1@b.example") == ()
    assert "4 lines, 0 events kept" in follow(mail(1, SENT), "--account", "shop", "--no-deliveries")


def test_the_next_call_knows_the_mails_that_were_on_their_way(data: Path) -> None:
    first, rest = mail(7).splitlines(True)[:2], mail(7).splitlines(True)[2:]
    follow(b"".join(first), "--sender", "shop.example=shop")
    follow(b"".join(rest), "--sender", "shop.example=shop")
    (event,) = events(data, "r7@b.example")
    assert event.evidence is not None
    assert event.evidence.original.message_id == "7@shop.example"


def test_beside_a_running_server_it_only_keeps(data: Path) -> None:
    with (data / "serve.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        follow(mail(1), "--account", "shop")
        assert counts(data)[Outcome.WAITING] == 1
    follow(b"", "--account", "shop")
    assert state(data, "r1@b.example").state is StateName.INVALID


def test_what_has_come_is_kept_before_more_comes(data: Path) -> None:
    command = [Path(sys.executable).with_name("retour"), "follow", "--as", "postfix-log", "--account", "shop"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(mail(1))
        process.stdin.flush()
        deadline = time.monotonic() + 120
        while not counts(data)[Outcome.JUDGED] and time.monotonic() < deadline:
            assert process.poll() is None
        process.kill()
    assert state(data, "r1@b.example").state is StateName.INVALID


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--name", "a/b"], "a/b"),
        (["--account", "nobody"], "nobody"),
        (["--sender", "shop.example"], "shop.example"),
        (["--sender", "shop.example=nobody"], "nobody"),
        (["--proof", "open"], "open"),
    ],
)
def test_a_wrong_call_ends_with_2_and_reads_nothing(data: Path, arguments: list[str], told: str) -> None:
    assert told in follow(mail(1), *arguments, status=2)
    assert counts(data)[Outcome.JUDGED] == 0


def test_a_format_that_nobody_reads_is_told_with_those_that_are() -> None:
    ran = CliRunner().invoke(app, ["follow", "--as", "notes"], input=b"")
    assert (ran.exit_code, "postfix-log" in ran.output) == (2, True)


def test_a_data_directory_that_is_none_ends_with_75(data: Path) -> None:
    (data / sqlite.INBOX).unlink(missing_ok=True)
    (data / sqlite.INBOX).write_bytes(b"no database at all, " * 50)
    assert "retour follow" in follow(mail(1), status=75)


def test_its_page_names_every_option() -> None:
    page = (Path(__file__).parents[2] / "docs" / "logs.md").read_text("utf-8")
    shown = CliRunner().invoke(app, ["follow", "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).stdout
    options = set(re.findall(r"--[a-z-]+", re.sub(r"\x1b\[[0-9;]*m", "", shown))) - {"--help"}
    assert len(Counter(options)) > 8
    assert [option for option in sorted(options) if f"`{option}" not in page] == []
