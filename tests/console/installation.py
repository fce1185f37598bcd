"""A running Retour with its console and some bounces, and browsers that are logged in."""

import json
import os
import re
import secrets
import shutil
import signal
import smtplib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page

from story.reports import report
from story.waiting import eventually

RETOUR = (sys.executable, "-m", "retour")
PASSWORD = "a long one, for tests"
SETTINGS = """\
data_dir = "data"
[api]
port = 0
[smtp]
enabled = false
[lmtp]
port = 0
[[postfix.listeners]]
port = 0
[console]
port = 0
[webhooks]
port = 0
public_url = "https://hooks.shop.example"
[webhooks.sources.letters]
provider = "postmark"
account = "shop"
paths = ["n0t-4-real-s3cret-path"]
keys = ["ann:a long password"]
[webhooks.sources.topics]
provider = "ses"
account = "shop"
paths = ["an0ther-fake-s3cret-path"]
[webhooks.sources.halon]
provider = "generic"
account = "shop"
paths = ["a-th1rd-fake-s3cret-path"]
keys = ["a long password"]
scheme = "hmac"
header = "X-Signature"
[notify]
allow_networks = ["127.0.0.0/8"]
[forms]
origins = ["http://localhost:8099"]
"""
SESSION = "retour_session"
CONSOLE = "[console]\nport = 0\n"
# One script in a bounce, one mark of direction, one picture: hostile text is shown as text.
HOSTILE = "550 5.1.1 <script>alert(1)</script> \u202etxt.exe <img src=x onerror=alert(2)> user unknown"

# What one more login of somebody leaves behind: a row of the session, and one in the list of their sessions.
ONE_MORE = """
INSERT INTO django_session SELECT :new, session_data, expire_date FROM django_session
WHERE session_key = :old;
INSERT INTO usersessions_usersession (created_at, ip, last_seen_at, session_key, user_agent, data, user_id)
SELECT created_at, ip, last_seen_at, :new, user_agent, data, user_id FROM usersessions_usersession
WHERE session_key = :old;
"""
# Who runs at which address.
_CONSOLES: dict[str, "Console"] = {}


class Console:
    """One installation in a process of its own.

    `sessions` are the keys of sessions that began with a login and were never used since: who they are of is
    logged in once more by a copy, and so no test finds what another one left in its session.
    """

    def __init__(self, directory: Path, more: str = "") -> None:
        self.directory = directory
        (directory / "retour.toml").write_text(SETTINGS.replace(CONSOLE, CONSOLE + more), "utf-8")
        self.command("account", "add", "shop", "--return-domain", "return.test")
        self.command("account", "add", "other", "--return-domain", "other.test")
        self.key = self.command("key", "add", "--account", "shop", "--role", "manager")
        self._start({})

    @classmethod
    def copied(cls, of: "Console", directory: Path, more: str = "") -> "Console":
        """Another one with all that is in one that has ended: what is set up for everybody is set up once.

        `more` are settings of its own, of groups that the others leave out.
        """
        made = cls.__new__(cls)
        made.directory, made.key = directory, of.key
        shutil.copytree(of.directory, directory, dirs_exist_ok=True)
        with (directory / "retour.toml").open("a", encoding="utf-8") as settings:
            settings.write(more)
        made._start(of.sessions)
        return made

    def _start(self, sessions: dict[str, str]) -> None:
        environment = {**os.environ, "RETOUR_CONSOLE__ENABLED": "true"}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [*RETOUR, "serve"], cwd=self.directory, stderr=log, env=environment
            )
        try:
            self.ports: dict[str, Any] = eventually(self._ready, "retour to be ready", self.story)
        except BaseException:
            self.process.kill()  # nobody has it yet, to stop it
            raise
        self.sessions = dict(sessions)
        _CONSOLES[self.url] = self

    @property
    def first_link(self) -> str:
        """What a new installation prints for its first person."""
        return eventually(self._link, "the first link", self.story)

    @property
    def _log(self) -> Path:
        return self.directory / "log"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['console']}"

    def story(self) -> str:
        return self._log.read_text("utf-8")

    def command(self, *arguments: str) -> str:
        run = subprocess.run([*RETOUR, *arguments], cwd=self.directory, capture_output=True, text=True)
        assert run.returncode == 0, f"{arguments}: {run.stdout}{run.stderr}"
        return run.stdout.strip()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(120) == 0, self.story()

    def ask(self, method: str, path: str, key: str = "", **more: Any) -> Any:
        """What the API answers to a manager of the shop, or to whoever holds another key."""
        url = f"http://127.0.0.1:{self.ports['api']}{path}"
        who = {"Authorization": f"Bearer {key or self.key}"}
        answer = httpx.request(method, url, headers=who, timeout=120, **more)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def send(self, recipient: str, **more: str) -> dict[str, Any]:
        body = {"recipient": recipient, "kind": "mailing", "campaign": "May news", "subject": "News", **more}
        registered: dict[str, Any] = self.ask("POST", "/v1/sends", json=body)
        return registered

    def bounce(self, recipient: str, said: str, listed: bool = True, **more: str) -> None:
        """A bounce of a send of ours, by LMTP; one that is not counted is not listed."""
        self._refused({recipient: self.send(recipient, **more)["return_address"]}, said)
        eventually(lambda: self._seen(recipient, listed), "the bounce", self.story)

    def refused(self, count: int) -> None:
        """Gmail says of so many within a moment that they do not exist: what opens an incident."""
        names = [f"reader{number}@gmail.com" for number in range(count)]
        self._refused(
            {each: self.send(each)["return_address"] for each in names}, "550 5.1.1 no such user here"
        )

    def invited(self, email: str, *arguments: str) -> str:
        """The link of a new person."""
        return self.url + self.command("person", "add", email, *arguments)

    def join(self, *people: tuple[str, ...]) -> None:
        """People of an address and the arguments of `retour person add`, with password and session."""
        for email, *arguments in people:
            self.sessions[email] = become(email, self.invited(email, *arguments))

    def session_of(self, email: str) -> str | None:
        """The key of a session of their own for somebody who has logged in here before; else None."""
        if email not in self.sessions:
            return None
        keys = {"old": self.sessions[email], "new": secrets.token_hex(16)}
        with closing(sqlite3.connect(self.directory / "data/console.sqlite3", timeout=120)) as people, people:
            for statement in ONE_MORE.split(";")[:2]:
                assert people.execute(statement, keys).rowcount == 1, statement
        return keys["new"]

    def _refused(self, sends: dict[str, str], said: str) -> None:
        """Bounces by LMTP, of recipients and their return addresses."""
        with smtplib.LMTP("127.0.0.1", self.ports["lmtp"], timeout=120) as session:
            for recipient, to in sends.items():
                session.sendmail("", [to], report(to, recipient, said).encode())

    def _seen(self, recipient: str, listed: bool) -> bool:
        if not listed:
            found = self.ask("GET", "/v1/data", params={"domain": recipient.rpartition("@")[2], "limit": 500})
            return any(each["address"] == recipient for each in found["bounces"])
        found = self.ask("GET", "/v1/bounces", params={"search": recipient})
        return bool(found["bounces"])

    def _lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.story().splitlines() if line.startswith("{")]

    def _ready(self) -> dict[str, Any] | None:
        assert self.process.poll() is None, self.story()
        return next((line for line in self._lines() if line["event"] == "retour is ready"), None)

    def _link(self) -> str | None:
        return next((line["link"] for line in self._lines() if "link" in line), None)


