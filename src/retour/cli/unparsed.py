"""`retour unparsed`: what no rule knows, grouped by shape; a rule to begin with; judged again."""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retour.cli import app
from retour.cli.own_rules import Rules, classifier_of
from retour.cli.store import (
    Config,
    Language,
    ended,
    known_directory,
    looked_at,
    mappings,
    rule_files,
    words_of,
)
from retour.cli.terminal import safe

if TYPE_CHECKING:
    from retour.flow.shapes import Group, Grouped
    from retour.texts import Catalogue

NO_SUCH_GROUP = 2
_SHOWN = 60  # characters of a shape in the list

Data = Annotated[
    Path | None, typer.Option("--data", envvar="RETOUR_DATA_DIR", help="Data directory; is only read.")
]
Kept = Annotated[
    Path | None, typer.Option("--data", envvar="RETOUR_DATA_DIR", help="Data directory to work on.")
]
Undetermined = Annotated[
    bool, typer.Option("--undetermined", help="Bounces whose cause nothing told, instead of the queue.")
]
Last = Annotated[int | None, typer.Option("--last", min=1, help="Only the latest so many; else all.")]
AsJson = Annotated[bool, typer.Option("--json", help="One line of JSON a group instead of words.")]
Late = Annotated[
    bool,
    typer.Option(
        "--late", help="Those posts alone that came days after what they tell; their deliveries are counted."
    ),
]
Id = Annotated[str, typer.Argument(help="Id of a group, as `retour unparsed list` prints it.")]

unparsed = typer.Typer(no_args_is_help=True)
app.add_typer(unparsed, name="unparsed", help="What no rule knows, grouped by shape; rules to begin with.")


@unparsed.command("list")
def list_groups(
    data: Data = None,
    config: Config = None,
    undetermined: Undetermined = False,
    last: Last = None,
    as_json: AsJson = False,
    lang: Language = "en",
) -> None:
    """The groups, the largest first: id, mails, when first and last seen, the words of their shape."""
    words = _words(lang)
    with _grouped(data, config, undetermined, last, lang) as found:
        for group in found.groups:
            typer.echo(json.dumps(_shape(group)) if as_json else _line(group, words))
        if found.others:
            typer.echo(words("say.others", count=found.others), err=True)
        if not found.groups:
            typer.echo(words("say.none"), err=True)


@unparsed.command()
def show(
    id: Id,
    data: Data = None,
    config: Config = None,
    undetermined: Undetermined = False,
    last: Last = None,
    as_json: AsJson = False,
    lang: Language = "en",
) -> None:
    """One group with its latest text."""
    words = _words(lang)
    with _group(id, data, config, undetermined, last, lang) as group:
        if as_json:
            typer.echo(json.dumps({**_shape(group), "text": group.text}))
            return
        for label, value in _facts(group):
            typer.echo(f"{words(f'label.{label}'):11} {safe(value)}")
        typer.echo("")
        for line in group.text.splitlines():
            typer.echo(f"  {safe(line)}")


@unparsed.command()
def stub(
    id: Id,
    data: Data = None,
    config: Config = None,
    undetermined: Undetermined = False,
    last: Last = None,
    lang: Language = "en",
) -> None:
    """A rule to begin with, for a file of your own: say its reason, and keep the words that tell it."""
    from retour.flow.stub import stub

    words = _words(lang)
    with _group(id, data, config, undetermined, last, lang) as group:
        written = stub(group, not undetermined, words)
    if written is None:
        raise ended(words("fault.no_words"))
    typer.echo(f"# {words('stub.commands')}\n{written}", nl=False)


@unparsed.command()
def retry(
    data: Kept = None,
    config: Config = None,
    rules: Rules = None,
    late: Late = False,
    lang: Language = "en",
) -> None:
    """Judge everything in the queue again, under the rules of now. Nothing else is touched."""
    from retour.cli.data_dir import DataDir, Down
    from retour.ports import Outcome

    words, told = words_of(lang), _words(lang)
    directory = known_directory(data, config, words)
    own = classifier_of(rules or rule_files(config, words), lang)
    try:
        with closing(DataDir(directory, own, mappings(config, words))) as opened:
            number = opened.again(late)
            if number and opened.judge(()) is None:
                typer.echo(told("say.left_to_server", count=number))
                return
            left = opened.counts()[Outcome.UNPARSED]
            if late:
                typer.echo(told("say.counted", count=number))
                return
    except Down as error:
        raise ended(words("fault.down", reason=safe(str(error)))) from error
    typer.echo(told("say.retried", count=number, understood=max(number - left, 0), left=left))


@contextmanager
def _grouped(
    data: Path | None, config: Path | None, undetermined: bool, last: int | None, lang: str
) -> "Iterator[Grouped]":
    from retour.flow import shapes

    with looked_at(data, config, words_of(lang)) as (store, inbox, _):
        if undetermined:
            yield shapes.grouped(shapes.undetermined(store.ledger, last))
        else:
            yield shapes.grouped(shapes.unparsed(inbox, last))


@contextmanager
def _group(
    id: str, data: Path | None, config: Path | None, undetermined: bool, last: int | None, lang: str
) -> "Iterator[Group]":
    with _grouped(data, config, undetermined, last, lang) as found:
        group = found.group(id)
        if group is None:
            typer.echo(_words(lang)("fault.no_group", id=safe(id)), err=True)
            raise typer.Exit(NO_SUCH_GROUP)
        yield group


def _shape(group: "Group") -> Mapping[str, Any]:
    from retour.instants import text

    return {
        "id": group.id,
        "count": group.count,
        "first": text(group.first),
        "last": text(group.last),
        "inlets": group.inlets,
        "examples": group.examples,
        "shape": group.shape,
    }


def _line(group: "Group", words: "Catalogue") -> str:
    from retour.instants import text

    shape = group.shape or words("say.no_words")
    cut = shape if len(shape) <= _SHOWN else f"{shape[:_SHOWN]}…"
    first, last = text(group.first)[:10], text(group.last)[:10]
    return f"{group.id}  {group.count:6}  {first}  {last}  {safe(cut)}"


def _facts(group: "Group") -> list[tuple[str, str]]:
    from retour.instants import text

    return [
        ("id", group.id),
        ("count", str(group.count)),
        ("first", text(group.first)),
        ("last", text(group.last)),
        ("inlets", ", ".join(group.inlets)),
        ("examples", ", ".join(group.examples)),
        ("shape", group.shape),
    ]


def _words(lang: str) -> "Catalogue":
    from retour.cli.explain import catalogue_of
    from retour.texts import catalogue

    return catalogue(f"unparsed.{catalogue_of(lang).language}")
