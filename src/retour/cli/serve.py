"""`retour serve`: everything in one process tree. Needs the extra [server], and says so."""

from pathlib import Path
from typing import Annotated

import typer

from retour.cli import app

CANNOT_START = 1
EXTRA = (
    "retour serve needs packages that are not installed ({missing}); install them with: "
    'pip install "retour[server]"'
)


@app.command()
def serve(
    config: Annotated[
        Path | None, typer.Option(help="Settings; default: retour.toml here, if it is there.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Data directory; over the setting data_dir.")] = None,
    demo: Annotated[
        bool,
        typer.Option("--demo", help="Make a demo account and a mailbox simulator, and show what to try."),
    ] = False,
) -> None:
    """Run the API, the SMTP and LMTP inlets, the Postfix policy service and the worker."""
    try:
        from retour import serving
    except ModuleNotFoundError as error:
        typer.echo(EXTRA.format(missing=error.name), err=True)
        raise typer.Exit(CANNOT_START) from error
    raise typer.Exit(serving.run(config, data, demo=demo))
