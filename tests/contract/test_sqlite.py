"""What only a file can get wrong: crashes, other processes, other versions, plans."""

import json
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from crash_writer import NOW, PEPPER, bounce
from typer.testing import CliRunner

from retour.cli import app
from retour.instants import DAY, HOUR, MINUTE, Instant
from retour.lifecycle import PolicyVersion, preset
from retour.model import (
    Action,
    Event,
    EventKind,
    Evidence,
    Group,
    Kind,
    MailKind,
    Original,
    Party,
    Reason,
    Report,
    Send,
    Verdict,
)
from retour.ports import BounceQuery, Outcome, Store
from retour.stores.sqlite import STORE, StoreError, open_inbox, open_store
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.rows import body_of, plain_json, with_body
from retour.stores.sqlite.statements import migrations, named, statements
from retour.wiring import json_of

# Keeps a connection busy for some tenths of a second.
LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000) SELECT max(i) FROM n"

# --- crashes ----------------------------------------------------------------------------------------------


def killed(what: str, folder: Path, after: int) -> int:
    """Let a writer run until it has told `after` commits, kill it, and return the last it told."""
    script = str(Path(__file__).parent / "crash_writer.py")
    with subprocess.Popen([sys.executable, script, what, str(folder)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(after):
            assert process.stdout.readline(), "the writer ended by itself"
        process.kill()
        told = process.stdout.read().split()  # what it told before it died
        return int(told[-1]) if told else after - 1


@pytest.mark.parametrize("after", [1, 2, 7])
def test_what_was_told_durable_survives_a_kill_and_nothing_is_half_there(tmp_path: Path, after: int) -> None:
    made = open_store(tmp_path / "s", PEPPER)
    made.accounts.add_account("acme", "acme.example", preset("emarsys"), NOW)
    made.close()
    last = killed("ledger", tmp_path, after)
    store = open_store(tmp_path / "s", PEPPER)
    present = {int.from_bytes(event.id) for event in _events(store)}
    assert present >= set(range(after * 20))
    assert max(present) >= last
    assert len(present) % 20 == 0  # whole batches
    store.ledger.record([bounce(n) for n in range(len(present) + 20)], NOW + DAY)  # again, and one batch more
    assert len(_events(store)) == len(present) + 20
    assert store.ledger.due(NOW, 100) == []
    store.close()


def _events(store: Store) -> list[Event]:
    lives = [store.ledger.life("acme", f"a{n}@b.example", NOW + DAY) for n in range(100)]
    return [event for life in lives if life for event in life.events]


@pytest.mark.parametrize("after", [1, 5])
def test_arrivals_told_durable_survive_a_kill(tmp_path: Path, after: int) -> None:
    last = killed("inbox", tmp_path, after)
    inbox = open_inbox(tmp_path / "i")
    waiting = inbox.waiting(10_000)
    assert [int(arrival.raw.split()[0]) for arrival in waiting] == list(range(len(waiting)))
    assert len(waiting) > last
    assert len(waiting) % 3 == 0
    assert all(len(arrival.raw) == arrival.size for arrival in waiting)
    assert inbox.cursors() == {"source": b"%d" % len(waiting)}  # neither ahead of the other
    inbox.close()


# --- threads and processes --------------------------------------------------------------------------------


def test_many_threads_write_and_read_at_once(tmp_path: Path) -> None:
    store = open_store(tmp_path / "s", PEPPER)
    store.accounts.add_account("acme", "acme.example", preset("emarsys"), NOW)
    faults: list[BaseException] = []

    def work(part: int) -> None:
        try:
            for n in range(part, 80, 8):
                store.ledger.record([bounce(n), bounce(0)], NOW + DAY)
                assert store.ledger.life("acme", f"a{n}@b.example", NOW) is not None
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(part,)) for part in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(store.ledger.bounces(BounceQuery("acme", limit=500), NOW + DAY)) == 80
    store.close()


def test_a_connection_of_a_new_thread_does_not_end_the_locks_of_the_others(tmp_path: Path) -> None:
    """POSIX forgets all locks of a process on a file when it closes any descriptor of it; another process
    would then take itself for the last one, and remove the log that is still written to."""
    database = Database(tmp_path / "s", "store")
    thread = threading.Thread(target=lambda: database.read().execute("SELECT * FROM accounts").fetchall())
    thread.start()
    thread.join()
    log = (tmp_path / "s-wal").stat().st_ino
    look = (
        "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute('SELECT 1 FROM events'); d.close()"
    )
    subprocess.run([sys.executable, "-c", look, str(tmp_path / "s")], check=True)
    assert (tmp_path / "s-wal").stat().st_ino == log
    database.close()


def test_another_process_sees_and_adds(tmp_path: Path) -> None:
    """As `retour ingest` or `retour account add` beside a running server."""
    one, other = open_store(tmp_path / "s", PEPPER), open_store(tmp_path / "s", PEPPER)
    one.accounts.add_account("acme", "acme.example", preset("emarsys"), NOW)
    assert other.accounts.policies("acme") == one.accounts.policies("acme")
    other.accounts.add_policy("acme", PolicyVersion(2, NOW, preset("kwiga")), 1)
    assert [version.number for version in one.accounts.policies("acme")] == [1, 2]
    one.ledger.record([bounce(1)], NOW + DAY)
    other.ledger.record([bounce(1), bounce(2)], NOW + DAY)
    assert one.ledger.of_domain("acme", "b.example") == ["a1@b.example", "a2@b.example"]
    one.close()
    other.close()


def test_a_failed_write_leaves_nothing_and_the_next_goes_on(tmp_path: Path) -> None:
    database = Database(tmp_path / "s", "store")
    with pytest.raises(sqlite3.IntegrityError), database.write() as db:
        db.executemany("INSERT INTO evidence (number, body) VALUES (?, 'half')", [(1,), (1,)])
    with database.write() as db:
        assert db.execute("SELECT count(*) FROM evidence").fetchone() == (0,)
    database.close()


def test_another_process_gets_its_turn_beside_one_that_writes_without_a_pause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retour.stores.sqlite.database._BUSY_MS", 2_000)
    monkeypatch.setattr("retour.stores.sqlite.database._BREATHLESS", 0.5)
    busy, other = Database(tmp_path / "s", "store"), Database(tmp_path / "s", "store")
    begun, done = threading.Event(), threading.Event()

    def work() -> None:
        while not done.is_set():
            with busy.write() as db:  # some tenths of a second, and the next at once
                db.execute(LONG).fetchall()
                begun.set()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        assert begun.wait(60)
        for _ in range(3):
            with other.write() as db:
                db.execute("PRAGMA application_id")
    finally:
        done.set()
        worker.join()
        busy.close()
        other.close()


def test_a_file_of_this_version_is_opened_while_another_process_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retour.stores.sqlite.database._BUSY_MS", 0)
    one = Database(tmp_path / "s", "store")
    with one.write():
        other = Database(tmp_path / "s", "store")
        assert other.read().execute("SELECT count(*) FROM accounts").fetchone() == (0,)
        with pytest.raises(sqlite3.OperationalError, match="locked"), other.write():
            pass
    other.close()
    one.close()


def test_a_command_beside_one_who_writes_says_that_nothing_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retour.stores.sqlite.database._BUSY_MS", 0)
    runner, where = CliRunner(), ["--data", str(tmp_path)]
    add = ["account", "add", "acme", "--return-domain", "acme.example", *where]
    assert (
        runner.invoke(app, ["account", "add", "other", "--return-domain", "other.example", *where]).exit_code
        == 0
    )
    one = Database(tmp_path / STORE, "store")
    with one.write():
        told = runner.invoke(app, add)
    assert told.exit_code == 1
    assert "nothing is changed, try again" in told.stderr
    assert runner.invoke(app, add).exit_code == 0
    one.close()


# --- versions ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("opened", [lambda path: open_store(path, PEPPER), open_inbox])
def test_a_file_of_a_newer_version_is_refused_with_the_remedy(
    tmp_path: Path, opened: Callable[[Path], object]
) -> None:
    path = tmp_path / "file"
    opened(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreError, match=r"newer Retour \(schema 99.*restore the backup"):
        opened(path)
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (99,)
    db.close()


def test_files_of_others_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database at all, but long enough to be taken for one" * 9)
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store(tmp_path / "text", PEPPER)
    open_inbox(tmp_path / "i").close()
    with pytest.raises(StoreError, match="not the store"):
        open_store(tmp_path / "i", PEPPER)


def test_another_key_file_is_refused_before_it_lets_mail_go_to_stopped_addresses(tmp_path: Path) -> None:
    open_store(tmp_path / "s", PEPPER).close()
    with pytest.raises(StoreError, match=r"another key file.*put the keys\.json back"):
        open_store(tmp_path / "s", b"q" * 32)
    open_store(tmp_path / "s", PEPPER).close()


def test_files_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    store, inbox = open_store(tmp_path / "s", PEPPER), open_inbox(tmp_path / "i")
    assert {file.stat().st_mode & 0o077 for file in tmp_path.iterdir()} == {0}
    store.close()
    inbox.close()


def test_a_file_of_the_version_before_is_brought_up_to_date(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "s") as db:
        db.executescript(migrations("store")[0])
        db.execute("PRAGMA user_version = 1")
        db.execute("PRAGMA application_id = 0x52455431")
    db.close()
    told: list[str] = []
    store = open_store(tmp_path / "s", PEPPER, upgrading=lambda: told.append("once"))
    assert store.accounts.add_account("acme", "acme.example", preset("emarsys"), NOW).number == 1
    store.close()
    for name in ("s", "new"):
        open_store(tmp_path / name, PEPPER, upgrading=lambda: told.append("again")).close()
    assert told == ["once"]


def test_opening_again_migrates_nothing_twice(tmp_path: Path) -> None:
    for _ in range(2):
        inbox = open_inbox(tmp_path / "i")
        assert inbox.counts()[Outcome.WAITING] == 0
        inbox.close()


def test_migrations_are_whole_statements() -> None:
    for of in ("store", "inbox"):
        scripts = migrations(of)
        assert scripts
        for script in scripts:
            assert sum(1 for _ in statements(script)) == script.count(";\n")


def test_every_statement_compiles(tmp_path: Path) -> None:
    for of, file in (
        ("inbox", "inbox.sql"),
        *(("store", f"{n}.sql") for n in ("accounts", "sends", "ledger", "overview")),
    ):
        database = Database(tmp_path / of, of)
        db = database.read()
        db.execute(named("ledger.sql")["make_touched"])
        for text in named(file).values():
            assert db.execute("EXPLAIN " + text, _blanks(text)).fetchall(), text
        database.close()


def _blanks(text: str) -> object:
    names = re.findall(r":(\w+)", text)
    return dict.fromkeys(names) if names else [None] * text.count("?")


# --- plans: what must stay cheap with ten million rows ------------------------------------------------------


def plan(name: str, file: str = "ledger.sql", folder: Path | None = None) -> str:
    assert folder is not None
    database = Database(folder / "plan", "store")
    db = database.read()
    db.execute(named("ledger.sql")["make_touched"])
    text = named(file)[name]
    found = " / ".join(row[3] for row in db.execute("EXPLAIN QUERY PLAN " + text, _blanks(text)))
    database.close()
    return found


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("stored", "ledger.sql"),
        ("history", "ledger.sql"),
        ("deliveries", "ledger.sql"),
        ("ringing", "ledger.sql"),
        ("records", "ledger.sql"),
        ("of_domain", "ledger.sql"),
        ("after_domain", "ledger.sql"),
        ("evidence", "ledger.sql"),
        ("sends", "overview.sql"),
        ("label", "overview.sql"),
        ("number", "overview.sql"),
        ("labels", "overview.sql"),
        ("hours", "overview.sql"),
        ("listed", "overview.sql"),
        ("listed_after", "overview.sql"),
        ("listed_numbers", "overview.sql"),
        ("listed_among", "overview.sql"),
        ("numbers_of_domains", "overview.sql"),
        ("days_of_domains", "overview.sql"),
        ("keys_of_domains", "overview.sql"),
        ("by_id", "sends.sql"),
        ("any_of_message", "sends.sql"),
        ("of_message_to", "sends.sql"),
        ("of_address", "sends.sql"),
    ],
)
def test_no_statement_scans_or_sorts_a_whole_table(tmp_path: Path, name: str, file: str) -> None:
    steps = plan(name, file, tmp_path).split(" / ")
    scans = [step for step in steps if step.startswith("SCAN")]
    assert all(step.split()[1] in ("t", "c", "chain", "trail", "json_each") for step in scans), steps
    if name in ("hours", "listed", "listed_numbers", "ringing", "after_domain"):
        assert not any("TEMP B-TREE" in step for step in steps), steps


