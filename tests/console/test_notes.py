"""What Retour notes by itself is told in the reader's language, what people wrote as they wrote it."""

import pytest

from retour.console.notes import in_words
from retour.texts import catalogue


@pytest.mark.parametrize(
    ("note", "english", "german"),
    [
        ("request 4f2a: typo mended", "request 4f2a: typo mended", "Anfrage 4f2a: typo mended"),
        ("request 4f2a", "request 4f2a", "Anfrage 4f2a"),
        ("hard (import 9c, line 12)", "hard (import 9c, line 12)", "hard (Import 9c, Zeile 12)"),
        (
            "policy of version 3 (replay a-1)",
            "replay a-1: under version 3 of the settings",
            "Neubeurteilung a-1: nach Fassung 3 der Einstellungen",
        ),
        (
            "types of version 3 (replay a-1): why",
            "replay a-1: types as in version 3 of the settings. why",
            "Neubeurteilung a-1: Typen wie in Fassung 3 der Einstellungen. why",
        ),
        (
            "mailbox_full by own/odd.1 (replay b)",
            "replay b: mailbox_full by the rule own/odd.1",
            "Neubeurteilung b: mailbox_full nach der Regel own/odd.1",
        ),
        ("correction", "correction", "Korrektur"),
        ("delivered since", "mail has arrived since", "seither kam Mail an"),
        ("one retry", "no mail has arrived since", "seither kam keine Mail an"),
        ("request from the boss: go", "request from the boss: go", "request from the boss: go"),
        ("", "", ""),
    ],
)
def test_a_note_is_told_in_the_readers_language(note: str, english: str, german: str) -> None:
    assert in_words(note, catalogue("console.en")) == english
    assert in_words(note, catalogue("console.de")) == german
