"""Mails through the relay to a sink, and by the same client to the sink directly, in alternating rounds.

The relay is `retour serve` without its command line, in a process of its own, and keeps the record of each
send on disk; the sink is Postfix's smtp-sink where it is installed, else one in Python. The client keeps 20
connections open, sends mails of about 3 kB one after the other and waits for each answer.

    python -m bench.relay [--mails 4000] [--rounds 4]
"""

import argparse
import asyncio
import multiprocessing
import os
import shutil
import socket
import subprocess
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from statistics import median

from retour import dataplane, logs, secret, wiring
from retour.lifecycle import preset
from retour.model import Role
from retour.ports import Key
from retour.settings import Settings
from retour.wiring import House

ACCOUNT, CONNECTIONS = "bench", 20
CONTENT = (
    b"From: News <news@sender.example>\r\nTo: ann@b.example\r\nSubject: What is new in May\r\n"
    b"Message-ID: <20260503.%d@sender.example>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + 40 * (b"x" * 70 + b"\r\n") + b".\r\n"
)


@dataclass(frozen=True, slots=True)
class Server:
    """Where the relay listens, the key of its account, and the pipe that tells its CPU-seconds."""

    pipe: Connection
    port: int
    key: str

    def seconds(self) -> float:
        """CPU-seconds of the relay's process so far."""
        self.pipe.send("seconds")
        return float(self.pipe.recv())


def _serve(pipe: Connection, next_port: int) -> None:
    logs.set_up("error")
    with tempfile.TemporaryDirectory() as data:
        settings = Settings.model_validate(
            {
                "data_dir": data,
                "api": {"port": 0},
                "smtp": {"enabled": False},
                "lmtp": {"enabled": False},
                "postfix": {"listeners": []},
                "relay": {"enabled": True, "port": 0, "next": {"port": next_port}},
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
    async with dataplane.running(house) as ports:
        pipe.send((ports.relay, key))
        while await asyncio.to_thread(pipe.recv) == "seconds":
            pipe.send(time.process_time())


@contextmanager
def sink() -> Iterator[tuple[int, str]]:
    """A server that takes everything; its port, and which one it is."""
    program = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    if program:
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        running: subprocess.Popen[bytes] | BaseProcess = subprocess.Popen(
            [program, *user, f"127.0.0.1:{port}", "512"]
        )
    else:
        running = multiprocessing.get_context("spawn").Process(target=_sink, args=(port,), daemon=True)
        running.start()
    try:
        _wait_for(port)
        yield port, "smtp-sink of Postfix" if program else "a sink in Python"
    finally:
        running.terminate()
        if isinstance(running, subprocess.Popen):
            running.wait()
        else:
            running.join()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise AssertionError("the sink does not listen")


def _sink(port: int) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink\r\n")
        while line := await reader.readline():
            if line.startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
            writer.write(b"250-sink\r\n250 PIPELINING\r\n" if line.startswith(b"EHLO") else b"250 ok\r\n")

    async def serve() -> None:
        await (await asyncio.start_server(talk, "127.0.0.1", port)).serve_forever()

    asyncio.run(serve())


async def client(port: int, key: str | None, mails: int) -> None:
    """One connection: EHLO, AUTH where there is a key, and so many mails, their commands pipelined."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await _heard(reader, b"220")
    writer.write(b"EHLO bench\r\n")
    await _heard(reader, b"250")
    if key is not None:
        writer.write(b"AUTH PLAIN " + b64encode(f"\0{ACCOUNT}\0{key}".encode()) + b"\r\n")
        await _heard(reader, b"235")
    for number in range(mails):
        writer.write(b"MAIL FROM:<news@sender.example>\r\nRCPT TO:<r%d@b.example>\r\nDATA\r\n" % number)
        for code in (b"250", b"250", b"354"):
            await _heard(reader, code)
        writer.write(CONTENT % number)
        await _heard(reader, b"250")
    writer.write(b"QUIT\r\n")
    await _heard(reader, b"221")
    writer.close()


async def _heard(reader: asyncio.StreamReader, code: bytes) -> None:
    while (line := await reader.readline())[3:4] == b"-":
        pass
    if not line.startswith(code):
        raise AssertionError(line)


def play(port: int, key: str | None, mails: int) -> float:
    """One round: mails per second."""

    async def all_together() -> None:
        await asyncio.gather(*(client(port, key, mails // CONNECTIONS) for _ in range(CONNECTIONS)))

    begun = time.perf_counter()
    asyncio.run(all_together())
    return mails / (time.perf_counter() - begun)


def run(mails: int = 4000, rounds: int = 4) -> str:
    """Both ways in alternating rounds, as Markdown."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    load = os.getloadavg()[0]
    direct: list[float] = []
    relayed: list[float] = []
    per_second: list[float] = []
    with sink() as (port, what):
        process = context.Process(target=_serve, args=(theirs, port), daemon=True)
        process.start()
        server = Server(ours, *ours.recv())
        for _ in range(rounds):
            direct.append(play(port, None, mails))
            before = server.seconds()
            relayed.append(play(server.port, server.key, mails))
            per_second.append(mails / (server.seconds() - before))
        ours.send("end")
        process.join()
    ratios = [ours / theirs for ours, theirs in zip(relayed, direct, strict=True)]
    return "\n".join(
        [
            "| what | min / median / max |",
            "|---|---|",
            f"| through the relay, mails per second (client and sink beside it) | {_told(relayed)} |",
            f"| to the sink directly, mails per second | {_told(direct)} |",
            f"| ratio | {_told(ratios, 2)} |",
            f"| mails per CPU-second of the relay | {_told(per_second)} |",
            "",
            f"{rounds} alternating rounds of {mails:,} mails over {CONNECTIONS} connections; {what}; "
            f"load {load:.1f} before, {os.getloadavg()[0]:.1f} after.",
        ]
    )


def _told(rates: list[float], digits: int = 0) -> str:
    return " / ".join(f"{rate:,.{digits}f}" for rate in (min(rates), median(rates), max(rates)))


def quick() -> str:
    """The same on a small input, to prove that it works."""
    return run(mails=40, rounds=1)


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=4)
    given = parser.parse_args()
    print(run(given.mails, given.rounds))


if __name__ == "__main__":
    main()