def test_what_is_rare_is_found_without_a_look_at_what_is_not(tmp_path: Path) -> None:
    steps = []
    for size in (300, 3000):
        store = open_store(tmp_path / f"s{size}", PEPPER)
        store.accounts.add_account("acme", "acme.example", preset("emarsys"), NOW - DAY)
        store.sends.add([Send(7, "acme", "a9@b.c", MailKind.SYSTEM, NOW, "may")])
        events = [a_bounce(n, NOW + n * MINUTE, 7 if n == 9 else None) for n in range(size)]
        store.ledger.record(events, NOW + DAY)
        taken: list[int] = []
        reader = store.ledger._database.read()
        reader.set_progress_handler(lambda taken=taken: taken.append(100), 100)
        (row,) = store.ledger.bounces(BounceQuery("acme", campaign="may"), NOW + DAY)
        assert row.address == "a9@b.c"
        steps.append(sum(taken))
        store.close()
    assert steps[1] < 2 * steps[0]


@pytest.mark.parametrize("asked", [{"search": "@b.c"}, {"domains": frozenset({"b.c", "d.e"})}])
def test_all_of_a_large_domain_are_found_as_of_a_small_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any]
) -> None:
    store = open_store(tmp_path / "s", PEPPER)
    store.accounts.add_account("acme", "acme.example", preset("emarsys"), NOW - DAY)
    store.ledger.record([a_bounce(n, NOW + n % 3 * HOUR) for n in range(12)], NOW + DAY)
    query = BounceQuery("acme", **asked, limit=5)
    found = store.ledger.bounces(query, NOW + DAY)
    monkeypatch.setattr("retour.stores.sqlite.overview.FEW", 3)
    assert store.ledger.bounces(query, NOW + DAY) == found
    assert len(found) == 5
    store.close()


