"""A house with webhooks, asked through its real application over a real inbox."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from httpx import ASGITransport, AsyncClient, Response

from inlets.senders import Request, Sender
from retour import wiring
from retour.inlets.webhooks import Https
from retour.instants import SECOND
from retour.model import Arrival
from retour.settings import Settings
from retour.wiring import House
from retour.wiring.public import Public

SECRET = "path-0123456789-abcdefghij"
OTHER = "path-9876543210-jihgfedcba"
PLACE = f"/hooks/shop/{SECRET}"


@dataclass
class Hooked:
    """The installation, and a client."""

    house: House
    loop: asyncio.Runner
    client: AsyncClient
    app: Public

    def now(self) -> float:
        return self.house.clock.now() / SECOND

    def post(self, request: Request, path: str = PLACE, method: str = "POST") -> Response:
        return self.loop.run(self.asked(request, path, method))

    async def asked(self, request: Request, path: str = PLACE, method: str = "POST") -> Response:
        return await self.client.request(
            method, path + request.query, content=request.body, headers=request.headers
        )

    def raw(self, headers: Sequence[tuple[str, str]], body: bytes) -> Response:
        """With headers as they are given, also twice."""
        return self.loop.run(self.client.request("POST", PLACE, content=body, headers=list(headers)))

    def arrivals(self) -> list[Arrival]:
        return self.house.inbox.waiting(1000)


def source(sender: Sender, *others: Sender, **more: Any) -> dict[str, Any]:
    """The settings of a source for this sender, and another key if there is one."""
    keys = [each.key for each in (sender, *others) if each.key]
    return {
        "provider": sender.provider,
        "account": "shop",
        "paths": [SECRET],
        "keys": keys,
        **sender.settings,
        **more,
    }


@contextmanager
def hooked(
    data: Path,
    sources: Mapping[str, Mapping[str, Any]],
    https: Https | None = None,
    unsubscribe: bool = False,
    confirm: bool = False,
) -> Iterator[Hooked]:
    """An installation with these webhooks."""
    settings = Settings.model_validate(
        {
            "data_dir": data,
            "webhooks": {
                "public_url": "https://hooks.example",
                "sources": sources,
                "unsubscribe": unsubscribe,
                "confirm": confirm,
            },
        }
    )
    house = wiring.build(settings)
    loop = asyncio.Runner()
    try:
        app = wiring.public(house, https)
        client = AsyncClient(transport=ASGITransport(app), base_url="http://retour.test")
        yield Hooked(house, loop, client, app)
        loop.run(client.aclose())
    finally:
        loop.close()
        house.close()
