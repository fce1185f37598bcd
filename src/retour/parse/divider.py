"""Where the human words of a text end and the returned message begins."""

import re

_FIELDS = (
    r"(?:Return-Path|Received|From|To|Subject|Date|Message-ID|MIME-Version|Content-Type|DKIM-Signature"
    r"|Reply-To|X-[\w-]{1,40})"
)
# What mail servers write above the message they return, each at the beginning of a line.
_DIVIDERS = (
    r"-{2,60} ?(?:below this line is|enclosed is|this is) a copy of the (?:message|header)",  # qmail, Exim
    r"-{2,60} ?(?:original|returned|unsent|undelivered|forwarded|attached) (?:message|mail|text)",  # Sendmail
    r"-{2,60} ?(?:the )?(?:message|mail|unsent|body of the message|headers?) ?(?:headers? )?"
    r"(?:is |are |of the message )?(?:follows?|below|is)",
    r"-{2,60} ?(?:message|the) (?:header|text|body)",
    r"(?:the )?(?:original|returned|unsent) (?:message|mail|text)(?: headers?| text)? "
    r"(?:follows|is (?:attached|included) below)",
    r"(?:message|body of message generated|headers?) (?:follows|response)",
    r"(?:---- )?original (?:message|mail|text)[^\n]{0,40}:",
    r"below (?:is|are) (?:a copy|the)",
    r"received: ?(?:from|by|\(qmail)",
    r"return-path: ?<",
)
_DIVIDER = re.compile(r"\n[ \t>]{0,8}(?:" + "|".join(_DIVIDERS) + ")", re.IGNORECASE)
_HEADER_LINES = re.compile(
    rf"\n(?:{_FIELDS}:[^\n]{{0,998}}\n(?:[ \t]+\S[^\n]{{0,998}}\n){{0,20}}){{3}}", re.IGNORECASE
)
_FIRST_FIELD = re.compile(rf"^[ \t>]{{0,4}}{_FIELDS}:", re.IGNORECASE | re.MULTILINE)


def split_returned(text: str) -> tuple[str, str]:
    """The words before the returned message, and its text from the first header on; "" when there is none."""
    cuts = [match.start() for match in (_DIVIDER.search(text), _HEADER_LINES.search(text)) if match]
    if not cuts:
        return text, ""
    cut = min(cuts)
    field = _FIRST_FIELD.search(text, cut)
    return text[:cut], text[field.start() :] if field else ""
