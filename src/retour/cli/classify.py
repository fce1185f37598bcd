"""`retour classify`: single SMTP replies, for a person or as JSON."""

import typer

from retour.cli import app
from retour.cli.explain import AsJson, Language, Preset, showing
from retour.cli.own_rules import Rules


@app.command()
def classify(
    as_json: AsJson = False, preset: Preset = "default", rules: Rules = None, lang: Language = "en"
) -> None:
    """Classify SMTP replies: one a line on standard input, inner line breaks as \\n."""
    from retour.cli import stream

    raise typer.Exit(stream.classify(showing(as_json, preset, rules, lang)))
