"""`retour rules try`: a file of own rules on what is stored, before it is used."""

import json
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retour.cli.own_rules import classifier_of
from retour.cli.rules import rules
from retour.cli.store import Config, Language, ended, looked_at, rule_files, words_of
from retour.cli.terminal import safe
from retour.cli.unparsed import Data

if TYPE_CHECKING:
    from retour.classify import Classifier
    from retour.flow.trial import Affected, Place, Trial
    from retour.texts import Catalogue

NEWLY_DEAD = 3
_NAMED = 20  # addresses that are named without --all
_WORDS = 100  # characters of a sample

Files = Annotated[
    list[Path], typer.Argument(help="Files of your own rules, tried beside those of the settings.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Lines of JSON: addresses, changes, then a summary.")]
All = Annotated[bool, typer.Option("--all", help="Name every address, not the first ones.")]
Confirm = Annotated[
    bool, typer.Option("--confirm", help="Addresses that are newly called dead are right: end with status 0.")
]


@rules.command("try")
def try_on_history(
    files: Files,
    data: Data = None,
    config: Config = None,
    every: All = False,
    confirm: Confirm = False,
    as_json: AsJson = False,
    lang: Language = "en",
) -> None:
    """Try files of your own on stored evidence: which verdicts, which addresses would change. Writes nothing.

    Ends with status 3 where an address would be called dead for the first time, unless --confirm is given.
    """
    from retour.cli.explain import catalogue_of
    from retour.clock import SystemClock
    from retour.flow.trial import Place, Trial
    from retour.stores.sqlite import StoreError
    from retour.texts import catalogue

    words, texts = words_of(lang), catalogue(f"rules.{catalogue_of(lang).language}")
    classifier = _with(files, rule_files(config, words), lang)
    trial = Trial()
    with looked_at(data, config, words) as (store, inbox, keyring):
        place = Place(store, inbox, keyring, classifier, SystemClock().now())
        try:
            _tell_addresses(trial, place, as_json, every, texts)
        except (StoreError, sqlite3.Error) as error:
            raise ended(words("fault.down", reason=safe(str(error)))) from error
    for line in _json_lines(trial) if as_json else _lines(trial, confirm, texts):
        typer.echo(line)
    if trial.newly_dead and not confirm:
        raise typer.Exit(NEWLY_DEAD)


def _with(files: list[Path], configured: list[Path], lang: str) -> "Classifier":
    """The rules that would be in force: a file of the settings is tried as it is now, and once."""
    tried = {file.resolve() for file in files}
    return classifier_of([file for file in configured if file.resolve() not in tried] + files, lang)


def _tell_addresses(trial: "Trial", place: "Place", as_json: bool, every: bool, texts: "Catalogue") -> None:
    from retour.flow.trial import tried

    for number, affected in enumerate(tried(trial, place)):
        if as_json:
            typer.echo(json.dumps(_address(affected)))
        elif every or number < _NAMED:
            typer.echo(_address_line(affected, texts))
        elif number == _NAMED:
            typer.echo(texts("try.more"))


def _address(affected: "Affected") -> dict[str, Any]:
    return {
        "address": affected.address,
        "account": affected.account,
        "before": affected.before.would_be or affected.before.answer,
        "after": affected.after.would_be or affected.after.answer,
        "why": affected.after.why,
        "rules": list(affected.rules),
        "newly_dead": affected.newly_dead,
        "sign_of_life": affected.sign_of_life,
    }


def _address_line(affected: "Affected", texts: "Catalogue") -> str:
    form = "stop" if affected.stops else "back" if affected.comes_back else "dead"
    return texts(f"try.{form}", address=safe(affected.address), account=safe(affected.account))


def _lines(trial: "Trial", confirm: bool, texts: "Catalogue") -> list[str]:
    lines = []
    for change, count in trial.changes.most_common():
        at = texts("try.at", provider=safe(change.provider)) if change.provider else ""
        names = {"before": change.before, "after": change.after, "rule": safe(change.rule)}
        lines.append(texts("try.change", count=count, provider=at, **names))
        for address, words in trial.samples[change]:
            told = safe(" ".join(words.split())[:_WORDS])
            lines.append(texts("try.sample", address=safe(address), words=told))
    lines += [] if lines else [texts("try.none")]
    lines.append(texts("try.understood", count=trial.understood))
    lines.append(texts("try.stopped", stopped=trial.stopped, back=trial.back))
    if trial.drifted:
        lines.append(texts("try.drifted", count=trial.drifted))
    if trial.newly_dead:
        form = "confirmed" if confirm else "newly_dead"
        lines.append(texts(f"try.{form}", count=trial.newly_dead, living=trial.living))
    return [*lines, texts("try.looked_at", reports=trial.looked_at, unparsed=trial.unparsed)]


def _json_lines(trial: "Trial") -> list[str]:
    changes = [
        {
            "before": change.before,
            "after": change.after,
            "rule": change.rule,
            "provider": change.provider,
            "count": count,
            "samples": [{"address": address, "words": words} for address, words in trial.samples[change]],
        }
        for change, count in trial.changes.most_common()
    ]
    summary = {
        "reports": trial.looked_at,
        "changed": trial.changes.total(),
        "drifted": trial.drifted,
        "unparsed": trial.unparsed,
        "understood": trial.understood,
        "stopped": trial.stopped,
        "back": trial.back,
        "newly_dead": trial.newly_dead,
        "newly_dead_living": trial.living,
    }
    return [*map(json.dumps, changes), json.dumps(summary)]
