"""`retour advice`: what to do about a reason, with the letters that fit."""

from typing import Annotated

import typer

from retour.cli.commands import app
from retour.cli.explain import catalogue_of
from retour.cli.store import Language

USAGE = 2


@app.command()
def advice(
    reason: Annotated[str, typer.Argument(help="A reason, such as mailbox_full.")],
    lang: Language = "en",
) -> None:
    """What a reason means, who must act, what to do, and letters to the contact and the postmaster."""
    from retour.flow.advice import Letter, on_reason
    from retour.model import Reason
    from retour.texts import catalogue

    language = catalogue_of(lang).language
    words = catalogue(f"advice.{language}")
    if reason not in list(Reason):
        typer.echo(words("command.no_reason", reason=reason, known=", ".join(Reason)), err=True)
        raise typer.Exit(USAGE)
    found = on_reason(Reason(reason), language)
    for line in (found.what, f"{words('command.who')}: {found.who}", found.do, found.insist):
        typer.echo(line)
    for title, letter in (("contact", found.contact), ("postmaster", found.postmaster)):
        if isinstance(letter, Letter):
            typer.echo(f"\n--- {words(f'command.{title}')} ---\n{letter.subject}\n\n{letter.text}", nl=False)
