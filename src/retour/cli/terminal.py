"""Hostile text, made safe to show on a terminal."""

import unicodedata

# Cc: C0, C1, ESC; Cf: direction overrides, joiners; Zl, Zp: line breaks; Cs, Co, Cn: nothing to show.
_UNSAFE = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"})


def safe(text: str) -> str:
    """The text, with everything that could move, colour or reorder a terminal's output escaped."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(letter) if unicodedata.category(letter) in _UNSAFE else letter for letter in text)


def _escaped(letter: str) -> str:
    code = ord(letter)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
