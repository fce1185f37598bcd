"""`retour rates`: how much bounces, what that means, and what was spared."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from retour.cli import app
from retour.cli.asked import Account, client_of
from retour.cli.send import API, Key, Language, Url
from retour.cli.terminal import safe

if TYPE_CHECKING:
    from retour.texts import Catalogue


@app.command()
def rates(
    key: Key,
    by: Annotated[str, typer.Option(help="Rows: total, provider, campaign, day.")] = "total",
    since: Annotated[str, typer.Option(help="ISO 8601 with zone; thirty days back if left out.")] = "",
    until: Annotated[str, typer.Option(help="ISO 8601 with zone; now if left out.")] = "",
    account: Account = "",
    api: Url = API,
    lang: Language = "en",
) -> None:
    """Bounce rates against the limits of providers, in words, and the sends that were avoided."""
    from retour.flow.rates import percent

    client, words = client_of(api, key, lang, "rates")
    asked = {"by": by, "since": since, "until": until, "account": account}
    answer = client.get("/v1/rates", **{name: value for name, value in asked.items() if value})
    for row in answer["rates"]:
        for line in _lines(row, answer["by"], words):
            typer.echo(safe(line))
    if not answer["rates"]:
        typer.echo(words("command.none"), err=True)
    avoided = answer["avoided"]
    typer.echo(words("command.avoided", **avoided))
    whole = answer["rates"][0] if answer["by"] == "total" else None
    if whole and avoided["total"] and whole["rate"] is not None:
        told = {name: percent(whole[name], client.language) for name in ("without", "rate")}
        typer.echo(words("command.without", **told))


def _lines(row: dict[str, Any], by: str, words: "Catalogue") -> list[str]:
    of = row["of"] or (words(f"by.{by}") if f"by.{by}" in words else "")
    types = words("command.types", **row["types"], delivered=row["delivered"], sent=row["sent"])
    return [words("command.line", of=of, told=row["told"]), types]
