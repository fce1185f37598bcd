"""Who acted is told in words, also where it was no person but a way in."""

import json
import subprocess
import sys

import pytest

ASKED = """
import json, sys
from retour.console import framework
from retour.settings.chosen import Chosen
framework.configure(Chosen(api="", secret="", database=":memory:", django_secret="x"))
from types import SimpleNamespace
from retour.console.templatetags.words import actor
from retour.texts import catalogue
for language, value in json.load(sys.stdin):
    who = SimpleNamespace(reader=SimpleNamespace(say=catalogue(f"console.{language}")))
    print(actor({"request": who}, value))
"""
ACTORS = [
    ("log:mx1", "the log mx1", "das Log mx1"),
    ("webhooks.letters", "posts to letters", "Meldungen an letters"),
    ("mailboxes.bounces", "the mailbox bounces", "das Postfach bounces"),
    ("time", "the time that had passed", "die verstrichene Zeit"),
    ("one-click", "the contact, by one click", "der Kontakt, mit einem Klick"),
    ("person ann@shop.example", "ann@shop.example", "ann@shop.example"),
    ("bounces@shop.example", "bounces@shop.example", "bounces@shop.example"),
    ("log:", "log:", "log:"),
    ("mailbox", "mailbox", "mailbox"),  # a source may be called so
]


@pytest.fixture(scope="module")
def told() -> dict[tuple[str, str], str]:
    """What is said of every actor, by language; the framework is set up once, in a process of its own."""
    asked = [(language, value) for value, *_ in ACTORS for language in ("en", "de")]
    run = subprocess.run(
        [sys.executable, "-c", ASKED], input=json.dumps(asked), capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    return dict(zip(asked, run.stdout.splitlines(), strict=True))


@pytest.mark.parametrize(("value", "english", "german"), ACTORS)
def test_an_actor_is_told_in_words(
    told: dict[tuple[str, str], str], value: str, english: str, german: str
) -> None:
    assert (told["en", value], told["de", value]) == (english, german)
