"""The scanner: one pass over at most 1 MiB, down to 50 parts and 8 levels (RFC 2045, 2046)."""

import re

from retour.mime import limits
from retour.mime.encoded import charset_codec, decode_text, decode_transfer, parameters
from retour.mime.headers import Block

_FIRST_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9_-]{0,75}[ \t]{0,3}:")
_MBOX_LINE = re.compile(rb"\n*>?From [^\n]{0,998}\n")
_MEDIA_TYPE = re.compile(rb"[ \t\n]*([a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,80})")
_BOUNDARY = re.compile(rb'[bB](?i:oundary)[ \t]*=[ \t]*(?:"([^"\n]{1,200})"|([^\s";]{1,200}))')
_CHARSET = re.compile(rb"[cC](?i:harset)[ \t]*=[ \t]*[\"']?([a-zA-Z0-9_:.-]{1,40})")
_GUESSED_BOUNDARY = re.compile(rb"\n--([^\n]{1,200})\n(?=content-)", re.IGNORECASE)
_REPORT_INSIDE = b"\ncontent-type: message/delivery-status"
_AFTER_DELIMITER = frozenset({b"", b"\n", b" ", b"\t", b"-"})


class Part:
    """One leaf of the tree: its headers, its media type in lower case, and its body on demand.

    A `message/rfc822` part is a leaf too: what is inside is the returned message, not our mail.
    """

    __slots__ = ("_defects", "end", "head", "start", "type")

    def __init__(self, head: Block, start: int, end: int, defects: list[str]) -> None:
        self.head = head
        self.start = start
        self.end = end
        self._defects = defects
        at = head.low.find(b"\ncontent-type:", head.start, head.end)
        media = _MEDIA_TYPE.match(head.low, at + 14, head.end) if at >= 0 else None
        self.type = media[1] if media else b"text/plain"  # RFC 2045 §5.2

    def body(self) -> bytes:
        """The octets of the body, transfer encoding undone, lines ending with LF."""
        raw = self.head.raw[self.start : self.end]
        encoding = self.head.value(b"content-transfer-encoding")
        if not encoding:
            return raw
        octets, whole = decode_transfer(raw, encoding.split(b";")[0].strip().lower())
        if not whole:
            note(self._defects, limits.BROKEN_ENCODING)
        return octets

    def fields(self) -> Block:
        """The body as a block of fields; a body that is not encoded is not copied."""
        encoding = self.head.value(b"content-transfer-encoding")
        if encoding and encoding.lower() not in (b"7bit", b"8bit", b"binary"):
            raw = b"\n" + self.body()
            return Block(raw, raw.lower(), 0, len(raw))
        return Block(self.head.raw, self.head.low, self.start - 1, self.end)

    def text(self) -> str:
        """The body as text in its charset, at most its first 64 KiB."""
        body = self.body()[: limits.TEXT]
        if self.head.low.find(b"charset", self.head.start, self.head.end) < 0:
            return decode_text(body)
        charset = self._parameter(_CHARSET, b"charset").decode("latin-1")
        if charset_codec(charset) is None:
            note(self._defects, limits.UNKNOWN_CHARSET)
        return decode_text(body, charset)

    def boundary(self) -> bytes:
        """The boundary of a multipart, b"" when there is none."""
        return self._parameter(_BOUNDARY, b"boundary").rstrip()

    def _parameter(self, pattern: re.Pattern[bytes], name: bytes) -> bytes:
        """A Content-Type parameter: by the short way, or by RFC 2231 where a star says so."""
        content = self.head.value(b"content-type")
        if b"*" in content and name + b"*" in content.lower():
            return parameters(content).get(name.decode(), "").encode("latin-1", "replace")
        match = pattern.search(content) if content else None
        return match[match.lastindex or 0] if match else b""


