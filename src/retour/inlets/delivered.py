"""Whom our own MTA delivered a mail to, as it wrote on top of the mail.

It writes above all that the sender wrote (postconf(5), prepend_delivered_header), so that the topmost header
of a name is the one to look at, and no other.
"""

import re

from retour import return_address

_HEADERS = 128 * 1024  # security.md §3
_HEADERS_END = re.compile(rb"(?:\A|\n)\r?\n")  # an empty line, were it the first


def topmost(name: str) -> re.Pattern[bytes]:
    """Finds the address in the first header of this name."""
    return re.compile(rb"^%b:[ \t]*<?([^\s<>]+)" % re.escape(name.encode()), re.IGNORECASE | re.MULTILINE)


_USUAL = (topmost("X-Original-To"), topmost("Delivered-To"))


def delivered_to(raw: bytes, header: re.Pattern[bytes] | None = None) -> str | None:
    """The envelope recipient of a mail, None when it names none.

    A header that the operator names is believed. Of the usual ones only what has the shape of a return
    address is told: whether it is genuine the intake finds out, so that a header that a stranger wrote gains
    him nothing that mail to that same address would not.
    """
    end = _HEADERS_END.search(raw, 0, _HEADERS)
    headers = raw[: end.start() if end else _HEADERS]
    for pattern in (header,) if header else _USUAL:
        found = pattern.search(headers)
        if found is not None:
            candidate = found[1].decode("utf-8", "replace")
            if header or return_address.looks_like(candidate.rpartition("@")[0]):
                return candidate
    return None
