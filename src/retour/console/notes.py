"""What Retour notes by itself beside an act ("request 4f…: typo mended"), in the reader's language.

The words of people within it stay theirs. A note of another form is shown as it stands.
"""

import re

from retour.texts import Catalogue

_REPLAY = r" \(replay (?P<id>[\w-]+)\)(?:: (?P<words>.+))?"
_FORMS = {
    "request": re.compile(r"request (?P<id>\w+)(?:: (?P<words>.+))?", re.DOTALL),  # flow/restore_desk.py
    "import": re.compile(r"(?P<words>.*) \(import (?P<id>\w+), line (?P<line>\d+)\)", re.DOTALL),
    "replay_policy": re.compile(rf"policy of version (?P<number>\d+){_REPLAY}", re.DOTALL),  # flow/replay.py
    "replay_types": re.compile(rf"types of version (?P<number>\d+){_REPLAY}", re.DOTALL),
    "replay_report": re.compile(rf"(?P<is>\w+) by (?P<rule>\S+){_REPLAY}", re.DOTALL),
    "correction": re.compile(r"correction"),
    "reached": re.compile(r"delivered since"),  # flow/incident_end.py
    "not_reached": re.compile(r"one retry"),
}


def of_people(note: str) -> str:
    """What a person wrote within the note; "" where nobody did."""
    for pattern in _FORMS.values():
        if found := pattern.fullmatch(note):
            return found.groupdict().get("words") or ""
    return note


def in_words(note: str, say: Catalogue) -> str:
    """The note as the reader says it."""
    for form, pattern in _FORMS.items():
        if found := pattern.fullmatch(note):
            told = {name: value or "" for name, value in found.groupdict().items()}
            return say(f"note.{form}.{'words' if told.get('words') else 'alone'}", **told)
    return note
