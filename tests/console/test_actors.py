"""Who acted is told in words, also where it was no person but a way in."""

import subprocess
import sys

import pytest

ASKED = """
import sys
from retour.console import framework
from retour.settings.chosen import Chosen
framework.configure(Chosen(api="", secret="", database=":memory:", django_secret="x"))
from types import SimpleNamespace
from retour.console.templatetags.words import actor
from retour.texts import catalogue
language, value = sys.argv[1:]
who = SimpleNamespace(reader=SimpleNamespace(say=catalogue(f"console.{language}")))
print(actor({"request": who}, value))
"""


@pytest.mark.parametrize(
    ("value", "english", "german"),
    [
        ("log:mx1", "the log mx1", "das Log mx1"),
        ("webhooks.letters", "posts to letters", "Meldungen an letters"),
        ("mailboxes.bounces", "the mailbox bounces", "das Postfach bounces"),
        ("time", "the time that had passed", "die verstrichene Zeit"),
        ("one-click", "the contact, by one click", "der Kontakt, mit einem Klick"),
        ("person ann@shop.example", "person ann@shop.example", "ann@shop.example"),
        ("bounces@shop.example", "bounces@shop.example", "bounces@shop.example"),
        ("log:", "log:", "log:"),
        ("mailbox", "mailbox", "mailbox"),  # a source may be called so
    ],
)
def test_an_actor_is_told_in_words(value: str, english: str, german: str) -> None:
    for language, told in (("en", english), ("de", german)):
        run = subprocess.run([sys.executable, "-c", ASKED, language, value], capture_output=True, text=True)
        assert run.stdout.strip() == told, run.stderr
