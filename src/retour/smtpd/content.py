"""The content of one message: from 354 to the lone dot, read in pieces; kept in part, or passed through.

The end is CR LF . CR LF and nothing else. A dot between bare line feeds is content: servers that saw an end
there let a second message be smuggled in behind the first (CVE-2023-51764).
"""

END = b"\r\n.\r\n"  # RFC 5321 §4.1.1.4
_STUFFED = b"\r\n."  # RFC 5321 §4.5.2: a dot at the start of a line is doubled on the wire
_NEWLINE = b"\r\n"


class Content:
    """Feed it until it returns what follows the end. `kept` has the first octets, `size` counts them all."""

    def __init__(self, room: int) -> None:
        self.kept = bytearray()
        self.size = 0
        self._room = room
        # The content begins at the start of a line, as if a newline stood before it; it is taken off again.
        self._pending = _NEWLINE
        self._virtual = len(_NEWLINE)

    def feed(self, piece: bytes) -> bytes | None:
        """Take a piece; returns the octets after the end, None while the end is not there."""
        piece = self._pending + piece
        end = piece.find(END)
        if end >= 0:
            self._keep(piece[: end + len(_NEWLINE)])
            return piece[end + len(END) :]
        held = _begun_end(piece)
        self._keep(piece[: len(piece) - held])
        self._pending = piece[len(piece) - held :]
        return None

    def _keep(self, lines: bytes) -> None:
        """Undo the dot stuffing. `lines` never ends inside a CR LF dot, so no stuffed dot is missed."""
        lines = lines.replace(_STUFFED, _NEWLINE)
        if self._virtual and lines:
            lines, self._virtual = lines[self._virtual :], 0
        self.size += len(lines)
        self.kept += lines[: max(0, self._room - len(self.kept))]


class Passing:
    """Content on its way through: its octets as they are on the wire, dots still doubled, none kept.

    `take` gives what may be passed on. It never ends within a CR LF, and the whole of it ends with one, so
    that a lone dot can stand behind it.
    """

    def __init__(self) -> None:
        self.size = 0
        self.bare = False  # a CR or LF of its own was met (RFC 5321 §2.3.8 forbids it)
        self._passed = bytearray()
        self._pending = _NEWLINE  # as in Content
        self._virtual = len(_NEWLINE)

    def feed(self, piece: bytes) -> bytes | None:
        """Take a piece; returns the octets after the end, None while the end is not there."""
        piece = self._pending + piece
        end = piece.find(END)
        held = 0 if end >= 0 else _begun_end(piece)
        self._pass(piece[: end + len(_NEWLINE) if end >= 0 else len(piece) - held])
        if end >= 0:
            return piece[end + len(END) :]
        self._pending = piece[len(piece) - held :]
        return None

    def take(self) -> bytes:
        """What came since the last call."""
        taken = bytes(self._passed)
        self._passed.clear()
        return taken

    def _pass(self, lines: bytes) -> None:
        newlines = lines.count(_NEWLINE)
        # A server behind us might take LF . LF for the end, and what follows for another message of ours
        # (CVE-2023-51764): so nothing goes on that has a line end which is none.
        self.bare = self.bare or lines.count(b"\n") != newlines or lines.count(b"\r") != newlines
        if self._virtual and lines:
            lines, self._virtual = lines[self._virtual :], 0
        self.size += len(lines)
        self._passed += lines


def _begun_end(piece: bytes) -> int:
    """How many octets at the end of the piece may be the beginning of END."""
    return next((n for n in range(len(END) - 1, 0, -1) if piece.endswith(END[:n])), 0)
