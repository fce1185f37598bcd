"""The human words that a notice has for one recipient."""

TEXT = 4096  # characters kept for one recipient


def words_about(words: str, low: str, recipient: str | None, alone: bool) -> str:
    """The paragraph of `words` that names the recipient; `low` is `words` in lower case.

    When the paragraph holds the bare address only, the next one belongs to it. Without a place that
    names the recipient: all the words if the recipient is `alone`, else "".
    """
    at = low.find(recipient.lower()) if recipient else -1
    if recipient is None or at < 0:
        return words[:TEXT].strip() if alone else ""
    start = words.rfind("\n", 0, at) + 1
    stop = paragraph_end(words, at)
    if stop - at < len(recipient) + 4 or not words[at + len(recipient) : stop].strip(" \t\n>:.\"'"):
        stop = len(words) if alone else paragraph_end(words, stop + 2)
    return words[start : min(stop, start + TEXT)].strip()


def paragraph_end(text: str, start: int) -> int:
    """Where the next blank line begins; the end of the text when there is none."""
    at = text.find("\n\n", start)
    return at if at >= 0 else len(text)
