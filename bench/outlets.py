"""What one core of the server answers over the network: Postfix policy, socketmap lookups, HTTP checks.

The server is `retour serve` without its command line, in a process of its own, with 100,000 suppressed
addresses; the clients keep 20 connections open and wait for each answer. Rates are per CPU-second of the
server.

    python -m bench.outlets [--requests 10000] [--rounds 4]
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from multiprocessing.connection import Connection
from statistics import median

from bench.check import STOPPED, address, suppressed
from retour import dataplane, logs, secret, wiring
from retour.lifecycle import preset
from retour.model import VALID, Role
from retour.ports import Change, Key
from retour.settings import Settings
from retour.wiring import House

ACCOUNT, DOMAIN = "bench", "sender.example"
CONNECTIONS, BATCH, SUPPRESSED = 20, 1000, 100_000


@dataclass(frozen=True, slots=True)
class Server:
    """Where the server listens, and the pipe that tells its CPU-seconds."""

    pipe: Connection
    api: int
    policy: int
    socketmap: int
    key: str

    def seconds(self) -> float:
        """CPU-seconds of the server so far."""
        self.pipe.send("seconds")
        return float(self.pipe.recv())


def _serve(pipe: Connection) -> None:
    logs.set_up("error")
    with tempfile.TemporaryDirectory() as data:
        origin = {"account": ACCOUNT}
        settings = Settings.model_validate(
            {
                "data_dir": data,
                "console": {"enabled": False},
                "api": {"port": 0},
                "smtp": {"enabled": False},
                "lmtp": {"enabled": False},
                "postfix": {
                    "listeners": [{"port": 0}],
                    "socketmaps": [{"port": 0, **origin}],
                    "domains": {DOMAIN: origin},
                },
            }
        )
        house = wiring.build(settings)
        asyncio.run(_answer(house, pipe))
        house.close()


async def _answer(house: House, pipe: Connection) -> None:
    now = house.clock.now()
    house.store.accounts.add_account(ACCOUNT, "return.example", preset("default"), now)
    key = secret.new()
    house.store.accounts.add_key(Key("bench", ACCOUNT, Role.MEMBER), secret.digest(key), now)
    house.load()
    house.table.apply(Change(ACCOUNT, name, VALID, STOPPED, now) for name in suppressed(SUPPRESSED))
    async with dataplane.running(house) as ports:
        pipe.send((ports.api, ports.policy[0], ports.socketmaps[0], key))
        while await asyncio.to_thread(pipe.recv) == "seconds":
            pipe.send(time.process_time())


@contextmanager
def started() -> Iterator[Server]:
    """A server in a process of its own, with an account and a key."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    yield Server(ours, *ours.recv())
    ours.send("end")
    process.join()


async def asked_in_turn(server: Server, lines: Iterable[str]) -> list[float]:
    """How many seconds each request took, one after another over one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.api)
    waited = []
    for line in lines:
        began = time.perf_counter()
        await _http(reader, writer, line, server.key, b"")
        waited.append(time.perf_counter() - began)
    writer.close()
    return waited


Client = Callable[[Server, int], Awaitable[int]]
"""Asks over one connection; returns how many addresses were answered."""


async def policy(server: Server, requests: int) -> int:
    """Postfix policy requests, every fourth about a stopped address."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.policy)
    for number in range(requests):
        recipient = address(number if number % 4 else 0)
        writer.write(
            b"request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nqueue_id=8045F2AB23\n"
            b"client_address=192.0.2.7\nhelo_name=mail.sender.example\ninstance=123.456.7\nsize=12345\n"
            b"sender=news@%s\nrecipient=%s\nsasl_username=\n\n" % (DOMAIN.encode(), recipient.encode())
        )
        await reader.readuntil(b"\n\n")
    writer.close()
    return requests


async def socketmap(server: Server, requests: int) -> int:
    """Socketmap lookups in the table `access`, every fourth of a stopped address."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.socketmap)
    for number in range(requests):
        asked = b"access " + address(number if number % 4 else 0).encode()
        writer.write(b"%d:%b," % (len(asked), asked))
        length = await reader.readuntil(b":")
        await reader.readexactly(int(length[:-1]) + 1)
    writer.close()
    return requests


async def single(server: Server, requests: int) -> int:
    """GET /v1/check, one address a request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.api)
    for number in range(requests):
        query = f"address={address(number)}&kind=mailing"
        await _http(reader, writer, f"GET /v1/check?{query}", server.key, b"")
    writer.close()
    return requests


async def batches(server: Server, requests: int) -> int:
    """POST /v1/check, a thousand addresses a request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.api)
    rounds = max(1, requests // 100)
    for number in range(rounds):
        start = number * BATCH
        body = json.dumps({"addresses": [address(start + place) for place in range(BATCH)]}).encode()
        await _http(reader, writer, "POST /v1/check", server.key, body)
    writer.close()
    return rounds * BATCH


async def _http(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: str, key: str, body: bytes
) -> None:
    head = (line + " HTTP/1.1", "Host: bench", f"Authorization: Bearer {key}", f"Content-Length: {len(body)}")
    writer.write("\r\n".join([*head, "", ""]).encode() + body)
    answer = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not answer.startswith(b"http/1.1 200"):
        raise AssertionError(answer)
    length = answer.partition(b"content-length: ")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length))


CLIENTS: dict[str, Client] = {
    "Postfix policy requests": policy,
    "Postfix socketmap lookups": socketmap,
    "HTTP, GET /v1/check": single,
    "HTTP, POST /v1/check, addresses in batches of 1,000": batches,
}


def play(server: Server, client: Client, requests: int) -> float:
    """One round: answers per CPU-second of the server."""

    async def all_together() -> int:
        return sum(
            await asyncio.gather(*(client(server, requests // CONNECTIONS) for _ in range(CONNECTIONS)))
        )

    before = server.seconds()
    answered = asyncio.run(all_together())
    return answered / (server.seconds() - before)


def run(requests: int = 10_000, rounds: int = 4) -> str:
    """All clients in alternating rounds, as Markdown."""
    load = os.getloadavg()[0]
    rates: dict[str, list[float]] = {name: [] for name in CLIENTS}
    with started() as server:
        for _ in range(rounds):
            for name, client in CLIENTS.items():
                rates[name].append(play(server, client, requests))
    return "\n".join(
        [
            "| what | thousand answers per CPU-second, min / median / max |",
            "|---|---|",
            *(_line(name, sorted(each)) for name, each in rates.items()),
            "",
            f"{rounds} alternating rounds of {requests:,} requests over {CONNECTIONS} connections; HTTP "
            f"parser {_parser()}; load {load:.1f} before, {os.getloadavg()[0]:.1f} after.",
        ]
    )


def _line(name: str, rates: list[float]) -> str:
    return f"| {name} | " + " / ".join(
        f"{rate / 1000:.1f}" for rate in (rates[0], median(rates), rates[-1])
    ) + " |"  # fmt: skip


def _parser() -> str:
    try:
        return f"httptools {version('httptools')}"
    except PackageNotFoundError:
        return f"h11 {version('h11')}"


def quick() -> str:
    """The same on a small input, to prove that it works."""
    return run(requests=200, rounds=1)


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=4)
    given = parser.parse_args()
    print(run(given.requests, given.rounds))


if __name__ == "__main__":
    main()
