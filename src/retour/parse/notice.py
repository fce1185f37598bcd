"""What a mail offers to its readers: the human words, the machine's part, the returned message."""

import html
import re
from typing import Final

from retour import swift
from retour.mime import Block, Mail, Part
from retour.mime.encoded import decode_text
from retour.mime.headers import OF_RETURNED, blank_line
from retour.mime.limits import HEADER_BLOCK, TOO_COMPLEX
from retour.parse.bounds import REPORT, REPORTS, WORDS
from retour.parse.divider import divide
from retour.parse.fields import groups_of
from retour.parse.words import single_spaced

_STATUS: Final = "status"
_RETURNED: Final = "returned"
_FEEDBACK: Final = "feedback"
_RECEIPT: Final = "receipt"
_ROLES: Final = {
    b"message/delivery-status": _STATUS,  # RFC 3464 §2
    b"message/global-delivery-status": _STATUS,  # RFC 6533
    b"message/rfc822": _RETURNED,
    b"message/global": _RETURNED,  # RFC 6532 §3.7
    b"message/partial": _RETURNED,
    b"text/rfc822-headers": _RETURNED,  # RFC 6522 §4
    b"text/rfc822-header": _RETURNED,
    b"message/rfc822-headers": _RETURNED,
    b"message/global-headers": _RETURNED,  # RFC 6533
    b"message/feedback-report": _FEEDBACK,  # RFC 5965 §2
    b"message/disposition-notification": _RECEIPT,  # RFC 8098 §3
}
# QUIRK: gateways give a report's part another media type; its first field tells it (111-report-as-octets).
_FIRST_FIELDS: Final = {
    b"reporting-mta:": _STATUS,
    b"feedback-type:": _FEEDBACK,
    b"final-recipien": _STATUS,
    b"original-recip": _STATUS,
    # "Reporting-MTA:" and "Final-Recipient" in base64, in lower case (226-report-in-base64)
    b"umvwb3j0aw5nlu": _STATUS,
    b"rmluywwtumvjax": _STATUS,
}
_BREAKS: Final = re.compile(r"<(?:br|/p|/div|/tr|/td|/h\d|/li)\b[^<>]{0,200}>", re.IGNORECASE)
_UNSEEN: Final = re.compile(r"<(style|script|head)\b[^<>]{0,500}>[^<]{0,20000}</\1>", re.IGNORECASE)
_TAG: Final = 2001  # characters between "<" and ">"
_ADDRESS: Final = re.compile(r"[^\s<>]{1,130}@")
_INDENTATION: Final = re.compile(r"\n[ \t]{1,200}(?=\S)")
_TWO: Final = "\u0130"  # the one capital whose small letter is two characters
_EMPTY_LINES: Final = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")
_lowered: Final = swift.lowered if swift.IN_C else None


class Notice:
    """A mail seen as a notice: `words` is what it says without the returned message, `low` its lower case.

    `status` has the groups of fields of each delivery report; `feedback` and `receipt` are the fields of
    such a part; `returned` are the headers of the returned message.
    """

    __slots__ = (
        "_plain",
        "_sender",
        "_subject",
        "feedback",
        "low",
        "mail",
        "receipt",
        "returned",
        "status",
        "words",
    )

    def __init__(self, mail: Mail) -> None:
        self.mail = mail
        self.status: list[list[dict[str, str]]] = []
        self.feedback: Block | None = None
        self.receipt: Block | None = None
        self.returned: Block | None = None
        self.words = self.low = ""
        self._plain: str | None = None
        self._sender: str | None = None
        self._subject: str | None = None
        spoken: Part | None = None
        for part in mail.parts:
            role = _ROLES.get(part.type) or _FIRST_FIELDS.get(part.raw[:40].lstrip()[:14].lower())
            if role is None and part.content.is_saved:
                role = _RETURNED
            if role:
                self._take(part, role)
            elif part.type.startswith(b"text/") and (spoken is None or _says_more(part, spoken)):
                spoken = part
        if spoken is not None:
            self._hear(spoken)

    def subject(self) -> str:
        """The subject in lower case."""
        if self._subject is None:
            self._subject = self.mail.head.text(b"subject").lower()
        return self._subject

    def sender(self) -> str:
        """From in lower case."""
        if self._sender is None:
            self._sender = self.mail.head.text(b"from").lower()
        return self._sender

    def plain(self) -> str:
        """The first 4 KiB of the words in lower case with single spaces: what phrases are looked up in."""
        if self._plain is None:
            words = single_spaced(self.low[:WORDS])
            self._plain = words if words.isascii() else words.replace("\u2019", "'")
        return self._plain

    def _take(self, part: Part, role: str) -> None:
        if role == _STATUS and len(self.status) == REPORTS:
            self.mail.note(TOO_COMPLEX)
        elif role == _STATUS:
            octets = part.body()[:REPORT]
            self.status.append(groups_of(decode_text(octets, _charset_of(octets))))
        elif role == _RETURNED:
            self.returned = self.returned or _head_of(part.body())
        elif role == _FEEDBACK:
            self.feedback = Block(part.body())
        else:
            self.receipt = Block(part.body())

    def _hear(self, part: Part) -> None:
        text = part.text()
        if part.type == b"text/html":
            text = without_tags(text)
        low = lowered(text)
        cut, field = divide(low)
        if cut == len(text):
            self.words, self.low = text, low
            return
        self.words, self.low, rest = text[:cut], low[:cut], text[field:]
        if rest and self.returned is None:
            self.returned = _head_of(rest.encode("utf-8", "replace"))


def _charset_of(report: bytes) -> str:
    """Reports are in UTF-8 (RFC 6533 §6.1); one that was saved as UTF-16 has a zero in each pair."""
    zero = report.find(b"\0", 0, 8)
    if zero < 0:
        return ""
    return "utf-16" if report[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-16-le" if zero % 2 else "utf-16-be"


def _says_more(part: Part, spoken: Part) -> bool:
    """The first text speaks, but plain text is preferred to HTML, and something to nothing."""
    if spoken.type == b"text/html":
        return part.type == b"text/plain"
    return not spoken.body().strip()


def _head_of(message: bytes) -> Block:
    """The header fields of a returned message."""
    message = message.lstrip(b"\n")
    return Block(message[: min(blank_line(message), HEADER_BLOCK)], OF_RETURNED)


def lowered(text: str) -> str:
    """The text in lower case, each character at its place."""
    if _lowered is not None:
        quick = _lowered(text)
        if quick is not None:
            return quick
    low = text.lower()
    return low if len(low) == len(text) else _TWO.join(piece.lower() for piece in text.split(_TWO))


def without_tags(text: str) -> str:
    """HTML as the words a reader sees, roughly: one line per block. Linear, never raises."""
    text = _UNSEEN.sub(" ", text)
    text = _BREAKS.sub("\n", text)
    text = html.unescape(_untagged(text)).replace("\xa0", " ")
    text = _INDENTATION.sub("\n", text)  # left over from tags: a reader sees none
    return _EMPTY_LINES.sub("\n\n", text)


def _untagged(text: str) -> str:
    """A space for each tag; what looks like one and holds an address stays: "<ann@example.org>"."""
    first, *pieces = text.split("<")
    kept = [first]
    for piece in pieces:
        tag, closed, rest = piece.partition(">")
        opening = tag[:1]
        is_tag = closed and (opening in ("/", "!") or (opening.isascii() and opening.isalpha()))
        if is_tag and len(tag) <= _TAG and not ("@" in tag and _ADDRESS.match(tag)):
            kept += (" ", rest)
        else:
            kept += ("<", piece)
    return "".join(kept)
