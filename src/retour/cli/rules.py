"""`retour rules`: look at the rules, try them, check a file of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retour.cli import app
from retour.cli.explain import Language
from retour.cli.own_rules import Rules, classifier_of
from retour.cli.terminal import safe

if TYPE_CHECKING:
    from retour.classify import Classifier, Rule
    from retour.texts import Catalogue

FAULTS = 1
NO_SUCH_RULE = 2
PACKAGED = "retour"  # where a fault of our own rules is

rules = typer.Typer(no_args_is_help=True)
app.add_typer(rules, name="rules", help="Look at the rules, try them, check a file of them.")


@rules.command("list")
def list_rules(
    reason: Annotated[str, typer.Option(help="Only rules that stand for this reason.")] = "",
    provider: Annotated[str, typer.Option(help="Only rules of this provider.")] = "",
    own: Rules = None,
    lang: Language = "en",
) -> None:
    """All rules in the order in which they decide: id, weight, reason, source."""
    texts = _texts(lang)
    book = classifier_of(own, lang).book
    wanted = [rule for rule in book.rules if reason in ("", rule.reason) and provider in ("", rule.provider)]
    for rule in wanted:
        typer.echo(f"{rule.id:34} {_weight(rule):10} {_meaning(rule):20} {safe(rule.source)}")
    if not wanted:
        typer.echo(texts("say.no_such_rules"), err=True)
        raise typer.Exit(NO_SUCH_RULE)


@rules.command()
def show(
    id: Annotated[str, typer.Argument(help="Id of a rule, as `retour rules list` prints it.")],
    own: Rules = None,
    lang: Language = "en",
) -> None:
    """One rule with all that it matches, its source and its samples."""
    texts = _texts(lang)
    rule = classifier_of(own, lang).book.rule(id)
    if rule is None:
        typer.echo(texts("say.no_rule", id=safe(id)), err=True)
        raise typer.Exit(NO_SUCH_RULE)
    for label, value in _facts(rule):
        if value:
            typer.echo(f"{texts(f'label.{label}'):11} {safe(value)}")


def _weight(rule: "Rule") -> str:
    return f"own {rule.weight.name.lower()}" if rule.own else rule.weight.name.lower()


def _meaning(rule: "Rule") -> str:
    return str(rule.reason or rule.kind)


def _facts(rule: "Rule") -> list[tuple[str, str]]:
    return [
        ("id", rule.id),
        ("stands_for", _meaning(rule)),
        ("group", str(rule.group or "")),
        ("weight", _weight(rule)),
        ("confidence", f"{rule.confidence:.2f}"),
        ("source", rule.source),
        ("provider", rule.provider or ""),
        ("blocklist", rule.blocklist or ""),
        ("codes", " ".join(sorted(rule.codes))),
        *(("phrase", phrase) for phrase in rule.phrases),
        *(("sample", sample) for sample in rule.samples),
    ]


@rules.command("test")
def try_rules(
    text: Annotated[str, typer.Argument(help="One SMTP reply; without it, the samples of all rules.")] = "",
    host: Annotated[str, typer.Option(help="The server that said it.")] = "",
    own: Rules = None,
    lang: Language = "en",
) -> None:
    """Try the rules: on one reply, showing every rule that fits it, or on their own samples."""
    if text:
        _try_reply(text, host, classifier_of(own, lang), _texts(lang))
    else:
        _try_samples(classifier_of(own, lang), _texts(lang))


def _try_reply(text: str, host: str, classifier: "Classifier", texts: "Catalogue") -> None:
    from retour.flow.judge import reply_from

    report = reply_from(text, host or None)
    verdict = classifier.classify(report)
    percent = round(verdict.confidence * 100)
    typer.echo(
        texts("say.verdict", reason=verdict.reason or verdict.kind, rule=verdict.rule, percent=percent)
    )
    for clue in classifier.evidence(report)[0]:
        weight = _weight(clue.rule)
        typer.echo(f"  {weight:10} {clue.rule.id:34} {_meaning(clue.rule):20} {safe(clue.matched)}")


def _try_samples(classifier: "Classifier", texts: "Catalogue") -> None:
    from retour.flow.judge import failing_samples

    failed = failing_samples(classifier)
    for rule, sample, got in failed:
        values = {"rule": rule.id, "sample": sample, "got": got, "wanted": _meaning(rule)}
        typer.echo(texts("say.sample_failed", **values), err=True)
    number = sum(len(rule.samples) for rule in classifier.book.rules)
    typer.echo(texts("say.samples", good=number - len(failed), all=number))
    if failed:
        raise typer.Exit(FAULTS)


@rules.command("lint")
def lint_rules(
    files: Annotated[list[Path] | None, typer.Argument(help="Rule files; without one, our own.")] = None,
    lang: Language = "en",
) -> None:
    """Check files of rules: form, ids, phrases that can never match or that match too much."""
    texts = _texts(lang)
    found = list(_faults(files, texts))
    for line in found:
        typer.echo(safe(line), err=True)
    if found:
        raise typer.Exit(FAULTS)
    typer.echo(texts("say.no_faults"))


def _faults(files: list[Path] | None, texts: "Catalogue") -> Iterator[str]:
    from retour.classify import packaged
    from retour.classify.lint import faults
    from retour.flow.own_rules import Found, OwnRulesError, faults_of, in_words, read

    try:
        found = (
            faults_of(read(files))
            if files
            else [Found(PACKAGED, fault) for fault in faults(packaged().rules)]
        )
    except OwnRulesError as error:
        found = list(error.found)
    yield from (in_words(each, texts) for each in found)


def _texts(lang: str) -> "Catalogue":
    from retour.cli.explain import catalogue_of
    from retour.texts import catalogue

    catalogue_of(lang)  # refuses a language without texts
    return catalogue(f"rules.{lang}")
