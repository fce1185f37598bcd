"""One server over HTTP: connections that are kept, and calls that are repeated where that is safe."""

import http.client
import json
import secrets
import ssl
import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode, urlsplit

_AGAIN = (429, 502, 503, 504)  # the server, or a proxy before it, asks for patience
_CONFLICT = 409  # with Retry-After: the same request is being answered just now
_LONGEST_PAUSE = 30.0  # seconds
PATIENCE = 600.0  # seconds for long bodies: a server may take its time to make a gigabyte durable
_FIRST_PAUSE = 0.2
_READS = ("GET", "HEAD")
# No answer of ours leads elsewhere: a proxy's does, to its login or to https, and a key follows nobody.
_STRANGER = {
    "detail": "The answer is no JSON: it is another server's than Retour's API, or a file.",
    "remedy": "Write the address of the API, and let it pass a proxy's login; fetch files with plain HTTP.",
}
_ELSEWHERE = {
    "detail": "The server sent us elsewhere; nothing was done.",
    "remedy": "Write its address as https:// if it is reached so, and let the API pass a proxy's login.",
}

wait = threading.Event().wait  # for so many seconds, of an event that never comes


class ClientError(Exception):
    """A call that came to nothing."""


class Unreachable(ClientError):  # noqa: N818 - the name says what is the matter, as Refused does
    """No answer, also after the repetitions. A write may have been done or not; repeated later it is done
    once if it bears the same `idempotency_key`."""

    def __init__(self, url: str, error: Exception, idempotency_key: str | None) -> None:
        super().__init__(f"{url} does not answer ({error}); is the server running, and the address right?")
        self.idempotency_key = idempotency_key


