"""`retour send` and `retour address` without a server: a sentence with the remedy, and no stack trace."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import StreamRequestHandler, ThreadingTCPServer

import pytest
from typer.testing import CliRunner

from retour.cli import app
from retour.client import Client, Refused


@pytest.mark.parametrize("command", ["send", "address"])
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--api", "http://127.0.0.1:9"], "Is `retour serve` running?"),
        (["--api", "http://127.0.0.1:9", "--lang", "de"], "Läuft `retour serve`?"),
        (["--api", "ftp://retour.test"], "is no http address"),
    ],
    ids=["unreachable", "unreachable, German", "no URL"],
)
def test_what_goes_wrong_is_said_with_its_remedy(command: str, options: list[str], said: str) -> None:
    result = CliRunner().invoke(app, [command, "ann@b.example", "--key", "rk_none", *options])
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n<html/>", "is not the API of Retour"),
        (b"220 mail.b.example ESMTP\r\n", "is not the API of Retour"),
        (b"", "Is `retour serve` running?"),
    ],
    ids=["a page", "a mail server", "nothing"],
)
@pytest.mark.parametrize("command", [["address", "ann@b.example"], ["suppressions", "imports"]])
def test_another_server_at_this_address_is_told(command: list[str], answer: bytes, said: str) -> None:
    with strange(answer) as address:
        result = CliRunner().invoke(app, [*command, "--key", "rk_none", "--api", address])
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_the_client_takes_no_page_for_an_answer() -> None:
    page = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n<html/>"
    with (
        strange(page) as address,
        Client(address, "rk_none", retries=0) as client,
        pytest.raises(Refused, match="another server's than Retour's API"),
    ):
        client.decision("ann@b.example")


@contextmanager
def strange(answer: bytes) -> Iterator[str]:
    """The address of a server that says this to whoever comes, and hangs up."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.wfile.write(answer)

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as served:
        thread = threading.Thread(target=served.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{served.server_address[1]}"
        finally:
            served.shutdown()
            thread.join()
