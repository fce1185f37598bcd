"""The same events of posts and logs, in any order, split and repeated at will: the same states and counts."""

import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from itertools import count, takewhile
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retour.bus import LocalBus
from retour.flow.intake import Taken, Worker, take_in
from retour.flow.judge import judge
from retour.identity import arrival_id
from retour.instants import DAY, HOUR, SECOND, Instant, to_datetime
from retour.lifecycle import Counting, PolicyVersion, preset
from retour.model import Arrival, MailKind, Proof, Send
from retour.ports import Store
from retour.return_address import Keyring
from retour.stores import memory, sqlite

NOW = 20_500 * DAY + 9 * HOUR
RING = Keyring(1, {1: b"k" * 32})
ADDRESSES = ("ann@b.example", "bob@b.example", "cid@c.example")
NUMBERS = count()  # of the stores of a test
WORDS = {
    "bounce": ("550 5.1.1 user unknown", "452 4.2.2 mailbox full", "421 4.7.0 try again later"),
    "deferred": ("451 4.3.0 later",),
    "delivered": ("250 2.0.0 OK",),
    "spamreport": ("",),
    "open": ("",),
    "teleported": ("",),
}


class Happened(NamedTuple):
    """One thing that happened to one message."""

    what: str
    words: str
    address: str
    message: int
    at: Instant
    source: str

    def post(self) -> tuple[str, Any]:
        """The form of the body, and what stands in it."""
        message_id = f"<{self.message}.{self.address}>" if self.message else None
        if self.source == "brevo":
            names = {"bounce": "soft_bounce", "spamreport": "spam", "open": "opened"}
            said = {
                "event": names.get(self.what, self.what),
                "reason": self.words,
                "ts_epoch": self.at // 1000,
            }
        else:
            said = {"event": self.what, "reason": self.words, "response": self.words}
            said |= {"timestamp": self.at // SECOND, "sg_event_id": repr(self)}
        said |= {"email": self.address, "smtp-id": message_id, "message-id": message_id}
        return self.source, {key: value for key, value in said.items() if value is not None}

    def line(self) -> str:
        """As Postfix logs it."""
        status = {"bounce": "bounced", "delivered": "sent", "deferred": "deferred"}[self.what]
        start = f"{to_datetime(self.at):%Y-%m-%dT%H:%M:%S+00:00} mx postfix"
        id, code = f"4bQ1Z2Y3{self.message}{len(self.address)}{self.address[0]}", self.words.split()[1]
        return (
            f"{start}/cleanup[7]: {id}: message-id=<{self.message}.{self.address}>\n"
            f"{start}/smtp[8]: {id}: to=<{self.address}>, relay=mx[192.0.2.1]:25, delay=1, delays=1/0/0/0,"
            f" dsn={code}, status={status} (host mx[192.0.2.1] said: {self.words})\n"
        )


@st.composite
def happened(draw: st.DrawFn) -> Happened:
    source = draw(st.sampled_from(["sendgrid", "brevo", "postfix-log"]))
    kinds = ["bounce", "delivered", "deferred"] if source == "postfix-log" else list(WORDS)
    what = draw(st.sampled_from(kinds))
    message = draw(st.integers(1 if source == "postfix-log" else 0, 4))
    ago = 3 * message if what == "delivered" else draw(st.integers(0, 40))  # a message is delivered once
    address = draw(st.sampled_from(ADDRESSES))
    return Happened(what, draw(st.sampled_from(WORDS[what])), address, message, NOW - ago * 12 * HOUR, source)


def bodies(told: Sequence[Happened], sizes: Sequence[int], salt: int) -> list[Arrival]:
    """Arrivals with up to so many events each; neighbours of one form share one."""
    made: list[Arrival] = []
    rest = list(told)
    for size in (*sizes, *[3] * len(rest)):
        if not rest:
            break
        form = rest[0].source
        here = list(takewhile(lambda each, form=form: each.source == form, rest[:size]))
        rest = rest[len(here) :]
        if form == "postfix-log":
            raw = "".join(each.line() for each in here).encode()
        else:
            raw = json.dumps([each.post()[1] for each in here], indent=salt).encode()
        id = arrival_id(form, raw + b"%d" % salt, "acme")
        made.append(Arrival(id, form, NOW, raw, len(raw), proof=Proof.TRUSTED, account="acme", form=form))
    return made


def furnished(store: Store) -> Store:
    store.accounts.add_account("acme", "acme.example", preset("default"), NOW - 100 * DAY)
    policy = replace(preset("emarsys"), counting=Counting.CONSECUTIVE)
    store.accounts.add_policy("acme", PolicyVersion(2, NOW - 90 * DAY, policy), 1)
    known = Send(7, "acme", ADDRESSES[0], MailKind.MAILING, NOW - 60 * DAY, message_id=f"1.{ADDRESSES[0]}")
    store.sends.add([known])
    return store


def outcome(store: Store) -> object:
    """All that must not depend on how it was told."""
    lives = [store.ledger.life("acme", address, NOW) for address in ADDRESSES]
    return (
        [None if life is None else life.state for life in lives],
        [sorted(e.id for e in life.events) if life else [] for life in lives],
        [[(send.id, send.delivered_at) for send in life.sends] if life else [] for life in lives],
        store.tallies.of("acme", NOW - 90 * DAY, NOW + DAY),
    )


def known_addresses() -> list[Happened]:
    """Something that makes every address one that is known: deliveries to others are nobody's."""
    return [
        Happened("deferred", "451 4.3.0 later", address, 9, NOW - 30 * DAY, "sendgrid")
        for address in ADDRESSES
    ]


@given(told=st.lists(happened(), max_size=12), data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_same_events_give_the_same_however_they_are_told(
    tmp_path: Path, told: list[Happened], data: st.DataObject
) -> None:
    one = furnished(memory.new_store())
    other = furnished(sqlite.open_store(tmp_path / f"{next(NUMBERS)}", b"pepper"))
    for store in (one, other):
        take_in(bodies(known_addresses(), [3], 0), store, RING, judge, NOW)
    take_in(bodies(told, [len(told) or 1] * len(told), 0), one, RING, judge, NOW)
    again = data.draw(st.lists(st.sampled_from(told), max_size=6)) if told else []
    shuffled = data.draw(st.permutations([*told, *again]))
    arrivals = bodies(shuffled, data.draw(st.lists(st.integers(1, 6), max_size=8)), 1)
    while arrivals:
        step = data.draw(st.integers(1, len(arrivals)))
        take_in(arrivals[:step], other, RING, judge, NOW)
        arrivals = arrivals[step:]
    assert outcome(one) == outcome(other)
    other.close()


def test_the_same_batch_fifty_times_at_once_counts_once(tmp_path: Path) -> None:
    """Fifty bodies that differ in their blanks alone, put and taken by threads of their own."""
    store = sqlite.open_store(tmp_path / "s", b"pepper")
    inbox = sqlite.open_inbox(tmp_path / "i")
    store.accounts.add_account("acme", "acme.example", preset("emarsys"), NOW - 100 * DAY)
    told = [
        Happened(what, WORDS[what][-1], f"a{n}@b.example", n + 1, NOW - HOUR, "sendgrid")
        for n, what in enumerate(["bounce", "delivered", "spamreport", "open"] * 5)
    ]
    start, faults = threading.Barrier(50), list[BaseException]()

    def post(salt: int) -> None:
        try:
            arrivals = bodies(told, [len(told)], salt % 10)  # five of each are the same to the octet
            start.wait(120)
            inbox.put(arrivals)
            take_in(arrivals, store, RING, judge, NOW)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=post, args=(salt,)) for salt in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []

    def take(batch: Sequence[Arrival], now: Instant) -> Taken:
        return take_in(batch, store, RING, judge, now)

    assert Worker(inbox, take, LocalBus(), Clock()).drain() == 10
    states = [store.ledger.state("acme", each.address, NOW) for each in told if each.what == "bounce"]
    assert {(state.soft, state.listed) for state in states} == {(1, 1)}
    histories, _ = store.ledger.histories(100)
    assert [len(history.events) for history in histories] == [1] * 10
    assert {row.kind: row.times for row in store.tallies.of("acme", NOW - DAY, NOW)} == {
        "delivered": 5,
        "opened": 5,
    }
    store.close()
    inbox.close()


class Clock:
    """It is always now."""

    def now(self) -> Instant:
        return NOW
