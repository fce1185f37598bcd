"""Webhook intake: batches of 100 events, each post verified and on disk before its 200.

The server is the webhook port of `retour serve` over a real inbox (SQLite, synchronous = FULL); the clients
are another process on the same machine, with 64 connections that wait for each answer. Posts are made and
signed before the clock starts; all of them differ. "Reading beside" has the worker read and judge what came
in at the same time, in the same process.

    python -m bench.webhooks [--posts 1000] [--rounds 3]
"""

import argparse
import asyncio
import hashlib
import hmac
import json
import multiprocessing
import os
import shutil
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from retour import dataplane, logs, wiring
from retour.dataplane import Ports, webhooks
from retour.lifecycle import preset
from retour.settings import Settings

EVENTS, CONNECTIONS = 100, 64
SECRET, KEY = "bench-0123456789-abcdefghij", "a-key-of-the-bench"
PRIVATE = ec.derive_private_key(1234567891011, ec.SECP256R1())
PUBLIC = b64encode(
    PRIVATE.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()

Sign = Callable[[bytes, str], Sequence[str]]
"""Body and time → the headers of a post."""


def ecdsa(body: bytes, at: str) -> Sequence[str]:
    """As SendGrid signs."""
    signature = b64encode(PRIVATE.sign(at.encode() + body, ec.ECDSA(SHA256()))).decode()
    name = "X-Twilio-Email-Event-Webhook-"
    return f"{name}Signature: {signature}", f"{name}Timestamp: {at}"


def digest(body: bytes, at: str) -> Sequence[str]:
    """As MailerSend signs."""
    return (f"Signature: {hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()}",)


def password(body: bytes, at: str) -> Sequence[str]:
    """As SparkPost shows who it is."""
    return (f"Authorization: Basic {b64encode(f'user:{KEY}'.encode()).decode()}",)


SCHEMES: dict[str, tuple[str, str, Sign]] = {
    "HMAC": ("mailersend", KEY, digest),
    "password": ("sparkpost", f"user:{KEY}", password),
    "ECDSA": ("sendgrid", PUBLIC, ecdsa),
}


def batch(number: int) -> bytes:
    """A hundred events as SendGrid posts them, of which one in ten is a bounce."""
    return json.dumps([_event(number, place) for place in range(EVENTS)]).encode()


def _event(number: int, place: int) -> dict[str, object]:
    at = 1_795_000_000 + place
    told: dict[str, object] = {
        "email": f"contact.{number}.{place}@mail{place}.example",
        "timestamp": at,
        "smtp-id": f"<{number}.{place}.{at}@geopod-ismtpd-canary-0>",
        "sg_event_id": f"ZGVsaXZlcmVkLTAtMTc{number:08}{place:04}LUFhQmJDYw",
        "sg_message_id": f"{number}-{place}-kKAbCdEfGhIjKlMnOpQrSt.filterdrecv-7cb8c6fd5c-abcde-1-{at}-1.0",
        "category": ["newsletter", "2026-05"],
        "campaign": "spring",
    }
    if place % 10:
        return {**told, "event": "delivered", "response": "250 2.0.0 OK 1795000000 a67bc12 - gsmtp", "tls": 1}
    words = "550 5.1.1 The email account that you tried to reach does not exist."
    return {**told, "event": "bounce", "type": "bounce", "status": "5.1.1", "reason": words}


def posts(scheme: str, first: int, count: int) -> list[bytes]:
    """Whole requests, ready to be sent."""
    sign, at = SCHEMES[scheme][2], str(int(time.time()))
    return [_request(scheme, batch(number), sign, at) for number in range(first, first + count)]


def _request(scheme: str, body: bytes, sign: Sign, at: str) -> bytes:
    head = (
        f"POST /hooks/{scheme.lower()}/{SECRET} HTTP/1.1",
        "Host: bench",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *sign(body, at),
    )
    return "\r\n".join([*head, "", ""]).encode() + body


def _serve(pipe: Connection, reading: bool) -> None:
    logs.set_up("error")
    data = Path(tempfile.mkdtemp(prefix="bench-webhooks-", dir=os.environ.get("BENCH_DIR")))
    try:
        settings = Settings.model_validate(
            {
                "data_dir": data,
                "api": {"port": 0},
                "smtp": {"enabled": False},
                "lmtp": {"enabled": False},
                "postfix": {"listeners": []},
                "webhooks": {"port": 0, "sources": dict(map(_source, SCHEMES))},
            }
        )
        house = wiring.build(settings)
        house.store.accounts.add_account("bench", "return.example", preset("default"), house.clock.now())
        house.load()
        asyncio.run(_answer(house, pipe, reading))
        house.close()
    finally:
        shutil.rmtree(data)


def _source(scheme: str) -> tuple[str, dict[str, object]]:
    provider, key, _ = SCHEMES[scheme]
    return scheme.lower(), {"provider": provider, "account": "bench", "paths": [SECRET], "keys": [key]}


async def _answer(house: wiring.House, pipe: Connection, reading: bool) -> None:
    async with AsyncExitStack() as stack:
        ports = Ports()
        if reading:
            ports = await stack.enter_async_context(dataplane.running(house))
        else:
            await webhooks.start(house, ports, stack)
        pipe.send(ports.webhooks)
        while await asyncio.to_thread(pipe.recv) == "seconds":
            kept = sum(house.inbox.counts().values())
            pipe.send((time.process_time(), kept))


@dataclass(slots=True)
class Contest:
    """A server in its own process, and what was measured of it."""

    pipe: Connection
    port: int
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    client: list[float] = field(default_factory=list)

    def asked(self) -> tuple[float, int]:
        """CPU-seconds of the server so far, and how many posts it has on disk."""
        self.pipe.send("seconds")
        seconds, kept = self.pipe.recv()
        return float(seconds), int(kept)


def play(contest: Contest, ready: list[bytes]) -> None:
    """One round; every post must be on disk at its end."""
    seconds, kept = contest.asked()
    begun, used = time.perf_counter(), time.process_time()
    asyncio.run(_all_together(contest.port, ready))
    spent, clients = time.perf_counter() - begun, time.process_time() - used
    after, now_kept = contest.asked()
    if now_kept - kept != len(ready):
        raise AssertionError(f"{now_kept - kept} of {len(ready)} posts are on disk")
    contest.wall.append(len(ready) / spent)
    contest.cpu.append((after - seconds) / len(ready) * 1e6)
    contest.client.append(clients / len(ready) * 1e6)


async def _all_together(port: int, ready: list[bytes]) -> None:
    left = iter(ready)
    await asyncio.gather(*(_client(port, left) for _ in range(CONNECTIONS)))


async def _client(port: int, left: Iterator[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in left:
        writer.write(request)
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 200"):
            raise AssertionError(answer)
    writer.close()


def contests(reading: bool, count: int, rounds: int) -> list[str]:
    """All schemes in alternating rounds against one server; lines of a Markdown table."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, reading), daemon=True)
    process.start()
    port = ours.recv()
    told = {scheme: Contest(ours, port) for scheme in SCHEMES}
    for number in range(rounds):
        for place, scheme in enumerate(turned(list(told), number)):
            first = (number * len(SCHEMES) + place) * count
            play(told[scheme], posts(scheme, first, count))
    ours.send("end")
    process.join()
    how = "yes" if reading else "no"
    return [f"| {scheme} | {how} | {_line(contest)} |" for scheme, contest in told.items()]


def turned(schemes: Sequence[str], number: int) -> list[str]:
    """Another one first in each round: what the file owes is not always paid by the same one."""
    first = number % len(schemes)
    return [*schemes[first:], *schemes[:first]]


def _line(contest: Contest) -> str:
    wall, cpu, client = sorted(contest.wall), sorted(contest.cpu), sorted(contest.client)
    return f"{_spread(wall)} | {_spread(cpu)} | {_spread(client)} | {median(wall) * EVENTS:,.0f}"


def _spread(values: Sequence[float]) -> str:
    return " / ".join(f"{value:,.0f}" for value in (values[0], median(values), values[-1]))


def run(count: int = 3000, rounds: int = 3) -> str:
    """The table as Markdown."""
    load = os.getloadavg()[0]
    lines = [*contests(False, count, rounds), *contests(True, max(count // 30, 1), rounds)]
    return "\n".join(
        [
            "| proof of a post | reading beside | posts/s, min / median / max | µs of server CPU a post"
            " | µs of the clients' | events/s |",
            "|---|---|---|---|---|---|",
            *lines,
            "",
            f"{rounds} alternating rounds of {count:,} posts of {len(batch(0)):,} octets "
            f"({max(count // 30, 1):,} with reading beside), {CONNECTIONS} connections, clients on the same "
            f"{os.cpu_count()} cores; load {load:.1f} before, {os.getloadavg()[0]:.1f} after, "
            f"niceness {os.nice(0)}.",
        ]
    )


def quick() -> str:
    """The same on a small input, to prove that it works."""
    return run(40, rounds=1)


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    print(run(given.posts, given.rounds))


if __name__ == "__main__":
    main()
