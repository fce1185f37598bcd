"""The scanner: cuts at most 1 MiB into at most 50 parts on 8 levels (RFC 2045, 2046)."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from retour import swift
from retour.mime import limits
from retour.mime.charsets import charset_codec
from retour.mime.encoded import decode_text, decode_transfer, parameters
from retour.mime.headers import FEW, OF_PART, Block, blank_line, holds, within_limits

_FIRST_HEADER: Final = re.compile(rb"[A-Za-z][A-Za-z0-9_-]{0,75}[ \t]{0,3}:")
_MBOX_LINE: Final = re.compile(rb"\n*>?From [^\n]{0,998}\n")
_LONE_RETURN: Final = re.compile(rb"\r(?!\n)")
_MEDIA_TYPE: Final = re.compile(rb"[a-zA-Z0-9!#$&^_.+-]{1,60}/[a-zA-Z0-9!#$&^_.+-]{1,80}")
_BOUNDARY: Final = re.compile(rb'[bB](?i:oundary)[ \t]*=[ \t]*(?:"([^"\n]{1,200})"|([^\s";]{1,200}))')
_CHARSET: Final = re.compile(rb"[cC](?i:harset)[ \t]*=[ \t]*[\"']?([a-zA-Z0-9_:.-]{1,40})")
_GUESSED_BOUNDARY: Final = re.compile(rb"\n--([^\n]{1,200})\n(?=content-)", re.IGNORECASE)
_REPORT_INSIDE: Final = b"\ncontent-type: message/delivery-status"
# One of these, or From, is in the header of every message (RFC 5322 §3.6), however old or broken its writer.
_NAMES: Final[tuple[bytes, ...]] = (
    *(b"\nsubject:", b"\nto:", b"\nreceived:", b"\ndate:", b"\nmessage-id:", b"\ncontent-"),
    *(b"\nmime-version:", b"\nreturn-path:", b"\ndelivered-to:", b"\nsender:", b"\nreply-to:", b"\nx-"),
)
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_NO_HEAD: Final = Block(b"")
_SAVED: Final = b".eml"
_SHORT: Final = 512  # octets of a header block that is worth remembering
_AFTER_DELIMITER: Final = frozenset({b"\n", b" ", b"\t", b"-", b""})
_AS_IT_IS: Final = frozenset({b"", b"7bit", b"8bit", b"binary"})  # RFC 2045 §6.2
_without_returns: Final = swift.without_returns if swift.IN_C else None
_pieces_of: Final = swift.pieces_of if swift.IN_C else None
_begins_field: Final = swift.begins_field if swift.IN_C else None


class Content:
    """What the Content-* fields of a part say (RFC 2045)."""

    __slots__ = ("boundary", "charset", "encoding", "is_saved", "type")

    def __init__(
        self, type: bytes, encoding: bytes, charset: str, boundary: bytes, is_saved: bool = False
    ) -> None:
        self.type = type  # in lower case
        self.encoding = encoding  # in lower case, b"" when none is named
        self.charset = charset  # of a text, as written; "" when none is named
        self.boundary = boundary  # of a multipart, b"" when there is none
        self.is_saved = is_saved  # a message that was saved as a file: its name ends so


_PLAIN: Final = Content(b"text/plain", b"", "", b"")  # RFC 2045 §5.2


class Part:
    """One leaf of the tree: its media type in lower case, and its body on demand.

    A `message/rfc822` part is a leaf too: what is inside is the returned message, not our mail.
    """

    __slots__ = ("_defects", "content", "raw", "type")

    def __init__(self, content: Content, raw: bytes, defects: list[str]) -> None:
        self.content = content
        self.type = content.type
        self.raw = raw
        self._defects = defects

    def body(self) -> bytes:
        """The octets of the body, transfer encoding undone, lines ending with LF."""
        encoding = self.content.encoding
        if encoding in _AS_IT_IS:
            return self.raw
        octets, whole = decode_transfer(self.raw, encoding.split(b";")[0].strip())
        if not whole:
            note(self._defects, limits.BROKEN_ENCODING)
        return octets

    def text(self) -> str:
        """The body as text in its charset, at most its first 32 KiB."""
        body = self.body()[: limits.TEXT]
        charset = self.content.charset
        if charset and charset_codec(charset) is None:
            note(self._defects, limits.UNKNOWN_CHARSET)
        return decode_text(body, charset)


class Mail:
    """A scanned mail: its `head`, its leaves in order, its defects by name."""

    __slots__ = ("defects", "head", "parts", "seen")

    def __init__(self, head: Block, defects: list[str]) -> None:
        self.head = head
        self.defects = defects
        self.parts: list[Part] = []
        self.seen = 0  # parts met, the multiparts among them

    def note(self, defect: str) -> None:
        """Keeps a defect, each once."""
        note(self.defects, defect)


def note(defects: list[str], defect: str) -> None:
    """Adds a defect that is not there yet."""
    if defect not in defects:
        defects.append(defect)


# A mail that was cut ends within a line, in a report within a field: half an address there would be another
# one, half a sentence may say the opposite.
_CUT_LINE: Final = re.compile(rb"\n[^\n]{0,998}(?:\n[ \t][^\n]{0,998}){0,20}\Z")


def scan(raw: bytes) -> Mail:
    """The parts of a mail. Any bytes are accepted; what is odd or too much is named in `defects`."""
    defects: list[str] = []
    if len(raw) > limits.EXAMINED:
        raw = raw[: limits.EXAMINED]
        defects.append(limits.TRUNCATED)
    if raw[:3] == _BYTE_ORDER_MARK:  # QUIRK: saved by an editor of Windows (85-byte-order-mark)
        raw = raw[3:]
    if holds(raw, b"\r"):
        raw = _with_line_feeds(raw)
    raw = _without_mbox_line(raw)
    head, whole = _whole(raw, defects)
    mail = Mail(head, defects)
    # QUIRK: a gateway lost the Content-Type of a report but not its parts (23-undeclared-parts).
    if whole.type.startswith(b"multipart/") or _holds_report(whole.raw):
        _split(mail, whole, 1)
    else:
        mail.parts.append(whole)
    return mail


def _with_line_feeds(raw: bytes) -> bytes:
    if _without_returns is not None:
        whole = _without_returns(raw)
        if whole is not None:
            return whole
    elif _LONE_RETURN.search(raw) is None:  # both steps together take half the time of replacing two octets
        return raw.replace(b"\r", b"")  # RFC 5321 §2.3.8
    # QUIRK: dma quotes a reply with its CR (768-dma-three-lines); old servers write a CR alone.
    return raw.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _is_named(head: Block) -> bool:
    """Whether one of the fields of a message is among these."""
    return any(head.low.find(name) >= 0 for name in _NAMES)


def _holds_report(body: bytes) -> bool:
    """Whether parts that no Content-Type announces are there, a report among them."""
    if not holds(body, b"/delivery-status") and not holds(body, b"/Delivery-Status"):
        return False
    return _REPORT_INSIDE in body.lower()


def _without_mbox_line(raw: bytes) -> bytes:
    if raw[:1] in (b"\n", b">", b"F"):
        match = _MBOX_LINE.match(raw)
        raw = raw[match.end() :] if match else raw.lstrip(b"\n")
    return raw


def _whole(raw: bytes, defects: list[str]) -> tuple[Block, Part]:
    """The mail's own header fields, and all of it as one part."""
    head, body = _cut(raw, defects)
    block = Block(head) if head else _NO_HEAD
    if head and not block.has(b"from") and not _is_named(block):
        # QUIRK: a bare body begins with "Notice: ..." (106-bare-body-with-a-colon)
        head, body, block = b"", raw, _NO_HEAD
    if not head:
        note(defects, limits.NO_HEADERS)
    return block, Part(_content(block), body, defects)


