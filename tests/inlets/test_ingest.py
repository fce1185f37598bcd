"""`retour ingest` on real files, a real Maildir and a real data directory: what is taken, and how often."""

import fcntl
import json
import mailbox
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from retour import keyfile
from retour.cli import app
from retour.inlets.mailboxes import Found, found
from retour.lifecycle import preset
from retour.model import MailKind, Send, State, StateName
from retour.ports import Account, Outcome, Store
from retour.return_address import make
from retour.stores import sqlite
from retour.texts import catalogue

ANN = "ann@b.example"
DOMAIN = "return.example"


def bounce(number: int = 1, recipient: str = ANN) -> bytes:
    """A delivery report about a recipient, as an MTA writes one."""
    return (
        b"From: MAILER-DAEMON@mx.b.example\nSubject: Undelivered Mail Returned to Sender\n"
        b"Message-ID: <%d@mx.b.example>\nMIME-Version: 1.0\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="=b"\n\n'
        b"--=b\nContent-Type: text/plain\n\n<%s>: 550 5.1.1 User unknown\n\n"
        b"--=b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.b.example\n\n"
        b"Final-Recipient: rfc822; %s\nAction: failed\nStatus: 5.1.1\n"
        b"Diagnostic-Code: smtp; 550 5.1.1 User unknown\n\n--=b--\n"
    ) % (number, recipient.encode(), recipient.encode())


@dataclass
class House:
    """A data directory with an account and one send to Ann."""

    data: Path
    account: Account
    token: str

    @property
    def address(self) -> str:
        return f"{self.token}@{DOMAIN}"

    def ingest(self, *arguments: str | Path, stdin: bytes = b"", status: int = 0) -> list[dict[str, Any]]:
        """Run the command; the JSON objects that it printed."""
        words = ["ingest", "--json", "--data", str(self.data), *map(str, arguments)]
        ran = CliRunner().invoke(app, words, input=stdin)
        assert ran.exit_code == status, ran.output
        return [json.loads(line) for line in ran.stdout.splitlines()]

    def state(self) -> State:
        store = open_store(self.data)
        try:
            return store.ledger.state("acme", ANN, now())
        finally:
            store.close()

    def counts(self) -> dict[Outcome, int]:
        inbox = sqlite.open_inbox(self.data / sqlite.INBOX)
        try:
            return dict(inbox.counts())
        finally:
            inbox.close()


def now() -> int:
    return time.time_ns() // 1000


def open_store(data: Path) -> Store:
    return sqlite.open_store(data / sqlite.STORE, keyfile.load_or_create(data / keyfile.NAME).pepper)


@pytest.fixture
def house(tmp_path: Path) -> House:
    data = tmp_path / "data"
    data.mkdir()
    keys = keyfile.load_or_create(data / keyfile.NAME)
    store = open_store(data)
    account = store.accounts.add_account("acme", DOMAIN, preset("default"), now())
    store.sends.add([Send(42, "acme", ANN, MailKind.MAILING, now())])
    store.close()
    return House(data, account, make(keys.keyring, account.number, DOMAIN, 42, MailKind.MAILING, now()))


def only(shown: Sequence[dict[str, Any]]) -> dict[str, Any]:
    (one,) = shown
    return one


# --- proof -----------------------------------------------------------------------------------------------


def test_a_token_in_the_envelope_stops_the_address(house: House) -> None:
    shown = only(house.ingest("--rcpt", house.address, "--from", "", "--", "-", stdin=bounce()))
    event = only(shown["events"])
    assert (shown["source"], shown["outcome"]) == ("-", "judged")
    assert (event["address"], event["reason"], event["standing"]) == (ANN, "address_unknown", "proven")
    assert event["state"] == "invalid"
    assert house.state().state is StateName.INVALID


