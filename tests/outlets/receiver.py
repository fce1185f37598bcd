"""A real HTTP server on loopback that answers as it is told: rightly, wrongly, elsewhere, or not at all."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Heard:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Answer = Callable[[BaseHTTPRequestHandler], None]


def status(code: int, body: bytes = b"", **headers: str) -> Answer:
    """An answer with a status, and what goes with it."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@dataclass
class Receiver:
    """What came, and what is answered: to a path its own answer, else the same to all."""

    port: int = 0
    heard: list[Heard] = field(default_factory=list)
    answer: Answer = field(default_factory=lambda: status(204))
    answers: dict[str, Answer] = field(default_factory=dict)
    let_go: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def hangs(self, handler: BaseHTTPRequestHandler) -> None:
        """Hold the caller until the test lets go."""
        self.let_go.wait(60)

    def drips(self, handler: BaseHTTPRequestHandler) -> None:
        """An answer without end, an octet at a time."""
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        while not self.let_go.wait(0.02):
            handler.wfile.write(b"a")

    def floods(self, handler: BaseHTTPRequestHandler) -> None:
        """An answer without end, as fast as it goes."""
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        while not self.let_go.is_set():
            handler.wfile.write(b"a" * 65536)


@contextmanager
def receiving(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver while it lasts."""
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            made.heard.append(Heard(self.command, self.path, headers, body))
            try:
                made.answers.get(self.path, made.answer)(self)
            except OSError:  # the caller has hung up
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    for method in ("GET", "POST", "PUT", "DELETE"):
        setattr(Handler, f"do_{method}", Handler.answer)

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            pass  # a caller that hangs up is what some tests are about

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        made.let_go.set()
        server.shutdown()
        server.server_close()
        thread.join()
