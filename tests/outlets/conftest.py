"""An API over stores in memory, with real stories, a real table and a clock that the test moves."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response

from retour.bus import LocalBus
from retour.classify import Rulebook
from retour.flow import contacts, erase, erase_many, review, wave_orders, whom
from retour.flow.directory import Directory
from retour.flow.guard import Guard
from retour.flow.intake import take_in
from retour.flow.jobs import Runner, Work
from retour.flow.judge import judge
from retour.flow.listcheck import work
from retour.flow.listcheck.erasing import CheckedLists
from retour.flow.notices import Notice
from retour.flow.outage import GuardTerms
from retour.flow.own_rules import RuleFile, rules
from retour.flow.platform import Platform, Terms
from retour.flow.restore_desk import Common, RestoreDesk
from retour.flow.rewrite import Rewriter, Rewriting
from retour.flow.topics import Waiting
from retour.flow.waves import Place
from retour.identity import SendIds
from retour.instants import DAY, Instant
from retour.lifecycle import preset
from retour.metrics import Metrics
from retour.model import Arrival, Event, EventKind, Reason, Role
from retour.outlets.api.app import create
from retour.outlets.api.limits import UNLIMITED, Rate
from retour.outlets.api.services import Listed, Services, Source, Telling
from retour.outlets.notify import Reach, secret_of
from retour.outlets.notify.reach import UnreachableError
from retour.outlets.notify.sign import shown
from retour.ports import Key, Records
from retour.return_address import Keyring
from retour.secret import digest
from retour.secret import new as new_secret
from retour.snapshot import Table
from retour.stores import sqlite
from retour.stores.memory import MemoryInbox
from retour.stores.rules_desk import FOLDER, FilesDesk, in_force
from retour.stores.sqlite.people import ConsoleFile, SqlitePeople
from retour.stores.sqlite.sessions import SqliteConsole
from retour.stores.sqlite.views import SqliteViews
from retour.wiring.console import DATABASE

KEYRING = Keyring(1, {1: bytes(32)})
PEPPER = b"pepper of the webhooks"
REACH = Reach((ip_network("127.0.0.0/8"),))


@dataclass
class Hand:
    """A clock that stands still until it is moved."""

    instant: Instant = 20_000 * DAY

    def now(self) -> Instant:
        return self.instant


class Marks(set[str]):
    """Accounts being rewritten, in memory."""


@dataclass
class Asking:
    """Topics that wait, in memory; `told` are those that were told yes."""

    waiting: list[Waiting] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def pending(self) -> list[Waiting]:
        return list(self.waiting)

    def confirm(self, chosen: Waiting) -> None:
        self.told.append(chosen.id)

    def forget(self, chosen: Waiting) -> None:
        self.waiting.remove(chosen)


@dataclass
class Installation:
    """One installation in this process: two accounts, `demo` and `other`, and a key for each role."""

    clock: Hand = field(default_factory=Hand)
    inbox: MemoryInbox = field(default_factory=MemoryInbox)
    bus: LocalBus = field(default_factory=LocalBus)
    table: Table = field(default_factory=lambda: Table(b"pepper"))
    jobs: list[Rewriting] = field(default_factory=list)
    topics: Asking = field(default_factory=Asking)
    keys: dict[str, str] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    requests: Rate = UNLIMITED
    checks: Rate = UNLIMITED
    metrics: Metrics = field(default_factory=Metrics)

    def __post_init__(self) -> None:
        self.directory_of_data = TemporaryDirectory()
        data = Path(self.directory_of_data.name)
        self.store: Records = sqlite.open_store(data / sqlite.STORE, PEPPER)
        self.kept = sqlite.open_inbox(data / sqlite.INBOX)
        self.bus.follow(self.table.apply)
        for name in ("demo", "other"):
            self.store.accounts.add_account(name, f"{name}.return.test", preset("default"), self.clock.now())
            for role in (Role.MEMBER, Role.MANAGER, Role.SUPPORT):
                self.make_key(f"{name}-{role}", name, role)
        self.make_key("staff", "", Role.SUPPORT)
        self.make_key("admin", "", Role.ADMIN)
        self.directory = Directory(self.store.accounts, self.table)
        self.directory.refresh(self.clock.now())
        self.rule_files: list[RuleFile] = []
        self.rewriter = Rewriter(self.store, self.bus, self.table, self.clock, Marks(), self.jobs.append)
        self.platform = Platform(self.store, self.table, self.clock, b"pepper", Terms(2))
        self.common = Common(
            self.platform.since, self.platform.lift, self.platform.verdicts, self.platform.look_at
        )
        self.guard = Guard(self.store, self.bus, self.clock, GuardTerms(), self.store.acts.note)
        self.desk = sqlite.open_desk(data / sqlite.DESK)
        self.shelf = sqlite.SqliteShelf(data / sqlite.FINDINGS)
        self.app = create(self.services())
        transport = ASGITransport(self.app, raise_app_exceptions=False)
        self.client = AsyncClient(transport=transport, base_url="http://retour.test")
        self.loop = asyncio.Runner()

    def close(self) -> None:
        self.loop.run(self.client.aclose())
        self.loop.close()
        self.store.close()
        self.kept.close()
        self.desk.close()
        self.directory_of_data.cleanup()

    @property
    def list_room(self) -> Path:
        return Path(self.directory_of_data.name) / "list-checks"

    def have_people(self) -> None:
        """Members of both accounts, as the console makes and keeps them."""
        file = Path(self.directory_of_data.name) / DATABASE
        if not file.exists():
            file.write_bytes(people_of_two())

    def services(self) -> Services:
        console = ConsoleFile(Path(self.directory_of_data.name) / DATABASE)
        return Services(
            people=SqlitePeople(console),
            views=SqliteViews(console),
            clock=self.clock,
            store=self.store,
            inbox=self.inbox,
            bus=self.bus,
            snapshot=self.table,
            directory=self.directory,
            keyring=KEYRING,
            send_ids=SendIds(),
            change_policy=self.rewriter.change,
            desk=self.desk,
            shelf=self.shelf,
            rules=FilesDesk(Path(self.directory_of_data.name) / FOLDER),
            rulebook=self.rulebook,
            subscriptions=self.topics,
            rewriting=self.rewriter.progress,
            restores=RestoreDesk(
                self.store, self.bus, self.clock, self.notices.extend, self.common, self.store.acts.note
            ),
            platform=self.platform,
            guard=self.guard,
            sources=[Source("bounces", "address", "demo"), Source("lmtp", "lmtp", None)],
            lists=[Listed(f"ses-{name}", "ses", name, True, True) for name in ("demo", "other")],
            heard=self.desk.heard.of,
            lags=self.desk.heard.lags,
            telling=Telling(lambda hook, number: shown(secret_of(PEPPER, hook, number)), self.unreachable),
            metrics=self.metrics.text,
            checks={"store": lambda: True},
            body_limit=1_000_000,
            list_room=self.list_room,
            requests=self.requests,
            checks_rate=self.checks,
            down=(sqlite3.OperationalError,),
        )

    def rulebook(self) -> Rulebook:
        """As a server reads it: what was published is tried before ours."""
        return rules(*in_force(Path(self.directory_of_data.name) / FOLDER)).book

    def unreachable(self, url: str) -> str | None:
        try:
            REACH.place(url)
        except UnreachableError as error:
            return error.fault
        return None

    def make_key(self, name: str, account: str, role: Role) -> None:
        secret = new_secret()
        self.keys[name] = secret
        self.store.accounts.add_key(Key(name, account, role), digest(secret), self.clock.now())

    def ask(self, method: str, path: str, key: str | None = "demo-member", **more: Any) -> Response:
        headers = dict(more.pop("headers", {}))
        if key is not None:
            headers["Authorization"] = f"Bearer {self.keys[key]}"
        return self.loop.run(self.client.request(method, path, headers=headers, **more))

    def bounce(self, address: str, reason: Reason = Reason.ADDRESS_UNKNOWN, account: str = "demo") -> None:
        """A proven bounce, as the intake would have recorded it."""
        at = self.clock.now()
        event = Event(
            id=f"{address}{at}{account}".encode()[-16:].rjust(16, b"."),
            kind=EventKind.BOUNCE,
            at=at,
            reason=reason,
            status="5.1.1",
            account=account,
            address=address,
        )
        self.bus.publish(self.store.ledger.record([event], at))

    def take_in(self, arrival: Arrival) -> None:
        """An arrival, all the way."""
        self.inbox.put([arrival])
        taken = take_in([arrival], self.store, KEYRING, judge, self.clock.now())
        self.bus.publish(taken.changes)
        self.inbox.settle(taken.outcomes, self.clock.now())

    def take_waiting(self) -> None:
        """Judge what waits on disk."""
        waiting = self.kept.waiting(100)
        taken = take_in(waiting, self.store, KEYRING, judge, self.clock.now())
        self.bus.publish(taken.changes)
        self.kept.settle(taken.outcomes, self.clock.now())

    def works(self) -> Mapping[str, Work]:
        """What jobs do."""
        place = Place(self.store.ledger, self.store.acts, self.bus, self.desk.waves, self.clock)
        erasing = erase.Place(
            self.store, self.kept.erasing, self.desk.erasures, self.table.pseudonym, self.clock,
            CheckedLists(self.list_room, self.desk.jobs), self.take_waiting, self.bus,
            lambda: self.rule_files,
            SqliteConsole(ConsoleFile(Path(self.directory_of_data.name) / DATABASE)),
        )  # fmt: skip
        return {
            **wave_orders.works(self.store, place),
            **contacts.works(self.store, self.clock),
            **whom.works(self.store, self.clock),
            **erase.works(erasing),
            **erase_many.works(erasing),
            **review.works(self.store, self.clock),
            **work.works(self.list_room, self.store, self.clock, lambda: None),
        }

    def do_jobs(self) -> None:
        """Do what was asked for as jobs."""
        while job := self.desk.jobs.take(self.clock.now(), ()):
            Runner(self.desk.jobs, self.works(), self.clock)._do(job)

    def finish_rewriting(self) -> None:
        """Do what waits in the background."""
        while self.jobs:
            self.jobs.pop(0)()


INVITE = """
import sys
from pathlib import Path
from retour.console.people import desk
desk.open_people(Path(sys.argv[1]))
for account in ("demo", "other"):
    for role in ("member", "manager"):
        desk.invite(f"{role}@{account}.example", role, account)
desk.invite("eve@retour.example", "admin", "")
"""


@cache
def people_of_two() -> bytes:
    """The console's file with four members and an admin. Django is set up once in a process: in another."""
    with TemporaryDirectory() as room:
        file = Path(room) / DATABASE
        subprocess.run([sys.executable, "-c", INVITE, str(file)], check=True)
        with closing(sqlite3.connect(file)) as db:
            db.execute("PRAGMA journal_mode = DELETE")  # nothing stays beside the file
        return file.read_bytes()


@pytest.fixture
def retour() -> Iterator[Installation]:
    made = Installation()
    yield made
    made.close()
