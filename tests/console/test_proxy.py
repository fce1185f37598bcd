"""Who a client is behind a reverse proxy: the proxy of the settings is believed, nobody else."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from waitress.proxy_headers import proxy_headers_middleware

from retour.console.server import behind


def told(environ: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
    start("200 OK", [("Content-Type", "text/plain")])
    return [environ["REMOTE_ADDR"].encode()]


@pytest.mark.parametrize(
    ("proxy", "client"), [("127.0.0.1", "203.0.113.9"), ("192.0.2.1", "127.0.0.1"), ("", "127.0.0.1")]
)
def test_logins_are_limited_by_the_client_and_not_by_the_proxy(proxy: str, client: str) -> None:
    """The server's own part that reads these headers, set as the console sets it."""
    served = proxy_headers_middleware(told, clear_untrusted=True, **behind(proxy))
    forged = "1.2.3.4, 203.0.113.9"  # the last is what the proxy itself saw
    environ = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": forged, "wsgi.url_scheme": "http"}
    assert b"".join(served(environ, lambda *answer: None)).decode() == client
