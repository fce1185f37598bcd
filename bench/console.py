"""Pages of the console over a large account, and the export of a million rows.

    python -m bench.console [--addresses 10000000] [--events 20000000] [--rounds 7] [--keep DIRECTORY]
                            [--without-jobs]

The store is grown with its roll-ups (bench/_grown.py; `--keep` keeps it for the next run), the server is
`retour serve` with its console. Before, one job of each kind that has a page is done (bench/_asked.py). A
manager logs in and walks from the first page along every link, then somebody of support, to what managers
have not; of each kind of page up to three are opened, the Overview also with each of its filters. Then calls
of the API are made that no page makes as they are (bench/_called.py). Milliseconds; "first" is the first
time, "processor" what all threads of both processes used. Of an export of a million lines, the octets,
seconds and the most that console and API hold meanwhile (RssAnon) are told beside what they held before.
"""

import argparse
import os
import re
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from html import unescape
from pathlib import Path
from statistics import median
from urllib.parse import parse_qsl, urldefrag, urljoin, urlsplit

import httpx

from bench._asked import Done, ask
from bench._called import called
from bench._grown import grow
from bench._serving import serving
from retour import keyfile
from retour.clock import SystemClock
from retour.stores import sqlite

PEOPLE = {
    "ann@shop.example": ("--account", "acme", "--role", "manager"),
    "kim@retour.example": ("--role", "support"),
}
PASSWORD = "a long one, for the benchmark"  # of a person of a store that goes with the run
EACH = 3  # pages of one kind
MILLION = 1_000_000  # lines of an export that are waited for
FILTERS = (
    "state=invalid",
    "state=held",
    "state=valid&type=soft",
    "type=hard",
    "type=block",
    "reason=mailbox_full",
    "provider=gmail",
    "kind=mailing",
    "search=user7-1",
    "search=d3.example",
    "search=@gmail.com",
    "since=2026-01-01",
    "since=2026-01-01&until=2026-09-30&search=@web.de",
    "state=invalid&type=hard&reason=address_unknown&provider=gmail",
)

STAFF = ("/desk/", "/unparsed/", "/rules/", "/replays/", "/components/", "/a/acme/waves/", "/a/acme/replays/")
OTHERS = ("data/", "data/?provider=gmail&reason=mailbox_full", "data/delete/?provider=gmail", "charts/lag/")


def grown(room: Path, addresses: int, events: int) -> None:
    """A store with its roll-ups in the room's directory `data`, unless one is there; without passwords."""
    data = room / "data"
    if not data.exists():
        data.mkdir(parents=True)
        pepper = keyfile.load_or_create(data / keyfile.NAME).pepper
        grow(data / sqlite.STORE, addresses, events, pepper=pepper, rolled=True, now=SystemClock().now())
    (data / "console.sqlite3").unlink(missing_ok=True)


Taken = tuple[float, float]  # seconds on the clock, and of the processors


class Visitor:
    """A manager who is logged in, and the pages that were found."""

    def __init__(self, base: str, person: str, link: str, kinds: dict[str, list[str]]) -> None:
        self._session = httpx.Client(base_url=base, timeout=120, follow_redirects=True)
        form = self._session.get(link).text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        assert token, form
        told = {"csrfmiddlewaretoken": token[1], "email": person, "password": PASSWORD, "again": PASSWORD}
        self._session.post(link, data=told, headers={"Referer": base}).raise_for_status()
        self.kinds = kinds  # the pages that were found, by their kind

    def open(self, path: str) -> tuple[float, str]:
        """Seconds until the last octet, and the page."""
        began = time.perf_counter()
        answer = self._session.get(path)
        taken = time.perf_counter() - began
        if answer.status_code != 200:
            raise SystemExit(f"bench.console: {path} answered {answer.status_code}")
        return taken, answer.text

    def walk(self, *begin: str) -> dict[str, float]:
        """Open pages along their links, and tell what each took the first time."""
        first: dict[str, float] = {}
        waiting = list(begin)
        while waiting:
            path = waiting.pop(0)
            kind = kind_of(path)
            if (
                path in first
                or path in self.kinds.get(kind, ())
                or not kind
                or len(self.kinds.get(kind, ())) >= EACH
            ):
                continue
            taken, page = self.open(path)
            first[path] = taken
            self.kinds.setdefault(kind, []).append(path)
            waiting += [_of(path, link) for link in re.findall(r'<a [^>]*href="([^"]+)"', page)]
        return first

    def download(self, path: str, look: Callable[[], float]) -> tuple[int, int, float, float]:
        """Lines up to a million, octets, seconds, and the most that `look` told meanwhile."""
        began, lines, octets, most, looked = time.perf_counter(), 0, 0, look(), 0.0
        with self._session.stream("GET", path, timeout=None) as answer:
            for chunk in answer.iter_bytes():
                octets, lines = octets + len(chunk), lines + chunk.count(b"\n")
                if lines >= MILLION:
                    break
                if time.perf_counter() - looked > 0.2:
                    looked, most = time.perf_counter(), max(most, look())
        return lines, octets, time.perf_counter() - began, most


