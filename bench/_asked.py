"""Long work over a grown account, asked for and waited for: so that the pages show what came of it."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.request import Request, urlopen

from bench._serving import Server
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


class Done(NamedTuple):
    """Jobs that have ended."""

    seconds: Mapping[str, float]  # that each took, by its kind
    pages: Sequence[str]  # that show what they have found, below those of the account


def ask(server: Server) -> Done:
    """Ask for one job of each kind that has a page, and wait for all."""
    since = text(SystemClock().now() - 200 * DAY)
    provider = {"provider": "gmail", "reason": "address_unknown"}
    begun = [
        server.ask("/v1/policy/what-if", {"settings": {"soft_threshold": 2}, "expected": 2}),
        server.ask("/v1/replays", {"what": "policy", "version": 1}),
        server.ask("/v1/waves", {"act": "restore", "filter": provider, "reason": "the benchmark"}),
        checked(server),
        server.ask("/v1/contacts/counts", {"from": {"bounces": {"since": since}}})["job"],
    ]
    ended = [waited(server, job["id"]) for job in begun if job is not None]
    pages = [PAGES[job["kind"]].format(job["result"].get("wave", job["id"])) for job in ended]
    return Done({job["kind"]: job["done"] / (job["rate"] or 1) for job in ended}, pages)


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
        time.sleep(0.2)
    if job["state"] != "done":
        raise SystemExit(f"bench.console: the job {job['kind']} has ended {job['state']}: {job['problem']}")
    return job
