"""`retour suppressions`: lists in and out of a running `retour serve`, in constant memory."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from retour.cli import app
from retour.cli.asked import Account, client_of
from retour.cli.send import API, Key, Language, Url
from retour.cli.terminal import safe

if TYPE_CHECKING:
    from retour.texts import Catalogue

lists = typer.Typer(help="Import, export and undo suppression lists.", no_args_is_help=True)
app.add_typer(lists, name="suppressions")

Format = Annotated[
    str,
    typer.Option(
        "--format",
        help="csv, jsonl, ses, postmark, postmark-csv, sendgrid-LIST[-csv] (LIST: bounces, blocks, "
        "invalid_emails, spam_reports, unsubscribes), mailgun-LIST[-csv] (LIST: bounces, complaints, "
        "unsubscribes).",
    ),
]
Dry = Annotated[bool, typer.Option("--dry-run", help="Tell what it would do, and do nothing.")]
_DEFECTS = 1


@lists.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="The list; - for standard input.", allow_dash=True)],
    key: Key,
    format: Format = "csv",
    dry_run: Dry = False,
    account: Account = "",
    api: Url = API,
    lang: Language = "en",
) -> None:
    """Stop what is on a list. What was left out is told with its line; then the exit status is 1."""
    client, words = client_of(api, key, lang, "lists")
    query = _query(account, format=format) | ({"dry_run": "true"} if dry_run else {})
    with _opened(file, words) as content:
        made = client.send("/v1/suppressions/import", content, **query)
    for defect in made["defects"]:
        typer.echo(safe(f"{file}:{defect['line']}: {defect['told']}"), err=True)
    if (more := made["counts"]["defects"] - len(made["defects"])) > 0:
        typer.echo(words("said.more", count=more), err=True)
    typer.echo(words("said.counts", **made["counts"]))
    typer.echo(words("said.dry") if dry_run else words("said.made", id=made["id"]))
    if made["counts"]["defects"]:
        raise typer.Exit(_DEFECTS)


@lists.command("export")
def export(
    key: Key, format: Format = "csv", account: Account = "", api: Url = API, lang: Language = "en"
) -> None:
    """Write the whole list to stdout."""
    import shutil
    import sys

    client, _ = client_of(api, key, lang, "lists")
    with client.stream("/v1/suppressions/export", **_query(account, format=format)) as content:
        shutil.copyfileobj(content, sys.stdout.buffer)
    sys.stdout.buffer.flush()


@lists.command("imports")
def imports(key: Key, account: Account = "", api: Url = API, lang: Language = "en") -> None:
    """Show what was imported, the latest first."""
    client, words = client_of(api, key, lang, "lists")
    found = client.get("/v1/suppressions/imports", **_query(account))["imports"]
    for each in found:
        counts = each["counts"]
        stopped = sum(counts.get(kind, 0) for kind in ("import", "complaint", "unsubscribe"))
        undone = words("said.undone_at", at=each["undone_at"]) if each["undone_at"] else ""
        told = {"id": each["id"], "at": each["at"], "form": each["format"], "rows": counts.get("rows", 0)}
        typer.echo(safe(words("said.line", **told, stopped=stopped, undone=undone)))
    if not found:
        typer.echo(words("said.none"), err=True)


@lists.command("undo")
def undo(
    id: Annotated[str, typer.Argument(help="As `retour suppressions imports` shows it.")],
    key: Key,
    dry_run: Dry = False,
    account: Account = "",
    api: Url = API,
    lang: Language = "en",
) -> None:
    """Take an import back, as though it had never been."""
    client, words = client_of(api, key, lang, "lists")
    query = _query(account) | ({"dry_run": "true"} if dry_run else {})
    undone = client.delete(f"/v1/suppressions/imports/{client.quoted(id)}", **query)
    typer.echo(words("said.would_undo" if dry_run else "said.undone", **undone))


def _query(account: str, **more: str) -> dict[str, str]:
    return more | ({"account": account} if account else {})


def _opened(file: Path, words: "Catalogue") -> BinaryIO:
    import sys

    from retour.cli.client import ended

    if str(file) == "-":
        return sys.stdin.buffer
    try:
        return file.open("rb")
    except OSError as error:
        raise ended(f"{file}: {error.strerror}") from error
