"""HTTP connections, read by httptools with bounds that neither it nor uvicorn has of itself."""

import asyncio
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from retour.outlets.api.gathered import Gathered

HEAD = 64 * 1024  # octets between two things that a request is made of: its whole head, at most
PATIENCE = 60.0  # seconds for one request to come whole, 4 MiB at most; between two uvicorn waits 5

LONG = frozenset({"/v1/suppressions/import"})  # here every PIECE of the body has this patience
PIECE = 1024 * 1024


class Connection(HttpToolsProtocol):
    """One connection. A head without end, or the trailer of a chunked body, would fill our memory; a request
    that never ends would hold it for ever."""

    patience = PATIENCE
    _undone = 0  # octets that came since the last whole head or piece of a body
    _begun = False  # a request has begun and is not whole
    _came = 0  # octets of its body since we began to wait for it
    _watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client that connects is expected to ask."""
        super().connection_made(Gathered(cast(asyncio.Transport, transport)))
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more is expected."""
        self._rest()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; a head above the limit is refused and its connection closed."""
        self._undone += len(data)
        if not self._begun:
            self._expect()
        super().data_received(data)
        if self._undone > HEAD and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._undone = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body, whose size the application limits; a list that is long may take longer."""
        self._undone = 0
        self._came += len(body)
        if self._came >= PIECE and self.scope["path"] in LONG:
            self._expect()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._undone = 0
        self._rest()
        super().on_message_complete()

    def _expect(self) -> None:
        """A request is to be whole within our patience."""
        self._rest()
        self._begun, self._came = True, 0
        self._watch = asyncio.get_running_loop().call_later(self.patience, self._hang_up)

    def _rest(self) -> None:
        self._begun = False
        if self._watch is not None:
            self._watch.cancel()

    def _hang_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.abort()
