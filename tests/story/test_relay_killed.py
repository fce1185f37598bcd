"""`kill -9` on the relay again and again while mails pass: none is lost, and none went on unrecorded."""

import asyncio
import smtplib
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from outlets.sink import Sink
from story.server import Server
from story.waiting import eventually, free_port, listening

MAILS, KILLS = 40, 3


class Running:
    """A next server in a thread of its own."""

    def __enter__(self) -> Sink:
        self._ready, self._loop = threading.Event(), asyncio.new_event_loop()
        self.sink = Sink(messages_a_connection=7)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self._ready.wait(120)
        return self.sink

    def _run(self) -> None:
        async def serve() -> None:
            self._ended = asyncio.Event()
            async with self.sink:
                self._ready.set()
                await self._ended.wait()

        self._loop.run_until_complete(serve())
        self._loop.close()

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Running() as running:
        yield running


def delivered(port: int, key: str, recipient: str) -> bool:
    """One try of a client that keeps its mail until it hears 250."""
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=120) as smtp:
            smtp.login("shop", key)
            smtp.sendmail("shop@shop.test", [recipient], f"Subject: {recipient}\r\n\r\nhello\r\n")
    except (OSError, smtplib.SMTPException):
        return False
    return True


def test_nothing_is_lost_and_nothing_goes_on_unrecorded(ground: Path, sink: Sink) -> None:
    port = free_port()
    server = Server(ground, f"[relay]\nenabled = true\nport = {port}\n[relay.next]\nport = {sink.port}\n")
    queue = {f"r{number}@b.test" for number in range(MAILS)}
    all_of_them = set(queue)
    taken = threading.Event()

    def run_queue() -> None:
        while queue:
            eventually(lambda: listening(port), "the relay", server.story)
            queue.difference_update({to for to in sorted(queue) if delivered(port, server.key, to)})
        taken.set()

    with server.running():
        eventually(lambda: listening(port), "the relay", server.story)
        clients = threading.Thread(target=run_queue)
        clients.start()
        for kill in range(1, KILLS + 1):
            eventually(lambda at=kill: len(sink.taken) >= at * MAILS // (KILLS + 1), "mails", server.story)
            assert server.process is not None
            server.process.kill()
            server.process.wait()
            server.start()
        assert taken.wait(60), server.story()
        clients.join()
    recipients = [recipient.partition(">")[0].removeprefix("<") for _, recipient, _ in sink.taken]
    assert set(recipients) == all_of_them
    # at most the mail at hand was sent again, each time
    assert len(recipients) <= MAILS + KILLS
    envids = {sender.partition("@")[0].removeprefix("<") for sender, _, _ in sink.taken}
    with closing(sqlite3.connect(server.directory / "data/retour.sqlite3")) as db:
        known = {recipient for (recipient,) in db.execute("SELECT recipient FROM sends")}
        (recorded,) = db.execute("SELECT count(*) FROM sends").fetchone()
    assert known == all_of_them
    assert recorded >= len(envids) == len(recipients)
