"""Who sends forms to the console, and what: the forms of its own pages, filled in."""

import re
import sqlite3
from contextlib import ExitStack, closing

import httpx

from console.conftest import ADMIN
from console.forms import Form, forms, send, token
from console.installation import PASSWORD, SESSION, Console, become
from console.routes import ROWS, SENT, pages, table
from story import patient
from story.waiting import eventually

PEOPLE = {
    "member": "member@shop.example",
    "manager": "manager@shop.example",
    "support": "support@retour.example",
    "admin": ADMIN,
    "stranger": "stranger@other.example",  # a manager of another account
}
LEFT = ("gone", "former")  # the account, or the platform: with a session of before
TAKES = {name: row.form or row.least for name, row in ROWS.items() if row.form or row.method == "POST"}


def entered(console: Console, stack: ExitStack) -> dict[str, httpx.Client]:
    """One client for each role, for whoever has left, and for nobody."""
    opened = {
        who: stack.enter_context(patient.Client(base_url=console.url)) for who in (*PEOPLE, *LEFT, "nobody")
    }
    for who, email in PEOPLE.items():
        form = {
            "login": email,
            "password": PASSWORD,
            "csrfmiddlewaretoken": token(opened[who], "/sign/login/"),
        }
        assert opened[who].post("/sign/login/", data=form).status_code == 302, email
    for who in LEFT:
        link = console.invited(f"{who}@shop.example", "--account", "shop", "--role", "manager")
        opened[who].cookies.set(SESSION, become(f"{who}@shop.example", link))
        assert opened[who].get("/a/shop/").status_code == 200
    people = console.ask("GET", "/v1/people", params={"limit": 100})["people"]
    gone = next(each["id"] for each in people if each["email"] == "gone@shop.example")
    console.ask("DELETE", f"/v1/people/{gone}")
    console.command("person", "remove", "former@shop.example")
    eventually(lambda: _told(console), "the ledger to know who has left", console.story)
    return opened


def _told(console: Console) -> bool:
    with closing(sqlite3.connect(console.directory / "data/console.sqlite3", timeout=120)) as people:
        return people.execute("SELECT count(*) FROM people_change").fetchone() == (0,)


def harvested(clients: dict[str, httpx.Client], made: dict[str, str]) -> dict[str, list[Form]]:
    """Every form of every page that a manager and an admin are shown, by the address it leads to."""
    places = {name: _pattern(place) for name, place in table().items() if "(?P" not in place}
    found: dict[str, dict[tuple[str, str], Form]] = {name: {} for name in ROWS}
    for who in ("manager", "admin"):
        for page in pages(made).values():
            for form in forms(clients[who], page):
                to = form.place.partition("?")[0]
                name = next(name for name, place in places.items() if place.fullmatch(to))
                if name in found:
                    found[name].setdefault((form.place, str(form.sent.get("act", ""))), form)
    for name, sent in SENT.items():
        form = Form(ROWS[name].path.format(**made), {each: [value] for each, value in sent.items()})
        found[name].setdefault((form.place, ""), form)
    return {name: list(each.values()) for name, each in found.items()}


def _pattern(place: str) -> re.Pattern[str]:
    asked = re.sub(r"<path:\w+>", ".+", re.sub(r"<int:\w+>", "[0-9]+", re.escape(place)))
    return re.compile("/" + re.sub(r"<(str:)?\w+>", "[^/]+", asked))


def mark(clients: dict[str, httpx.Client], who: str) -> str:
    """What makes a form of theirs believed."""
    out = who in ("nobody", "former")
    return token(clients[who], "/sign/login/" if out else "/preferences/")


def outcomes(
    clients: dict[str, httpx.Client], who: str, found: dict[str, list[Form]], names: list[str]
) -> list[tuple[str, str, int]]:
    """What each form of these addresses is answered with."""
    believed = mark(clients, who)
    return [
        (name, form.place, send(clients[who], form, believed).status_code)
        for name in names
        for form in found[name]
    ]
