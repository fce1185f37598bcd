"""Long work over a grown account, asked for and waited for: so that the pages show what came of it."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.request import Request, urlopen

from bench._serving import Server
from retour.client.connection import wait
from retour.clock import SystemClock
from retour.instants import DAY, text

ROWS = 100_000  # of the list that is checked


PAGES = {
    "what_if": "settings/what-if/{}/",
    "replay": "replays/{}/",
    "wave_plan": "waves/{}/",
    "list_check": "checks/{}/",
    "count": "jobs/{}/?of=bounces",
}  # of an account, with what jobs have found


STAFF = frozenset({"replay", "wave_plan"})  # whose pages are for support alone


class Done(NamedTuple):
    """Jobs that have ended."""

    seconds: Mapping[str, float]  # that each took, by its kind
    pages: Sequence[str]  # that show what they have found
    of_staff: Sequence[str]  # the same, for support alone


def ask(server: Server) -> Done:
    """Ask for one job of each kind that has a page, and wait for all; a kept store has done them already."""
    since = text(SystemClock().now() - 200 * DAY)
    provider = {"provider": "gmail", "reason": "address_unknown"}
    wave = {"act": "restore", "filter": provider, "reason": "the benchmark"}
    whom = {"from": {"bounces": {"since": since}}}
    begin: Mapping[str, Callable[[], Any]] = {
        "what_if": lambda: server.ask(
            "/v1/policy/what-if", {"settings": {"soft_threshold": 2}, "expected": 2}
        ),
        "replay": lambda: server.ask("/v1/replays", {"what": "policy", "version": 1}),
        "wave_plan": lambda: server.ask("/v1/waves", wave),
        "list_check": lambda: checked(server),
        "count": lambda: server.ask("/v1/contacts/counts", whom)["job"],
    }
    seconds, pages = dict[str, float](), dict[str, str]()
    for kind, begun in begin.items():
        known = server.ask(f"/v1/jobs?kind={kind}")["jobs"]
        job = known[0] if known else begun()
        if job is None:  # a few are counted at once
            continue
        ended = waited(server, job["id"])
        seconds[kind] = ended["done"] / (ended["rate"] or 1)
        pages[kind] = f"/a/acme/{PAGES[kind].format(ended['result'].get('wave', ended['id']))}"
    shown = [
        [page for kind, page in pages.items() if (kind in STAFF) is of_staff] for of_staff in (False, True)
    ]
    return Done(seconds, *shown)


def checked(server: Server) -> dict[str, str]:
    """The check of a list: some of the account, some slips, some of nobody."""
    hosts = ("gmail.com", "gmial.com", "web.de", "d3.example", "nobody.example")
    rows = "".join(f"user{n % 2000}-{n}@{hosts[n % len(hosts)]}\n" for n in range(ROWS))
    url = f"http://127.0.0.1:{server.ports['api']}/v1/list-checks?account=acme&name=bench"
    headers = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/octet-stream"}
    with urlopen(Request(url, rows.encode(), headers)) as answer:
        told: dict[str, str] = json.load(answer)
    return told


def waited(server: Server, id: str) -> Any:
    """The job, ended. Raises SystemExit for one that did not end well."""
    while (job := server.ask(f"/v1/jobs/{id}"))["state"] in ("waiting", "running"):
        wait(0.2)
    if job["state"] != "done":
        raise SystemExit(f"bench.console: the job {job['kind']} has ended {job['state']}: {job['problem']}")
    return job
