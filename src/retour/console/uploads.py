"""How much a browser may send, and where it waits: lists may be long, everything else is short.

The server of the console takes a body whole before a page sees it, on disk where it is long. So the limit
depends on the page, and what waits lies in the data directory instead of a /tmp that may be memory.
"""

import copy
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


def prepare(room: Path) -> None:
    """An empty directory for what waits: what an earlier process left there belongs to nobody."""
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir(mode=0o700)
    tempfile.tempdir = str(room)


def adjustments_of(parser: HTTPRequestParser) -> Adjustments:
    """What the server was started with."""
    return parser.adj


def channel(most: int) -> type[HTTPChannel]:
    """How connections are read: a list may have so many octets."""

    class Parser(HTTPRequestParser):  # type: ignore[misc]  # the library has no types
        """Sets the limit once it knows which page is asked for, and before the body comes."""

        def parse_header(self, header_plus: bytes) -> None:
            super().parse_header(header_plus)
            limits: Adjustments = copy.copy(adjustments_of(self))
            of_list = self.command == "POST" and _LISTS.fullmatch(self.path)
            limits.max_request_body_size = (most if of_list else MOST) + AROUND
            self.adj = limits

    class Channel(HTTPChannel):  # type: ignore[misc]  # as above
        """A connection with these limits."""

        parser_class = Parser

    return Channel
