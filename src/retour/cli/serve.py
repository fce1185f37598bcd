"""`retour serve`: everything in one process tree. Needs the extra [server], and says so."""

from pathlib import Path
from typing import Annotated

import typer

from retour.cli import app
from retour.cli.store import Language

CANNOT_START = 1


@app.command()
def serve(
    config: Annotated[
        Path | None, typer.Option(help="Settings; default: retour.toml here, if it is there.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Data directory; over the setting data_dir.")] = None,
    demo: Annotated[
        bool,
        typer.Option(
            "--demo",
            help="Make a demo account and a mailbox simulator in data/demo or --data; it shows what to try.",
        ),
    ] = False,
    lang: Language = "en",
) -> None:
    """Run the API, the SMTP and LMTP inlets, the Postfix policy service and the worker."""
    from retour.cli.explain import catalogue_of
    from retour.texts import catalogue

    language = catalogue_of(lang).language
    try:
        from retour import serving
    except ModuleNotFoundError as error:
        typer.echo(catalogue(f"serve.{language}")("extra", missing=error.name), err=True)
        raise typer.Exit(CANNOT_START) from error
    raise typer.Exit(serving.run(config, data, demo=demo, lang=language))
