"""`retour ingest`: messages from files, directories, Maildirs, mboxes or a pipe, without the server.

Exit status, as sendmail and its successors read it (sysexits.h): 0 all is durable, 75 try again, 66 an input
cannot be read, 2 wrong call.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retour.cli import app
from retour.cli.own_rules import Rules, classifier_of
from retour.cli.terminal import safe

if TYPE_CHECKING:
    from retour.classify import Classifier
    from retour.cli.data_dir import DataDir, Result
    from retour.inlets.ingest import Kept, Terms
    from retour.inlets.mailboxes import Unreadable
    from retour.model import Event, State
    from retour.parse.providers.generic import Map
    from retour.texts import Catalogue

EX_NOINPUT, EX_TEMPFAIL = 66, 75

Paths = Annotated[list[str], typer.Argument(help="Files, directories, Maildirs, mboxes; - is stdin.")]
Data = Annotated[
    Path, typer.Option("--data", envvar="RETOUR_DATA_DIR", help="Data directory; made if it is missing.")
]
ProofLevel = Annotated[str, typer.Option("--proof", help="What to demand: token, send, trusted, open.")]
AccountName = Annotated[str | None, typer.Option("--account", help="Account that this source belongs to.")]
Rcpt = Annotated[
    str | None,
    typer.Option("--rcpt", "--rcpt-to", help="Envelope recipient, as the MTA knows it: the return address."),
]
From = Annotated[str | None, typer.Option("--from", help="Envelope sender; empty is the null sender.")]
AsJson = Annotated[bool, typer.Option("--json", help="One line of JSON a message instead of words.")]
Config = Annotated[
    Path | None,
    typer.Option("--config", help="Settings that name rules of your own; else retour.toml here."),
]
Language = Annotated[str, typer.Option("--lang", help="Language of what is told: en, de.")]


@app.command()
def ingest(
    paths: Paths,
    data: Data = Path("data"),
    proof: ProofLevel = "token",
    account: AccountName = None,
    rcpt: Rcpt = None,
    mail_from: From = None,
    as_json: AsJson = False,
    rules: Rules = None,
    config: Config = None,
    lang: Language = "en",
) -> None:
    """Take in bounces that lie in files or come through a pipe. What was taken before changes nothing.

    For a pipe of an MTA, with no shell between:  retour ingest --from=${sender} --rcpt=${recipient} -- -
    """
    from retour.cli.data_dir import Down
    from retour.cli.explain import catalogue_of
    from retour.texts import catalogue

    lang = catalogue_of(lang).language
    words = catalogue(f"ingest.{lang}")
    own = usable_rules(rules, config, lang, words)
    terms = _terms(proof, account, rcpt, mail_from, words)
    status = 0
    try:
        for shown in _taken(paths, data, terms, own, usable_mappings(own, config, lang), words):
            status = EX_NOINPUT if shown["outcome"] == "unreadable" else status
            _tell(shown, as_json, words)
    except Down as error:
        typer.echo(words("fault.down", reason=safe(str(error))), err=True)
        status = EX_TEMPFAIL
    raise typer.Exit(status)


def _terms(
    proof: str, account: str | None, rcpt: str | None, mail_from: str | None, words: "Catalogue"
) -> "Terms":
    """How the messages are taken; ends the command where the options make no sense together."""
    from retour.inlets.ingest import Terms
    from retour.model import Proof

    levels = ", ".join(Proof)
    if proof not in set(Proof):
        raise typer.BadParameter(words("fault.proof", proof=proof, levels=levels), param_hint="--proof")
    if proof in (Proof.TRUSTED, Proof.OPEN) and account is None:
        raise typer.BadParameter(words("fault.account_needed"), param_hint="--proof")
    return Terms(Proof(proof), account, rcpt or None, mail_from)


def usable_rules(
    given: list[Path] | None, config: Path | None, lang: str, words: "Catalogue"
) -> "Classifier | None":
    """The rules to judge with. None where they are at fault: mail is kept all the same, and waits."""
    from retour.cli.store import rule_files, words_of

    try:
        return classifier_of(given or rule_files(config, words_of(lang)), lang)
    except typer.Exit:
        typer.echo(words("fault.rules"), err=True)
        return None


def usable_mappings(rules: "Classifier | None", config: Path | None, lang: str) -> "Mapping[str, Map]":
    """How posts that wait beside are read, where this command judges; none where it cannot know."""
    from retour.cli.store import mappings, words_of

    try:
        return {} if rules is None else mappings(config, words_of(lang))
    except typer.Exit:  # settings that cannot be read keep no mail from being kept
        return {}


def _taken(
    paths: list[str],
    data: Path,
    terms: "Terms",
    rules: "Classifier | None",
    mappings: "Mapping[str, Map]",
    words: "Catalogue",
) -> Iterator[Mapping[str, Any]]:
    """What came of each message, in order; of each batch only once it is durable."""
    from retour.cli.data_dir import DataDir
    from retour.cli.lines import standard_input
    from retour.inlets.ingest import ingest as take
    from retour.inlets.mailboxes import found

    if not data.exists():
        typer.echo(words("fault.new_directory", data=safe(str(data))), err=True)
    with closing(DataDir(data, rules, mappings)) as opened:
        if terms.account is not None and not opened.has_account(terms.account):
            raise typer.BadParameter(words("fault.no_account", account=terms.account), param_hint="--account")
        messages = (message for path in paths for message in found(path, standard_input()))
        for batch in take(messages, terms, opened.keep, opened.clock.now):
            yield from _shown(batch, opened, words, rules is not None)


def _shown(
    batch: "list[Kept | Unreadable]", opened: "DataDir", words: "Catalogue", can_judge: bool
) -> Iterator[Mapping[str, Any]]:
    from retour.cli.data_dir import Down
    from retour.inlets.ingest import Kept

    waits, results = "waiting" if can_judge else "postponed", None
    kept = [each.arrival.id for each in batch if isinstance(each, Kept)]
    try:
        results = opened.judge(kept) if can_judge else None
    except Down as error:  # they are durable: the MTA may forget them
        typer.echo(words("fault.later", reason=safe(str(error))), err=True)
        waits = "postponed"
    for each in batch:
        if isinstance(each, Kept):
            yield _message(each, waits if results is None else results.pop(each.arrival.id, None))
        else:
            yield {"source": each.source, "outcome": "unreadable", "reason": each.reason}


def _message(kept: "Kept", result: "Result | str | None") -> Mapping[str, Any]:
    """The JSON object of one message; `result` is None for one that was taken before."""
    arrival = kept.arrival
    judged = None if isinstance(result, str) else result
    return {
        "source": kept.source,
        "outcome": result if isinstance(result, str) else judged.outcome if judged else "known",
        "arrival": arrival.id.hex(),
        "size": arrival.size,
        "defects": list(arrival.defects),
        "events": [_event(event, after) for event, after in judged.events] if judged else [],
    }


def _event(event: "Event", after: "State | None") -> Mapping[str, Any]:
    return {
        "kind": event.kind,
        "account": event.account,
        "address": event.address,
        "reason": event.reason,
        "status": event.status,
        "standing": event.standing,
        "state": after.state if after else None,
    }


# --- telling ---------------------------------------------------------------------------------------------


def _tell(shown: Mapping[str, Any], as_json: bool, words: "Catalogue") -> None:
    lines = [json.dumps(shown)] if as_json else _lines(shown, words)
    for line in lines:
        typer.echo(safe(line))


def _lines(shown: Mapping[str, Any], words: "Catalogue") -> list[str]:
    """The message in words: a line for each event, or one that says why there is none."""
    events = shown.get("events")
    if events:
        return [_event_line(shown["source"], event, words) for event in events]
    return [words(f"outcome.{shown['outcome']}", source=shown["source"], reason=shown.get("reason"))]


def _event_line(source: str, event: Mapping[str, Any], words: "Catalogue") -> str:
    what = " ".join(filter(None, (event["kind"], event["reason"], event["status"])))
    address, account = event["address"], event["account"]
    form = "line" if account else "of_nobody"  # what names no send of ours belongs to no account
    line = words(f"event.{form}", source=source, what=what, address=address, account=account)
    if event["standing"] != "proven":
        return words("event.without_effect", line=line, standing=words(f"standing.{event['standing']}"))
    if event["state"] is None:
        return words("event.unchanged", line=line)
    return words("event.changed", line=line, state=words(f"state.{event['state']}"))
