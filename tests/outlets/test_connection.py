"""HTTP connections: a request that never becomes whole is not waited for."""

import asyncio
from contextlib import suppress

import pytest
import uvicorn
from uvicorn.server import ServerState

from retour.outlets.api.connection import LONG, PIECE, Connection

WHOLE = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"


class Hasty(Connection):
    """A connection whose patience ends at once."""

    patience = 0.05


async def app(scope: object, receive: object, send: object) -> None:
    """Answers when the request is whole, and after the patience for requests is over."""
    while (await receive())["more_body"]:
        pass
    await asyncio.wait({asyncio.ensure_future(asyncio.Event().wait())}, timeout=2 * Hasty.patience)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


def said_to(sent: bytes) -> bytes:
    """All that is said before the connection is closed."""

    async def run() -> bytes:
        config = uvicorn.Config(app, http=Hasty, lifespan="off", log_config=None, timeout_keep_alive=1)
        config.load()
        state = ServerState()
        server = await asyncio.get_running_loop().create_server(
            lambda: Hasty(config, state, {}), "127.0.0.1", 0
        )
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(sent)
        said = b""
        with suppress(ConnectionError):
            while piece := await reader.read(1000):
                said += piece
        writer.close()
        server.close()
        return said

    return asyncio.run(run())


@pytest.mark.parametrize("sent", [b"", b"GET / HT", WHOLE[:-1]], ids=["nothing", "half a head", "no body"])
def test_a_request_that_never_comes_whole_is_hung_up_on(sent: bytes) -> None:
    assert said_to(sent) == b""


def test_a_whole_request_has_all_the_time_for_its_answer() -> None:
    assert said_to(WHOLE).endswith(b"\r\n\r\nok")


def long(path: bytes, pieces: int) -> bytes:
    """What is said to a long body that comes piece by piece, each within our patience."""

    async def run() -> bytes:
        config = uvicorn.Config(app, http=Hasty, lifespan="off", log_config=None, timeout_keep_alive=1)
        config.load()
        made: list[Hasty] = []

        def connection() -> Hasty:
            made.append(Hasty(config, ServerState(), {}))
            return made[-1]

        server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        length = str(pieces * PIECE).encode()
        writer.write(b"POST " + path + b" HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + b"\r\n\r\n")
        waited: list[object] = []
        with suppress(ConnectionError):
            for _ in range(pieces):
                writer.write(b"a" * PIECE)
                await writer.drain()
                waited.append(made[0]._watch)
            said = await reader.read(100_000)
        writer.close()
        server.close()
        assert (len(set(map(id, waited))) > 1) is (path in {p.encode() for p in LONG})
        return said

    return asyncio.run(run())


def test_a_long_list_has_time_for_each_of_its_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Hasty, "patience", 30)
    monkeypatch.setattr("outlets.test_connection.app", answers_at_once)
    assert b"200 OK" in long(b"/v1/suppressions/import", 6)
    assert b"200 OK" in long(b"/v1/sends", 6)


async def answers_at_once(scope: object, receive: object, send: object) -> None:
    """Reads a body and answers."""
    while (await receive())["more_body"]:
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})
