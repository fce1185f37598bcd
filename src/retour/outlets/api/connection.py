"""HTTP connections, read by httptools with a bound that neither it nor uvicorn has of itself."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD = 64 * 1024  # octets between two things that a request is made of: its whole head, at most


class Connection(HttpToolsProtocol):
    """One connection. A head without end, or the trailer of a chunked body, would fill our memory."""

    _undone = 0  # octets that came since the last whole head or piece of a body

    def data_received(self, data: bytes) -> None:
        """Read on; a head above the limit is refused and its connection closed."""
        self._undone += len(data)
        super().data_received(data)
        if self._undone > HEAD and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._undone = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body, whose size the application limits."""
        self._undone = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._undone = 0
        super().on_message_complete()
