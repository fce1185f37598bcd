"""The scanner: one pass over at most 1 MiB, down to 50 parts and 8 levels (RFC 2045, 2046)."""

import re

from retour.mime import limits
from retour.mime.encoded import charset_codec, decode_text, decode_transfer, parameters
from retour.mime.headers import Block

_FIRST_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9_-]{0,75}[ \t]{0,3}:")
_MBOX_LINE = re.compile(rb"\n*>?From [^\n]{0,998}\n")
_BARE_TYPE = re.compile(rb"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,80}")
_BARE_BOUNDARY = re.compile(
    rb'boundary[ \t\n]*=[ \t\n]*(?:"([^"\n]{1,200})"|([^\s";]{1,200}))', re.IGNORECASE
)
_BARE_CHARSET = re.compile(rb"charset[ \t\n]*=[ \t\n]*[\"']?([a-zA-Z0-9_:.-]{1,40})", re.IGNORECASE)
_GUESSED_BOUNDARY = re.compile(rb"\n--([^\n]{1,200})\n(?=content-)", re.IGNORECASE)


class Part:
    """One leaf of the tree: its headers, its media type in lower case, and its body on demand.

    A `message/rfc822` part is a leaf too: what is inside is the returned message, not our mail.
    """

    __slots__ = ("_mail", "_value", "end", "head", "start", "type")

    def __init__(self, mail: "Mail", head: Block, value: bytes, media: bytes, start: int, end: int) -> None:
        self._mail = mail
        self._value = value
        self.head = head
        self.type = media
        self.start = start
        self.end = end

    def body(self) -> bytes:
        """The octets of the body, transfer encoding undone, lines ending with LF."""
        raw = self._mail.raw[self.start : self.end]
        encoding = self.head.value(b"content-transfer-encoding")
        if not encoding:
            return raw
        octets, whole = decode_transfer(raw, encoding.split(b";")[0].strip().lower())
        if not whole:
            self._mail.note(limits.BROKEN_ENCODING)
        return octets

    def whole(self) -> tuple[bytes, bytes, int, int]:
        """The body without copying it: octets, the same in lower case, the line feed before, the end."""
        return self._mail.raw, self._mail.low, self.start - 1, self.end

    def text(self) -> str:
        """The body as text in its charset, at most its first 64 KiB."""
        body = self.body()[: limits.TEXT]
        charset = self.parameter(_BARE_CHARSET, "charset")
        if charset_codec(charset) is None:
            self._mail.note(limits.UNKNOWN_CHARSET)
        return decode_text(body, charset)

    def parameter(self, bare: re.Pattern[bytes], name: str) -> str:
        """A Content-Type parameter: by the short way, or by RFC 2231 where a star says so."""
        if b"*" in self._value and f"{name}*".encode() in self._value.lower():
            return parameters(self._value).get(name, "")
        match = bare.search(self._value)
        return match[match.lastindex or 0].decode("latin-1") if match else ""


class Mail:
    """A scanned mail: `head`, `parts` in order, `type` of the whole, `defects` by name."""

    __slots__ = ("defects", "head", "low", "parts", "raw", "type")

    def __init__(self, raw: bytes, low: bytes, head: Block) -> None:
        self.raw = raw
        self.low = low
        self.head = head
        self.type = b""
        self.parts: list[Part] = []
        self.defects: list[str] = []

    def note(self, defect: str) -> None:
        """Keeps a defect, each once."""
        if defect not in self.defects:
            self.defects.append(defect)


def scan(raw: bytes) -> Mail:
    """The parts of a mail. Any bytes are accepted; what is odd or too much is named in `defects`."""
    cut = len(raw) > limits.EXAMINED
    if cut:
        raw = raw[: limits.EXAMINED]
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")  # RFC 5321 §2.3.8; bare CR of old servers
    raw = b"\n" + _without_mbox_line(raw)
    low = raw.lower()
    top = _header_end(raw, 0, len(raw))
    mail = Mail(raw, low, Block(raw, low, 0, min(top, limits.HEADER_BLOCK)))
    if cut:
        mail.note(limits.TRUNCATED)
    if top == 0:
        mail.note(limits.NO_HEADERS)
    elif mail.head.over_limits() or top > limits.HEADER_BLOCK:
        mail.note(limits.TOO_COMPLEX)
    whole = _part(mail, mail.head, top + 1 if top else 0, len(raw))
    mail.type = whole.type
    _split(mail, whole, 0)
    return mail


