"""SQL by name: each .sql file holds statements under a line "-- name: what_it_does"."""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


def named(file: str) -> Mapping[str, str]:
    """The statements of a file in this package, by name."""
    text = files(__package__).joinpath(file).read_text("utf-8")
    parts = _NAME.split(text)[1:]
    return {name: body.strip().rstrip(";") for name, body in zip(parts[::2], parts[1::2], strict=True)}


def migrations(of: str) -> list[str]:
    """The migrations of a file ("store" or "inbox"), in order: the first is number 1."""
    folder = files(__package__).joinpath("migrations", of)
    scripts = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda f: f.name)
    numbers = [int(script.name.partition("_")[0]) for script in scripts]
    assert numbers == list(range(1, len(scripts) + 1)), f"migrations of {of} are not numbered 1, 2, 3 …"
    return [script.read_text("utf-8") for script in scripts]


def statements(script: str) -> Iterator[str]:
    """The single statements of a script: sqlite3.executescript would commit between them."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if line.split("--")[0].rstrip().endswith(";") and sqlite3.complete_statement(statement):
            yield statement
            statement = ""