class Refused(ClientError):  # noqa: N818
    """What the server said no to (RFC 9457): `type`, `detail`, the `field` at fault and the `remedy`."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.type = str(problem.get("type", "about:blank"))
        self.detail = str(problem.get("detail") or problem.get("title") or f"HTTP {status}")
        self.field: str | None = problem.get("field")
        self.remedy: str | None = problem.get("remedy")
        super().__init__(f"{self.detail} {self.remedy}" if self.remedy else self.detail)


class Connection:
    """Calls with one key. Thread-safe: each thread has a connection of its own, kept between calls."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        language: str = "en",
        timeout: float = 30.0,
        retries: int = 3,
        context: ssl.SSLContext | None = None,
        pause: Callable[[float], object] = wait,
    ) -> None:
        """Raises ValueError for an address that is no http:// or https:// URL, or bears a password: it would
        stand in whatever tells of it, and is asked for by nobody."""
        parts = urlsplit(url)
        if parts.username is not None:
            raise ValueError(
                "the address of the server bears a name or a password: leave out what is before @"
            )
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is no address of a server: write it as http://host:port")
        self.url = url.rstrip("/")
        self._secure, self._host, self._port = parts.scheme == "https", parts.hostname, parts.port
        self._prefix = parts.path.rstrip("/")
        self.headers = {
            "Authorization": f"Bearer {key}",
            "Accept-Language": language,
        }
        self._timeout, self._retries, self._pause = timeout, retries, pause
        self._context = context or (ssl.create_default_context() if self._secure else None)
        self._own = threading.local()
        self._opened: set[http.client.HTTPConnection] = set()

    def call(
        self,
        method: str,
        path: str,
        query: Mapping[str, object] | None = None,
        body: object = None,
        idempotency_key: str | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
        timeout: float | None = None,
    ) -> Any:
        """The answer as JSON values; None for an empty one. Raises Refused and Unreachable.

        A write is given a key of its own unless it has one, so that repeating it is safe. A `body` of bytes
        goes as it is, any other as JSON. `headers` go beside, or over, those of every call. `timeout`, in
        seconds, is for a call that takes longer than others.
        """
        raw = isinstance(body, bytes)
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        content_type = "application/octet-stream" if raw else "application/json"
        headers = {**self.headers, "Content-Type": content_type, **headers}
        if method not in _READS:
            idempotency_key = idempotency_key or secrets.token_hex(16)
            headers["Idempotency-Key"] = idempotency_key
        target = self.target(path, query)
        answer = self._patiently(method, target, content, headers, idempotency_key, timeout)
        told = json_of(answer)
        if told is None and answer not in (b"", b"null"):
            raise Refused(http.client.OK, _STRANGER)
        return told

    def fetch(
        self, path: str, query: Mapping[str, object] | None = None, timeout: float | None = None
    ) -> bytes:
        """What a GET answers, as it is. Raises Refused and Unreachable."""
        return self._patiently("GET", self.target(path, query), None, self.headers, None, timeout)

    def target(self, path: str, query: Mapping[str, object] | None) -> str:
        """A path with its query as a request names it; None is left out."""
        asked = {name: _text(value) for name, value in (query or {}).items() if value is not None}
        return f"{self._prefix}{path}" + (f"?{urlencode(asked)}" if asked else "")

    def _patiently(
        self,
        method: str,
        target: str,
        content: bytes | None,
        headers: Mapping[str, str],
        idempotency_key: str | None,
        timeout: float | None,
    ) -> bytes:
        for left in range(self._retries, -1, -1):
            pause = min(_FIRST_PAUSE * 2 ** (self._retries - left), _LONGEST_PAUSE)
            try:
                status, told, answer = self._once(method, target, content, headers, timeout)
            except (OSError, http.client.HTTPException) as error:
                self._hang_up()
                if not left:
                    raise Unreachable(self.url, error, idempotency_key) from error
            else:
                asked = told.get("Retry-After", "")
                if not left or not (status in _AGAIN or (status == _CONFLICT and asked)):
                    return accepted(status, answer)
                pause = min(float(asked), _LONGEST_PAUSE) if asked.isdecimal() else pause
            self._pause(pause)
        raise AssertionError("the last turn returns or raises")

    def _once(
        self,
        method: str,
        target: str,
        content: bytes | None,
        headers: Mapping[str, str],
        timeout: float | None,
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = self._connected(max(timeout or 0.0, self._timeout))
        connection.request(method, target, content, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def _connected(self, timeout: float) -> http.client.HTTPConnection:
        known: http.client.HTTPConnection | None = getattr(self._own, "connection", None)
        if known is None:
            known = self.another(self._timeout)
            self._own.connection = known
            self._opened.add(known)
        known.timeout = timeout  # of the next connect
        if known.sock is not None:
            known.sock.settimeout(timeout)
        return known

    def another(self, timeout: float) -> http.client.HTTPConnection:
        """A connection beside those that are kept; whoever asks for it closes it."""
        if self._secure:
            return http.client.HTTPSConnection(self._host, self._port, timeout=timeout, context=self._context)
        return http.client.HTTPConnection(self._host, self._port, timeout=timeout)

    def _hang_up(self) -> None:
        connection: http.client.HTTPConnection | None = getattr(self._own, "connection", None)
        if connection is not None:
            connection.close()
            self._opened.discard(connection)
            self._own.connection = None

    def close(self) -> None:
        """Close the connections of all threads; a later call opens its own again."""
        while self._opened:
            self._opened.pop().close()


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def accepted(status: int, answer: bytes) -> bytes:
    """An answer that says yes. Raises Refused."""
    if status < http.client.MULTIPLE_CHOICES:
        return answer
    if status < http.client.BAD_REQUEST:
        raise Refused(status, _ELSEWHERE)
    told = json_of(answer)
    raise Refused(status, told if isinstance(told, dict) else {})


def json_of(answer: bytes) -> Any:
    """The values of an answer; None for an empty one, and for what is no JSON."""
    try:
        return json.loads(answer) if answer else None
    except ValueError:
        return None  # a proxy's page
