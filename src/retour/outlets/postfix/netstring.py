"""Netstrings, in which socketmap speaks: length in digits, colon, octets, comma (socketmap_table(5))."""

_MOST_DIGITS = 7
_DIGITS = frozenset(b"0123456789")


class NoNetstringError(ValueError):
    """Octets that can never become a netstring within the limit."""


def cut(buffer: bytearray, limit: int) -> bytes | None:
    """The first netstring, taken off the front of a buffer; None while it is not whole.

    Raises NoNetstringError for a length above `limit`, and for what is no netstring at all.
    """
    colon = buffer.find(b":", 0, _MOST_DIGITS + 1)
    if colon < 0:
        if len(buffer) > _MOST_DIGITS or not _DIGITS.issuperset(buffer):
            raise NoNetstringError("no length")
        return None
    end = colon + 1 + _length(buffer, colon, limit)
    if len(buffer) <= end:
        return None
    if buffer[end] != ord(","):
        raise NoNetstringError("no comma at its end")
    content = bytes(buffer[colon + 1 : end])
    del buffer[: end + 1]
    return content


def _length(buffer: bytearray, colon: int, limit: int) -> int:
    written = bytes(buffer[:colon])
    # Digits alone, and no zero before others: int() would take "+1", " 1" and "1_0" too.
    if not written or not _DIGITS.issuperset(written) or (written[0] == ord("0") and colon > 1):
        raise NoNetstringError("no length")
    length = int(written)
    if length > limit:
        raise NoNetstringError(f"longer than {limit}")
    return length


def netstring(content: bytes) -> bytes:
    """The netstring of some octets."""
    return b"%d:%s," % (len(content), content)
