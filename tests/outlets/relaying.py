"""A relay in this process, over stores in memory, between a client and a sink."""

import asyncio
import smtplib
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from outlets.sink import Sink
from retour.bus import LocalBus
from retour.flow.directory import Directory
from retour.flow.gathered import Gathered
from retour.identity import SendIds
from retour.instants import DAY, Instant
from retour.lifecycle import preset
from retour.model import Decision, Event, EventKind, MailKind, Reason, Role, Send
from retour.outlets.relay import Links, Login, Logins, NextServer, Relay, Shared
from retour.ports import Key, Store
from retour.return_address import Keyring
from retour.secret import digest
from retour.secret import new as new_secret
from retour.smtpd import Limits, Reply, listen_for_submissions
from retour.snapshot import Table
from retour.stores.memory import new_store

KEYRING = Keyring(1, {1: bytes(32)})
MESSAGE = b"From: shop@shop.test\r\nSubject: Hello\r\nMessage-ID: <1@shop.test>\r\n\r\n.dot\r\nbye\r\n"
STOPPED = Reply(550, "5.7.1", "Sending to this recipient is stopped (words) [retour:stopped]")
HELD = Reply(450, "4.7.1", "Sending to this recipient is held (words) [retour:held]")
PATIENCE = 20.0  # seconds
IMPATIENT = {"connecting": 0.3, "command": 0.3, "dot": 0.3}  # with a next server that hangs


@dataclass
class Hand:
    """A clock that stands still."""

    instant: Instant = 20_000 * DAY

    def now(self) -> Instant:
        return self.instant


