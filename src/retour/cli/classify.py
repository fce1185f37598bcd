"""`retour classify`: single SMTP replies, for a person or as JSON."""

import sys

import typer

from retour.cli import app
from retour.cli.explain import AsJson, Language, Preset, catalogue_of, policy_of, print_json


@app.command()
def classify(as_json: AsJson = False, preset: Preset = "default", lang: Language = "en") -> None:
    """Classify SMTP replies: one a line on standard input, inner line breaks as \\n."""
    from retour.cli.wording import report_in_words
    from retour.flow.judge import explained_report, judge_reply

    policy, catalogue = policy_of(preset), catalogue_of(lang)
    for line in sys.stdin.buffer:
        report, verdict = judge_reply(line.decode("utf-8", "replace").rstrip("\r\n"))
        shown = explained_report(report, verdict, policy)
        if as_json:
            print_json(shown)
        else:
            typer.echo("\n".join([*report_in_words(shown, catalogue), ""]))