def a_bounce(n: int, at: Instant, send: int | None = None) -> Event:
    id, address = n.to_bytes(16), f"a{n}@b.c"
    return Event(id, EventKind.BOUNCE, at, Reason.MAILBOX_FULL, send=send, account="acme", address=address)


def test_deliveries_are_read_from_their_index_alone(tmp_path: Path) -> None:
    assert "COVERING INDEX sends_of_address" in plan("deliveries", folder=tmp_path)


def test_what_came_after_the_last_roll_is_read_by_number(tmp_path: Path) -> None:
    assert "INTEGER PRIMARY KEY" in plan("listed_after", "overview.sql", tmp_path)


def test_the_number_of_statements_does_not_grow_with_the_batch(tmp_path: Path) -> None:
    counts = []
    for size in (10, 200):
        database_path = tmp_path / f"s{size}"
        store = open_store(database_path, PEPPER)
        store.accounts.add_account("acme", "acme.example", preset("emarsys"), NOW)
        seen: list[str] = []
        writer = store.ledger._database._writer
        writer.set_trace_callback(lambda text, seen=seen: seen.append(text.split("(")[0]))
        events = [
            Event(
                n.to_bytes(16),
                EventKind.BOUNCE,
                NOW,
                Reason.MAILBOX_FULL,
                account="acme",
                address=f"a{n}@b.c",
            )
            for n in range(size)
        ]
        store.ledger.record(events, NOW)
        selects = [text for text in seen if text.lstrip().startswith(("SELECT", "WITH"))]
        counts.append(len(selects))
        store.close()
    assert counts[0] == counts[1]


