"""`retour waves`: addresses given back or stopped by query, by the support of a platform."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from retour.cli.asked import NONE, Account, Where, client_of, conditions, waited
from retour.cli.commands import app
from retour.cli.previews import of
from retour.cli.send import API, Key, Language, Url
from retour.cli.terminal import safe

if TYPE_CHECKING:
    from retour.texts import Catalogue

waves = typer.Typer(help="Give back or stop by query: plan, apply, undo.", no_args_is_help=True)
app.add_typer(waves, name="waves")

Id = Annotated[str, typer.Argument(help="As `retour waves list` shows it.")]
_MOST = 5  # reasons and providers that are told


@waves.command("plan")
def plan(
    act: Annotated[str, typer.Argument(help="restore or stop.")],
    key: Key,
    reason: Annotated[str, typer.Option(help="Why; kept in the ledger.")],
    where: Where = NONE,
    state: Annotated[str, typer.Option(help="Addresses in this state alone.")] = "",
    account: Account = "",
    api: Url = API,
    lang: Language = "en",
) -> None:
    """Find and count the addresses; nothing is done."""
    client, words = client_of(api, key, lang)
    body = {"act": act, "filter": conditions(where), "reason": reason, "state": state or None}
    job = client.post(f"/v1/waves{of(account)}", body)
    result = waited(client, job, account, lang)
    _tell(words, result)
    typer.echo(words("said.planned", id=result["wave"], count=result["addresses"]))


@waves.command("list")
def list_(key: Key, account: Account = "", api: Url = API, lang: Language = "en") -> None:
    """Show waves, the latest first."""
    client, words = client_of(api, key, lang)
    found = client.get("/v1/waves", **({"account": account} if account else {}))["waves"]
    for each in found:
        typer.echo(safe(words("said.wave", **_facts(each))))
    if not found:
        typer.echo(words("said.no_waves"), err=True)


@waves.command("show")
def show(id: Id, key: Key, account: Account = "", api: Url = API, lang: Language = "en") -> None:
    """Show one, with its preview."""
    client, words = client_of(api, key, lang)
    wave = client.get(f"/v1/waves/{client.quoted(id)}", **({"account": account} if account else {}))
    typer.echo(safe(words("said.wave", **_facts(wave))))
    if wave["preview"]:
        _tell(words, wave["preview"])


@waves.command("apply")
def apply(
    id: Id,
    key: Key,
    count: Annotated[int, typer.Option(help="How many addresses the preview showed.")],
    account: Account = "",
    api: Url = API,
    lang: Language = "en",
) -> None:
    """Do what was planned; not with the key that planned it."""
    client, words = client_of(api, key, lang)
    path = f"/v1/waves/{client.quoted(id)}"
    wave = client.get(path, **({"account": account} if account else {}))
    asked = {name: value for name, value in (wave["filter"] or {}).items() if value is not None}
    job = client.post(f"{path}/apply{of(account)}", {"filter": asked, "count": count})
    waited(client, job, account, lang)
    typer.echo(words("said.applied", id=id, count=count))


@waves.command("undo")
def undo(id: Id, key: Key, account: Account = "", api: Url = API, lang: Language = "en") -> None:
    """Take one back, as though it had never been."""
    client, words = client_of(api, key, lang)
    waited(client, client.post(f"/v1/waves/{client.quoted(id)}/undo{of(account)}", {}), account, lang)
    typer.echo(words("said.undone", id=id))


@waves.command("drop")
def drop(id: Id, key: Key, account: Account = "", api: Url = API, lang: Language = "en") -> None:
    """Drop one that is planned."""
    client, words = client_of(api, key, lang)
    client.delete(f"/v1/waves/{client.quoted(id)}", **({"account": account} if account else {}))
    typer.echo(words("said.wave_dropped", id=id))


def _facts(wave: Any) -> dict[str, Any]:
    return {name: wave[name] for name in ("id", "at", "act", "stage", "planned", "actor", "reason")}


def _tell(words: "Catalogue", preview: Any) -> None:
    typer.echo(words("said.preview", count=preview["addresses"], active=preview["active"]))
    for sort in ("reasons", "providers"):
        most = list(preview[sort].items())[:_MOST]
        typer.echo(safe("  " + ", ".join(f"{name or '…'} {count}" for name, count in most)))
    if preview["samples"]:
        typer.echo(safe("  " + ", ".join(preview["samples"])))
