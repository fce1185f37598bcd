"""`retour contacts`: contacts and lists of an account, deleted and erased."""

import csv
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from retour.cli.asked import NONE, Account, Where, client_of, conditions, waited
from retour.cli.commands import app
from retour.cli.previews import of
from retour.cli.send import API, Key, Language, Url
from retour.cli.terminal import safe
from retour.texts import Catalogue

contacts = typer.Typer(help="Contacts and lists; delete a contact, erase a person.", no_args_is_help=True)
app.add_typer(contacts, name="contacts")

Address = Annotated[str, typer.Argument(help="An address.")]
_AT_ONCE = 1000


@contacts.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV whose head names the columns: address, name, others.")],
    key: Key,
    on: Annotated[str, typer.Option("--list", help="Id of a list to put them on.")] = "",
    account: Account = "",
    api: Url = API,
    lang: Language = "en",
) -> None:
    """Keep the contacts of a file; columns beside address and name become attributes."""
    client, words = client_of(api, key, lang)
    told = {"contacts": 0, "new": 0, "stopped": 0}
    rows = _rows(file)
    while batch := list(islice(rows, _AT_ONCE)):
        body = {"contacts": batch, **({"list": on} if on else {})}
        made = client.post(f"/v1/contacts{of(account)}", body)
        told = {name: told[name] + made[name] for name in told}
    typer.echo(words("said.contacts", **told))


@contacts.command("list")
def list_(
    key: Key,
    on: Annotated[str, typer.Option("--list", help="Id of a list.")] = "",
    search: Annotated[str, typer.Option(help="How addresses begin.")] = "",
    after: Annotated[str, typer.Option(help="Go on there.")] = "",
    account: Account = "",
    api: Url = API,
    lang: Language = "en",
) -> None:
    """Show contacts, with what a check says of each."""
    client, words = client_of(api, key, lang)
    asked = {"list": on, "search": search, "after": after, "account": account}
    page = client.get("/v1/contacts", **{name: value for name, value in asked.items() if value})
    for each in page["contacts"]:
        typer.echo(safe(f"{each['decision']}  {each['address']}  {each['name']}"))
    if page["next"]:
        typer.echo(words("said.more", after=page["next"]))


@contacts.command("lists")
def lists(key: Key, account: Account = "", api: Url = API, lang: Language = "en") -> None:
    """Show lists, with the number of contacts on each."""
    client, words = client_of(api, key, lang)
    for each in client.get("/v1/contact-lists", **({"account": account} if account else {}))["lists"]:
        typer.echo(safe(words("said.list", id=each["id"], name=each["name"], count=each["contacts"])))


@contacts.command("save-list")
def save_list(
    name: Annotated[str, typer.Argument(help="Of the new list.")],
    key: Key,
    where: Where = NONE,
    segment: Annotated[str, typer.Option(help="A saved question, instead of conditions.")] = "",
    account: Account = "",
    api: Url = API,
    lang: Language = "en",
) -> None:
    """Save everybody whom conditions or a segment mean as a list."""
    client, words = client_of(api, key, lang)
    source: dict[str, Any] = {"segment": segment} if segment else {"data": conditions(where)}
    made = client.post(f"/v1/contact-lists{of(account)}", {"name": name, "from": source})
    result = waited(client, made["job"], account, lang)
    typer.echo(safe(words("said.list", id=made["id"], name=name, count=result["contacts"])))


@contacts.command("delete")
def delete(address: Address, key: Key, account: Account = "", api: Url = API, lang: Language = "en") -> None:
    """Delete a contact, with all that is known of the address."""
    client, words = client_of(api, key, lang)
    named = {"account": account} if account else {}
    job = client.delete(f"/v1/contacts/{client.quoted(address)}", **named)
    result = waited(client, job, account, lang)
    _say_what_is_left(result, words)


@contacts.command("erase")
def erase(
    address: Address,
    key: Key,
    reason: Annotated[str, typer.Option(help="On whose word.")],
    account: Account = "",
    api: Url = API,
    lang: Language = "en",
) -> None:
    """Erase a person who asked for it. It is not undone."""
    client, words = client_of(api, key, lang)
    job = client.post(f"/v1/erasures{of(account)}", {"address": address, "reason": reason})
    result = waited(client, job, account, lang)
    _say_what_is_left(result, words)


def _say_what_is_left(result: Mapping[str, Any], words: Catalogue) -> None:
    typer.echo(words("said.kept" if result["kept_stopped"] else "said.gone"))
    if result.get("rules"):
        typer.echo(safe(words("said.in_rules", files=", ".join(result["rules"]))))
    if result.get("ledger"):
        typer.echo(words("said.in_ledger", count=result["ledger"]))


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    from retour.cli.client import ended

    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            for row in csv.DictReader(opened):
                facts = {name: value for name, value in row.items() if name and value}
                address, name = facts.pop("address", ""), facts.pop("name", "")
                yield {"address": address, "name": name, "attributes": json.loads(json.dumps(facts))}
    except (OSError, UnicodeDecodeError) as error:
        raise ended(f"{file}: {error}") from error
