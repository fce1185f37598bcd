"""Addresses of others, kept out of what account users are shown (security.md §5): aliases, forward targets.

The domain stays, for it tells whose server spoke; so does the address that the account itself wrote to.
"""

import re

HIDDEN = "***"

# Anything with an @ counts that could be read as an address; possessive, so linear. The quoted form may hold
# spaces (RFC 5321 §4.1.2).
_ADDRESS = re.compile(
    r"""(?<![^\s<>()\[\]{}:;,"'`@])[^\s<>()\[\]{}:;,"'`@]{1,255}+@([\w.\[\]:-]{1,255})"""
    r"""|"[^"\n]{1,128}"@([\w.\[\]:-]{1,255})"""
)


# A hidden address can leave quotes that pair anew. Servers' words need two passes, hostile ones as many as
# they have quotes.
_PASSES = 8


def redacted(text: str, address: str) -> str:
    """The text with the local parts of all addresses but this one hidden; of what is hidden already, itself.

    At most linear work: words whose quotes still pair anew after some passes lose their quotes.
    """
    known = address.lower()
    for _ in range(_PASSES):
        shown = _hidden(text, known)
        if shown == text:
            return shown
        text = shown
    return _hidden(text.replace('"', ""), known)


def _hidden(text: str, known: str) -> str:
    """One pass."""
    if "@" not in text:
        return text

    def hidden(match: re.Match[str]) -> str:
        found = match[0]
        is_known = found.lower().startswith(known) and not found[len(known) :].strip(".:-")
        return found if is_known else f"{HIDDEN}@{match[1] or match[2]}"

    return _ADDRESS.sub(hidden, text)
