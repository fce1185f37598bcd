"""`retour.Gate` answers out of a data directory what the server answers, and what its ledger says."""

import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import retour
from client.conftest import bounced, url
from retour import keyfile
from retour.client import Client
from retour.datadir import Marks
from retour.flow.platform import Platform, Terms
from retour.flow.policy import change_policy, in_force, refold
from retour.gate import Gate, GateError
from retour.instants import DAY, HOUR, SECOND, Instant
from retour.lifecycle import decide, preset
from retour.model import Answer, Decision, Event, EventKind, MailKind, Reason
from retour.ports import Store
from retour.snapshot import Table
from retour.stores import sqlite
from story.server import Server

NOW = 20_000 * DAY


class Hand:
    """A clock that stands still until it is moved."""

    instant: Instant = NOW

    def now(self) -> Instant:
        return self.instant


class Silent:
    """A bus with nobody on it."""

    def publish(self, changes: object) -> None:
        """Gates of other processes follow the ledger."""


def made(data: Path) -> Store:
    """A data directory with one account, as a server leaves it."""
    keys = keyfile.load_or_create(data / keyfile.NAME)
    store = sqlite.open_store(data / sqlite.STORE, keys.pepper)
    if not store.accounts.accounts():
        store.accounts.add_account("shop", "return.test", preset("default"), NOW)
    return store


def full(n: int) -> Event:
    return fact(n)._replace(reason=Reason.MAILBOX_FULL)


def fact(
    n: int, kind: EventKind = EventKind.BOUNCE, address: str = "ann@b.example", at: Instant = NOW
) -> Event:
    reason = Reason.ADDRESS_UNKNOWN if kind is EventKind.BOUNCE else None
    return Event(n.to_bytes(16), kind, at, reason, account="shop", address=address)


def test_a_gate_knows_what_was_before_it_and_follows_what_comes(tmp_path: Path) -> None:
    store, clock = made(tmp_path), Hand()
    store.ledger.record([fact(1)], NOW)
    with retour.Gate(tmp_path, "shop", clock=clock) as gate:
        assert gate.decision("ANN@B.example".lower()).answer is Answer.STOP
        store.ledger.record([fact(2, EventKind.RESTORE), fact(3, address="bob@b.example")], NOW + 1)
        clock.instant += 2 * SECOND
        answers = gate.decisions(["ann@b.example", "bob@b.example", "carl@b.example", "?"], "automation")
        assert [d.answer for d in answers] == [Answer.SEND, Answer.STOP, Answer.SEND, Answer.STOP]
        assert answers[3].why == "no_address"
    store.close()


def test_between_two_looks_the_file_is_not_asked(tmp_path: Path) -> None:
    store, clock = made(tmp_path), Hand()
    with Gate(tmp_path, "shop", every=5.0, clock=clock) as gate:
        store.ledger.record([fact(1)], NOW)
        clock.instant += 4 * SECOND
        assert gate.decision("ann@b.example").answer is Answer.SEND
        clock.instant += 2 * SECOND
        assert gate.decision("ann@b.example").answer is Answer.STOP
        store.ledger.record([fact(2, EventKind.RESTORE)], NOW + 1)
        clock.instant -= HOUR  # a clock that was set back holds nothing up
        assert gate.decision("ann@b.example").answer is Answer.SEND
    store.close()


def test_an_account_whose_states_are_being_rewritten_is_answered_by_its_ledger(tmp_path: Path) -> None:
    store, clock = made(tmp_path), Hand()
    marks = Marks(tmp_path, store)
    store.ledger.record([full(1)], NOW)
    with Gate(tmp_path, "shop", clock=clock) as gate:
        assert gate.decision("ann@b.example").answer is Answer.SEND
        marks.add("shop")
        change_policy("shop", {"preset": "kwiga"}, 1, store.accounts, "test", NOW + SECOND)
        clock.instant += 2 * SECOND
        assert gate.decision("ann@b.example").answer is Answer.STOP  # what is stored still says send
        for _ in refold(store.ledger, "shop", Silent(), clock):
            pass
        marks.discard("shop")
        clock.instant += 2 * SECOND
        assert gate.decision("ann@b.example").answer is Answer.STOP
        store.ledger.record([fact(2, EventKind.RESTORE, at=NOW + 1)], clock.instant)
        clock.instant += 2 * SECOND
        assert gate.decision("ann@b.example").answer is Answer.SEND
    store.close()


