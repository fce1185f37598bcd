"""A real NSD of our own on loopback: it answers for the whole tree of names; one zone of it is broken."""

import random
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from story.waiting import eventually, free_port

# Networks for documents (192.0.2.0/24) reach nobody: a mail server needs an address that could be reached.
ZONE = """\
$ORIGIN .
$TTL 300
@ SOA ns.root-of.test. admin.root-of.test. 1 3600 600 86400 300
@ NS ns.root-of.test.
ns.root-of.test. A 127.0.0.1
gmail.com. MX 10 mail.good.example.
mx.good.example. MX 10 mail.good.example.
mail.good.example. A 9.9.9.9
two.example. MX 10 gone.good.example.
two.example. MX 20 mail.good.example.
six.example. MX 10 mail.six.example.
mail.six.example. AAAA 2620:fe::fe
alias.example. CNAME mx.good.example.
implicit.example. A 9.9.9.9
implicit6.example. AAAA 2620:fe::fe
null.example. MX 0 .
empty.example. TXT "nothing for mail"
private.example. MX 10 mail.private.example.
mail.private.example. A 10.1.2.3
local.example. MX 10 here.local.example.
here.local.example. A 127.0.0.1
localhere.example. A 127.0.0.1
nowhere.example. MX 10 gone.good.example.
trouble-mx.example. MX 10 mail.broken.example.
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
  rrl-ratelimit: 0  # else names that are not there are answered 200 times a second, and it looks like loss
remote-control:
  control-enable: no
zone:
  name: "."
  zonefile: "root.zone"
zone:
  name: "broken.example"
  zonefile: "broken.zone"
"""
LARGE = 60  # MX records: too many for one datagram


@contextmanager
def running(directory: Path, more: str = "") -> Iterator[int]:
    """The port of a server for these names and `more`; broken.example. answers SERVFAIL."""
    port = free_port()
    names = [f"mail{number}.a-rather-long-name-of-a-host.good.example." for number in range(LARGE)]
    large = "".join(f"large.example. MX {n} {name}\n{name} A 9.9.9.9\n" for n, name in enumerate(names))
    (directory / "root.zone").write_text(ZONE + large + more)
    (directory / "broken.zone").write_text("this is no zone\n")
    config = directory / "nsd.conf"
    config.write_text(_CONFIG.format(port=port, here=directory))
    nsd = shutil.which("nsd", path="/usr/sbin:/usr/bin") or "nsd"
    process = subprocess.Popen(
        [nsd, "-d", "-c", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        eventually(lambda: _answers(port), "nsd to answer")
        yield port
    finally:
        process.terminate()
        process.wait(120)


def _answers(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(0.2)
        asking.sendto(b"\0\1\1\0\0\1\0\0\0\0\0\0\4null\7example\0\0\x0f\0\1", ("127.0.0.1", port))
        try:
            return len(asking.recv(512)) > 12
        except OSError:
            return False


@contextmanager
def lossy(port: int, share: float, seed: int = 7) -> Iterator[int]:
    """The port of a way to that server which loses this share of the packets, there and back."""
    chance = random.Random(seed)
    front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    front.bind(("127.0.0.1", 0))
    back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    back.connect(("127.0.0.1", port))
    asked: dict[bytes, object] = {}

    def there() -> None:
        while (got := front.recvfrom(4096))[0] != b"end":
            if chance.random() >= share:
                asked[got[0][:2]] = got[1]
                back.send(got[0])
        back.close()

    def home() -> None:
        while True:
            try:
                raw = back.recv(65_535)
            except OSError:
                return
            if not raw:
                return
            if chance.random() >= share and raw[:2] in asked:
                front.sendto(raw, asked[raw[:2]])

    threads = [threading.Thread(target=way, daemon=True) for way in (there, home)]
    for thread in threads:
        thread.start()
    try:
        yield front.getsockname()[1]
    finally:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"end", front.getsockname())
        threads[0].join()
        front.close()
