"""`retour engagements`: signs of life out of a file, to a running `retour serve`."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from retour import instants
from retour.cli import app
from retour.cli.asked import Account, client_of
from retour.cli.send import API, Key, Language, Url
from retour.cli.terminal import safe

_BATCH = 1000
_WRONG = 1
_KEPT = ("address", "kind", "at", "send", "campaign")


@app.command()
def engagements(
    file: Annotated[Path, typer.Argument(help="CSV with the columns address, kind, at, send, campaign.")],
    key: Key,
    account: Account = "",
    api: Url = API,
    lang: Language = "en",
) -> None:
    """Tell of opens, clicks, replies and logins in a file. Exit status 1 when some were not taken."""
    client, words = client_of(api, key, lang, "engagement")
    taken = wrong = 0
    for batch in _batches(file, words):
        lines, good, refused = [line for line, _ in batch], *_sorted(batch, words)
        if good:
            body = {"engagements": [row for _, row in good]} | ({"account": account} if account else {})
            answer = client.post("/v1/engagements", body)
            refused += [(good[each["place"]][0], each["fault"], each["remedy"]) for each in answer["wrong"]]
        for line, fault, remedy in sorted(refused):
            typer.echo(
                safe(words("command.wrong", file=file, line=line, fault=fault, remedy=remedy)), err=True
            )
        wrong += len(refused)
        taken += len(lines) - len(refused)
    typer.echo(words("command.done", taken=taken, wrong=wrong))
    if wrong:
        raise typer.Exit(_WRONG)


Row = tuple[int, dict[str, str]]


def _sorted(batch: list[Row], words: Any) -> tuple[list[Row], list[tuple[int, str, str]]]:
    """Rows that the API can read, and the others with their faults: one slip must not refuse a thousand."""
    kinds = [key.removeprefix("sign.") for key in sorted(words.keys) if key.startswith("sign.")]
    good, faults = list[Row](), list[tuple[int, str, str]]()
    for line, row in batch:
        if row["kind"] not in kinds:
            fault = words("command.kind", kind=row["kind"], known=", ".join(kinds))
            faults.append((line, fault, words("command.kind_remedy")))
        elif not _is_moment(row.get("at")):
            faults.append((line, words("command.time", at=row["at"]), words("command.time_remedy")))
        else:
            good.append((line, row))
    return good, faults


def _is_moment(text: str | None) -> bool:
    try:
        return text is None or isinstance(instants.parse(text), int)
    except (ValueError, OverflowError):
        return False


def _batches(file: Path, words: Any) -> Iterator[list[Row]]:
    from retour.cli.client import ended

    batch: list[Row] = []
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            rows = csv.DictReader(opened, delimiter=_sign(opened))
            rows.fieldnames = [name.strip().lower() for name in rows.fieldnames or ()]
            for column in ("address", "kind"):
                if column not in (rows.fieldnames or ()):
                    raise ended(words("command.column", file=file, column=column))
            for row in rows:
                kept = {name: row[name] for name in _KEPT if row.get(name)}
                batch.append((rows.line_num, kept | _kind(row)))
                if len(batch) == _BATCH:
                    yield batch
                    batch = []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ended(words("command.unreadable", file=file, reason=error)) from error
    if batch:
        yield batch


def _sign(opened: TextIO) -> str:
    """What parts the fields: a comma, or what spreadsheets write where the comma is in numbers."""
    head = opened.readline()
    opened.seek(0)
    return next((sign for sign in ";\t" if sign in head and "," not in head), ",")


def _kind(row: dict[str, Any]) -> dict[str, str]:
    return {"kind": (row["kind"] or "").strip().lower()}
