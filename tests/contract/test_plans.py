"""No statement of a store looks at all of a large table: a page over millions costs what one over ten does.

Every statement in every .sql file is planned; what reads a table whole stands here, with its reason.
"""

import re
import sqlite3
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from retour.stores import sqlite as stores
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.statements import named

FILES = sorted(each.name for each in files(stores).iterdir() if each.name.endswith(".sql"))
SCHEMAS = ("store", "inbox", "desk", "domains")
ELSEWHERE = {"people.sql": "tables of the console: as many rows as there are people"}
# Tables that have few rows, however many addresses, bounces and mails there are.
FEW = frozenset(
    {
        *(
            "accounts",
            "api_keys",
            "hooks",
            "heard",
            "platform_place",
            "guard_marks",
            "contact_lists",
            "waves",
        ),
        *("incidents", "jobs", "imports", "answers", "softened_to", "effects_made", "shown_terms", "rolled"),
        *("pending_counts", "pragma_table_list", "sqlite_schema", "main.sqlite_schema"),
    }
)
# Tables of one statement's own, and what it was asked about.
OWN = frozenset(
    {"touched", "trail", "chain", "link", "told_now", "temp.told_now", "whom", "json_each", "counted"}
)
OWN_ROWS = frozenset({"found", "open", "h", "summed", "placed", "(subquery", "c", "m"})
ALLOWED = {
    ("erasing.sql", "waits"): "by the index of what waits, to the first",
    ("inbox.sql", "waiting"): "by the index of what waits, as many as are taken",
    ("inbox.sql", "let_pass"): "by the index of those alone, of which few stand at any time",
    (
        "inbox.sql",
        "counts",
    ): "for /metrics and retour at a terminal, from indexes alone, beside the event loop",
    ("ledger.sql", "standing"): "what a gate loads when it starts: every state, row by row",
    ("outbox.sql", "counts"): "what waits to be told, for whoever asks at a terminal",
    ("rates.sql", "expire"): "rows by day, once a day",
    ("tallies.sql", "expire"): "rows by day, once a day",
    ("requests.sql", "unsettled"): "by the index of those alone",
    ("returned.sql", "in_ledger"): "once after an upgrade",
    ("shown.sql", "any_event"): "whether there is one: the first",
    ("shown_anew.sql", "listed"): "once after an upgrade",
    ("shown_anew.sql", "states"): "once after an upgrade",
    ("findings.sql", "order_findings"): "a preview that has ended is put in order, once",
}

LARGE = frozenset(
    {
        "states",
        "events",
        "evidence",
        "sends",
        "bounced",
        "records",
        "contacts",
        "contact_places",
        "engagements",
    }
    | {"corrections", "returned", "softened", "hours", "arrivals", "messages", "erasures", "bounced_domains"}
)
OF_AN_ACCOUNT = {
    ("sweep.sql", "addresses"): "how long a what-if or a replay will take, when the job begins",
    ("erasing.sql", "named_in_ledger"): "a job that erases says how many lines still name the person",
}


SORTED = {
    ("segments.sql", "of_day"): "a day at a time: by its facets, each in order",
    ("sweep.sql", "lives"): "the page itself, once more, after it is cut",
}


@pytest.fixture(scope="module")
def connections(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[sqlite3.Connection]]:
    """One for each schema, with the temporary tables that statements make themselves."""
    room = tmp_path_factory.mktemp("plans")
    opened = [Database(room / of, of) for of in SCHEMAS]
    made = [database.read() for database in opened]
    for connection in made:
        connection.create_function("provider_of", 1, str)
        for file, name in temporary():
            connection.execute(named(file)[name])
    made.append(findings(room))
    yield made
    made[-1].close()
    for database in opened:
        database.close()


def temporary() -> Iterator[tuple[str, str]]:
    for file in FILES:
        for name, text in named(file).items():
            if "CREATE TEMP TABLE" in text:
                yield file, name


def findings(room: Path) -> sqlite3.Connection:
    """The file of a preview, and what pending roll-ups are copied into."""
    connection = sqlite3.connect(room / "findings")
    for text in named("findings.sql").values():
        if text.startswith("CREATE"):
            connection.execute(text)
    return connection


def plan(connections: list[sqlite3.Connection], text: str) -> list[str] | None:
    """The steps of a statement; None where no file has its tables."""
    names = re.findall(r":(\w+)", text)
    blanks = dict.fromkeys(names) if names else [None] * text.count("?")
    for connection in connections:
        try:
            return [row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + text, blanks)]
        except sqlite3.OperationalError:
            continue
    return None


def scanned(text: str, steps: list[str]) -> set[str]:
    """The tables that are read whole."""
    called = {name: table for table, name in re.findall(r"([\w.]+) AS (\w+)\b", text)}
    names = {
        step.split()[1]
        for step in steps
        if step.startswith("SCAN ") and not re.search("CONSTANT|VIRTUAL", step)
    }
    return {called.get(name, name) for name in names if "-" not in name}


@pytest.mark.parametrize("file", [file for file in FILES if file not in ELSEWHERE])
def test_no_statement_reads_a_large_table_whole(connections: list[sqlite3.Connection], file: str) -> None:
    for name, text in named(file).items():
        if text.startswith(("CREATE", "DROP")) or "temp." in text or f"temp.{name}" in text:
            continue
        steps = plan(connections, text)
        assert steps is not None, f"{file}: {name} has its tables in no file"
        whole = scanned(text, steps) - FEW - OWN - OWN_ROWS
        assert ((file, name) in ALLOWED) == bool(whole), f"{file}: {name} reads {whole}: {steps}"


@pytest.mark.parametrize("file", [file for file in FILES if file not in ELSEWHERE])
def test_no_statement_reads_all_that_an_account_has(connections: list[sqlite3.Connection], file: str) -> None:
    for name, text in named(file).items():
        steps = [] if text.startswith(("CREATE", "DROP")) else plan(connections, text) or []
        called = {alias: table for table, alias in re.findall(r"([\w.]+) AS (\w+)\b", text)}
        whole = {step.split()[1] for step in steps if step.endswith("(account=?)")}
        large = {called.get(each, each) for each in whole} & LARGE
        is_all = bool(large) and "LIMIT" not in text
        assert ((file, name) in OF_AN_ACCOUNT) == is_all, f"{file}: {name} reads {large}: {steps}"


@pytest.mark.parametrize("file", [file for file in FILES if file not in ELSEWHERE])
def test_no_page_of_a_large_table_is_sorted_before_it_is_cut(
    connections: list[sqlite3.Connection], file: str
) -> None:
    for name, text in named(file).items():
        if text.startswith(("CREATE", "DROP")) or "LIMIT" not in text:
            continue
        steps = plan(connections, text) or []
        called = {alias: table for table, alias in re.findall(r"([\w.]+) AS (\w+)\b", text)}
        read = {called.get(each, each) for step in steps for each in step.split()[1:2]} & LARGE
        is_sorted = bool(read) and any(step.startswith("USE TEMP B-TREE") for step in steps)
        assert ((file, name) in SORTED) == is_sorted, f"{file}: {name} sorts {read}: {steps}"


@pytest.mark.parametrize("file", FILES)
def test_no_statement_counts_its_way_to_a_page(file: str) -> None:
    assert not re.search(r"\bOFFSET\b", " ".join(named(file).values()), re.IGNORECASE)


def test_what_is_allowed_is_there() -> None:
    assert {(file, name) for file, name in {**ALLOWED, **OF_AN_ACCOUNT} if name not in named(file)} == set()
