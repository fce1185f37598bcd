"""The domains of a list are looked up: 100,000 names at an NSD on this machine.

    python -m bench dns

Of the names 70 % have MX records (of 2,000 servers), 10 % an address alone, 5 % say that they take no mail,
2 % lead into a private network, 10 % are not there, 3 % are in a zone that is broken. What is said of each
is compared with how it was made. Then the same from what is kept, and some with 30 % of the packets lost.
"""

import random
import resource
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from retour.clock import SystemClock
from retour.resolve import DnsResolver, Server
from retour.stores.sqlite.domains import SqliteDomains
from retour.vet import Code, Dns

NAMES, SERVERS, LOSS = 100_000, 2_000, 0.3
_SHARES = (
    (0.70, Code.MX),
    (0.80, Code.IMPLICIT_A),
    (0.85, Code.NULL_MX),
    (0.87, Code.BAD_IP),
    (0.97, Code.NXDOMAIN),
    (1.00, Code.SERVFAIL),
)
_RECORDS = {
    Code.MX: "{name}. MX 10 mail{server}.hosts.example.\n",
    Code.IMPLICIT_A: "{name}. A 9.9.9.9\n",
    Code.NULL_MX: "{name}. MX 0 .\n",
    Code.BAD_IP: "{name}. MX 10 private.hosts.example.\n",
}
_HEAD = """\
$ORIGIN .
$TTL 300
@ SOA ns.of-root.example. admin.of-root.example. 1 3600 600 86400 300
@ NS ns.of-root.example.
ns.of-root.example. A 127.0.0.1
private.hosts.example. A 10.1.2.3
gmail.com. A 9.9.9.9
"""
_CONFIG = """\
server:
  ip-address: 127.0.0.1@{port}
  username: ""
  zonesdir: "{here}"
  database: ""
  pidfile: "{here}/nsd.pid"
  xfrdfile: "{here}/xfrd.state"
  zonelistfile: "{here}/zones"
  xfrdir: "{here}"
  logfile: "{here}/log"
  server-count: 1
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: "."
  zonefile: "root.zone"
zone:
  name: "broken.example"
  zonefile: "broken.zone"
"""
_QUICK = (0.4, 0.6, 0.8, 1.0, 1.2)  # seconds of patience where packets are lost
_QUESTION = b"\0\1\1\0\0\1\0\0\0\0\0\0\2ns\7of-root\7example\0\0\1\0\1"
ABSENT = "nsd is not installed: scripts/engines installs it"


class Run(NamedTuple):
    """One way through the names."""

    answers: Mapping[str, Dns]
    seconds: float  # by the clock
    used: float  # of the processor, by us


def made(count: int) -> dict[str, Code]:
    """Names with what is to be said of each."""
    chance = random.Random(11)
    names = dict[str, Code]()
    for number in range(count):
        lot = chance.random()
        state = next(state for share, state in _SHARES if lot < share)
        of = "broken.example" if state is Code.SERVFAIL else "firms.example"
        names[f"firm{number}.{of}"] = state
    return names


