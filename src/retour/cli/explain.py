"""`retour explain`: what a bounce says, for a person or as JSON."""

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retour.cli import app
from retour.cli.own_rules import Rules, classifier_of
from retour.cli.terminal import safe

if TYPE_CHECKING:
    from retour.classify import Classifier, Rulebook
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
    rules: Rules = None,
    lang: Language = "en",
) -> None:
    """Say what happened to a mail, who refused it, why, and what to do."""
    from retour.cli.messages import messages

    texts = catalogue_of(lang)
    policy = policy_of(preset, texts)
    own = classifier_of(rules, texts.language)
    missing = False
    for path in paths:
        try:
            for message in messages(path):
                _tell(_explained(message, policy, own), as_json, texts, own.book)
        except FileNotFoundError:
            missing = True
            typer.echo(texts("error.no_path", path=safe(path)), err=True)
    if missing:
        raise typer.Exit(NO_SUCH_PATH)


def _explained(message: "Message", policy: "Policy", rules: "Classifier") -> Mapping[str, Any]:
    from retour.flow.judge import explained, judge

    return explained(message.source, judge(message.raw, rules), policy, message.defects)


def _tell(shown: Mapping[str, Any], as_json: bool, texts: "Catalogue", book: "Rulebook") -> None:
    if as_json:
        print_json(shown)
        return
    from retour.cli.wording import message_in_words

    typer.echo("\n".join([*message_in_words(shown, texts, book), ""]))


def print_json(shown: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(shown) + "\n")


def policy_of(name: str, texts: "Catalogue") -> "Policy":
    """The policy of a preset. A name that is none ends the command with status 2."""
    from retour.lifecycle import preset, preset_names

    if name not in preset_names():
        known = ", ".join(preset_names())
        raise typer.BadParameter(
            texts("error.no_preset", name=safe(name), known=known), param_hint="--preset"
        )
    return preset(name)


def catalogue_of(lang: str) -> "Catalogue":
    """The texts of a language. One that there are none in ends the command with status 2."""
    from retour.texts import LANGUAGES, catalogue

    if lang not in LANGUAGES:
        raise typer.BadParameter(
            f"there are no texts in {lang!r}; use {' or '.join(LANGUAGES)}", param_hint="--lang"
        )
    return catalogue(lang)
