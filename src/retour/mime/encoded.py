"""Decoding what mail wraps its text in: charsets, encoded words, transfer encodings, parameters."""

import binascii
import re
from typing import Final
from urllib.parse import unquote_to_bytes

from retour import swift
from retour.mime.charsets import UTF8, charset_codec, decode_escaped, decode_guessed, decode_named

# RFC 2047 §2; the text part is bounded because an encoded word is at most 75 characters by the standard.
_WORD: Final = re.compile(rb"=\?([!-)+->@-~]{1,40}+)(?:\*[a-zA-Z0-9-]{1,20})?\?([bBqQ])\?([^?\n]{0,2000})\?=")
_BETWEEN_WORDS: Final = re.compile(rb"(\?=)[ \t\n]{1,200}(?==\?)")
# RFC 2045 §5.1, RFC 2231 §3-4: name, section, "extended" star, value.
_PARAMETER: Final = re.compile(
    rb";[ \t\n]*([a-zA-Z0-9_-]{1,40})(?:\*(\d{1,2}))?(\*)?[ \t\n]*=[ \t\n]*"
    rb'(?:"((?:[^"\\]|\\.){0,1000})"|([^;\s]{0,1000}))'
)
_NOT_BASE64: Final = re.compile(rb"[^A-Za-z0-9+/]+")
_ascii_text: Final = swift.ascii_text if swift.IN_C else None


def decode_text(data: bytes, charset: str = "") -> str:
    """The text of some bytes; what cannot be in the charset named is read as what it looks like."""
    codec = (charset and charset_codec(charset)) or UTF8
    if codec != UTF8:
        return decode_named(data, codec)
    if _ascii_text is not None:
        plain = _ascii_text(data)
        if plain is not None:
            return plain
    try:
        text = data.decode(UTF8)
    except UnicodeError:
        return decode_guessed(data)
    # One character is looked for at once, two take as long as all the decoding.
    return decode_escaped(data) if "\x1b" in text and "\x1b$" in text else text


def decode_words(value: bytes) -> str:
    """A header value as text (RFC 2047); words that cannot be decoded stay as they are."""
    if value.find(b"=?") < 0:
        return decode_text(value)
    if value.count(b"=?") > 1:
        value = _BETWEEN_WORDS.sub(rb"\1", value)  # RFC 2047 §6.2: space between words does not count
    pieces: list[str] = []
    end, charset, octets = 0, b"", b""
    for match in _WORD.finditer(value):
        # QUIRK: programs cut words within a character (510-word-cut-in-a-character), against RFC 2047 §5.
        if match.start() != end or match[1].lower() != charset:
            pieces += _text_of(octets, charset), decode_text(value[end : match.start()])
            charset, octets = match[1].lower(), b""
        octets += _octets_of(match[2], match[3])
        end = match.end()
    pieces += _text_of(octets, charset), decode_text(value[end:])
    return "".join(pieces)


def _octets_of(encoding: bytes, text: bytes) -> bytes:
    if encoding in b"qQ":
        return binascii.a2b_qp(text.replace(b"_", b" "))
    return decode_base64(text)[0]


def _text_of(octets: bytes, charset: bytes) -> str:
    return decode_text(octets, charset.decode("ascii", "replace"))


def decode_transfer(data: bytes, encoding: bytes) -> tuple[bytes, bool]:
    """The octets of a body and whether they could be decoded without loss (RFC 2045 §6)."""
    if encoding == b"quoted-printable":
        return _unquoted(data), True
    if encoding == b"base64":
        octets, whole = decode_base64(data)
        return octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n"), whole
    return data, True


def unquoted(body: bytes) -> bytes:
    """Quoted-printable undone (RFC 2045 §6.7), lines ending with LF."""
    return binascii.a2b_qp(body).replace(b"\r", b"")


_unquoted: Final = swift.unquoted if swift.IN_C else unquoted


def decode_base64(data: bytes) -> tuple[bytes, bool]:
    """Lenient base64: foreign characters are skipped, a missing end is filled (RFC 2045 §6.8)."""
    try:
        return binascii.a2b_base64(data), True
    except binascii.Error:
        clean = _NOT_BASE64.sub(b"", data)
        clean = clean[: len(clean) - 1] if len(clean) % 4 == 1 else clean
        return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4)), False


def parameters(value: bytes) -> dict[str, str]:
    """The parameters of a structured header by lower-case name, at most 50 (RFC 2045 §5.1, RFC 2231)."""
    sections: dict[str, list[tuple[int, bytes, bool]]] = {}
    for count, match in enumerate(_PARAMETER.finditer(value)):
        if count == 50:
            break
        name, section, star, quoted, plain = match.groups()
        octets = re.sub(rb"\\(.)", rb"\1", quoted) if quoted is not None else plain
        key = name.decode("ascii").lower()
        sections.setdefault(key, []).append((int(section or 0), octets, star is not None))
    return {key: _joined(found) for key, found in sections.items()}


def _joined(sections: list[tuple[int, bytes, bool]]) -> str:
    sections.sort(key=lambda section: section[0])
    if not sections[0][2]:
        return decode_text(b"".join(octets for _, octets, _ in sections))
    charset, _, rest = sections[0][1].partition(b"'")  # RFC 2231 §4: charset'language'text
    octets = unquote_to_bytes(rest.partition(b"'")[2])
    octets += b"".join(unquote_to_bytes(o) if star else o for _, o, star in sections[1:])
    return decode_text(octets, charset.decode("ascii", "replace"))
