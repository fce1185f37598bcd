"""Where the human words of a text end and the returned message begins."""

import re
from typing import Final

from retour import swift

_FIELDS: Final = (
    r"(?:return-path|received|from|to|subject|date|message-id|mime-version|content-type|dkim-signature"
    r"|reply-to|x-[\w-]{1,40})"
)
# What mail servers write above the message they return, each at the beginning of a line; in lower case.
_RULED: Final[tuple[str, ...]] = (  # behind a row of hyphens
    r"(?:below this line is|enclosed is|this is) a copy of the (?:message|header)",  # qmail, Exim
    r"(?:original|returned|unsent|undelivered|forwarded|attached) (?:message|mail|text)",  # Sendmail
    r"(?:the )?(?:message|mail|unsent|body of the message|headers?) ?(?:headers? )?"
    r"(?:is |are |of the message )?(?:follows?|below|is)",
    r"(?:message|the) (?:header|text|body)",
)
_DIVIDERS: Final[tuple[str, ...]] = (
    rf"-{{2,60}}+ ?(?:{'|'.join(_RULED)})",
    r"(?:the )?(?:original|returned|unsent) (?:message|mail|text)(?: headers?| text)? "
    r"follows",
    r"(?:message|body of message generated|headers?|message headers) follows?",
    r"original (?:message|mail|text)[^\n]{0,40}:",
    r"below (?:is|are) (?:a copy|the)",
    r"received: ?(?:from|by|\(qmail)",
    r"return-path: ?<",
)
_DIVIDER: Final = re.compile(r"\n[ \t>|]{0,8}+(?:" + "|".join(_DIVIDERS) + ")")
_LINE: Final = rf"{_FIELDS}:[^\n]{{0,998}}+\n(?:[ \t]++\S[^\n]{{0,998}}+\n){{0,20}}+"
_HEADER_LINES: Final = re.compile(rf"\n{_LINE}(?:{_LINE}){{2}}")
# How every line begins at which one of the two above may stand: cheap to ask, and true of few. The names of
# _FIELDS are told apart by their first letters, which refuses a line in three quarters of the time.
_CANDIDATE: Final = re.compile(
    r"\n(?:[frtsdmcx](?:rom:|eply-to:|o:|ubject:|ate:|kim-signature:|essage-id:|ime-version:|ontent-type:"
    r"|-[\w-]{1,40}+:)"
    r"|[ \t>|]{0,8}+"
    r"(?:--|re(?:turn-path:|ceived:|turned )|the (?:original|returned|unsent) |message|original |unsent "
    r"|b(?:ody of|elow )|header))"
)
_FIRST_FIELD: Final = re.compile(rf"\n[ \t>]{{0,4}}+{_FIELDS}:")
_divider_at: Final = swift.divider_at if swift.IN_C else None


def divide(low: str) -> tuple[int, int]:
    """Where the words end in a lower-case text, and where the first header field of the returned message
    stands; both are the length of the text when nothing was returned."""
    cut = _candidate(low, 0)
    while cut >= 0:
        if _DIVIDER.match(low, cut) or _HEADER_LINES.match(low, cut):
            field = _FIRST_FIELD.search(low, cut)
            return cut, field.start() + 1 if field else len(low)
        cut = _candidate(low, cut + 1)
    return len(low), len(low)


def _candidate(low: str, start: int) -> int:
    """The next line feed behind which words may end; -1 for none."""
    if _divider_at is not None:
        found = _divider_at(low, start)
        if found is not None:
            return found
    line = _CANDIDATE.search(low, start)
    return line.start() if line else -1