def _part(raw: bytes, defects: list[str]) -> Part:
    """One part of a multipart."""
    head, body = _cut(raw, defects)
    content = _known_content(head) if len(head) < _SHORT else _content_of_part(head)
    return Part(content, body, defects)


def _cut(raw: bytes, defects: list[str]) -> tuple[bytes, bytes]:
    """Headers and body; without a header line the whole is body, less its leading blank line."""
    if not (_begins_field(raw) if _begins_field is not None else _FIRST_HEADER.match(raw)):
        return b"", raw[1:] if raw[:1] == b"\n" else raw
    blank = blank_line(raw)
    head, body = raw[:blank], raw[blank + 2 :]
    if len(head) >= FEW:
        head, whole = within_limits(head)
        if not whole:
            note(defects, limits.TOO_COMPLEX)
    return head, body


def _content(head: Block, is_saved: bool = False) -> Content:
    """What a header block says about the body below it."""
    encoding, value = head.value(b"content-transfer-encoding"), head.value(b"content-type")
    if encoding:
        encoding = encoding.lower()
    elif not value and not is_saved:
        return _PLAIN
    type = _media_type(value) or b"text/plain"  # RFC 2045 §5.2
    boundary = charset = b""
    if type.startswith(b"multipart/"):
        boundary = _parameter(value, b"boundary", _boundary).rstrip()
    elif type.startswith(b"text/"):
        charset = _parameter(value, b"charset", _charset)
    return Content(type, encoding, charset.decode("latin-1"), boundary, is_saved)


