"""The walk without the server: simulator, LMTP inlet, inbox, worker, state. Real ports, real SQLite."""

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from smtplib import SMTP

import pytest

from inlets.beside import Beside
from retour.bus import LocalBus
from retour.cli.data_dir import SystemClock
from retour.flow.intake import Door, Taken, Worker, take_in
from retour.flow.judge import judge
from retour.inlets.smtp import BounceInlet, start_smtp
from retour.instants import Instant
from retour.lifecycle import preset
from retour.model import Arrival, EventKind, MailKind, Send, StateName
from retour.ports import Life
from retour.return_address import Keyring, make
from retour.simulator import serve_simulator, table
from retour.stores import sqlite

DOMAIN = "return.example"
RING = Keyring(1, {1: b"k" * 32})
MAIL = b"Subject: The offer\r\nMessage-ID: <1@sender.example>\r\n\r\nHello\r\n"


class Walk:
    """Everything between a sent mail and the state of its address."""

    def __init__(self, beside: Beside, data: Path) -> None:
        self._beside = beside
        self._inbox = sqlite.open_inbox(data / sqlite.INBOX)
        self._store = sqlite.open_store(data / sqlite.STORE, b"p" * 32)
        self._account = self._store.accounts.add_account("acme", DOMAIN, preset("default"), _now())
        self._arrived = threading.Event()
        inlet = BounceInlet("lmtp", lambda: RING, DOMAIN.__eq__, beside.run(self._door()).accept, _now)
        self._lmtp = beside.run(start_smtp("127.0.0.1", 0, inlet, lmtp=True, hostname="retour.example"))
        hop = ("127.0.0.1", self._lmtp.port, True)
        self._simulator = beside.run(serve_simulator("127.0.0.1", 0, hop))

    async def _door(self) -> Door:
        return Door(self._inbox, self._arrived.set)

    def send(self, number: int, recipient: str) -> Life:
        """Send one mail, wait for what comes back, judge it; all that is then known of the recipient."""
        self._arrived.clear()
        self._store.sends.add([Send(number, "acme", recipient, MailKind.MAILING, _now())])
        token = make(RING, self._account.number, DOMAIN, number, MailKind.MAILING, _now())
        with SMTP("127.0.0.1", self._simulator.port, timeout=120) as session:
            session.ehlo()
            session.sendmail(f"{token}@{DOMAIN}", [recipient], MAIL, [f"ENVID={token}"])
        assert self._arrived.wait(120)
        Worker(self._inbox, self._take, LocalBus(), SystemClock()).drain()
        life = self._store.ledger.life("acme", recipient, _now())
        assert life is not None
        return life

    def _take(self, arrivals: Sequence[Arrival], now: Instant) -> Taken:
        return take_in(arrivals, self._store, RING, judge, now)

    def close(self) -> None:
        self._beside.run(self._simulator.close())
        self._beside.run(self._lmtp.close())
        self._store.close()
        self._inbox.close()


def _now() -> Instant:
    return time.time_ns() // 1000


@pytest.fixture
def walk(beside: Beside, tmp_path: Path) -> Iterator[Walk]:
    made = Walk(beside, tmp_path)
    yield made
    made.close()


def test_every_mailbox_is_read_as_its_table_says(walk: Walk) -> None:
    rows = [(name, answer) for name, answer in table().items() if answer.reason]
    assert rows
    for number, (name, answer) in enumerate(rows, start=1):
        mailbox = name if answer.report else f"dsn-{name}"
        (event,) = walk.send(number, f"{mailbox}@b{number}.example").events
        assert (name, event.reason, event.standing) == (name, answer.reason, "proven")


@pytest.mark.parametrize(
    ("mailbox", "kind", "state"),
    [
        ("dsn-unknown", EventKind.BOUNCE, StateName.INVALID),
        ("dsn-full", EventKind.BOUNCE, StateName.BOUNCING),
        ("dsn-delayed", EventKind.DELAY, StateName.VALID),
        ("complaint", EventKind.COMPLAINT, StateName.INVALID),
        ("ooo", EventKind.AUTOREPLY, StateName.VALID),
    ],
)
def test_what_comes_back_moves_the_state(walk: Walk, mailbox: str, kind: EventKind, state: StateName) -> None:
    life = walk.send(7, f"{mailbox}@b.example")
    assert [event.kind for event in life.events] == [kind]
    assert life.state.state is state