def kind_of(path: str) -> str:
    """The kind of page: its path without what names one thing, and its filter; empty for what is no page."""
    parts = urlsplit(path)
    if not parts.path.endswith("/") or parts.path.startswith(("/sign/", "/first/")):
        return ""
    words = (word if re.fullmatch(r"[a-z_-]+", word) else "…" for word in parts.path.split("/")[1:-1])
    names = sorted({name for name, _ in parse_qsl(parts.query)})
    filters = names if len(names) < 2 else ["several filters"]
    return " ".join(["/".join(words).removeprefix("a/acme").lstrip("/") or "overview", *filters])


def _of(path: str, link: str) -> str:
    """Where a link leads on the same server; empty elsewhere."""
    joined = urlsplit(urldefrag(urljoin(f"http://console{path}", unescape(link))).url)
    return joined._replace(scheme="", netloc="").geturl() if joined.netloc == "console" else ""


def run(
    addresses: int = 10_000_000,
    events: int = 20_000_000,
    rounds: int = 7,
    keep: Path | None = None,
    has_jobs: bool = True,
) -> str:
    """The table."""
    load = os.getloadavg()[0]
    with ExitStack() as ends:
        room = keep or Path(ends.enter_context(tempfile.TemporaryDirectory()))
        grown(room, addresses, events)
        server = ends.enter_context(serving(room, console=True))
        jobs = ask(server) if has_jobs else Done({}, (), ())
        start, kinds = "/a/acme/", dict[str, list[str]]()
        begin = (start, *(f"{start}?{each}" for each in FILTERS))
        begin += (*(f"{start}{each}" for each in OTHERS), *jobs.pages)
        base, first = f"http://127.0.0.1:{server.ports['console']}", dict[str, float]()
        times: list[tuple[Visitor, dict[str, list[Taken]]]] = []
        for person, role in PEOPLE.items():
            visitor = Visitor(base, person, server.command("person", "add", person, *role), kinds)
            found = visitor.walk(*begin)
            begin, first = (*STAFF, *jobs.of_staff), first | found
            times.append((visitor, {path: [] for path in found}))
        for _ in range(rounds):
            for visitor, theirs in times:
                for path, taken in theirs.items():
                    worked = server.worked()
                    taken.append((visitor.open(path)[0], server.worked() - worked))
        calls = called(server, rounds)
        before = server.memory()
        export = visitor.download(f"{start}bounces.csv", server.memory)
        size = (server.data / sqlite.STORE).stat().st_size / 2**30
    lines = ["| page | first | median | max | processor |", "|---|---|---|---|---|"]
    every = {path: each for _, theirs in times for path, each in theirs.items()}
    for kind, paths in kinds.items():
        lines.append(
            _line(kind, [first[path] for path in paths if path in first], [every[path] for path in paths])
        )
    rows, octets, seconds, most = export
    return "\n".join(
        [
            f"{addresses:,} addresses, {events:,} events, {size:.1f} GiB; {rounds} rounds over"
            f" {len(first)} pages; load {load:.1f} before, {os.getloadavg()[0]:.1f} after. Milliseconds; of"
            " several pages of a kind the slowest.",
            "",
            *lines,
            "",
            "| call of the API | first | median | max | processor |",
            "|---|---|---|---|---|",
            *calls,
            "",
            "Jobs, seconds each: "
            + (", ".join(f"{kind} {each:,.0f}" for kind, each in jobs.seconds.items()) or "none")
            + ".",
            f"Export of {rows:,} lines: {octets / 1e6:,.0f} MB in {seconds:,.0f} s; API and console held"
            f" {before:,.0f} MB before and {most:,.0f} MB at most meanwhile.",
        ]
    )


def _line(kind: str, first: list[float], times: list[list[Taken]]) -> str:
    name, _, filters = kind.partition(" ")
    told = f"{name}, by {filters}" if filters else name
    walls = [[wall for wall, _ in each] for each in times]
    worked = max(median(each for _, each in path) for path in times)
    cells = (
        1000 * seconds for seconds in (max(first), max(map(median, walls)), max(map(max, walls)), worked)
    )
    return f"| {told} | {' | '.join(f'{cell:,.0f}' for cell in cells)} |"


def quick() -> str:
    """A tiny account."""
    return run(200, 400, 1)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--addresses", type=int, default=10_000_000)
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--without-jobs", action="store_true")
    chosen = parser.parse_args()
    print(run(chosen.addresses, chosen.events, chosen.rounds, chosen.keep, not chosen.without_jobs))


if __name__ == "__main__":
    main()
