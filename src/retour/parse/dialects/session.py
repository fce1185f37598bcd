"""The dialogue with the other server, as MDaemon, hMailServer and others put it into their notices.

--> RCPT To:<ann@example.org>
<-- 550 5.1.1 <ann@example.org>: user unknown
"""

import re
from typing import Final

from retour.parse.mailbox import from_octal

COMMAND: Final = "rcpt to:"  # in lower case; without it there is nothing to read here

_RECIPIENT: Final = re.compile(r"rcpt to: ?<([^<>\s]{3,320})>[^\n]{0,200}", re.IGNORECASE)
_ANSWER: Final = re.compile(r"\n[^\n]{0,60}?(?<![\w.])([245]\d\d[ -][^\n]{0,998})", re.ASCII)
_REFUSAL: Final = re.compile(r"\n[^\n]{0,60}?(?<![\w.:])([45][0-5]\d[ -][^\n]{0,998})", re.ASCII)
_BEFORE: Final = ("", "\n", ">", ":", "]", "|")  # what stands before a command that was sent, and at most
_BLANKS: Final = 4


def shows_command(words: str) -> bool:
    """Whether a line is the command that was sent, not a sentence like Exim's "after RCPT TO:<a@b>"."""
    low = words.lower()
    at = low.find(COMMAND)
    while at >= 0:
        before = low[max(0, at - _BLANKS - 1) : at]
        lead = before.rstrip(" \t")
        if lead[-1:] in _BEFORE and len(before) - len(lead) <= _BLANKS:
            return True
        at = low.find(COMMAND, at + 1)
    return False


def refused_in(words: str) -> list[tuple[str, str]]:
    """The recipients of a dialogue whose RCPT was refused, each once, with the last answer about him.

    Where none was, a later answer refused the mail for all of them; "" where none is shown.
    """
    asked: dict[str, tuple[str, str]] = {}
    end = 0
    for match in _RECIPIENT.finditer(words):
        recipient, answer = from_octal(match[1]), _ANSWER.match(words, match.end())
        if answer or recipient.lower() not in asked:
            asked[recipient.lower()] = recipient, answer[1] if answer else ""
        end = match.end()
    refused = [said for said in asked.values() if said[1][:1] in ("4", "5")]
    if refused:
        return refused
    later = _REFUSAL.search(words, end)
    return [(recipient, later[1] if later else "") for recipient, _ in asked.values()]
