"""What no change may bring in: a call to somewhere out of code that reads input, a secret compared in a
time that tells, text of others woven into a query or a line of the log.

Each check is shown to find what it looks for: one that cannot fail guards nothing.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src/retour"
Found = Iterator[tuple[int, str]]

# Rooms that read what others wrote.
READING = ("inlets", "smtpd", "parse", "mime", "classify", "flow", "vet")
CALLING = {
    "socket", "http", "urllib.request", "smtplib", "poplib", "imaplib", "ftplib", "telnetlib", "xmlrpc",
    "imapclient", "boto3", "botocore", "requests", "httpx", "aiohttp", "websockets", "webbrowser",
}  # fmt: skip
CONNECTING = {"open_connection", "create_connection", "open_unix_connection", "urlopen", "getaddrinfo"}
# Who may call, and whom.
MAY_CALL = {
    "inlets/webhooks/fetch.py": "hosts that the settings or an allowed topic name; no redirect is followed",
    "inlets/pickup/imap.py": "the mailbox of the settings",
    "inlets/pickup/imap_connection.py": "the same",
    "inlets/pickup/pop3.py": "the same",
    "inlets/pickup/sqs.py": "the queue of the settings; knows its errors alone",
}
# Who may put words together, and which.
MAY_WEAVE = {
    "stores/sqlite/database.py": "numbers of our own",
    "stores/sqlite/scrubbing.py": "tables and columns of our own schema",
    "stores/sqlite/whom.py": "statements of our own files",
    "wiring/pickup.py": "words of our own texts",
}
SECRET = re.compile(r"(^|_)(secret|password|passphrase|signature|mac|hmac|digest|token)s?$")


def modules(*rooms: str) -> list[Path]:
    places = [SOURCE / room for room in rooms] if rooms else [SOURCE]
    return sorted(file for place in places for file in place.rglob("*.py"))


def calls_out(tree: ast.AST) -> Found:
    """Imports of what connects, and calls that do."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}", *(f"{node.module}.{each.name}" for each in node.names)]
        elif isinstance(node, ast.Call):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            names = [called] if called in CONNECTING else []
        else:
            continue
        for name in names:
            if {name, name.partition(".")[0]} & CALLING or name.rpartition(".")[2] in CONNECTING:
                yield node.lineno, name


def compared(tree: ast.AST) -> Found:
    """`==` on what bears the name of a secret. Of two that are no strings the name says so."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(isinstance(each, ast.Eq | ast.NotEq) for each in node.ops):
            for side in (node.left, *node.comparators):
                name = getattr(side, "attr", getattr(side, "id", ""))
                if SECRET.search(name):
                    yield node.lineno, name


def woven(tree: ast.AST) -> Found:
    """Queries and lines of the log that are put together out of values."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
            continue
        made = isinstance(node.args[0], ast.JoinedStr | ast.BinOp)
        if made and node.func.attr in ("execute", "executemany", "executescript", *LEVELS):
            yield node.lineno, f"{node.func.attr}({ast.unparse(node.args[0])})"


LEVELS = ("debug", "info", "warning", "error", "exception", "critical")


def found(check: Callable[[ast.AST], Found], files: list[Path]) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    for file in files:
        for _, what in check(ast.parse(file.read_text("utf-8"))):
            told.setdefault(str(file.relative_to(SOURCE)), []).append(what)
    return told


def test_code_that_reads_input_calls_nobody() -> None:
    assert set(found(calls_out, modules(*READING))) == set(MAY_CALL)


def test_no_secret_is_compared_in_a_time_that_tells() -> None:
    assert found(compared, modules()) == {}


def test_no_value_is_woven_into_a_query_or_a_line_of_the_log() -> None:
    assert set(found(woven, modules())) == set(MAY_WEAVE)


@pytest.mark.parametrize(
    ("check", "line"),
    [
        (calls_out, "import smtplib"),
        (calls_out, "from urllib.request import urlopen"),
        (calls_out, "import http.client"),
        (calls_out, "from asyncio import open_connection"),
        (calls_out, "await asyncio.open_connection(host, port)"),
        (compared, "if given == self._secret: pass"),
        (compared, "ok = hook_signature != expected"),
        (woven, "db.execute(f'SELECT {name}')"),
        (woven, "log.info('from ' + sender)"),
        (woven, "log.warning(f'from {sender}')"),
    ],
)
def test_a_check_finds_what_it_looks_for(check: Callable[[ast.AST], Found], line: str) -> None:
    assert list(check(ast.parse(line)))
