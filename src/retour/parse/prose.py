"""Notices without a machine-readable part: an address and, near it, the words about it."""

import re

from retour.model import Kind, Report
from retour.parse.mailbox import addresses_in, one_address
from retour.parse.notice import Notice
from retour.parse.reply import report_of
from retour.parse.words import TEXT, paragraph_end

# A line that begins with an address: bare, in brackets, as a bullet; then nothing, a colon, dots or words.
_CLAIM = re.compile(
    r"^[ \t>*-]{0,10}(?:(?:To|Recipients?|Address|Rcpt-To|E-?mail)\s?:[ \t]{0,8})?"
    r"<?([^\s<>()\[\]:;,\"@]{1,128}@[\w.-]{1,255}[\w\]])>?"
    r"(?=[ \t]*(?:$|:|\.\.\.|\(|,|-|;|\s))",
    re.MULTILINE,
)
_FROM = re.compile(r"\((?:expanded|generated) from:? <?([^\s<>()]{3,320})>?\)")
_NOT_RECIPIENTS = re.compile(
    r"(?:postmaster|mailer-daemon|abuse|support|helpdesk|no-?reply|hostmaster|webmaster|admin\w*)@",
    re.IGNORECASE,
)


def read_prose(notice: Notice, kind: Kind, mta: str | None) -> tuple[Report, ...]:
    """A report for each recipient that the words name; without any, one for the returned message's To."""
    claims = claims_in(notice.words)
    if not claims:
        claims = [(recipient, notice.words) for recipient in named_in(notice)]
    if not claims:
        return (_report(kind, None, notice.words, mta),)
    return tuple(_report(kind, recipient, words, mta) for recipient, words in claims)


def claims_in(text: str) -> list[tuple[str, str]]:
    """(address, words about it) for each line that begins with an address; each address once."""
    starts = list(_CLAIM.finditer(text))
    claims: dict[str, str] = {}
    for index, match in enumerate(starts):
        address = one_address(match[1])
        if address is None or address.lower() in claims or len(claims) == 100:
            continue
        limit = starts[index + 1].start() if index + 1 < len(starts) else len(text)
        stop = paragraph_end(text, match.end())
        if not text[match.end() : stop].strip(" :.>\n\t"):
            stop = paragraph_end(text, stop + 2)
        claims[address.lower()] = text[match.end() : min(stop, max(limit, match.end()), match.end() + TEXT)]
    return [(address, words.strip(" :>\n\t")) for address, words in claims.items()]


def named_in(notice: Notice) -> list[str]:
    """The addresses that may be meant when no line begins with one: the header's, the words', then To's."""
    stated = addresses_in(notice.mail.head.text(b"x-failed-recipients"))
    if stated:
        return stated
    ours = notice.mail.head.text(b"to").lower() + notice.sender.lower()
    found = [
        a for a in addresses_in(notice.words, 10) if a.lower() not in ours and not _NOT_RECIPIENTS.match(a)
    ]
    if found:
        return found[:1]
    to = addresses_in(notice.returned.text(b"to"), 2) if notice.returned else []
    return to if len(to) == 1 else []


def _report(kind: Kind, recipient: str | None, words: str, mta: str | None) -> Report:
    source = _FROM.search(words)
    line = " ".join(words[:TEXT].split())
    return report_of(
        kind, recipient, line, original=one_address(source[1]) if source else None, text=line, mta=mta
    )
