"""The plain form of the commands that read streams, without the command-line library.

Options are those of `explain.py`, `classify.py` and `check_address.py`. What is not certainly right is left
to them, so that help and mistakes have one place.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

COMMANDS = ("explain", "classify", "check-address")


@dataclass
class Plain:
    """A command line in its plain form."""

    paths: list[str] = field(default_factory=list)
    as_json: bool = False
    options: dict[str, str] = field(default_factory=dict)


def run(words: Sequence[str]) -> int | None:
    """Do what a plain command line says and return the exit status; None when it is not for us."""
    if not words or words[0] not in COMMANDS:
        return None
    given = read(words[1:])
    if given is None:
        return None
    if words[0] == "check-address":
        return _check(given)
    _compile_rules()
    from retour.cli import stream

    shown = stream.showing(given.as_json, given.options.get("preset"), given.options.get("lang"))
    if shown is None:
        return None
    source = given.options.get("files-from")
    if words[0] == "classify":
        return None if given.paths or source else stream.classify(shown)
    return stream.explain(given.paths, source, shown) if given.paths or source else None


def _check(given: Plain) -> int | None:
    from retour.texts import LANGUAGES

    language = given.options.pop("lang", LANGUAGES[0])
    if given.paths or given.options or language not in LANGUAGES:
        return None
    from retour.cli.addresses import check

    return check(given.as_json, language)


def _compile_rules() -> None:
    """Before all else is loaded: it takes more memory than anything after it, which then uses that again."""
    from retour.classify import classify
    from retour.model import Kind, Report

    classify(Report(Kind.BOUNCE, diagnostic="550"))


def read(words: Sequence[str]) -> Plain | None:
    """The words of a plain command line; None when one of them is anything else."""
    given = Plain()
    rest = iter(words)
    for word in rest:
        name, equals, value = word.removeprefix("--").partition("=")
        if word == "--":
            given.paths += rest
        elif word == "--json":
            given.as_json = True
        elif word.startswith("--") and name in ("preset", "lang", "files-from"):
            given.options[name] = value if equals else next(rest, "")
            if not given.options[name]:
                return None
        elif word.startswith("-") and word != "-":
            return None
        else:
            given.paths.append(word)
    return given
