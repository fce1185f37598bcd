"""One HTTP request: to an address that was looked at, within a time, with an answer of bounded size.

No redirect is followed and no proxy asked: both would lead to where nobody has looked.
"""

import errno
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import h11

from retour.flow.unheard import Fault
from retour.outlets.notify.reach import Place, Reach, UnreachableError

MOST_READ = 64 * 1024  # octets of an answer
_HEAD = 16 * 1024
_PIECE = 16 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be sent."""

    method: str
    url: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # may hold credentials


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered; `status` None: nothing was, and `said` tells why."""

    status: int | None
    said: str
    body: bytes = b""
    fault: Fault | None = None  # where nothing was answered


@dataclass(frozen=True, slots=True)
class Poster:
    """Sends requests."""

    reach: Reach
    tls: ssl.SSLContext
    patience: float = 15.0  # seconds, for all of it

    def send(self, request: Request) -> Reply:
        """The answer, or why there is none. Raises nothing that a network could cause."""
        ends = time.monotonic() + self.patience
        try:
            place = self.reach.place(request.url)
            with self._connected(place, ends) as connection:
                return _asked(connection, place, request, ends)
        except UnreachableError as error:
            return Reply(None, str(error), fault=error.fault)
        except TimeoutError:
            said = f"no answer within {self.patience:g} seconds"
            return Reply(None, said, fault=Fault.TIMED_OUT)
        except (OSError, h11.ProtocolError) as error:
            return Reply(None, str(error) or type(error).__name__, fault=_fault_of(error))

    def _connected(self, place: Place, ends: float) -> socket.socket:
        plain = _reached(place, ends)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.settimeout(_left(ends))
            return self.tls.wrap_socket(plain, server_hostname=place.host) if place.tls else plain
        except BaseException:
            plain.close()
            raise


# X509_V_ERR_… of OpenSSL's x509_vfy.h: not valid yet, expired; another host, another address.
_NOT_NOW, _NOT_THIS = frozenset({9, 10}), frozenset({62, 64})
_NO_WAY = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN})


def _fault_of(error: OSError | h11.ProtocolError) -> Fault:
    """What went wrong between us and the receiver."""
    match error:
        case h11.ProtocolError():
            return Fault.NO_HTTP
        case ssl.SSLCertVerificationError(verify_code=code):
            if code in _NOT_THIS:
                return Fault.CERTIFICATE_NAME
            return Fault.CERTIFICATE_EXPIRED if code in _NOT_NOW else Fault.CERTIFICATE_UNTRUSTED
        case ssl.SSLError():
            return Fault.TLS
        case ConnectionRefusedError():
            return Fault.CONNECTION_REFUSED
        case ConnectionError():
            return Fault.CONNECTION_LOST
    return Fault.NO_ROUTE if error.errno in _NO_WAY else Fault.OTHER


def _reached(place: Place, ends: float) -> socket.socket:
    """A connection to the first address that takes one; a silent one has its share of the time."""
    for left, address in zip(range(len(place.addresses), 0, -1), place.addresses, strict=True):
        try:
            return socket.create_connection((address, place.port), _left(ends) / left)
        except OSError:
            if left == 1:
                raise
    raise UnreachableError(Fault.NAME_UNKNOWN, f"{place.host} has no address")


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _asked(connection: socket.socket, place: Place, request: Request, ends: float) -> Reply:
    http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD)
    host = place.host if ":" not in place.host else f"[{place.host}]"
    usual = {443} if place.tls else {80}
    headers = {
        "Host": host if place.port in usual else f"{host}:{place.port}",
        "User-Agent": "Retour",
        "Content-Length": str(len(request.body)),
        "Connection": "close",
        **request.headers,
    }
    head = h11.Request(method=request.method, target=place.path, headers=list(headers.items()))
    told = [http.send(head), http.send(h11.Data(request.body)), http.send(h11.EndOfMessage())]
    _sent(connection, b"".join(piece for piece in told if piece), ends)
    return _answer(connection, http, ends)


def _sent(connection: socket.socket, octets: bytes, ends: float) -> None:
    view = memoryview(octets)
    while view:
        connection.settimeout(_left(ends))
        view = view[connection.send(view) :]


def _answer(connection: socket.socket, http: h11.Connection, ends: float) -> Reply:
    status, body, taken = None, b"", 0
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            connection.settimeout(_left(ends))
            piece = connection.recv(_PIECE)
            taken += len(piece)
            http.receive_data(piece)
        elif isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
            break
        if taken > MOST_READ:  # all that we want to know stands at the beginning
            break
    return Reply(status, _line(body), body[:MOST_READ])


def _line(body: bytes) -> str:
    """The beginning of an answer as one line, to be shown as text."""
    text = body[:500].decode("utf-8", "replace")
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
