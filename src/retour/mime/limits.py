"""How much of a mail is looked at. Beyond a limit the rest is left alone and a defect says so."""

EXAMINED = 1024 * 1024  # octets of one mail; more gives the defect `truncated`
HEADER_BLOCK = 128 * 1024  # octets of one header block; this and what follows give `too_complex`
HEADER = 16 * 1024  # octets of one header with its folded lines
HEADERS = 500  # headers in one block
PARTS = 50  # of one mail, multiparts among them
DEPTH = 8  # multiparts inside each other
TEXT = 32 * 1024  # octets of a text part that are decoded: bounces say it in the first lines

TRUNCATED = "truncated"
TOO_COMPLEX = "too_complex"
UNKNOWN_CHARSET = "unknown_charset"
BROKEN_ENCODING = "broken_encoding"
BOUNDARY_MISSING = "boundary_missing"
MULTIPART_UNCLOSED = "multipart_unclosed"
NO_HEADERS = "no_headers"
