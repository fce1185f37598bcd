"""`retour explain`: what a bounce says, for a person or as JSON."""

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retour.cli import app

if TYPE_CHECKING:
    from retour.cli.messages import Message
    from retour.lifecycle import Policy
    from retour.texts import Catalogue

NO_SUCH_PATH = 2

AsJson = Annotated[bool, typer.Option("--json", help="One line of JSON a message instead of words.")]
Preset = Annotated[str, typer.Option(help="Preset under which the type is read: default, kwiga, emarsys.")]
Language = Annotated[str, typer.Option("--lang", help="Language of the explanation: en, de.")]


@app.command()
def explain(
    paths: Annotated[list[str], typer.Argument(help="Files, directories, Maildirs, mboxes; - is stdin.")],
    as_json: AsJson = False,
    preset: Preset = "default",
    lang: Language = "en",
) -> None:
    """Say what happened to a mail, who refused it, why, and what to do."""
    from retour.cli.messages import messages

    policy, catalogue = policy_of(preset), catalogue_of(lang)
    missing = False
    for path in paths:
        try:
            for message in messages(path):
                _tell(_explained(message, policy), as_json, catalogue)
        except FileNotFoundError:
            missing = True
            typer.echo(f"retour explain: {path!r} does not exist; name a file, a directory or -", err=True)
    if missing:
        raise typer.Exit(NO_SUCH_PATH)


def _explained(message: "Message", policy: "Policy") -> Mapping[str, Any]:
    from retour.flow.judge import explained, judge

    return explained(message.source, judge(message.raw), policy, message.defects)


def _tell(shown: Mapping[str, Any], as_json: bool, catalogue: "Catalogue") -> None:
    if as_json:
        print_json(shown)
        return
    from retour.cli.wording import message_in_words

    typer.echo("\n".join([*message_in_words(shown, catalogue), ""]))


def print_json(shown: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(shown) + "\n")


def policy_of(name: str) -> "Policy":
    from retour.lifecycle import preset

    try:
        return preset(name)
    except (KeyError, ValueError) as fault:
        raise typer.BadParameter(
            f"there is no preset {name!r}; use default, kwiga or emarsys", param_hint="--preset"
        ) from fault


def catalogue_of(lang: str) -> "Catalogue":
    from retour.texts import LANGUAGES, catalogue

    if lang not in LANGUAGES:
        raise typer.BadParameter(
            f"there are no texts in {lang!r}; use {' or '.join(LANGUAGES)}", param_hint="--lang"
        )
    return catalogue(lang)
