"""`retour never-stop`: the short list of addresses that are written to whatever comes back."""

from typing import Annotated, Any

import typer

from retour.cli import app
from retour.cli.asked import Account, client_of
from retour.cli.send import API, Key, Language, Url
from retour.cli.terminal import safe

spared = typer.Typer(help="Addresses that are never stopped.", no_args_is_help=True)
app.add_typer(spared, name="never-stop")

Entry = Annotated[str, typer.Argument(help="An address, or a domain.")]


@spared.command("list")
def list_(key: Key, account: Account = "", api: Url = API, lang: Language = "en") -> None:
    """Show the list, each entry with its author and time."""
    client, words = client_of(api, key, lang, "never_stop")
    found = client.get("/v1/never-stop", **_of(account))
    for each in found["entries"]:
        author = each["author"] or words("said.nobody")
        typer.echo(safe(words("said.line", entry=each["entry"], at=each["since"], author=author)))
    if not found["entries"]:
        typer.echo(words("said.none"), err=True)
    _warn(found)


@spared.command("add")
def add(entry: Entry, key: Key, account: Account = "", api: Url = API, lang: Language = "en") -> None:
    """Never stop this address, or this domain."""
    from urllib.parse import urlencode

    client, words = client_of(api, key, lang, "never_stop")
    found = client.post(f"/v1/never-stop?{urlencode(_of(account))}", {"entry": entry})
    typer.echo(safe(words("said.added", entry=entry)))
    _warn(found)


@spared.command("remove")
def remove(entry: Entry, key: Key, account: Account = "", api: Url = API, lang: Language = "en") -> None:
    """Stop it again like any other."""
    client, words = client_of(api, key, lang, "never_stop")
    found = client.delete(f"/v1/never-stop/{client.quoted(entry)}", **_of(account))
    typer.echo(safe(words("said.removed", entry=entry)))
    _warn(found)


def _warn(found: dict[str, Any]) -> None:
    if found["warning"]:
        typer.echo(safe(found["warning"]), err=True)


def _of(account: str) -> dict[str, str]:
    return {"account": account} if account else {}
