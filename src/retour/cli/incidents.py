"""`retour incidents`: outages at providers, in which hard bounces are held."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from retour.cli.asked import Account, client_of
from retour.cli.commands import app
from retour.cli.previews import of
from retour.cli.send import API, Key, Language, Url
from retour.cli.terminal import safe

if TYPE_CHECKING:
    from retour.cli.client import Client
    from retour.texts import Catalogue

incidents = typer.Typer(help="Outages at providers: list, confirm, revert, reopen.", no_args_is_help=True)
app.add_typer(incidents, name="incidents")

Id = Annotated[str, typer.Argument(help="As `retour incidents list` shows it.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the ledger.")]


@incidents.command("list")
def list_(key: Key, account: Account = "", api: Url = API, lang: Language = "en") -> None:
    """Show incidents, the latest first."""
    client, words = client_of(api, key, lang, "incidents")
    found = client.get("/v1/incidents", **({"account": account} if account else {}))["incidents"]
    for each in found:
        _say(words, each)
    if not found:
        typer.echo(words("none"), err=True)


@incidents.command("show")
def show(id: Id, key: Key, account: Account = "", api: Url = API, lang: Language = "en") -> None:
    """Show how one stands."""
    client, words = client_of(api, key, lang, "incidents")
    path = f"/v1/incidents/{client.quoted(id)}"
    _say(words, client.get(path, **({"account": account} if account else {})))


@incidents.command("confirm")
def confirm(
    id: Id, key: Key, reason: Reason, account: Account = "", api: Url = API, lang: Language = "en"
) -> None:
    """Close one: its bounces count, each at its own time (support only)."""
    _act("confirm", id, reason, account, client_of(api, key, lang, "incidents"))


@incidents.command("revert")
def revert(
    id: Id, key: Key, reason: Reason, account: Account = "", api: Url = API, lang: Language = "en"
) -> None:
    """Close one: its bounces are void, as though they had not happened (support only)."""
    _act("revert", id, reason, account, client_of(api, key, lang, "incidents"))


@incidents.command("reopen")
def reopen(
    id: Id, key: Key, reason: Reason, account: Account = "", api: Url = API, lang: Language = "en"
) -> None:
    """Take a closing back: its addresses are held again (support only)."""
    _act("reopen", id, reason, account, client_of(api, key, lang, "incidents"))


def _act(act: str, id: str, reason: str, account: str, at: "tuple[Client, Catalogue]") -> None:
    client, words = at
    path = f"/v1/incidents/{client.quoted(id)}/{act}{of(account)}"
    _say(words, client.post(path, {"reason": reason}))


def _say(words: "Catalogue", incident: Any) -> None:
    rate = words("hourly", hard=incident["hard"], norm=f"{incident['norm']:.1f}")
    if incident["rate"] is not None:
        told = {name: f"{100 * incident[name]:.1f}" for name in ("rate", "norm")}
        rate = words("share", hard=incident["hard"], **told)
    facts = {name: incident[name] for name in ("id", "provider", "begins", "by", "reason")}
    typer.echo(safe(words(f"stage.{incident['stage']}", **facts)))
    typer.echo(f"  {rate}")
    if incident["stage"] == "closed":
        counts = {name: incident[name] for name in ("held", "delivered", "retried")}
        typer.echo("  " + words(f"closed.{incident['outcome']}", **counts))
