"""`retour data` and `retour segments`: every bounce of a running server, and questions with a name."""

import shutil
import sys
from typing import Annotated

import typer

from retour.cli.asked import NONE, Account, Where, client_of, conditions
from retour.cli.commands import app
from retour.cli.previews import of
from retour.cli.send import API, Key, Language, Url
from retour.cli.terminal import safe

segments = typer.Typer(help="Questions about bounces, with a name and a count.", no_args_is_help=True)
app.add_typer(segments, name="segments")

Name = Annotated[str, typer.Argument(help="Of the segment.")]


@app.command("data")
def data(
    key: Key,
    where: Where = NONE,
    segment: Annotated[str, typer.Option(help="A saved question, instead of conditions.")] = "",
    export: Annotated[bool, typer.Option("--export", help="All of them as CSV, to stdout.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    after: Annotated[str, typer.Option(help="Go on there.")] = "",
    account: Account = "",
    api: Url = API,
    lang: Language = "en",
) -> None:
    """Show every bounce that is meant, the uncounted codes too, and how many there are."""
    client, words = client_of(api, key, lang)
    asked = conditions(where) | {"segment": segment, "account": account}
    query = {name: value for name, value in asked.items() if value}
    if export:
        with client.stream("/v1/data/export", **query) as content:
            shutil.copyfileobj(content, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    page = client.get("/v1/data", limit=str(limit), **query, **({"after": after} if after else {}))
    for row in page["bounces"]:
        told = row["bounce"]
        facts = (told["at"], row["type"], told["reason"] or "-", told["status"] or "-", row["address"])
        typer.echo(safe("  ".join(facts)))
    typer.echo(words("said.count", count=page["count"]))
    if page["next"]:
        typer.echo(words("said.more", after=page["next"]))


@segments.command("list")
def list_(key: Key, account: Account = "", api: Url = API, lang: Language = "en") -> None:
    """Show them, each counted now."""
    client, words = client_of(api, key, lang)
    found = client.get("/v1/segments", **({"account": account} if account else {}))["segments"]
    for each in found:
        asked = ", ".join(f"{name}={value}" for name, value in each["filter"].items() if value is not None)
        typer.echo(safe(words("said.segment", name=each["name"], count=each["count"], asked=asked)))
    if not found:
        typer.echo(words("said.no_segments"), err=True)


@segments.command("save")
def save(
    name: Name, key: Key, where: Where = NONE, account: Account = "", api: Url = API, lang: Language = "en"
) -> None:
    """Give a question a name."""
    client, words = client_of(api, key, lang)
    made = client.put(f"/v1/segments/{client.quoted(name)}{of(account)}", conditions(where))
    typer.echo(safe(words("said.saved", name=made["name"], count=made["count"])))


@segments.command("drop")
def drop(name: Name, key: Key, account: Account = "", api: Url = API, lang: Language = "en") -> None:
    """Forget a question; the bounces stay."""
    client, words = client_of(api, key, lang)
    client.delete(f"/v1/segments/{client.quoted(name)}", **({"account": account} if account else {}))
    typer.echo(safe(words("said.dropped", name=name)))
