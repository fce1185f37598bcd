"""A transport that sends in one piece what is written in one go: the head of an answer and its body.

uvicorn writes them one after the other, and each write is a call into the system; for small answers that is
most of what an answer costs.
"""

import asyncio
from typing import Any

MOST = 64 * 1024  # octets that wait for more; a longer body is sent as it comes, under asyncio's flow control


class Gathered(asyncio.Transport):
    """Passes all on to a transport; what is written waits for the end of this turn of the loop, at most."""

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._pieces: list[bytes | bytearray | memoryview] = []
        self._size = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep it for what follows."""
        if not self._pieces:
            self._loop.call_soon(self._send)
        self._pieces.append(data)
        self._size += len(data)
        if self._size >= MOST:
            self._send()

    def _send(self) -> None:
        if self._pieces:
            pieces, self._pieces, self._size = self._pieces, [], 0
            self._transport.write(b"".join(pieces))

    def close(self) -> None:
        """Send what waits, then close."""
        self._send()
        self._transport.close()

    def abort(self) -> None:
        """Close at once; what waits is lost, as with any transport."""
        self._pieces, self._size = [], 0
        self._transport.abort()

    def is_closing(self) -> bool:
        """Whether it is closed or closes."""
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What the transport knows of its socket."""
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Take no more."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take more."""
        self._transport.resume_reading()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Let another protocol go on."""
        self._send()
        self._transport.set_protocol(protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Who is told of what comes."""
        return self._transport.get_protocol()

    def get_write_buffer_size(self) -> int:
        """Octets that are not yet with the system."""
        return self._size + self._transport.get_write_buffer_size()
