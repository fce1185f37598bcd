"""Calls of the API over a grown account that no page of the console makes as they are, or only in passing."""

import json
import time
from statistics import median
from urllib.request import Request, urlopen

from bench._serving import Server
from retour.clock import SystemClock
from retour.instants import DAY, text

CALLS = (
    "/v1/counts",
    "/v1/counts?status=invalid&type=hard&reason=address_unknown&provider=gmail",
    "/v1/counts?campaign=may&type=soft",
    "/v1/counts/campaigns",
    "/v1/bounces/count?since={since}",
    "/v1/bounces/count?search=@gmail.com",
    "/v1/bounces?limit=500",
    "/v1/bounces?search=@d3.example&limit=500",
    "/v1/data?limit=500",
    "/v1/data?reason=mailbox_full&provider=gmail&limit=500",
    "/v1/data?text=over+quota&limit=500",
    "/v1/segments",
    "/v1/suppressions?limit=500",
    "/v1/suppressions?domain=gmail.com&limit=500",
    "/v1/contacts?limit=500",
    "/v1/ledger?limit=500",
    "/v1/campaigns",
    "/v1/providers",
    "/v1/tallies",
    "/v1/recoveries",
    "/v1/sources/lag",
    "/v1/policy/progress",
    "/v1/policy/effects",
    "/v1/rulebook",
    "/v1/sources",
    "/v1/jobs?limit=500",
)
SEGMENT = {"reason": "mailbox_full", "provider": "gmail"}
COUNTS = (
    {"bounces": {"type": "soft"}},
    {"bounces": {"since": "{since}"}},
    {"data": {"reason": "mailbox_full"}},
    {"segment": "full"},
)  # what takes longer than a tenth of a second is left to a job, and the call ends


def called(server: Server, rounds: int) -> list[str]:
    """The rows of a table: milliseconds of each call, the first time, and of the processors in the median."""
    since = text(SystemClock().now() - 30 * DAY)
    _keep_segment(server)
    asked: list[tuple[str, object]] = [(path.format(since=since), None) for path in CALLS]
    for each in COUNTS:
        filled = json.loads(json.dumps(each).replace("{since}", since))
        asked.append(("/v1/contacts/counts", {"from": filled}))
    return [_row(server, path, body, rounds) for path, body in asked]


def _keep_segment(server: Server) -> None:
    url = f"http://127.0.0.1:{server.ports['api']}/v1/segments/full?account=acme"
    headers = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"}
    urlopen(Request(url, json.dumps(SEGMENT).encode(), headers, method="PUT")).close()


def _row(server: Server, path: str, body: object, rounds: int) -> str:
    walls, worked = [], []
    for _ in range(rounds + 1):
        before, began = server.worked(), time.perf_counter()
        told = server.ask(path, body)
        walls.append(time.perf_counter() - began)
        worked.append(server.worked() - before)
        _end_job(server, told)
    name = path if body is None else f"{path} {json.dumps(body)}"
    cells = (1000 * each for each in (walls[0], median(walls[1:]), max(walls[1:]), median(worked[1:])))
    return f"| {name} | {' | '.join(f'{cell:,.0f}' for cell in cells)} |"


def _end_job(server: Server, told: object) -> None:
    """A job that was begun is not measured, and takes nothing from the next call."""
    job = told.get("job") if isinstance(told, dict) else None
    if job:
        server.ask(f"/v1/jobs/{job['id']}/cancel", {})
        while server.ask(f"/v1/jobs/{job['id']}")["state"] in ("waiting", "running"):
            time.sleep(0.05)
