"""`retour correct`: what was probably meant by an address, and the correction that its contact confirms."""

from typing import Annotated, Any

import typer

from retour.cli import app
from retour.cli.asked import Account, client_of
from retour.cli.send import API, Key, Language, Url
from retour.cli.terminal import safe

_NOTHING = 1


@app.command()
def correct(
    old: Annotated[str, typer.Argument(help="The address as it stands.")],
    key: Key,
    new: Annotated[str, typer.Argument(help="The right one; left out, what was meant is suggested.")] = "",
    reason: Annotated[str, typer.Option(help="Why; kept with the correction.")] = "",
    name: Annotated[str, typer.Option(help="Name of the contact, for a suggestion.")] = "",
    sibling: Annotated[list[str] | None, typer.Option(help="Another address of the contact.")] = None,
    confirm: Annotated[
        bool | None,
        typer.Option("--confirm/--no-confirm", help="Ask the contact first; left out: as the policy says."),
    ] = None,
    days: Annotated[int, typer.Option(help="How long the link works.")] = 7,
    account: Account = "",
    api: Url = API,
    lang: Language = "en",
) -> None:
    """Correct an address; mail to the new one waits for its contact to confirm it, if the account asks."""
    client, words = client_of(api, key, lang, "correction")
    more = {"account": account} if account else {}
    if not new:
        asked = {"address": old, "name": name, "siblings": sibling or []}
        _suggest(client.post("/v1/corrections/suggest", asked | more), words)
        return
    wish = {"old": old, "new": new, "reason": reason, "confirm": confirm, "days": days}
    _told(client.post("/v1/corrections", wish | more), words, client.language)


def _suggest(answer: dict[str, Any], words: Any) -> None:
    for each in answer["suggestions"]:
        why = "; ".join(hint["told"] for hint in each["hints"])
        line = words("command.suggestion", address=each["address"], odds=f"{each['odds']:g}", why=why)
        typer.echo(safe(line))
    if not answer["suggestions"]:
        typer.echo(safe(words("command.none", address=answer["address"])), err=True)
        raise typer.Exit(_NOTHING)


def _told(made: dict[str, Any], words: Any, language: str) -> None:
    typer.echo(safe(made["told"]))
    if made["url"]:
        letter = made["letters"][language]
        typer.echo(words("command.url", url=made["url"]))
        typer.echo("\n" + words("command.letter", subject=letter["subject"]) + "\n" + letter["text"])
    elif made["token"]:
        typer.echo(words("command.token", token=made["token"]))