@pytest.mark.parametrize("name", ["Delivered-To", "x-original-to", "X-ORIGINAL-TO"])
@pytest.mark.parametrize("form", ["{}", "<{}>"])
def test_a_token_in_the_topmost_delivery_header_is_proof_too(
    house: House, tmp_path: Path, name: str, form: str
) -> None:
    mail = tmp_path / "mail.eml"
    mail.write_bytes(f"Return-Path: <>\n{name}: {form.format(house.address)}\n".encode() + bounce())
    assert only(only(house.ingest(mail))["events"])["state"] == "invalid"


@pytest.mark.parametrize(
    "headers",
    [
        "",
        "Delivered-To: other@x.example\nDelivered-To: {address}\n",  # a stranger's, below our own
        "Delivered-To: {forged}\n",
        "Subject: Delivered-To: {address}\n",
        "\nDelivered-To: {address}\n",  # in the body
    ],
)
def test_nothing_less_is(house: House, tmp_path: Path, headers: str) -> None:
    forged = f"rt-{'a' * 40}@{DOMAIN}"
    mail = tmp_path / "mail.eml"
    mail.write_bytes(headers.format(address=house.address, forged=forged).encode() + bounce())
    house.ingest(mail)
    assert house.state().state is StateName.VALID
    assert sum(house.counts().values()) == 1


def test_an_open_source_of_an_account_is_believed(house: House, tmp_path: Path) -> None:
    mail = tmp_path / "mail.eml"
    mail.write_bytes(bounce())
    house.ingest(mail)
    assert house.state().state is StateName.VALID
    event = only(only(house.ingest("--proof", "open", "--account", "acme", mail))["events"])
    assert (event["standing"], event["state"]) == ("proven", "invalid")


# --- once ------------------------------------------------------------------------------------------------


def test_the_same_file_twice_counts_once(house: House, tmp_path: Path) -> None:
    (tmp_path / "mail.eml").write_bytes(bounce())
    arguments = ("--rcpt", house.address, tmp_path / "mail.eml")
    assert only(house.ingest(*arguments))["outcome"] == "judged"
    again = only(house.ingest(*arguments))
    assert (again["outcome"], again["events"]) == ("known", [])
    assert house.state().hard == 1
    assert house.counts()[Outcome.JUDGED] == 1


def test_two_copies_in_one_call_count_once(house: House, tmp_path: Path) -> None:
    mail = tmp_path / "mail.eml"
    mail.write_bytes(bounce())
    shown = house.ingest("--rcpt", house.address, mail, mail)
    assert [each["outcome"] for each in shown] == ["judged", "known"]
    assert house.state().hard == 1


# --- where messages lie ----------------------------------------------------------------------------------


def test_a_directory_is_taken_by_name_without_what_is_hidden(house: House, tmp_path: Path) -> None:
    place = tmp_path / "in"
    (place / "deeper").mkdir(parents=True)
    for number, name in enumerate(["b.eml", "a.eml", "deeper/c.eml", ".hidden"]):
        (place / name).write_bytes(bounce(number))
    (place / "deeper" / "circle").symlink_to(place)
    shown = house.ingest(place)
    assert [Path(each["source"]).name for each in shown] == ["a.eml", "b.eml", "c.eml"]


def test_a_maildir_is_claimed_committed_and_moved(house: House, tmp_path: Path) -> None:
    place = tmp_path / "Maildir"
    box = mailbox.Maildir(place, create=True)
    box.add(b"Delivered-To: " + house.address.encode() + b"\n" + bounce(1))
    seen = mailbox.MaildirMessage(bounce(2))
    seen.set_subdir("cur")
    seen.set_flags("S")
    box.add(seen)
    (place / "tmp" / "half").write_bytes(b"half written")
    shown = house.ingest(place)
    assert sorted(each["outcome"] for each in shown) == ["judged", "judged"]
    assert house.state().state is StateName.INVALID
    assert [list((place / room).iterdir()) for room in ("new", "cur")] == [[], []]
    assert (place / "tmp" / "half").exists()
    ours = place / ".Retour"
    assert list((ours / "new").iterdir()) == []
    assert sorted(file.read_bytes()[:9] for file in (ours / "cur").iterdir()) == [b"Delivered", b"From: MAI"]
    assert all(file.name.endswith(":2,S") for file in (ours / "cur").iterdir())
    assert house.ingest(place) == []


