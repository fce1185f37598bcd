"""A running Retour that the clients ask."""

import os
import smtplib
from collections.abc import Iterator

import django
import pytest

from retour.client import Client, Draft
from story.reports import report
from story.server import Server
from story.waiting import eventually

os.environ["DJANGO_SETTINGS_MODULE"] = "client.django_settings"
django.setup()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("client")).running() as running:
        yield running


@pytest.fixture(scope="module")
def support(server: Server) -> Iterator[Client]:
    """The support's client; its account is named in each call."""
    with Client(url(server), server.command("key", "add", "--role", "support"), "shop") as opened:
        yield opened


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with Client(url(server), server.key) as opened:
        yield opened


def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.ports['api']}"


def bounced(server: Server, client: Client, address: str, reply: str = "550 5.1.1 no such user") -> None:
    """A bounce of a registered send comes back to its return address."""
    to = client.register(Draft(address, campaign="May")).return_address
    assert to is not None
    with smtplib.SMTP("127.0.0.1", server.ports["smtp"]) as inlet:
        inlet.sendmail("", [to], report(to, address, reply))
    eventually(lambda: (client.address(address) or {}).get("events"), f"a bounce of {address}", server.story)
