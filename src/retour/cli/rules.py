"""`retour rules`: look at the rules, try them, check a file of them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retour.cli import app
from retour.cli.terminal import safe

if TYPE_CHECKING:
    from retour.classify import Rule

FAULTS = 1
rules = typer.Typer(
    name="rules", help="Look at the rules, try them, check a file of them.", no_args_is_help=True
)
app.add_typer(rules, name="rules", help="Look at the rules, try them, check a file of them.")


@rules.command("list")
def list_rules(
    reason: Annotated[str, typer.Option(help="Only rules that stand for this reason.")] = "",
    provider: Annotated[str, typer.Option(help="Only rules of this provider.")] = "",
) -> None:
    """All rules in the order in which they decide: id, weight, reason, source."""
    from retour.classify import packaged

    for rule in packaged().rules:
        if reason in ("", rule.reason) and provider in ("", rule.provider):
            stands_for = rule.reason or rule.kind
            typer.echo(f"{rule.id:34} {rule.weight.name.lower():10} {stands_for:20} {rule.source}")


@rules.command()
def show(id: Annotated[str, typer.Argument(help="Id of a rule, as `retour rules list` prints it.")]) -> None:
    """One rule with all that it matches, its source and its samples."""
    from retour.classify import packaged

    rule = packaged().rule(id)
    if rule is None:
        typer.echo(f"retour rules show: there is no rule {id!r}; `retour rules list` prints all", err=True)
        raise typer.Exit(2)
    for label, value in _facts(rule):
        if value:
            typer.echo(f"{label:11} {value}")


def _facts(rule: "Rule") -> list[tuple[str, str]]:
    return [
        ("id", rule.id),
        ("stands for", str(rule.reason or rule.kind)),
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
) -> None:
    """Try the rules: on one reply, showing every rule that fits it, or on their own samples."""
    if text:
        _test_text(text, host)
    else:
        _test_samples()


def _test_text(text: str, host: str) -> None:
    from retour.classify import classifier, classify
    from retour.flow.judge import reply_from

    report = reply_from(text, host or None)
    verdict = classify(report)
    typer.echo(f"verdict: {verdict.reason or verdict.kind} by {verdict.rule} ({verdict.confidence:.2f})")
    for clue in classifier().evidence(report)[0]:
        rule = clue.rule
        typer.echo(
            f"  {rule.weight.name.lower():10} {rule.id:34} {rule.reason or rule.kind}: {safe(clue.matched)!r}"
        )


def _test_samples() -> None:
    from retour.classify import packaged
    from retour.flow.judge import failing_samples

    failed = failing_samples(packaged())
    for rule, sample, reason in failed:
        typer.echo(f"{rule.id}: {sample!r} gives {reason}, not {rule.reason or rule.kind}", err=True)
    number = sum(len(rule.samples) for rule in packaged().rules)
    typer.echo(f"{number - len(failed)} of {number} samples as their rules say")
    if failed:
        raise typer.Exit(FAULTS)


@rules.command("lint")
def lint_rules(
    files: Annotated[list[Path] | None, typer.Argument(help="Rule files; without one, our own.")] = None,
) -> None:
    """Check files of rules: form, ids, phrases that can never match or that match too much."""
    from retour.classify.lint import faults, lint
    from retour.classify.rulebook import packaged

    found = list(faults(packaged().rules)) if not files else []
    for file in files or []:
        try:
            found += lint(str(file), file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            found.append(f"{file}: cannot be read: {error}")
    for fault in found:
        typer.echo(fault, err=True)
    if found:
        raise typer.Exit(FAULTS)
    sys.stdout.write("no faults\n")
