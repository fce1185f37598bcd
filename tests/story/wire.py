"""A wire between a client and a server that hears what the client says, and can be cut in the middle."""

import socket
import threading
from contextlib import suppress


class Wire:
    """Listens on a loopback port and passes everything on to another.

    `cut_at` octets from the server on, a connection is cut; so are the next, as long as `cuts` lasts.
    """

    def __init__(self, to: int, cut_at: int = 0, cuts: int = 0, trigger: bytes = b"") -> None:
        self.said = bytearray()  # by the client, over all connections
        self.left = cuts
        self._to, self._cut_at, self._trigger = to, cut_at, trigger
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._ends: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()
        for end in self._ends:
            end.close()

    def _accept(self) -> None:
        pairs = []
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
                self._ends += [client, server]
                for work in (self._up, self._down):
                    pairs.append(threading.Thread(target=work, args=(client, server), daemon=True))
                    pairs[-1].start()
        for end in self._ends:
            _shut(end)
        for thread in pairs:
            thread.join()

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while piece := client.recv(65536):
                self.said += piece
                server.sendall(piece)
        _shut(server)

    def _down(self, client: socket.socket, server: socket.socket) -> None:
        passed, heard = 0, len(self.said)
        with suppress(OSError):
            while piece := server.recv(65536):
                if self.left > 0 and self._trigger in self.said[heard:]:
                    if passed + len(piece) > self._cut_at:
                        client.sendall(piece[: self._cut_at - passed])
                        self.left -= 1
                        _shut(server)
                        break
                    passed += len(piece)
                client.sendall(piece)
        _shut(client)


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