class Mail:
    """A scanned mail: `head`, `parts` in order, `defects` by name; `raw` begins with an extra line feed."""

    __slots__ = ("defects", "head", "low", "parts", "raw", "seen")

    def __init__(self, raw: bytes, low: bytes, head: Block) -> None:
        self.raw = raw
        self.low = low
        self.head = head
        self.parts: list[Part] = []
        self.seen = 0  # parts met, the multiparts among them
        self.defects: list[str] = []

    def note(self, defect: str) -> None:
        """Keeps a defect, each once."""
        note(self.defects, defect)


def note(defects: list[str], defect: str) -> None:
    """Adds a defect that is not there yet."""
    if defect not in defects:
        defects.append(defect)


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
    elif top > limits.HEADER_BLOCK or mail.head.over_limits():
        mail.note(limits.TOO_COMPLEX)
    whole = Part(mail.head, top + 1, len(raw), mail.defects)
    # QUIRK: a gateway lost the Content-Type of a report but not its parts (23-undeclared-parts).
    if whole.type.startswith(b"multipart/") or low.find(_REPORT_INSIDE, whole.start) >= 0:
        _split(mail, whole, 1)
    else:
        mail.parts.append(whole)
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


def _split(mail: Mail, part: Part, depth: int) -> None:
    """Adds the leaves of a multipart, in order, to the mail."""
    delimiter = b"\n--" + part.boundary()
    at = _next_delimiter(mail.raw, delimiter, part.start - 1, part.end) if len(delimiter) > 3 else -1
    if at < 0:
        # QUIRK: some folded headers lack their indentation (22-unfolded-boundary); the lines still tell.
        mail.note(limits.BOUNDARY_MISSING)
        guessed = _GUESSED_BOUNDARY.search(mail.raw, part.start - 1, part.end)
        delimiter, at = (b"\n--" + guessed[1].rstrip(), guessed.start()) if guessed else (b"", -1)
    if at >= 0 and depth <= limits.DEPTH:
        _split_at(mail, part.end, delimiter, at, depth)
        return
    if at >= 0:
        mail.note(limits.TOO_COMPLEX)
    part.type = b"text/plain"
    mail.parts.append(part)


def _split_at(mail: Mail, end: int, delimiter: bytes, at: int, depth: int) -> None:
    """Adds the leaves between the delimiters from `at` to `end`."""
    raw, size = mail.raw, len(delimiter)
    while at >= 0 and raw[at + size : at + size + 2] != b"--":
        if mail.seen == limits.PARTS:
            mail.note(limits.TOO_COMPLEX)
            return
        mail.seen += 1
        begin = raw.find(b"\n", at + size, end)
        if begin < 0:
            break
        at = _next_delimiter(raw, delimiter, begin, end)
        inner = _inner(mail, begin, at if at >= 0 else end)
        if inner.type.startswith(b"multipart/"):
            _split(mail, inner, depth + 1)
        else:
            mail.parts.append(inner)
    if at < 0:
        mail.note(limits.MULTIPART_UNCLOSED)


def _next_delimiter(raw: bytes, delimiter: bytes, start: int, end: int) -> int:
    """RFC 2046 §5.1.1: a delimiter line holds nothing else but white space, or `--` at the end."""
    at = raw.find(delimiter, start, end)
    while at >= 0 and raw[at + len(delimiter) : at + len(delimiter) + 1] not in _AFTER_DELIMITER:
        at = raw.find(delimiter, at + 1, end)
    return at


def _inner(mail: Mail, start: int, end: int) -> Part:
    """The part between two delimiters; `start` is the line feed before its first header or blank line."""
    raw = mail.raw
    if raw[start + 1 : start + 2] == b"\n":  # no header at all: RFC 2046 §5.1
        return Part(Block(raw, mail.low, start, start), min(start + 2, end), end, mail.defects)
    stop = _header_end(raw, start, end)
    head = Block(raw, mail.low, start, min(stop, start + limits.HEADER_BLOCK))
    if stop - start > 3 * limits.HEADERS and (stop > head.end or head.over_limits()):
        mail.note(limits.TOO_COMPLEX)
    return Part(head, min(stop + 1, end), end, mail.defects)
