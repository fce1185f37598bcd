"""Systems that name their own users without a domain, each on a line: AOL to the senders of its time.

Your mail to the following recipients could not be delivered because they are not accepting mail:
        screenname
"""

import re
from typing import Final

from retour.parse.mailbox import one_address

_LEAD: Final = re.compile(r"(?:following|these) (?:recipients?|address(?:es)?|users?)[^\n@]{0,200}:[ \t]*\n")
_NAME: Final = re.compile(r"[ \t]+([a-z0-9][\w.-]{1,63})[ \t]*(?:\n|$)", re.IGNORECASE | re.ASCII)
_MOST: Final = 100


def named_in(words: str, low: str, sender: str) -> list[tuple[str, str]]:
    """Address and lead-in of each bare name below the lead-in; the domain is the reporting daemon's.

    [] where the sender is no mailer-daemon of a domain, or where the lines hold anything but names.
    """
    daemon = one_address(sender) or ""
    lead = _LEAD.search(low) if daemon.lower().startswith(("mailer-daemon@", "postmaster@")) else None
    if not lead:
        return []
    start = low.rfind("\n\n", 0, lead.start()) + 1
    found: list[tuple[str, str]] = []
    line = _NAME.match(words, lead.end())
    while line and len(found) < _MOST:
        found.append((line[1] + daemon[daemon.index("@") :], words[start : lead.end()]))
        line = _NAME.match(words, line.end())
    return found