def _content_of_part(head: bytes) -> Content:
    """The same for a part of a multipart."""
    block = Block(head, OF_PART)
    return _content(block, holds(block.low, _SAVED))


# A server writes the same few fields above the parts of all its reports.
_known_content: Final = lru_cache(maxsize=256)(_content_of_part)


def _parameter(content: bytes, name: bytes, find: Callable[[bytes], bytes]) -> bytes:
    """A Content-Type parameter: by the short way, or by RFC 2231 where a star says so."""
    if holds(content, b"*") and content.lower().find(name + b"*") >= 0:  # RFC 2231 §3
        return parameters(content).get(name.decode(), "").encode("latin-1", "replace")
    return find(content)


def media_type(value: bytes) -> bytes | None:
    """The media type that a Content-Type begins with, in lower case; None for none."""
    match = _MEDIA_TYPE.match(value)
    return match[0].lower() if match else None


def boundary(value: bytes) -> bytes:
    """The boundary in a Content-Type; b"" for none."""
    match = _BOUNDARY.search(value)
    return match[match.lastindex or 0] if match else b""


def charset(value: bytes) -> bytes:
    """The charset in a Content-Type; b"" for none."""
    match = _CHARSET.search(value)
    return match[1] if match else b""


_media_type: Final = swift.media_type if swift.IN_C else media_type
_boundary: Final = swift.boundary if swift.IN_C else boundary
_charset: Final = swift.charset if swift.IN_C else charset


def _split(mail: Mail, part: Part, depth: int) -> None:
    """Adds the leaves of a multipart, in order, to the mail."""
    pieces = _pieces(part, mail)
    if len(pieces) == 1 or depth > limits.DEPTH:
        if len(pieces) > 1:
            mail.note(limits.TOO_COMPLEX)
        part.type = b"text/plain"
        mail.parts.append(part)
        return
    if depth == 1 and pieces[-1][-1:] != b"\n" and pieces[-1][:2] != b"--":
        pieces[-1] = _CUT_LINE.sub(b"\n", pieces[-1])
    for piece in pieces[1:]:
        if piece[:2] == b"--":  # RFC 2046 §5.1.1: the close delimiter
            return
        if mail.seen == limits.PARTS:
            mail.note(limits.TOO_COMPLEX)
            return
        mail.seen += 1
        inner = _part(piece[piece.find(b"\n") + 1 or len(piece) :], mail.defects)
        if inner.type.startswith(b"multipart/"):
            _split(mail, inner, depth + 1)
        else:
            mail.parts.append(inner)
    mail.note(limits.MULTIPART_UNCLOSED)


def _pieces(part: Part, mail: Mail) -> list[bytes]:
    """What stands before, between and behind the delimiters; the whole alone when there are none."""
    raw, delimiter = b"\n" + part.raw, b"\n--" + part.content.boundary
    pieces = pieces_of(raw, delimiter, limits.PARTS + 2) if len(delimiter) > 3 else [raw]
    if len(pieces) == 1:
        # QUIRK: some folded headers lack their indentation (22-unfolded-boundary); the lines still tell.
        mail.note(limits.BOUNDARY_MISSING)
        guessed = _GUESSED_BOUNDARY.search(raw)
        if not guessed:
            return pieces
        delimiter = b"\n--" + guessed[1].rstrip()
        pieces = pieces_of(raw, delimiter, limits.PARTS + 2)
    for piece in pieces[1:]:
        if piece[:1] not in _AFTER_DELIMITER:
            return _rejoined(pieces, delimiter)
    return pieces


def pieces_of(raw: bytes, delimiter: bytes, most: int) -> list[bytes]:
    """What stands between the delimiters, of which at most so many are cut out."""
    return _pieces_of(raw, delimiter, most) if _pieces_of is not None else raw.split(delimiter, most)


def _rejoined(pieces: list[bytes], delimiter: bytes) -> list[bytes]:
    """RFC 2046 §5.1.1: a delimiter line holds nothing else but white space; a longer line is content."""
    joined = [[pieces[0]]]
    for piece in pieces[1:]:
        if piece[:1] in _AFTER_DELIMITER:
            joined.append([piece])
        else:
            joined[-1] += [delimiter, piece]
    return [b"".join(each) for each in joined]
