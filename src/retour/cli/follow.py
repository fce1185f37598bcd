"""`retour follow`: the log of a mail server out of a pipe, into the data directory, with or without a server.

Exit status, as of `retour ingest`: 0 all that was read is durable, 75 try again, 2 wrong call.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retour.cli import app
from retour.cli.ingest import EX_TEMPFAIL, Config, Data, Language, usable_mappings, usable_rules
from retour.cli.own_rules import Rules
from retour.cli.terminal import safe

if TYPE_CHECKING:
    from retour.cli.data_dir import DataDir
    from retour.flow.follow import LogReader, Terms
    from retour.texts import Catalogue

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")

As = Annotated[str, typer.Option("--as", help="What wrote it: postfix-log, exim-log, sendmail-log ...")]
Name = Annotated[str | None, typer.Option("--name", help="Name of the source in events; else the format's.")]
AccountName = Annotated[str | None, typer.Option("--account", help="Account of all mails in it.")]
Senders = Annotated[
    list[str] | None,
    typer.Option("--sender", help="ADDRESS or DOMAIN=ACCOUNT: whose mails these are; may be repeated."),
]
ProofLevel = Annotated[str, typer.Option("--proof", help="What to demand: token, send, trusted.")]
Deliveries = Annotated[bool, typer.Option(help="Take the mails that were delivered, too.")]


@app.command()
def follow(
    form: As,
    name: Name = None,
    data: Data = Path("data"),
    account: AccountName = None,
    sender: Senders = None,
    proof: ProofLevel = "trusted",
    deliveries: Deliveries = True,
    rules: Rules = None,
    config: Config = None,
    lang: Language = "en",
) -> None:
    """Read the log of a mail server from standard input, line by line as it comes, until it ends.

    What was read is durable at once; a running server judges it, else this command does.
    For example:  tail -F mail.log | retour follow --as postfix-log --account shop
    """
    from retour.cli.data_dir import DataDir, Down
    from retour.cli.explain import catalogue_of
    from retour.texts import catalogue

    lang = catalogue_of(lang).language
    words = catalogue(f"follow.{lang}")
    terms = _terms(form, name, account, sender or [], proof, deliveries, words)
    own = usable_rules(rules, config, lang, words)
    if not data.exists():
        typer.echo(words("fault.new_directory", data=safe(str(data))), err=True)
    try:
        with closing(DataDir(data, own, usable_mappings(own, config, lang))) as opened:
            _demand_accounts(opened, terms, words)
            counted = _followed(opened, terms, own is not None, words)
    except Down as error:
        typer.echo(words("fault.down", reason=safe(str(error))), err=True)
        raise typer.Exit(EX_TEMPFAIL) from error
    typer.echo(words("done", lines=counted.lines, events=counted.kept), err=True)


def _terms(
    form: str,
    name: str | None,
    account: str | None,
    senders: Sequence[str],
    proof: str,
    deliveries: bool,
    words: "Catalogue",
) -> "Terms":
    """How the log is taken; ends the command where an option cannot be."""
    from retour.flow.follow import Terms
    from retour.model import Proof
    from retour.parse.logs import LOGS

    if form not in LOGS:
        fault = words("fault.format", name=form, names=", ".join(sorted(LOGS)))
        raise typer.BadParameter(fault, param_hint="--as")
    chosen = form if name is None else name
    if not _NAME.fullmatch(chosen):
        raise typer.BadParameter(words("fault.name", name=chosen), param_hint="--name")
    levels = [level.value for level in Proof if level is not Proof.OPEN]
    if proof not in levels:
        fault = words("fault.proof", proof=proof, levels=", ".join(levels))
        raise typer.BadParameter(fault, param_hint="--proof")
    return Terms(
        chosen, form, Proof(proof), account, dict(_sender(each, words) for each in senders), deliveries
    )


def _sender(value: str, words: "Catalogue") -> tuple[str, str]:
    sender, _, account = value.rpartition("=")  # a local part may hold one
    if not (sender and account):
        raise typer.BadParameter(words("fault.sender", value=value), param_hint="--sender")
    return sender.lower().removeprefix("@"), account


def _demand_accounts(opened: "DataDir", terms: "Terms", words: "Catalogue") -> None:
    for account in {*terms.senders.values(), *filter(None, (terms.account,))}:
        if not opened.has_account(account):
            raise typer.BadParameter(words("fault.no_account", account=account), param_hint="--account")


def _followed(opened: "DataDir", terms: "Terms", can_judge: bool, words: "Catalogue") -> "LogReader":
    """Read to the end; what each piece tells is durable before the next is read."""
    from retour.flow.follow import LogReader
    from retour.inlets.logtail.following import cursor_names, packed, unpacked

    reader, (_, name) = LogReader(terms), cursor_names(terms)
    if name in (kept := opened.cursors(name)):
        reader.recall(unpacked(kept[name])[1])
    for piece in _pieces():
        if arrivals := reader.read(piece, opened.clock.now()):
            opened.keep(arrivals)
            if can_judge:
                _judge(opened, words)
    opened.keep(reader.end(opened.clock.now()), {name: packed(b"", reader.open_lines())})
    if can_judge:
        _judge(opened, words)
    return reader


def _pieces() -> Iterator[bytes]:
    """What has come, as soon as it has come."""
    from retour.cli.lines import standard_input
    from retour.inlets.logtail import BLOCK

    stream = standard_input()
    read = getattr(stream, "read1", stream.read)
    return iter(lambda: read(BLOCK), b"")


def _judge(opened: "DataDir", words: "Catalogue") -> None:
    from retour.cli.data_dir import Down

    try:
        opened.judge([])
    except Down as error:  # what was read is durable
        typer.echo(words("fault.later", reason=safe(str(error))), err=True)