def test_a_send_with_text_that_is_no_unicode_is_kept(tmp_path: Path) -> None:
    store = open_store(tmp_path / "s", PEPPER)
    store.accounts.add_account("acme", "acme.example", preset("emarsys"), NOW)
    store.sends.add([Send(1, "acme", "ann@b.example", MailKind.MAILING, NOW, subject="a\ud800b")])
    assert store.sends.by_id([1])[1].subject == "a?b"
    store.close()


@pytest.mark.parametrize("words", ["550 <Ann> no such user", "Grüße \u2028 \x00 😀", "550 \udcff unknown"])
def test_the_servers_json_of_evidence_says_what_the_plain_one_says(words: str) -> None:
    report = Report(Kind.BOUNCE, "ann@b.example", action=Action.FAILED, diagnostic=words, at=NOW)
    verdict = Verdict(Kind.BOUNCE, Reason.REFUSED, Group.UNKNOWN, "none", words, 0.3, (words,), Party.OURS)
    told = Evidence(report, verdict, Original(subject=words), b"a" * 16)
    event = Event(b"e" * 16, EventKind.BOUNCE, NOW, actor="lmtp", evidence=told, defects=("truncated",))
    bodies = [body_of(event, encode) for encode in (plain_json, json_of)]
    assert json.loads(bodies[0] or "") == json.loads(bodies[1] or "")
    assert [with_body(event, "", "", body) for body in bodies] == [event, event]
