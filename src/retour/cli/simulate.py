"""`retour simulate`: what would have happened to an address, step by step."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retour.cli import app
from retour.cli.explain import Language, catalogue_of
from retour.cli.terminal import safe

if TYPE_CHECKING:
    from retour.lifecycle.simulate import Played

DOES_NOT_HOLD = 1
CANNOT_BE_READ = 2

Files = Annotated[list[str], typer.Argument(metavar="FILE.toml...", help="Scenario files; - is stdin.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON array a file, an object a step, on one line.")]


@app.command()
def simulate(files: Files, as_json: AsJson = False, lang: Language = "en") -> None:
    """Play scenarios on the real state machine and show the state after each step.

    Ends with 1 when an expectation does not hold, and with 2 when a file cannot be read.
    """
    catalogue_of(lang)  # refuses a language without texts
    status = 0
    for path in files:
        played = _played(path, lang)
        if played is None:
            status = CANNOT_BE_READ
            continue
        if any(step.differences for step in played):
            status = max(status, DOES_NOT_HOLD)
        _tell(path, played, as_json, lang)
    raise typer.Exit(status)


def _played(path: str, lang: str) -> "list[Played] | None":
    """The file's steps as played; None, once it was said why, when it cannot be read."""
    from retour.lifecycle.scenario import ScenarioError, read_scenario
    from retour.lifecycle.simulate import simulate as play
    from retour.lifecycle.wording import say

    try:
        content = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        return list(play(read_scenario(content)))
    except OSError as error:
        why = error.strerror or type(error).__name__
        typer.echo(say("simulate.no_file", lang, path=safe(path), why=why), err=True)
    except ScenarioError as error:
        typer.echo(say("simulate.unreadable", lang, path=safe(path), told=safe(error.told(lang))), err=True)
    return None


def _tell(path: str, played: "Sequence[Played]", as_json: bool, lang: str) -> None:
    """JSON on standard output, its differences beside it on standard error; or both as one text."""
    from retour.cli.timeline import differences, timeline

    if as_json:
        typer.echo(json.dumps([step.shown for step in played]))
        typer.echo(
            "".join(f"{safe(path)}: {line}\n" for line in differences(played, lang)), err=True, nl=False
        )
    else:
        typer.echo("\n".join([safe(path), *timeline(played, lang), ""]))