KINDS = st.sampled_from([EventKind.BOUNCE, EventKind.RESTORE, EventKind.COMPLAINT, EventKind.UNSUBSCRIBE])
FACTS = st.lists(st.tuples(KINDS, st.sampled_from("abc"), st.integers(0, 30)), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(before=FACTS, after=st.lists(FACTS, max_size=3))
def test_a_gate_says_what_the_ledger_says(
    tmp_path_factory: pytest.TempPathFactory, before: list[object], after: list[list[object]]
) -> None:
    data = tmp_path_factory.mktemp("gate")
    store, clock = made(data), Hand()
    number = 0

    def told(facts: list[object]) -> None:
        nonlocal number
        for kind, name, days in facts:
            number += 1
            event = fact(number, kind, f"{name}@b.example", NOW + days * DAY)
            store.ledger.record([event], clock.instant)

    clock.instant = NOW + 31 * DAY
    told(before)
    with Gate(data, "shop", clock=clock) as gate:
        for facts in [[], *after]:
            told(facts)
            clock.instant += 40 * DAY
            policy = in_force(store.accounts.policies("shop"), clock.instant).policy
            for address in ("a@b.example", "b@b.example", "c@b.example"):
                for kind in MailKind:
                    state = store.ledger.state("shop", address, clock.instant)
                    assert gate.decision(address, kind) == decide(state, policy, kind, address)
    store.close()


def test_many_threads_ask_one_gate(tmp_path: Path) -> None:
    store = made(tmp_path)
    store.ledger.record([fact(n, address=f"a{n}@b.example") for n in range(50)], NOW)
    wrong: list[str] = []
    with Gate(tmp_path, "shop", every=0.0) as gate:

        def ask() -> None:
            for n in range(100):
                answer = gate.decision(f"a{n}@b.example").answer
                if answer is not (Answer.STOP if n < 50 else Answer.SEND):
                    wrong.append(f"a{n}: {answer}")

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    store.close()
    assert wrong == []


def test_what_cannot_be_opened_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(GateError, match=r"keys\.json in it; name the data_dir") as told:
        Gate(tmp_path / "nowhere")
    assert "backup" not in str(told.value)
    made(tmp_path).close()
    with pytest.raises(GateError, match="retour account list"):
        Gate(tmp_path, "nobody")
    with Gate(tmp_path) as gate:
        with pytest.raises(ValueError, match="no account"):
            gate.decision("ann@b.example")
        with pytest.raises(ValueError, match="carrier pigeon"):
            gate.decision("ann@b.example", "carrier pigeon", "shop")
        assert gate.decision("ann@b.example", account="shop").answer is Answer.SEND


def test_gate_and_api_of_a_running_server_agree(server: Server, client: Client) -> None:
    bounced(server, client, "both@b.example")
    addresses = ["both@b.example", "ann@b.example", "no address", "BOTH@B.EXAMPLE", "both@B.example"]
    with retour.Gate(server.directory / "data", "shop") as gate:
        assert gate.decisions(addresses) == client.decisions(addresses)
    assert client.decision("both@b.example").answer is Answer.STOP
    assert url(server)


def test_a_gate_follows_the_stops_of_the_whole_platform(tmp_path: Path) -> None:
    store, clock = made(tmp_path), Hand()
    store.accounts.add_account("other", "other.test", preset("default"), NOW)
    pepper = keyfile.load(tmp_path / keyfile.NAME).pepper
    platform = Platform(store, Table(pepper), clock, pepper, Terms(1))
    store.ledger.record([fact(1)], NOW)
    platform.follow()
    with Gate(tmp_path, "other", clock=clock) as gate:
        assert gate.decision("ann@b.example") == Decision(Answer.STOP, "platform")
        assert gate.decision("ann@b.example", account="shop").why == "hard"
        store.ledger.record([fact(2, address="bob@b.example")], NOW)
        platform.follow()
        platform.lift(["ann@b.example"], NOW + HOUR)
        clock.instant += SECOND
        assert gate.decision("ann@b.example").answer is Answer.SEND
        assert gate.decision("bob@b.example").why == "platform"
        Marks(tmp_path, store).add("other")  # the ledger answers, under the same stop
        clock.instant += SECOND
        assert gate.decision("bob@b.example") == Decision(Answer.STOP, "platform")
    store.close()
