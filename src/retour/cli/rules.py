"""`retour rules`: look at the rules, try them, check a file of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retour.cli import app
from retour.cli.explain import Language
from retour.cli.terminal import safe

if TYPE_CHECKING:
    from retour.classify import Rule
    from retour.classify.rulefile import Fault
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
    lang: Language = "en",
) -> None:
    """All rules in the order in which they decide: id, weight, reason, source."""
    from retour.classify import packaged

    texts = _texts(lang)
    wanted = [
        rule for rule in packaged().rules if reason in ("", rule.reason) and provider in ("", rule.provider)
    ]
    for rule in wanted:
        typer.echo(f"{rule.id:34} {rule.weight.name.lower():10} {_meaning(rule):20} {rule.source}")
    if not wanted:
        typer.echo(texts("say.no_such_rules"), err=True)
        raise typer.Exit(NO_SUCH_RULE)


@rules.command()
def show(
    id: Annotated[str, typer.Argument(help="Id of a rule, as `retour rules list` prints it.")],
    lang: Language = "en",
) -> None:
    """One rule with all that it matches, its source and its samples."""
    from retour.classify import packaged

    texts = _texts(lang)
    rule = packaged().rule(id)
    if rule is None:
        typer.echo(texts("say.no_rule", id=safe(id)), err=True)
        raise typer.Exit(NO_SUCH_RULE)
    for label, value in _facts(rule):
        if value:
            typer.echo(f"{texts(f'label.{label}'):11} {value}")


def _meaning(rule: "Rule") -> str:
    return str(rule.reason or rule.kind)


def _facts(rule: "Rule") -> list[tuple[str, str]]:
    return [
        ("id", rule.id),
        ("stands_for", _meaning(rule)),
        ("group", str(rule.group or "")),
        ("weight", rule.weight.name.lower()),
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
    lang: Language = "en",
) -> None:
    """Try the rules: on one reply, showing every rule that fits it, or on their own samples."""
    if text:
        _try_reply(text, host, _texts(lang))
    else:
        _try_samples(_texts(lang))


def _try_reply(text: str, host: str, texts: "Catalogue") -> None:
    from retour.classify import classifier, classify
    from retour.flow.judge import reply_from

    report = reply_from(text, host or None)
    verdict = classify(report)
    percent = round(verdict.confidence * 100)
    typer.echo(
        texts("say.verdict", reason=verdict.reason or verdict.kind, rule=verdict.rule, percent=percent)
    )
    for clue in classifier().evidence(report)[0]:
        weight = clue.rule.weight.name.lower()
        typer.echo(f"  {weight:10} {clue.rule.id:34} {_meaning(clue.rule):20} {safe(clue.matched)}")


def _try_samples(texts: "Catalogue") -> None:
    from retour.classify import packaged
    from retour.flow.judge import failing_samples

    failed = failing_samples(packaged())
    for rule, sample, got in failed:
        values = {"rule": rule.id, "sample": sample, "got": got, "wanted": _meaning(rule)}
        typer.echo(texts("say.sample_failed", **values), err=True)
    number = sum(len(rule.samples) for rule in packaged().rules)
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
    places: list[Path | None] = [*files] if files else [None]
    found = [line for place in places for line in _faults(place, texts)]
    for line in found:
        typer.echo(line, err=True)
    if found:
        raise typer.Exit(FAULTS)
    typer.echo(texts("say.no_faults"))


def _faults(file: Path | None, texts: "Catalogue") -> Iterator[str]:
    from retour.classify.lint import faults, lint
    from retour.classify.rulefile import packaged

    name = safe(str(file)) if file else PACKAGED
    try:
        found = lint(file.read_text(encoding="utf-8")) if file else list(faults(packaged().rules))
    except (OSError, UnicodeDecodeError) as error:
        yield texts("say.unreadable", file=name, reason=error)
        return
    yield from (_in_words(fault, name, texts) for fault in found)


def _in_words(fault: "Fault", file: str, texts: "Catalogue") -> str:
    values = {key: safe(value) for key, value in fault.values.items()}
    form = "fault" if fault.rule else "fault_of_file"
    told = texts(f"fault.{fault.name}", **values)
    return texts(f"say.{form}", file=file, rule=safe(fault.rule), fault=told)


def _texts(lang: str) -> "Catalogue":
    from retour.cli.explain import catalogue_of
    from retour.texts import catalogue

    catalogue_of(lang)  # refuses a language without texts
    return catalogue(f"rules.{lang}")
