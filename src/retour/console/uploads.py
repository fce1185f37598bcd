"""How much a browser may send, and where it waits: lists may be long, everything else is short.

The server of the console takes a body whole before a page sees it, on disk where it is long. So the limit
depends on the page, and what waits lies in the data directory instead of a /tmp that may be memory.
"""

import copy
import io
import re
import shutil
import tempfile
from pathlib import Path

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser

ROOM = "uploads"
MOST = 64 * 1024 * 1024  # octets of any form but that of a list
AROUND = 64 * 1024  # of a form, around its file
_LISTS = re.compile(r"/a/[^/]+/checks/new/")
_READ_AWAY = 4 * 1024**3  # octets: up to there a browser gets a page, above it the connection ends
TOO_LONG = "/too-long"  # the page that says so stands in the place of the one that was asked for


def prepare(room: Path) -> None:
    """An empty directory for what waits: what an earlier process left there belongs to nobody."""
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir(mode=0o700)
    tempfile.tempdir = str(room)


def adjustments_of(parser: HTTPRequestParser) -> Adjustments:
    """What the server was started with."""
    return parser.adj


class Away:
    """Takes a body and keeps nothing of it: a browser reads no answer before it has sent all."""

    error = None

    def __init__(self, length: int) -> None:
        self._left, self._nothing = length, io.BytesIO()

    @property
    def completed(self) -> bool:
        """Whether all of it has come."""
        return not self._left

    def received(self, data: bytes) -> int:
        """How many of these octets were its."""
        taken = min(self._left, len(data))
        self._left -= taken
        return taken

    def getfile(self) -> io.BytesIO:
        """What a page reads of it."""
        return self._nothing

    getbuf = getfile

    def __len__(self) -> int:
        return 0


def of_a_list(path: str) -> bool:
    """Whether a page takes lists, which may be long."""
    return _LISTS.fullmatch(path) is not None


def length_of(parser: HTTPRequestParser) -> int:
    """What a request says of the length of its body; 0 where it says nothing."""
    return int(parser.content_length)


def path_of(parser: HTTPRequestParser) -> str:
    """Which page a request asks for."""
    return str(parser.path)


def channel(most: int) -> type[HTTPChannel]:
    """How connections are read: a list may have so many octets."""

    class Parser(HTTPRequestParser):  # type: ignore[misc]  # the library has no types
        """Sets the limit once it knows which page is asked for, and before the body comes."""

        def parse_header(self, header_plus: bytes) -> None:
            super().parse_header(header_plus)
            limits: Adjustments = copy.copy(adjustments_of(self))
            of_list = self.command == "POST" and of_a_list(path_of(self))
            limits.max_request_body_size = (most if of_list else MOST) + AROUND
            self.adj = limits
            length = length_of(self)
            if self._is_of_a_browser() and limits.max_request_body_size <= length < _READ_AWAY:
                limits.max_request_body_size = length + 1
                self._read_away(length)

        def _is_of_a_browser(self) -> bool:
            # Others hear 413 at once; a form with a file comes whole, or its browser shows no answer at all.
            return str(self.headers.get("CONTENT_TYPE", "")).startswith("multipart/form-data")

        def _read_away(self, length: int) -> None:
            self.body_rcv, self.content_length, self.connection_close = Away(length), 0, True
            self.headers["CONTENT_LENGTH"] = "0"
            self.command, self.path, self.query = "GET", TOO_LONG + path_of(self), ""

    class Channel(HTTPChannel):  # type: ignore[misc]  # as above
        """A connection with these limits."""

        parser_class = Parser

    return Channel
