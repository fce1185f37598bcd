"""An installation in which each page has something to show: what the table of routes names."""

import smtplib
import sqlite3
from contextlib import closing
from typing import Any

from console.installation import Console
from console.routes import ADDRESS
from story.waiting import eventually

GUARD = "[guard]\nlook_seconds = 1\nhard = 5\n"
HELD = 6  # addresses at one provider, refused within a minute: with `GUARD` an incident
RULE = """\
[[rule]]
id = "own.brimming"
reason = "mailbox_full"
source = "replies of 3 May"
phrases = ["is brimming over"]
samples = ["the box is brimming over"]
"""


def furnish(console: Console) -> dict[str, str]:
    """What stands in the braces of `ROWS`, by name. Needs one that looks for incidents (`GUARD`)."""
    staff = console.command("key", "add", "--role", "support")
    made = {**_made(console), **_of_staff(console, staff)}
    return {**made, **_kept(console, made), "incident": _incident(console)}


def ended(console: Console, job: str) -> str:
    """The id of work, once it is done."""
    eventually(lambda: console.ask("GET", f"/v1/jobs/{job}")["state"] == "done", "the work", console.story)
    return job


def _made(console: Console) -> dict[str, str]:
    """What an account makes itself."""
    body = {"addresses": [ADDRESS], "done": "The mailbox was made again."}
    hook = console.ask("POST", "/v1/webhooks", json={"url": "http://127.0.0.1:9/"})["id"]
    life = console.ask("GET", f"/v1/addresses/{ADDRESS}")
    what_if = {"settings": {"soft_threshold": 1}, "expected": 1}
    listed = b"address\nimported@b.example\n"
    return {
        "hook": hook,
        "message": console.ask("POST", f"/v1/webhooks/{hook}/test", json={})["id"],
        "key": console.ask("GET", "/v1/keys")["keys"][0]["id"],
        "member": _member(console),
        "check": ended(console, console.ask("POST", "/v1/list-checks", content=b"ann@b-firm.de\n")["id"]),
        "list": console.ask("POST", "/v1/contact-lists", json={"name": "theirs"})["id"],
        "import": console.ask("POST", "/v1/suppressions/import", params={"format": "csv"}, content=listed)[
            "id"
        ],
        "request": console.ask("POST", "/v1/requests", json=body)["id"],
        "event": life["events"][0]["id"],
        "job": ended(console, console.ask("POST", "/v1/policy/what-if", json=what_if)["id"]),
        "review": ended(console, console.ask("POST", "/v1/review")["id"]),
        "verified": ended(console, console.ask("POST", "/v1/ledger/verify")["id"]),
    }


def _kept(console: Console, made: dict[str, str]) -> dict[str, str]:
    """What is kept until somebody takes it away again."""
    console.ask("PUT", "/v1/segments/theirs", json={"reason": "address_unknown"})
    console.ask("POST", "/v1/never-stop", json={"entry": "boss@shop.example"})
    offered = {"email": "offered@shop.example", "role": "member"}
    view = {"name": "theirs", "query": "type=hard"}
    path, rule = f"/v1/list-checks/{made['check']}/imports", {"rules": RULE}
    admin = console.command("key", "add", "--role", "admin")
    return {
        "invitation": str(console.ask("POST", "/v1/invitations", json=offered)["id"]),
        "view": str(console.ask("POST", "/v1/views", json=view)["id"]),
        "taken": ended(console, console.ask("POST", path, json={"list": made["list"]})["id"]),
        "own_rule": console.ask("POST", "/v1/rules", json=rule, key=admin)["published"]["id"],
    }


def _of_staff(console: Console, staff: str) -> dict[str, str]:
    """What staff plan and find: nothing of it is applied."""
    of_shop = {"params": {"account": "shop"}, "key": staff}
    planned = {"act": "restore", "reason": "theirs", "filter": {"domain": "b.example"}}
    again = {"what": "rules", "rules": RULE}
    wave = console.ask("POST", "/v1/waves", json=planned, **of_shop)
    replay = ended(console, console.ask("POST", "/v1/replays", json=again, **of_shop)["id"])
    group = console.ask("POST", "/v1/replay-groups", json=again, key=staff)["id"]
    eventually(lambda: _played(console, staff, group), "all accounts to be played", console.story)
    ended(console, wave["id"])
    return {
        "wave": wave["order"]["wave"],
        "replay": replay,
        "group": group,
        "shape": _shape(console, staff),
    }


def _played(console: Console, staff: str, group: str) -> bool:
    found = console.ask("GET", f"/v1/replay-groups/{group}", key=staff)
    return bool(found["done"] == found["total"])


def _shape(console: Console, staff: str) -> str:
    """The group of a mail to a return address of ours that no form tells to be a bounce."""
    to = console.send("odd@b.example")["return_address"]
    mail = f"From: somebody@mx.test\r\nTo: {to}\r\nSubject: A word\r\n\r\nshall we have lunch together\r\n"
    with smtplib.LMTP("127.0.0.1", console.ports["lmtp"], timeout=120) as session:
        session.sendmail("", [to], mail.encode())

    def shapes() -> Any:
        return console.ask("GET", "/v1/unparsed/shapes", key=staff)["groups"]

    found = eventually(shapes, "the mail", console.story)
    return str(found[0]["id"])


def _member(console: Console) -> str:
    with closing(sqlite3.connect(console.directory / "data/console.sqlite3", timeout=120)) as people:
        ((id,),) = people.execute("SELECT min(id) FROM people_membership WHERE account = 'shop'")
    return str(id)


def _incident(console: Console) -> str:
    """One that is open, with what it holds."""
    console.refused(HELD)

    def opened() -> Any:
        return console.ask("GET", "/v1/incidents")["incidents"]

    id = str(eventually(opened, "the incident", console.story)[0]["id"])
    path = f"/v1/incidents/{id}/preview"
    eventually(lambda: console.ask("GET", path)["count"] == HELD, "the hold", console.story)
    return id