def _without_mbox_line(raw: bytes) -> bytes:
    if raw[:1] in (b"\n", b">", b"F"):
        match = _MBOX_LINE.match(raw)
        raw = raw[match.end() :] if match else raw.lstrip(b"\n")
    return raw


def _header_end(raw: bytes, start: int, end: int) -> int:
    """Where the block that begins with the line feed at `start` ends; `start` when there is no header."""
    if not _FIRST_HEADER.match(raw, start + 1, end):
        return start
    stop = raw.find(b"\n\n", start, end)
    return stop + 1 if stop >= 0 else end


def _part(mail: Mail, head: Block, start: int, end: int) -> Part:
    value = head.value(b"content-type")
    match = _BARE_TYPE.match(value.lower()) if value else None
    return Part(mail, head, value, match[0] if match else b"text/plain", start, end)


def _split(mail: Mail, part: Part, depth: int) -> None:
    """Adds the leaves of a part, in order, to the mail."""
    if not part.type.startswith(b"multipart/") and not _hides_parts(mail, part, depth):
        _add(mail, part)
        return
    boundary = part.parameter(_BARE_BOUNDARY, "boundary").encode("latin-1", "replace").rstrip()
    if not boundary or mail.raw.find(b"\n--" + boundary, part.start - 1, part.end) < 0:
        # QUIRK: some folded headers lack their indentation (22-unfolded-boundary); the lines still tell.
        guessed = _GUESSED_BOUNDARY.search(mail.raw, part.start - 1, part.end)
        mail.note(limits.BOUNDARY_MISSING)
        boundary = guessed[1].rstrip() if guessed else b""
    if not boundary or depth == limits.DEPTH:
        if boundary:
            mail.note(limits.TOO_COMPLEX)
        _add(mail, Part(mail, part.head, part._value, b"text/plain", part.start, part.end))
        return
    _split_at(mail, part, b"\n--" + boundary, depth)


def _hides_parts(mail: Mail, part: Part, depth: int) -> bool:
    # QUIRK: a gateway lost the Content-Type of a report but not its parts (sendmail-parts-undeclared).
    return depth == 0 and mail.low.find(b"\ncontent-type: message/delivery-status", part.start, part.end) >= 0


def _split_at(mail: Mail, part: Part, delimiter: bytes, depth: int) -> None:
    raw, end, size = mail.raw, part.end, len(delimiter)
    at = _next_delimiter(raw, delimiter, part.start - 1, end)
    while at >= 0 and raw[at + size : at + size + 2] != b"--":
        if len(mail.parts) >= limits.PARTS:
            mail.note(limits.TOO_COMPLEX)
            return
        line_end = raw.find(b"\n", at + 1, end)
        if line_end < 0:
            break
        following = _next_delimiter(raw, delimiter, line_end, end)
        stop = following if following >= 0 else end
        _split(mail, _inner(mail, line_end, stop), depth + 1)
        at = following
    if at < 0:
        mail.note(limits.MULTIPART_UNCLOSED)


def _next_delimiter(raw: bytes, delimiter: bytes, start: int, end: int) -> int:
    """RFC 2046 §5.1.1: a delimiter line holds nothing else but white space, or `--` at the end."""
    at = raw.find(delimiter, start, end)
    while at >= 0:
        tail = raw[at + len(delimiter) : at + len(delimiter) + 2]
        if not tail or tail[:1] in (b"\n", b" ", b"\t") or tail == b"--":
            return at
        at = raw.find(delimiter, at + 1, end)
    return -1


def _inner(mail: Mail, start: int, end: int) -> Part:
    """The part between two delimiters; `start` is the line feed before its first header or blank line."""
    stop = _header_end(mail.raw, start, end)
    head = Block(mail.raw, mail.low, start, min(stop, start + limits.HEADER_BLOCK))
    if head.over_limits():
        mail.note(limits.TOO_COMPLEX)
    return _part(mail, head, min(stop + 1, end), end)


def _add(mail: Mail, part: Part) -> None:
    if len(mail.parts) < limits.PARTS:
        mail.parts.append(part)
    else:
        mail.note(limits.TOO_COMPLEX)
