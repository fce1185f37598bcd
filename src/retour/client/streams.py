"""Long bodies, sent and read piece by piece; such a call is never repeated."""

import http.client
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import IO, Any

from retour.client.connection import PATIENCE, Connection, Unreachable, accepted, json_of

_PIECE = 256 * 1024


def upload(
    server: Connection,
    path: str,
    query: Mapping[str, object],
    file: IO[bytes],
    length: int,
    headers: Mapping[str, str],
    idempotency_key: str | None = None,
) -> Any:
    """What a POST of `length` octets of a file answers. Raises Refused, Unreachable."""
    told = {
        **server.headers,
        "Content-Type": "application/octet-stream",
        "Content-Length": str(length),
        **headers,
    }
    if idempotency_key is not None:
        told["Idempotency-Key"] = idempotency_key
    with closing(server.another(PATIENCE)) as connection:
        try:
            connection.request("POST", server.target(path, query), _pieces(file), told)
            answer = connection.getresponse()
            return json_of(accepted(answer.status, answer.read()))
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(server.url, error, None) from error


def download(
    server: Connection, path: str, query: Mapping[str, object], headers: Mapping[str, str]
) -> tuple[Mapping[str, str], Iterator[bytes]]:
    """The headers of what a GET answers, and its body. Raises Refused, Unreachable."""
    connection = server.another(PATIENCE)
    try:
        connection.request("GET", server.target(path, query), headers={**server.headers, **headers})
        answer = connection.getresponse()
        if answer.status >= http.client.MULTIPLE_CHOICES:
            accepted(answer.status, answer.read())
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        raise Unreachable(server.url, error, None) from error
    except BaseException:
        connection.close()
        raise
    return dict(answer.getheaders()), _body(connection, answer)


def _body(connection: http.client.HTTPConnection, answer: http.client.HTTPResponse) -> Iterator[bytes]:
    with closing(connection):
        while piece := answer.read(_PIECE):
            yield piece


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece
