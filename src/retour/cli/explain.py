"""`retour explain`: what a bounce says, for a person or as JSON."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retour.cli import app
from retour.cli.own_rules import Rules, classifier_of
from retour.cli.terminal import safe

if TYPE_CHECKING:
    from retour.cli.stream import Showing
    from retour.parse.providers.generic import Map
    from retour.texts import Catalogue

AsJson = Annotated[bool, typer.Option("--json", help="One line of JSON a message instead of words.")]
Preset = Annotated[str, typer.Option(help="Preset under which the type is read: default, kwiga, emarsys.")]
Language = Annotated[str, typer.Option("--lang", help="Language of the explanation: en, de.")]


@app.command()
def explain(
    paths: Annotated[
        list[str] | None, typer.Argument(help="Files, directories, Maildirs, mboxes; - is stdin.")
    ] = None,
    as_json: AsJson = False,
    preset: Preset = "default",
    rules: Rules = None,
    lang: Language = "en",
    files_from: Annotated[
        str | None, typer.Option("--files-from", help="A file with one path a line; - is stdin.")
    ] = None,
    form: Annotated[
        str,
        typer.Option(
            "--as", help="What the files are: mail, a log (postfix-log, exim-log), posts (ses ...)."
        ),
    ] = "mail",
    mapping: Annotated[
        Path | None, typer.Option("--mapping", help="With --as generic: a file that says where fields stand.")
    ] = None,
) -> None:
    """Say what happened to a mail, who refused it, why, and what to do."""
    from retour.cli import stream

    how = showing(as_json, preset, rules, lang)
    if not paths and not files_from:
        raise typer.BadParameter(how.say("error.nothing_named"), param_hint="PATHS")
    if form not in stream.FORMS:
        told = how.say("error.no_form", name=safe(form), known=", ".join(stream.FORMS))
        raise typer.BadParameter(told, param_hint="--as")
    if mapping is not None:
        how = replace(how, mapping=map_in(mapping, how))
    raise typer.Exit(stream.explain(paths or [], files_from, how, form))


def map_in(path: "Path", how: "Showing") -> "Map":
    """The mapping of a file. What is wrong with it ends the command."""
    from retour.parse.providers.generic import Wrong, map_of

    try:
        found = map_of(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        found = Wrong("mapping_no_toml", str(error))
    if isinstance(found, Wrong):
        told = how.say(f"error.{found.name}", path=safe(str(path)), what=safe(found.what))
        raise typer.BadParameter(told, param_hint="--mapping")
    return found


def showing(as_json: bool, preset: str, rules: "list[Path] | None", lang: str) -> "Showing":
    """How answers are made and shown. What there is not, or is at fault, ends the command with its reason."""
    from retour.cli import stream
    from retour.lifecycle import preset_names

    texts = catalogue_of(lang)
    how = stream.showing(as_json, preset, lang, classifier_of(rules, texts.language))
    if how is None:
        told = texts("error.no_preset", name=safe(preset), known=", ".join(preset_names()))
        raise typer.BadParameter(told, param_hint="--preset")
    return how


def catalogue_of(lang: str) -> "Catalogue":
    """The texts of a language. One that there are none in ends the command with status 2."""
    from retour.texts import LANGUAGES, catalogue

    if lang not in LANGUAGES:
        raise typer.BadParameter(
            f"there are no texts in {lang!r}; use {' or '.join(LANGUAGES)}", param_hint="--lang"
        )
    return catalogue(lang)
