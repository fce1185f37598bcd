"""The steps of reading that cost most, in C (_swift.c): the compiled form has them, the pure form has not.

Each answers None where it leaves a text to the lines of Python that ask it: those say what is right. `IN_C`
is whether it is there; nothing else in this module is to be asked for before that.
"""

try:
    from retour._swift import (
        Names,
        ascii_text,
        begins_field,
        blank_line,
        boundary,
        charset,
        codes_in,
        divider_at,
        groups_of,
        holds,
        is_plain,
        line_feeds,
        lowered,
        media_type,
        normal,
        pieces_of,
        plain_text,
        quickly_made,
        reply_at,
        says,
        single_spaced,
        unquoted,
        without_returns,
    )
except ImportError:
    IN_C = False
else:
    IN_C = True

__all__ = [
    "IN_C",
    "Names",
    "ascii_text",
    "begins_field",
    "blank_line",
    "boundary",
    "charset",
    "codes_in",
    "divider_at",
    "groups_of",
    "holds",
    "is_plain",
    "line_feeds",
    "lowered",
    "media_type",
    "normal",
    "pieces_of",
    "plain_text",
    "quickly_made",
    "reply_at",
    "says",
    "single_spaced",
    "unquoted",
    "without_returns",
]
