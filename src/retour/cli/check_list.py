"""`retour check-list`: a list of contacts checked before it is imported, whatever its size."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retour.cli import app
from retour.cli.store import Language, ended
from retour.cli.terminal import safe

if TYPE_CHECKING:
    from retour.flow.listcheck import Step
    from retour.texts import Catalogue


@app.command("check-list")
def check_list(
    file: Annotated[
        Path, typer.Argument(help="CSV of any layout and encoding, XLSX, or one address a line.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="Directory of the results; else beside the list, as NAME.checked.")
    ] = None,
    column: Annotated[
        str, typer.Option(help="Name or number of the column of addresses; else it is found.")
    ] = "",
    lang: Language = "en",
) -> None:
    """Check a list: what may be written to, what to correct, what to look at, what to drop, and why.

    Ctrl-C stops it; the same command goes on where it was left.
    """
    from retour.cli.explain import catalogue_of
    from retour.clock import SystemClock
    from retour.flow import listcheck
    from retour.flow.lists import Defect
    from retour.instants import text
    from retour.texts import catalogue

    words = catalogue(f"listcheck.{catalogue_of(lang).language}")
    chosen = out or file.with_name(f"{file.name}.checked")
    try:
        with file.open("rb") as opened:
            source = listcheck.open_source(opened, column)
            if isinstance(source, Defect):
                raise ended(f"{safe(str(file))}: {words(f'fault.{source.code}', value=safe(source.value))}")
            at = text(SystemClock().now())
            order = listcheck.Order(file.name, opened, source, listcheck.Knowledge(), chosen, at)
            for step in listcheck.check_list(order):
                _told(step, words)
    except listcheck.OtherResultsError as error:
        raise ended(words("fault.other_results", out=safe(str(chosen)))) from error
    except listcheck.BrokenWorkbookError as error:
        raise ended(f"{safe(str(file))}: {words(f'fault.{error.code}')}") from error
    except OSError as error:
        path = safe(str(error.filename or chosen))
        raise ended(words("fault.unreadable", path=path, reason=error.strerror)) from error
    _sum(chosen, words)


def _told(step: "Step", words: "Catalogue") -> None:
    """How far it is, on a terminal, in one line that is written anew."""
    import sys

    if sys.stderr.isatty():
        told = {"rows": step.done, "done": step.done, "total": step.total, "covered": f"{step.covered:.1%}"}
        typer.echo(f"\r{words(f'said.{step.stage}', **told)}   ", err=True, nl=False)


def _sum(out: Path, words: "Catalogue") -> None:
    import json
    import sys

    report = json.loads((out / "report.json").read_text("utf-8"))
    if sys.stderr.isatty():
        typer.echo("", err=True)
    typer.echo(words("said.done", rows=report["rows"], **report["piles"]))
    typer.echo(words("said.report", path=safe(str(out / f"report.{words.language.partition('.')[2]}.html"))))
