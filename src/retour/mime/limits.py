"""How much of a mail is looked at. Beyond a limit the rest is left alone and a defect says so."""

from typing import Final

EXAMINED: Final = 1024 * 1024  # octets of one mail; more gives the defect `truncated`
HEADER_BLOCK: Final = 128 * 1024  # octets of one header block; this and what follows give `too_complex`
HEADER: Final = 16 * 1024  # octets of one header with its folded lines
HEADERS: Final = 500  # headers in one block
PARTS: Final = 50  # of one mail, multiparts among them
DEPTH: Final = 8  # multiparts inside each other
TEXT: Final = 32 * 1024  # octets of a text part that are decoded: bounces say it in the first lines

TRUNCATED: Final = "truncated"
TOO_COMPLEX: Final = "too_complex"
UNKNOWN_CHARSET: Final = "unknown_charset"
BROKEN_ENCODING: Final = "broken_encoding"
BOUNDARY_MISSING: Final = "boundary_missing"
MULTIPART_UNCLOSED: Final = "multipart_unclosed"
NO_HEADERS: Final = "no_headers"