def test_what_a_killed_run_had_claimed_is_taken_by_the_next(house: House, tmp_path: Path) -> None:
    place = tmp_path / "Maildir"
    mailbox.Maildir(place, create=True).add(bounce())
    claims = found(str(place), sys.stdin.buffer)
    assert isinstance(next(claims), Found)
    del claims  # never put away
    assert len(list((place / ".Retour" / "new").iterdir())) == 1
    assert len(house.ingest(place)) == 1
    assert len(list((place / ".Retour" / "cur").iterdir())) == 1


def test_messages_of_one_name_do_not_replace_each_other(house: House, tmp_path: Path) -> None:
    place = tmp_path / "Maildir"
    mailbox.Maildir(place, create=True)
    for number in range(3):
        (place / "new" / "1").write_bytes(bounce(number))
        house.ingest(place)
    assert len({file.read_bytes() for file in (place / ".Retour" / "cur").iterdir()}) == 3


def test_an_mbox_gives_one_message_each(house: House, tmp_path: Path) -> None:
    separator = b"From MAILER-DAEMON Sat Nov 21 10:00:00 2026\n"
    tricky = bounce(2).replace(b"User unknown\n", b"\n\nFrom here on it is lost\n\n>From a line\n", 1)
    mails = (bounce(1), tricky, bounce(3))
    (tmp_path / "mbox").write_bytes(b"".join(separator + mail + b"\n" for mail in mails))
    shown = house.ingest(tmp_path / "mbox")
    assert [each["source"] for each in shown] == [f"{tmp_path / 'mbox'}#{number}" for number in (1, 2, 3)]
    messages = [each for each in found(str(tmp_path / "mbox"), sys.stdin.buffer) if isinstance(each, Found)]
    assert b"\n\nFrom here on it is lost\n\nFrom a line\n" in messages[1].raw


def test_the_envelope_line_of_a_pipe_is_no_part_of_the_message(house: House) -> None:
    postfix = b"From MAILER-DAEMON  Sat Nov 21 10:00:00 2026\n"  # pipe(8), flags=F
    shown = only(house.ingest("--rcpt", house.address, "-", stdin=postfix + bounce()))
    assert shown["events"][0]["state"] == "invalid"
    assert shown["size"] == len(bounce())


_LINES = st.lists(
    st.sampled_from([b"", b"From ", b"From x", b">From x", b"text", b"\xff\x00", b"\r"]), max_size=8
)


@settings(deadline=None, max_examples=50)
@given(st.lists(_LINES, min_size=1, max_size=5))
def test_what_another_program_wrote_into_an_mbox_comes_out_again(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[list[bytes]]
) -> None:
    path = tmp_path_factory.mktemp("mbox") / "box"
    box = mailbox.mbox(path)
    wanted = [
        b"Subject: %d\n\n" % n + b"".join(line + b"\n" for line in body) for n, body in enumerate(bodies)
    ]
    for message in wanted:
        quoted = message.replace(b"\n>From ", b"\n>>From ")  # the writer quotes only what is not quoted yet
        box.add(quoted)
    box.close()
    messages = [each.raw for each in found(str(path), sys.stdin.buffer) if isinstance(each, Found)]
    assert [each.rstrip(b"\n") for each in messages] == [each.rstrip(b"\n") for each in wanted]