@contextmanager
def opened(browser: Browser, **how: Any) -> Iterator[Page]:
    """A page in a context of its own, as patient as a loaded machine asks for."""
    with browser.new_context(**how) as context:
        context.set_default_timeout(120_000)
        yield context.new_page()


@contextmanager
def looking(browser: Browser, **how: Any) -> Iterator[Page]:
    """An opened page that fails on anything a browser complains about."""
    with opened(browser, **how) as page:
        complaints: list[str] = []
        page.on("console", lambda told: complaints.append(told.text) if _matters(told) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        assert complaints == []


def follow(page: Page, pressed: str | Locator) -> None:
    """Press what leads to another page, and wait until that is read.

    A click alone is over when the browser begins to leave: whoever counts then, counts an empty page.
    """
    with page.expect_navigation():
        (page.locator(pressed).first if isinstance(pressed, str) else pressed).click()


def _matters(told: ConsoleMessage) -> bool:
    # A form that comes back with what must be put right is answered with 422, which Chromium calls an error.
    return told.type == "error" and "422" not in told.text


def choose_password(page: Page, link: str, email: str | None = None) -> None:
    """Use a link, and be logged in."""
    page.goto(link)
    if email is not None:
        page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=again]", PASSWORD)
    follow(page, "button.main")


def become(email: str, link: str) -> str:
    """Use a link as a browser would, and be logged in; the cookie of the session."""
    with httpx.Client(timeout=120) as client:
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(link).text)
        assert found is not None
        form = {"csrfmiddlewaretoken": found[1], "email": email, "password": PASSWORD, "again": PASSWORD}
        answer = client.post(link, data=form)
        assert answer.status_code == 302, answer.text
        return client.cookies[SESSION]


def log_in(page: Page, url: str, email: str, password: str = PASSWORD) -> None:
    """Be logged in and see what one is led to: by the form, or as who has logged in before (`session_of`)."""
    session = _CONSOLES[url].session_of(email) if password == PASSWORD else None
    if session is not None:
        page.context.add_cookies([{"name": SESSION, "value": session, "url": url}])
        page.goto(f"{url}/")
        return
    page.goto(f"{url}/sign/login/")
    page.fill("[name=login]", email)
    page.fill("[name=password]", password)
    follow(page, "form.narrow button.main")


def paths(account: str, addresses: Sequence[str]) -> list[str]:
    """Every page of an account that can be looked at."""
    return [f"/a/{account}/", *(f"/a/{account}/address/{address}/" for address in addresses)]
