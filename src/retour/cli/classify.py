"""`retour classify`: single SMTP replies, for a person or as JSON."""

import sys
from collections.abc import Iterator
from typing import BinaryIO

import typer

from retour.cli import app
from retour.cli.explain import AsJson, Language, Preset, catalogue_of, policy_of, print_json
from retour.cli.own_rules import Rules, classifier_of

LONGEST_LINE = 64 * 1024  # octets of one reply that are read; the rest of its line is passed over


@app.command()
def classify(
    as_json: AsJson = False, preset: Preset = "default", rules: Rules = None, lang: Language = "en"
) -> None:
    """Classify SMTP replies: one a line on standard input, inner line breaks as \\n."""
    from retour.cli.wording import report_in_words
    from retour.flow.judge import explained_report, judge_reply

    texts = catalogue_of(lang)
    policy = policy_of(preset, texts)
    own = classifier_of(rules, texts.language)
    for line in _lines(sys.stdin.buffer):
        shown = explained_report(*judge_reply(line, own), policy)
        if as_json:
            print_json(shown)
        else:
            typer.echo("\n".join([*report_in_words(shown, texts, own.book), ""]))


def _lines(stream: BinaryIO) -> Iterator[str]:
    """The lines of a stream as text, each with its beginning only when it is too long."""
    while line := stream.readline(LONGEST_LINE):
        yield line.decode("utf-8", "replace").rstrip("\r\n")
        while line and not line.endswith(b"\n"):
            line = stream.readline(LONGEST_LINE)
