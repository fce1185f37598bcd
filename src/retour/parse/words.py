"""The human words that a notice has for one recipient."""

from typing import Final

from retour import swift
from retour.codes import reply_at
from retour.parse.bounds import WORDS

_single_spaced: Final = swift.single_spaced if swift.IN_C else None


def words_from(words: str, low: str, recipient: str | None) -> str:
    """What `words` says from the line that names the recipient on; all when none does.

    `low` is `words` in lower case. For a notice about one recipient: what comes before is politeness.
    """
    at = low.find(recipient.lower()) if recipient else -1
    start = words.rfind("\n", 0, at) + 1 if at >= 0 else 0
    return words[start : start + WORDS].strip()


def deciding(words: str) -> tuple[str, bool]:
    """The paragraph that decides, on one line, and whether it has a code.

    It is the first with a reply code, else with an enhanced code, else the first that is not empty;
    "" for no words.
    """
    words = words.lstrip(" :>.\t\n")
    at = reply_at(words)
    start = words.rfind("\n\n", 0, at) + 1 if at >= 0 else 0
    stop = paragraph_end(words, max(at, 0))
    if at < 0 and words[:stop].rstrip().endswith(":"):
        stop = paragraph_end(words, stop + 2)  # "because:" and, in the next paragraph, why
    return single_spaced(words[start:stop]).lstrip(">: "), at >= 0


def single_spaced(text: str) -> str:
    """The words of a text with single spaces between them."""
    spaced = _single_spaced(text) if _single_spaced is not None else None
    return " ".join(text.split()) if spaced is None else spaced


def paragraph_end(text: str, start: int) -> int:
    """Where the next blank line begins; the end of the text when there is none."""
    at = text.find("\n\n", start)
    return at if at >= 0 else len(text)
