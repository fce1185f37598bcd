"""`retour check-address`: addresses, one a line, checked without a network; for a person or as JSON."""

from typing import Annotated

import typer

from retour.cli import app
from retour.cli.explain import Language, catalogue_of


@app.command("check-address")
def check_address(
    as_json: Annotated[
        bool, typer.Option("--json", help="One line of JSON an address instead of words.")
    ] = False,
    lang: Language = "en",
    known: Annotated[
        list[str] | None,
        typer.Option(
            "--known", help="A domain where your mail arrives: it is real, and may have been meant."
        ),
    ] = None,
) -> None:
    """Check addresses, one a line on standard input: standard, practice, reasons, suggestion. No network."""
    from retour.cli.addresses import check

    raise typer.Exit(check(as_json, catalogue_of(lang).language, known or ()))
