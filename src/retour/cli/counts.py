"""`retour counts`: how many bounced addresses each filter of the Overview would find."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from retour.cli import app
from retour.cli.asked import Account, client_of
from retour.cli.send import API, Key, Language, Url
from retour.cli.terminal import safe

if TYPE_CHECKING:
    from retour.cli.client import Client
    from retour.texts import Catalogue

_FILTERS = ("status", "state", "type", "reason", "kind", "provider")


@app.command()
def counts(
    key: Key,
    status: Annotated[
        str, typer.Option(help="valid: bounced, still active; held: of these, held back; invalid: stopped.")
    ] = "",
    type: Annotated[str, typer.Option(help="hard, soft or block.")] = "",
    reason: Annotated[str, typer.Option(help="As `retour advice` names them.")] = "",
    kind: Annotated[str, typer.Option(help="Mail kind of the send: mailing, automation, system.")] = "",
    provider: Annotated[str, typer.Option(help="Of consumer mailboxes: gmail, microsoft …")] = "",
    campaign: Annotated[str, typer.Option(help="Of one email alone.")] = "",
    campaigns: Annotated[
        bool, typer.Option("--campaigns", help="By email instead, the most first; without other filters.")
    ] = False,
    account: Account = "",
    api: Url = API,
    lang: Language = "en",
) -> None:
    """Count bounced addresses, each filter under the others that are given."""
    client, words = client_of(api, key, lang, "rates")
    of = {"account": account} if account else {}
    chosen = {
        "status": status, "type": type, "reason": reason, "kind": kind, "provider": provider,
        "campaign": campaign,
    }  # fmt: skip
    asked = {name: value for name, value in chosen.items() if value}
    if campaigns:
        _by_campaign(client, words, asked, of)
        return
    found = client.get("/v1/counts", **asked, **of)
    typer.echo(words("counts.addresses", count=found["addresses"]))
    for name in _FILTERS:
        typer.echo(safe(words("counts.line", filter=words(f"counts.{name}"), told=_told(found[name]))))


def _by_campaign(client: "Client", words: "Catalogue", asked: dict[str, str], of: dict[str, str]) -> None:
    if asked:
        raise typer.BadParameter(words("counts.alone", filter=next(iter(asked))), param_hint="--campaigns")
    found = client.get("/v1/counts/campaigns", **of)["campaigns"]
    for each in found:
        typer.echo(safe(words("counts.campaign", campaign=each["campaign"], count=each["addresses"])))
    if not found:
        typer.echo(words("counts.no_campaigns"), err=True)


def _told(values: dict[str, Any]) -> str:
    """The values as they are written in a filter, the most first."""
    most = sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{value} {count}" for value, count in most) or "-"