@contextmanager
def answering(names: Mapping[str, Code], here: Path) -> Iterator[int]:
    """The port of an NSD that knows these names. Raises FileNotFoundError."""
    nsd = shutil.which("nsd", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if nsd is None:
        raise FileNotFoundError(ABSENT)
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    with (here / "root.zone").open("w") as zone:
        zone.write(_HEAD)
        zone.writelines(f"mail{n}.hosts.example. A 9.9.9.9\n" for n in range(SERVERS))
        for place, (name, state) in enumerate(names.items()):
            zone.write(_RECORDS.get(state, "").format(name=name, server=place % SERVERS))
    (here / "broken.zone").write_text("this is no zone\n")
    (here / "nsd.conf").write_text(_CONFIG.format(port=port, here=here))
    silent = subprocess.DEVNULL
    process = subprocess.Popen([nsd, "-d", "-c", here / "nsd.conf"], stdout=silent, stderr=silent)
    try:
        _wait(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Until it answers. Raises FileNotFoundError when it ends before."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as asking:
        asking.settimeout(0.2)
        while process.poll() is None:
            asking.sendto(_QUESTION, ("127.0.0.1", port))
            try:
                if len(asking.recv(512)) > len(_QUESTION):
                    return
            except OSError:
                continue
    raise FileNotFoundError("nsd ended before it answered")


@contextmanager
def lossy(port: int, share: float) -> Iterator[int]:
    """The port of a way there that loses this share of the packets, in both directions."""
    chance, asked = random.Random(7), dict[bytes, Any]()
    front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    front.bind(("127.0.0.1", 0))
    back.connect(("127.0.0.1", port))

    def there() -> None:
        while (got := front.recvfrom(4096))[0] != b"end":
            if chance.random() >= share:
                asked[got[0][:2]] = got[1]
                back.send(got[0])

    def home() -> None:
        while raw := back.recv(65_535):
            if chance.random() >= share and raw[:2] in asked:
                front.sendto(raw, asked[raw[:2]])

    threads = [threading.Thread(target=way, daemon=True) for way in (there, home)]
    for thread in threads:
        thread.start()
    try:
        yield int(front.getsockname()[1])
    finally:
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as last:
            last.sendto(b"end", front.getsockname())
        threads[0].join()
        back.shutdown(socket.SHUT_RDWR)
        threads[1].join()
        front.close()
        back.close()


def run_through(resolver: DnsResolver, names: list[str]) -> Run:
    """Look all of them up."""
    began, before = time.perf_counter(), _used()
    answers = dict(resolver.look_up(names))
    return Run(answers, time.perf_counter() - began, _used() - before)


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def wrong(told: Mapping[str, Dns], names: Mapping[str, Code]) -> Counter[str]:
    """What was said of names beside how they were made."""
    return Counter(f"{names[name]} as {dns.state}" for name, dns in told.items() if dns.state != names[name])


def table(count: int, lost: int) -> str:
    """The measurements as a table."""
    lines = ["| what | names | seconds | names/s | names a CPU second | wrong |", "|---|---|---|---|---|---|"]
    names = made(count)
    try:
        with tempfile.TemporaryDirectory() as room:
            lines += _measured(names, Path(room), lost)
    except FileNotFoundError as error:
        lines.append(f"| {error} | | | | | |")
    return "\n".join(lines)


def _measured(names: Mapping[str, Code], room: Path, lost: int) -> Iterator[str]:
    with (
        answering(names, room) as port,
        closing(SqliteDomains(room / "kept.sqlite3")) as kept,
        closing(SqliteDomains(room / "other.sqlite3")) as other,
    ):
        resolver = DnsResolver(Server("127.0.0.1", port), kept, SystemClock())
        yield _line("asked", run_through(resolver, list(names)), names)
        # Trouble is kept for ten minutes, all else for longer: nothing is asked again.
        yield _line("from what is kept", run_through(resolver, list(names)), names)
        part = {name: state for name, state in list(names.items())[:lost] if state is not Code.SERVFAIL}
        with lossy(port, LOSS) as road:
            patient = DnsResolver(Server("127.0.0.1", road), other, SystemClock(), 200, _QUICK)
            found = run_through(patient, list(part))
        yield _line(f"asked, {LOSS:.0%} of the packets lost", found, part)
    yield ""
    false = sum(
        dns.state in (Code.NXDOMAIN, Code.NULL_MX, Code.BAD_IP) and dns.state != part[name]
        for name, dns in found.answers.items()
    )
    unknown = sum(dns.state in (Code.TIMEOUT, Code.SERVFAIL) for dns in found.answers.values())
    yield f"With packets lost, {false} names were called invalid by mistake, {unknown} stayed unknown."


def _line(what: str, run: Run, names: Mapping[str, Code]) -> str:
    count, faults = len(run.answers), wrong(run.answers, names)
    told = ", ".join(f"{number} {fault}" for fault, number in faults.most_common()) or "none"
    return (
        f"| {what} | {count:,} | {run.seconds:.1f} | {count / run.seconds:,.0f} | "
        f"{count / max(run.used, 1e-9):,.0f} | {told} |"
    )


def run() -> str:
    """In full."""
    return table(NAMES, 2_000)


def quick() -> str:
    """On few names."""
    return table(300, 60)
