"""One GET over HTTPS: what fetches a certificate, and what confirms a subscription. Follows nothing.

The caller has rebuilt the host; no proxy of the environment is asked, no redirect is followed, and what comes
is bounded in size and time.
"""

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException, HTTPResponse

LIMIT = 64 * 1024  # octets of an answer
PATIENCE = 5.0  # seconds until it must have begun, and for each piece of it


class FetchError(Exception):
    """It could not be had; the message says why."""


def _as_named(host: str) -> tuple[str, int]:
    return host, 443


@cache
def _the_system() -> ssl.SSLContext:
    """Whom the system trusts; it takes a tenth of a second to read, so only once it is needed."""
    return ssl.create_default_context()


@dataclass(frozen=True, slots=True)
class Https:
    """How to reach hosts: whom to trust, and where a name leads (a test leads it to itself)."""

    trusting: Callable[[], ssl.SSLContext] = _the_system
    dial: Callable[[str], tuple[str, int]] = _as_named

    def get(self, host: str, path: str) -> bytes:
        """The body of the answer 200. Raises FetchError for every other one, and for none."""
        try:
            with (
                socket.create_connection(self.dial(host), PATIENCE) as line,
                self.trusting().wrap_socket(line, server_hostname=host) as secure,
            ):
                return _answer(secure, host, path)
        except (OSError, HTTPException) as error:
            raise FetchError(f"https://{host} does not answer: {error}") from error


def _answer(secure: ssl.SSLSocket, host: str, path: str) -> bytes:
    secure.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode("ascii"))
    with HTTPResponse(secure, method="GET") as response:
        response.begin()
        if response.status != 200:
            raise FetchError(f"https://{host} answers {response.status}")
        body = response.read(LIMIT + 1)
        if len(body) > LIMIT:
            raise FetchError(f"https://{host} answers more than {LIMIT} octets")
        return body
