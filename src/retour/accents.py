"""How the words of the Latin languages are written where a program, or a person, has no accents."""

import unicodedata
from typing import Final

_SPELT_OUT: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa"}
)
_BARE: Final = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "ı": "i", "đ": "d", "’": "'"})
_LAST_LATIN: Final = "\u024f"


def in_ascii(phrase: str) -> tuple[str, ...]:
    """The ways to write a phrase in lower case with ASCII alone; none for a phrase of another script."""
    if phrase.isascii():
        return (phrase,)
    if phrase[-1] > _LAST_LATIN:
        return ()
    forms = (_without_accents(phrase), _without_accents(phrase.translate(_SPELT_OUT)))
    return tuple(form for form in dict.fromkeys(forms) if form.isascii())


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.translate(_BARE))
    return "".join(c for c in decomposed if not unicodedata.combining(c))
