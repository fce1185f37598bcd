"""Where the human words of a text end and the returned message begins."""

import re
from typing import Final

_FIELDS: Final = (
    r"(?:return-path|received|from|to|subject|date|message-id|mime-version|content-type|dkim-signature"
    r"|reply-to|x-[\w-]{1,40})"
)
# What mail servers write above the message they return, each at the beginning of a line; in lower case.
_DIVIDERS: Final[tuple[str, ...]] = (
    r"-{2,60} ?(?:below this line is|enclosed is|this is) a copy of the (?:message|header)",  # qmail, Exim
    r"-{2,60} ?(?:original|returned|unsent|undelivered|forwarded|attached) (?:message|mail|text)",  # Sendmail
    r"-{2,60} ?(?:the )?(?:message|mail|unsent|body of the message|headers?) ?(?:headers? )?"
    r"(?:is |are |of the message )?(?:follows?|below|is)",
    r"-{2,60} ?(?:message|the) (?:header|text|body)",
    r"(?:the )?(?:original|returned|unsent) (?:message|mail|text)(?: headers?| text)? "
    r"follows",
    r"(?:message|body of message generated|headers?|message headers) follows?",
    r"original (?:message|mail|text)[^\n]{0,40}:",
    r"below (?:is|are) (?:a copy|the)",
    r"received: ?(?:from|by|\(qmail)",
    r"return-path: ?<",
)
_DIVIDER: Final = re.compile(r"\n[ \t>|]{0,8}+(?:" + "|".join(_DIVIDERS) + ")")
_HEADER_LINES: Final = re.compile(
    rf"\n{_FIELDS}:[^\n]{{0,998}}\n(?:[ \t]+\S[^\n]{{0,998}}\n){{0,20}}"
    rf"(?:{_FIELDS}:[^\n]{{0,998}}\n(?:[ \t]+\S[^\n]{{0,998}}\n){{0,20}}){{2}}"
)
# How every line begins at which one of the two above may stand: cheap to ask, and true of few. The names of
# _FIELDS are told apart by their first letters, which refuses a line in three quarters of the time.
_CANDIDATE: Final = re.compile(
    r"\n[ \t>|]{0,8}+"
    r"(?:--|re(?:turn-path:|ceived:|ply-to:|turned )|from:|t(?:o:|he (?:original|returned|unsent) )|subject:"
    r"|d(?:ate|kim-signature):|m(?:essage|ime-version:)|content-type:|x-[\w-]{1,40}:|original |unsent "
    r"|b(?:ody of|elow )|header)"
)
_FIRST_FIELD: Final = re.compile(rf"^[ \t>]{{0,4}}{_FIELDS}:", re.MULTILINE)


def divide(low: str) -> tuple[int, int]:
    """Where the words end in a lower-case text, and where the first header field of the returned message
    stands; both are the length of the text when nothing was returned."""
    for line in _CANDIDATE.finditer(low):
        cut = line.start()
        if _DIVIDER.match(low, cut) or _HEADER_LINES.match(low, cut):
            field = _FIRST_FIELD.search(low, cut)
            return cut, field.start() if field else len(low)
    return len(low), len(low)
