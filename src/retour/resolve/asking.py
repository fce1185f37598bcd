"""Many domains are looked up at once, in their order; what was answered is kept, with its age.

A name that does not exist is believed after two runs that are an hour apart: a resolver that has lost its
way, or a zone that is being moved, says so as well. One that says the same of names that surely take mail
is not believed. Nothing is ever concluded from trouble (listcheck.md §6).
"""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from queue import SimpleQueue
from typing import Protocol

from retour.instants import to_datetime
from retour.ports import Clock
from retour.resolve.client import TRIES, Client, Server
from retour.resolve.domain import Domains, Found
from retour.vet import Code, Dns

AT_ONCE = 400  # domains under way
APART = timedelta(hours=1)  # of two runs that are two
# Names that take mail as long as there is any; a resolver that says they do not is cut off, or lies: networks
# before a login answer every name with their own address.
CONTROLS = ("gmail.com", "outlook.com", "gmx.net")
_BATCH = 500  # answers kept in one commit
_GOOD = frozenset((Code.MX, Code.IMPLICIT_A, Code.NULL_MX))
_NONE = frozenset((Code.NXDOMAIN, Code.NULL_MX, Code.BAD_IP))  # says that no mail is taken
_HOLDS: Mapping[Code, timedelta] = {
    **dict.fromkeys(_GOOD, timedelta(days=7)),
    Code.NXDOMAIN: timedelta(days=1),
    Code.NODATA: timedelta(days=1),
    Code.BAD_IP: timedelta(days=1),
    Code.SERVFAIL: timedelta(minutes=10),
    Code.TIMEOUT: timedelta(minutes=10),
}


class Kept(Protocol):
    """Answers on disk."""

    def get(self, names: Sequence[str]) -> Mapping[str, Dns]:
        """What is kept about these names, however old."""

    def put(self, answers: Sequence[tuple[str, Dns]]) -> None:
        """Keep answers, in place of earlier ones; one commit."""


class DnsResolver:
    """Implements `ports.resolver.Resolver`."""

    def __init__(
        self,
        server: Server,
        kept: Kept,
        clock: Clock,
        at_once: int = AT_ONCE,
        tries: tuple[float, ...] = TRIES,
        controls: Sequence[str] = CONTROLS,
    ) -> None:
        self._server, self._kept, self._clock = server, kept, clock
        self._at_once, self._tries, self._controls = at_once, tries, controls

    def look_up(self, names: Sequence[str]) -> Iterator[tuple[str, Dns]]:
        """As the port says."""
        before: dict[str, Dns] = {}
        wanted: list[str] = []
        now = to_datetime(self._clock.now())
        for start in range(0, len(names), _BATCH):
            some = names[start : start + _BATCH]
            kept = self._kept.get(some)
            for name in some:
                if (dns := kept.get(name)) is not None and is_fresh(dns, now):
                    yield name, dns
                else:
                    wanted.append(name)
                    if dns is not None:
                        before[name] = dns
        yield from self._ask(wanted, before)

    def _ask(self, wanted: Sequence[str], before: Mapping[str, Dns]) -> Iterator[tuple[str, Dns]]:
        """Ask in a thread of its own; what comes is kept before it is told."""
        if not wanted:
            return
        found: SimpleQueue[tuple[str, Found] | None] = SimpleQueue()
        ended = threading.Event()
        thread = threading.Thread(target=self._run, args=(wanted, found, ended), name="dns")
        thread.start()
        held: list[tuple[str, Dns]] = []
        try:
            while (got := found.get()) is not None:
                now = to_datetime(self._clock.now())
                held.append((got[0], dated(got[1], before.get(got[0]), str(self._server), now)))
                if len(held) >= _BATCH or found.empty():
                    self._kept.put(held)
                    yield from held
                    held = []
            self._kept.put(held)
            yield from held
        finally:
            ended.set()
            thread.join()

    def _run(
        self,
        wanted: Sequence[str],
        found: "SimpleQueue[tuple[str, Found] | None]",
        ended: threading.Event,
    ) -> None:
        try:
            asyncio.run(self._all(wanted, found.put, ended))
        finally:
            found.put(None)

    async def _all(
        self, wanted: Sequence[str], tell: Callable[[tuple[str, Found]], None], ended: threading.Event
    ) -> None:
        client = Client(self._server, self._tries)
        domains, names = Domains(client), iter(wanted)
        lost: asyncio.Task[bool] | None = None

        async def work() -> None:
            nonlocal lost
            for name in names:
                if ended.is_set():
                    return
                found = await domains.look_up(name)
                if found.state in _NONE:
                    lost = lost or asyncio.create_task(self._is_lost(domains))  # once, at the first one
                    found = Found(Code.SERVFAIL) if await lost else found
                tell((name, found))

        try:
            await asyncio.gather(*(work() for _ in range(min(self._at_once, len(wanted)))))
        finally:
            client.close()

    async def _is_lost(self, domains: Domains) -> bool:
        """Whether the resolver says of all names that surely take mail that they take none."""
        for name in self._controls:
            if (await domains.look_up(name)).state not in _NONE:
                return False
        return bool(self._controls)


def is_fresh(dns: Dns, now: datetime) -> bool:
    """Whether an answer need not be asked for again. A first NXDOMAIN is soon asked about once more."""
    if dns.expires_at is None or dns.expires_at <= now:
        return False
    return dns.state is not Code.NXDOMAIN or dns.runs > 1 or now - dns.checked_at < APART


def dated(found: Found, before: Dns | None, source: str, now: datetime) -> Dns:
    """What was found, with its date, and with how many runs have said so."""
    told = Dns(found.state, f"dns {source}", now, now + _HOLDS[found.state], hosts=found.hosts)
    if before is None or before.state is not found.state:
        return told
    if now - before.checked_at < APART:
        return replace(told, runs=before.runs, checked_at=before.checked_at)  # the same run still
    return replace(told, runs=before.runs + 1)


class Remembered:
    """Answers kept in memory, for a check without a place to keep them."""

    def __init__(self) -> None:
        self._kept: dict[str, Dns] = {}

    def get(self, names: Sequence[str]) -> Mapping[str, Dns]:
        """As `Kept` says."""
        return {name: self._kept[name] for name in names if name in self._kept}

    def put(self, answers: Sequence[tuple[str, Dns]]) -> None:
        """As `Kept` says."""
        self._kept.update(answers)
