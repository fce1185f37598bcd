"""An operator's own rules, for the commands that take them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retour.cli.terminal import safe

if TYPE_CHECKING:
    from retour.classify import Classifier
    from retour.flow.own_rules import OwnRulesError

FAULTS = 1

Rules = Annotated[
    list[Path] | None,
    typer.Option("--rules", help="File of your own rules, tried before ours; may be given several times."),
]


def classifier_of(paths: list[Path] | None, lang: str) -> "Classifier":
    """The rules of these files before ours. Ends the command with every fault of files that have some."""
    from retour.classify import classifier
    from retour.flow.own_rules import OwnRulesError, classifier_with, read

    if not paths:
        return classifier()
    try:
        return classifier_with(read(paths))
    except OwnRulesError as error:
        raise refused(error, lang) from error


def refused(error: "OwnRulesError", lang: str) -> typer.Exit:
    """Say every fault, a line each; the exception that ends the command."""
    from retour.flow.own_rules import in_words
    from retour.texts import catalogue

    texts = catalogue(f"rules.{lang}")
    for found in error.found:
        typer.echo(safe(in_words(found, texts)), err=True)
    return typer.Exit(FAULTS)