@dataclass
class Relaying:
    """An installation with the accounts `shop` and `other`, and a key for each."""

    sink: Sink
    kind: MailKind = MailKind.MAILING
    dropping: frozenset[str] = frozenset()
    alone: bool = False
    defers: bool = False  # tells a stop as 450
    logins: dict[str, Login] = field(default_factory=dict)
    limits: Limits = field(default_factory=lambda: Limits(idle=30, refused=1000))
    server_tls: ssl.SSLContext | None = None
    next: dict[str, object] = field(default_factory=dict)
    connections: int = 3
    store: Store = field(default_factory=new_store)
    keys: dict[str, str] = field(default_factory=dict)
    recorded: list[Send] = field(default_factory=list)
    avoided: list[str] = field(default_factory=list)
    bounces: list[tuple[str, str, Reply]] = field(default_factory=list)
    disk_is_full: bool = False

    def __post_init__(self) -> None:
        self.clock, self.table, self.bus = Hand(), Table(b"pepper"), LocalBus()
        self.bus.follow(self.table.apply)
        for name in ("shop", "other"):
            self.store.accounts.add_account(name, f"{name}.return.test", preset("default"), self.clock.now())
            self.keys[name] = secret = new_secret()
            key = Key(name, name, Role.MEMBER)
            self.store.accounts.add_key(key, digest(secret), self.clock.now())
        self.directory = Directory(self.store.accounts, self.table)
        self.directory.refresh(self.clock.now())

    def bounce(self, address: str) -> None:
        """A proven bounce of an address, which stops it for every kind of mail."""
        self._happens(address, EventKind.BOUNCE, Reason.ADDRESS_UNKNOWN)

    def unsubscribe(self, address: str) -> None:
        """From now on it gets system mail alone."""
        self._happens(address, EventKind.UNSUBSCRIBE)

    def _happens(self, address: str, kind: EventKind, reason: Reason | None = None) -> None:
        at, id = self.clock.now(), address.encode()[-16:].rjust(16, b".")
        event = Event(id, kind, at, reason, "5.1.1" if reason else None, account="shop", address=address)
        self.bus.publish(self.store.ledger.record([event], at))

    def shared(self) -> Shared:
        server = NextServer(
            "127.0.0.1", self.sink.port, "relay.test",
            **{"connecting": PATIENCE, "command": PATIENCE, "dot": PATIENCE, **self.next},
        )  # fmt: skip
        return Shared(
            clock=self.clock,
            snapshot=self.table,
            keyring=lambda: KEYRING,
            ids=SendIds(),
            logins=Logins(self.store.accounts, self.directory.named, self.clock, self.logins),
            links=Links(server, self.connections),
            sends=Gathered(self._record),
            registered=self._registered,
            explain=self._explain,
            avoided=self._avoid,
            bounced=self._bounced,
            hostname="relay.test",
            kind=self.kind,
            drops=self.dropping.__contains__,
            alone=self.alone,
        )

    def _record(self, sends: Sequence[Send]) -> None:
        if self.disk_is_full:
            raise OSError("no space left on device")
        self.store.sends.add(sends)
        self.recorded += sends

    async def _registered(self, id: int) -> Send | None:
        return self.store.sends.by_id([id]).get(id)

    async def _explain(self, account: str, address: str, decision: Decision) -> Reply:
        return HELD if decision.answer == "hold" or self.defers else STOPPED

    async def _avoid(self, account: str, domain: str) -> None:
        if self.disk_is_full:
            raise OSError("no space left on device")
        assert domain == "b.test"
        self.avoided.append(account)

    async def _bounced(self, to: str, recipient: str, reply: Reply) -> None:
        assert self.recorded, "a bounce of a send that nobody knows"
        self.bounces.append((to, recipient, reply))

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Relaying"]:
        relay = Relay(self.shared())
        self.counts = relay.shared.counts
        listener = await listen_for_submissions(
            "127.0.0.1", 0, relay, hostname="relay.test", limits=self.limits, tls=self.server_tls
        )
        self.port = listener.port
        try:
            yield self
        finally:
            await listener.close(grace=1)
            relay.shared.links.close()

    async def submit(
        self,
        recipients: Sequence[str] = ("ann@b.test",),
        message: bytes = MESSAGE,
        sender: str = "shop@shop.test",
        login: str = "shop",
        options: Sequence[str] = (),
        rcpt_options: Sequence[str] = (),
    ) -> tuple[int, str, dict[str, tuple[int, bytes]]]:
        """As a program does with smtplib: code and words of the answer, and the recipients refused."""

        def send() -> tuple[int, str, dict[str, tuple[int, bytes]]]:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=120) as smtp:
                smtp.login(login, self.keys["shop"])
                try:
                    refused = smtp.sendmail(sender, list(recipients), message, options, rcpt_options)
                except smtplib.SMTPRecipientsRefused as error:
                    code, words = next(iter(error.recipients.values()))
                    return code, words.decode(), error.recipients
                except smtplib.SMTPResponseException as error:
                    words = error.smtp_error
                    return error.smtp_code, words.decode() if isinstance(words, bytes) else words, {}
                return 250, "", refused

        return await asyncio.to_thread(send)


class Raw:
    """A client that says exactly these octets."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def hear(self) -> list[str]:
        """The next reply, its lines; [""] when the relay has hung up."""
        lines = [await self.reader.readline()]
        while lines[-1][3:4] == b"-":
            lines.append(await self.reader.readline())
        return [line.decode().rstrip("\r\n") for line in lines]

    async def say(self, octets: bytes, replies: int = 1) -> list[str]:
        """Say it; the last lines of so many replies."""
        self.writer.write(octets)
        return [(await self.hear())[-1] for _ in range(replies)]

    async def close(self) -> None:
        self.writer.close()
        await asyncio.wait([asyncio.ensure_future(self.writer.wait_closed())])


async def greeted(relay: Relaying) -> Raw:
    """A client that has heard the greeting."""
    raw = Raw(*await asyncio.open_connection("127.0.0.1", relay.port))
    await raw.hear()
    return raw


async def authenticated(relay: Relaying, login: str = "shop", key: str = "shop") -> Raw:
    """A client behind AUTH."""
    raw = await greeted(relay)
    plain = b64encode(f"\0{login}\0{relay.keys[key]}".encode())
    said = await raw.say(b"EHLO x\r\nAUTH PLAIN " + plain + b"\r\n", 2)
    assert said[1].startswith("235 "), said
    return raw
