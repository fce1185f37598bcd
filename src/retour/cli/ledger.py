"""`retour ledger verify`: whether an exported decision ledger holds together."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from retour.chain import Line, verify
from retour.cli.commands import app
from retour.cli.store import Language, ended, words_of

ledger = typer.Typer(no_args_is_help=True)
app.add_typer(ledger, name="ledger")


@ledger.callback()
def group() -> None:
    """The decision ledger, as GET /v1/ledger/export?format=jsonl gives it."""


@ledger.command("verify")
def verify_file(
    file: Annotated[Path, typer.Argument(help="An export as JSONL, of all or of a time.")],
    lang: Language = "en",
) -> None:
    """Whether every line follows from the one before; the exit status is 1 where one does not."""
    words = words_of(lang)
    try:
        lines = sorted(_lines(file), key=lambda pair: pair[0].number)
    except OSError as error:
        raise ended(words("ledger.unreadable", file=file, reason=error.strerror or error)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ended(words("ledger.no_ledger", file=file, reason=repr(error))) from error
    unlinked = [line.number for line, told in lines if not told]
    found = verify((line, told) for line, told in lines if told)
    if found.broken is not None:
        raise ended(words("ledger.broken", number=found.broken, last=found.last))
    if found.first is None:
        raise ended(words("ledger.empty", file=file))
    if unlinked:
        typer.echo(words("ledger.unlinked", count=len(unlinked), last=unlinked[-1]))
    key = "ledger.whole" if found.whole else "ledger.part"
    typer.echo(words(key, count=found.lines, first=found.first, last=found.last, head=found.head))


def _lines(file: Path) -> Iterator[tuple[Line, str]]:
    with file.open(encoding="utf-8") as opened:
        for row in opened:
            told: dict[str, Any] = json.loads(row)
            yield Line(**{name: told[name] for name in Line._fields}), told["link"]