def test_batches_lose_nothing_between_them(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retour.inlets.ingest.BATCH_MESSAGES", 2)
    for number in range(5):
        (tmp_path / f"{number}.eml").write_bytes(bounce(number))
    shown = house.ingest(*(tmp_path / f"{number}.eml" for number in range(5)))
    assert [Path(each["source"]).stem for each in shown] == ["0", "1", "2", "3", "4"]
    assert sum(house.counts().values()) == 5


# --- bad input -------------------------------------------------------------------------------------------

STRANGE = {
    "empty": b"",
    "binary": bytes(range(256)) * 64,
    "truncated": bounce()[:300],
    "nested parts": b"".join(
        b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(5000)
    ),
    "long header": b"To: " + b"a" * 150_000 + b"\n\nx",
    "two ats": bounce(recipient="a@evil.test@good.test"),
    "line ends in the address": bounce(recipient="a\r\n b@c.example"),
    "unknown charset": b"Content-Type: text/plain; charset=x-klingon\n\n\xf8\xe5",
}


@pytest.mark.parametrize("name", STRANGE)
def test_whatever_it_is_it_is_kept_and_changes_nothing_else(house: House, tmp_path: Path, name: str) -> None:
    (tmp_path / "mail").write_bytes(STRANGE[name])
    shown = only(house.ingest("--rcpt", "$(id)@`x`", tmp_path / "mail"))
    assert shown["outcome"] in ("judged", "unparsed")
    assert shown["size"] == len(STRANGE[name])
    assert sum(house.counts().values()) == 1
    assert house.state().state is StateName.VALID


def test_a_large_message_is_kept_in_part_with_its_true_size(house: House, tmp_path: Path) -> None:
    mail = tmp_path / "mail.eml"
    with mail.open("wb") as file:
        file.write(bounce())
        file.truncate(50 * 1024 * 1024)
    shown = only(house.ingest("--rcpt", house.address, mail))
    assert (shown["size"], shown["defects"]) == (50 * 1024 * 1024, ["truncated"])
    assert shown["events"][0]["state"] == "invalid"


def test_a_path_that_cannot_be_read_is_told_and_the_others_are_taken(house: House, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "mail.eml").write_bytes(bounce())
    os.mkfifo(tmp_path / "in" / "pipe")
    shown = house.ingest(tmp_path / "missing", tmp_path / "in", status=66)
    outcomes = [(Path(each["source"]).name, each["outcome"]) for each in shown]
    assert [name for name, outcome in outcomes if outcome == "unreadable"] == ["missing", "pipe"]
    assert len(outcomes) == 3


@pytest.mark.parametrize("address", ["-oQ/tmp@x.example", "--data", "$(id)@x.example", "`id`@x.example"])
def test_an_address_is_never_an_option(house: House, address: str) -> None:
    shown = only(house.ingest("--rcpt", address, "--from", address, "--", "-", stdin=bounce()))
    assert shown["outcome"] in ("judged", "unparsed")
    inbox = sqlite.open_inbox(house.data / sqlite.INBOX)
    arrival = inbox.arrival(bytes.fromhex(shown["arrival"]))
    inbox.close()
    assert arrival is not None
    assert (arrival.rcpt_to, arrival.mail_from) == (address, address)


@pytest.mark.parametrize(
    "arguments",
    [("--proof", "none", "-"), ("--proof", "open", "-"), ("--account", "nobody", "-"), (), ("--wrong", "-")],
)
def test_a_wrong_call_ends_with_2_and_takes_nothing(house: House, arguments: Sequence[str]) -> None:
    house.ingest(*arguments, stdin=bounce(), status=2)
    assert sum(house.counts().values()) == 0


# --- store and server ------------------------------------------------------------------------------------


def test_a_store_that_is_down_ends_with_75_and_nothing_is_put_away(house: House, tmp_path: Path) -> None:
    place = tmp_path / "Maildir"
    mailbox.Maildir(place, create=True).add(bounce())
    inbox = house.data / sqlite.INBOX
    inbox.write_bytes(b"this is no database" * 100)
    house.ingest(place, status=75)
    inbox.unlink()
    assert len(house.ingest(place)) == 1


def test_a_busy_store_ends_with_75(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.ingest("-", stdin=bounce())
    monkeypatch.setattr("retour.stores.sqlite.database._BUSY_MS", 1)
    writer = sqlite3.connect(house.data / sqlite.INBOX, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    house.ingest("-", stdin=bounce(2), status=75)
    writer.execute("ROLLBACK")
    writer.close()
    assert len(house.ingest("-", stdin=bounce(2))) == 1


def test_a_data_directory_that_is_none_ends_with_75(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = CliRunner().invoke(app, ["ingest", "--data", str(tmp_path / "file"), "-"], input=bounce())
    assert ran.exit_code == 75
    assert "try again" in ran.output


def test_beside_a_running_server_it_only_keeps(house: House) -> None:
    with (house.data / "serve.lock").open("a") as server:
        fcntl.flock(server, fcntl.LOCK_EX)
        shown = only(house.ingest("--rcpt", house.address, "-", stdin=bounce()))
        assert (shown["outcome"], shown["events"]) == ("waiting", [])
        assert house.counts()[Outcome.WAITING] == 1
    assert house.state().state is StateName.VALID
    house.ingest("--rcpt", house.address, "-", stdin=bounce(2))  # the next one judges what was left, too
    assert house.counts()[Outcome.WAITING] == 0
    assert house.state().state is StateName.INVALID


def test_what_is_durable_but_cannot_be_judged_is_acknowledged(house: House) -> None:
    (house.data / keyfile.NAME).write_text("{}")
    shown = only(house.ingest("-", stdin=bounce()))
    assert shown["outcome"] == "postponed"
    assert house.counts()[Outcome.WAITING] == 1


def test_pipes_at_the_same_time_lose_nothing_and_count_once(house: House) -> None:
    words = [sys.executable, "-c", "from retour.cli import main; main()", "ingest", "--data", str(house.data)]
    running = [
        subprocess.Popen(
            [*words, "--rcpt", house.address, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(4)
    ]
    for number, process in enumerate(running):
        process.communicate(bounce(number % 2), timeout=120)
        assert process.returncode == 0
    assert house.counts() == {Outcome.WAITING: 0, Outcome.JUDGED: 2, Outcome.UNPARSED: 0, Outcome.EXPIRED: 0}
    assert house.state().hard == 1


@pytest.mark.parametrize(
    ("language", "told"), [("en", "now invalid"), ("de", "jetzt ungültig")], ids=["English", "German"]
)
def test_it_tells_a_person_what_came_of_it(house: House, language: str, told: str) -> None:
    words = ["ingest", "--data", str(house.data), "--lang", language, "--rcpt", house.address, "-"]
    ran = CliRunner().invoke(app, words, input=bounce())
    assert ran.exit_code == 0
    assert ran.stdout == f"-: bounce address_unknown 5.1.1 {ANN} (acme): {told}\n"


def test_what_names_no_send_of_ours_is_told_without_an_account(house: House) -> None:
    ran = CliRunner().invoke(app, ["ingest", "--data", str(house.data), "-"], input=bounce())
    assert ran.stdout == f"-: bounce address_unknown 5.1.1 {ANN}: without effect, not proven\n"


def test_its_page_names_every_option_and_its_words_are_in_both_languages() -> None:
    page = (Path(__file__).parents[2] / "docs" / "ingest.md").read_text("utf-8")
    shown = CliRunner().invoke(app, ["ingest", "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).stdout
    options = set(re.findall(r"--[a-z-]+", re.sub(r"\x1b\[[0-9;]*m", "", shown))) - {"--help"}
    assert "--rcpt" in options
    assert [option for option in options if f"`{option}" not in page] == []
    assert catalogue("ingest.en").keys == catalogue("ingest.de").keys
