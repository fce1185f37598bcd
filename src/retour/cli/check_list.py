"""`retour check-list`: a list of contacts checked before it is imported, whatever its size."""

import re
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retour.cli import app
from retour.cli.store import Data, Language, ended, looked_at, words_of
from retour.cli.terminal import safe

if TYPE_CHECKING:
    from retour.flow.listcheck import Asking, Knowledge, Rates, Source, Step
    from retour.flow.listcheck.external import Validator
    from retour.texts import Catalogue


@app.command("check-list")
def check_list(
    file: Annotated[
        Path, typer.Argument(help="CSV of any layout and encoding, XLSX, or one address a line.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Directory of the results; else beside the list, as NAME.checked, or NAME.SHEET.checked."
        ),
    ] = None,
    column: Annotated[
        str, typer.Option(help="Name or number of the column of addresses; else it is found.")
    ] = "",
    encoding: Annotated[
        str, typer.Option(help="Encoding of the list, such as windows-1252; else it is found.")
    ] = "",
    sheet: Annotated[
        str,
        typer.Option(help="Name or number of the sheet of a workbook; else the one with most addresses."),
    ] = "",
    resolver: Annotated[
        str,
        typer.Option(help="DNS resolver of your own: 127.0.0.1:53, or system; else none is asked."),
    ] = "",
    data: Data = None,
    account: Annotated[str, typer.Option(help="With --data: the account whose history counts.")] = "",
    external: Annotated[
        str, typer.Option(help="Ask the installed plug-in of this name about every address.")
    ] = "",
    lang: Language = "en",
) -> None:
    """Check a list: what may be written to, what to correct, what to look at, what to drop, and why.

    Ctrl-C stops it; the same command goes on where it was left.
    """
    from retour.cli.explain import catalogue_of
    from retour.clock import SystemClock
    from retour.collector import collect_seldom
    from retour.flow import listcheck
    from retour.flow.lists import Defect
    from retour.instants import text
    from retour.texts import catalogue

    words = catalogue(f"listcheck.{catalogue_of(lang).language}")
    chosen = out or _beside(file, sheet)
    try:
        with file.open("rb") as opened, ExitStack() as held:
            source = listcheck.open_source(opened, column, encoding, sheet)
            if isinstance(source, Defect):
                raise ended(f"{safe(str(file))}: {words(f'fault.{source.code}', value=safe(source.value))}")
            know, rates = _known(data, account, lang, source, held)
            at, asking = text(SystemClock().now()), _asking(resolver, data, chosen, words)
            asked = _external(external, words)
            order = listcheck.Order(
                file.name, opened, source, know, chosen, at, asking, rates=rates, external=asked
            )
            collect_seldom()
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


def _beside(file: Path, sheet: str) -> Path:
    """The directory of the results; each sheet that somebody names has one of its own."""
    of_sheet = "." + re.sub(r"[^\w -]", "_", sheet) if sheet else ""
    return file.with_name(f"{file.name}{of_sheet}.checked")


def _known(
    data: Path | None, account: str, lang: str, source: "Source", held: ExitStack
) -> "tuple[Knowledge, Rates | None]":
    """What the account's history says, to be read while it is `held`; nothing without an account."""
    from retour.clock import SystemClock
    from retour.flow.listcheck import Knowledge, known_of
    from retour.texts import catalogue

    if not account:
        return Knowledge(), None
    words = words_of(lang)
    store, _, _ = held.enter_context(looked_at(data, None, words))
    now = SystemClock().now()
    try:
        return known_of(account, store.ledger, store.sends, store.tallies, now, source.addresses())
    except KeyError as error:
        told = catalogue(f"listcheck.{words.language.partition('.')[2]}")
        raise ended(told("fault.no_account", value=safe(account))) from error


def _external(name: str, words: "Catalogue") -> "Validator | None":
    from retour.flow.listcheck.external import BrokenValidatorError, validator

    try:
        found = validator(name) if name else None
    except BrokenValidatorError as error:
        told = words("fault.broken_external", value=safe(name), fault=safe(str(error)))
        raise ended(told) from error
    if name and found is None:
        raise ended(words("fault.no_external", value=safe(name)))
    return found


def _asking(resolver: str, data: Path | None, out: Path, words: "Catalogue") -> "Asking | None":
    """Whom to ask; what was answered is kept in the data directory, else beside the results."""
    if not resolver:
        return None
    from retour.clock import SystemClock
    from retour.flow.listcheck import Asking
    from retour.resolve import DnsResolver, server_of
    from retour.stores.sqlite.domains import DOMAINS, SqliteDomains

    server = server_of(resolver)
    if server is None:
        raise ended(words("fault.no_resolver", value=safe(resolver)))
    return Asking(DnsResolver(server, SqliteDomains((data or out) / DOMAINS), SystemClock()))


def _told(step: "Step", words: "Catalogue") -> None:
    """How far it is, on a terminal, in one line that is written anew."""
    import sys

    if sys.stderr.isatty():
        told = {"rows": step.done, "done": step.done, "total": step.total, "covered": f"{step.covered:.1%}"}
        typer.echo(f"\r{words(f'said.{step.stage}', **told)}   ", err=True, nl=False)


def _sum(out: Path, words: "Catalogue") -> None:
    import json
    import sys

    from retour.flow.listcheck.told import flaws_told

    report = json.loads((out / "report.json").read_text("utf-8"))
    if sys.stderr.isatty():
        typer.echo("", err=True)
    typer.echo(words("said.done", rows=report["rows"], **report["piles"]))
    for told in flaws_told(report, words):
        typer.echo(told)
    typer.echo(words("said.report", path=safe(str(out / f"report.{words.language.partition('.')[2]}.html"))))
