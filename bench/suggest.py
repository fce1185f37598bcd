"""`GET /v1/suggest`: how long one answer takes, warm and without the DNS, through the whole API.

    python -m bench suggest

Requests go through the application as a server hands them over (ASGI), one after the other, so that nothing
but our own time is measured. Addresses are different each time; of the domains 78 % are providers, 2 % hold a
slip, the rest are of firms that were asked about before.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from bench.typos import providers, slipped
from retour import wiring
from retour.instants import DAY
from retour.lifecycle import preset
from retour.model import Role
from retour.outlets.api.app import create
from retour.ports import Key
from retour.secret import digest
from retour.secret import new as new_secret
from retour.settings import Api, Settings
from retour.vet.screen import Screen

ASKED = 20_000


class Took(NamedTuple):
    """A duration: by the clock, which busy neighbours lengthen, and of the processor, which they do not."""

    clock: float
    processor: float


App = Callable[[Any, Any, Any], Awaitable[None]]


def addresses(count: int, seed: int) -> list[str]:
    """What people type into a form."""
    chance, known = random.Random(seed), providers()
    at = chance.choices(list(known), list(known.values()), k=count)
    found = []
    for number, provider in enumerate(at):
        lot, domain = chance.random(), provider
        if lot < 0.02:
            domain = slipped(provider, chance)
        elif lot > 0.78:
            domain = f"firm-{chance.randrange(200)}.de"
        found.append(f"ann.lee{number}@{domain}")
    return found


async def through(app: App, key: str, asked: list[str]) -> list[Took]:
    """How long each answer took, by the clock and of the processor, in milliseconds."""
    took = list[Took]()
    for address in asked:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/v1/suggest",
            "raw_path": b"/v1/suggest",
            "query_string": f"address={address}".encode(),
            "headers": [(b"authorization", f"Bearer {key}".encode())],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 1),
            "root_path": "",
        }
        told: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any, told: list[Any] = told) -> None:
            told.append(message)

        began = _now()
        await app(scope, receive, send)
        took.append(_since(began))
        assert told[0]["status"] == 200, told
    return took


def alone(asked: list[str], screen: Screen) -> list[Took]:
    """The same without the API: the look-up by itself."""
    took = list[Took]()
    for address in asked:
        began = _now()
        screen.check(address)
        took.append(_since(began))
    return took


def _now() -> Took:
    return Took(time.perf_counter(), time.thread_time())


def _since(began: Took) -> Took:
    now = _now()
    return Took((now.clock - began.clock) * 1000, (now.processor - began.processor) * 1000)


def table(count: int) -> str:
    """The measurements as a table."""
    warm, asked = addresses(count, 3), addresses(count, 4)
    with TemporaryDirectory() as room:
        house = wiring.build(Settings(data_dir=Path(room), api=Api(requests_per_second=0)))
        try:
            house.store.accounts.add_account("bench", "bench.example", preset("default"), 20_000 * DAY)
            key = new_secret()
            house.store.accounts.add_key(Key("bench", "bench", Role.MEMBER), digest(key), 20_000 * DAY)
            app = create(wiring.services(house))
            asyncio.run(through(app, key, warm))
            whole = asyncio.run(through(app, key, asked))
        finally:
            house.close()
    screen = Screen(most_domains=10_000)
    alone(warm, screen)
    lines = ["| what | answers | p50 | p99 | p99.9 |", "|---|---|---|---|---|"]
    for what, took in (("the look-up alone", alone(asked, screen)), ("through the whole API", whole)):
        lines.append(_line(f"{what}, of the processor", [each.processor for each in took]))
        lines.append(_line(f"{what}, by the clock", [each.clock for each in took]))
    return "\n".join([*lines, "\nMilliseconds. By the clock it is also how busy the machine was."])


def _line(what: str, took: list[float]) -> str:
    ordered = sorted(took)
    parts = (ordered[min(int(len(ordered) * part), len(ordered) - 1)] for part in (0.5, 0.99, 0.999))
    return f"| {what} | {len(took):,} | {' | '.join(f'{each:.3f}' for each in parts)} |"


def run() -> str:
    """In full."""
    return table(ASKED)


def quick() -> str:
    """On few questions."""
    return table(200)
