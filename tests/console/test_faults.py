"""Pages for what goes wrong: in the reader's language, with a reference that stands in the log too.

A real process of the console, whose API is not there and whose database is taken away under it.
"""

import json
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from console.installation import PASSWORD, Console, follow, log_in, looking, opened
from console.sound import barriers, sideways
from console.test_routes import token
from retour.settings.chosen import Chosen
from story import patient
from story.waiting import eventually

pytestmark = pytest.mark.engine("chromium")
REFERENCE = r"[0-9a-f]{4}-[0-9a-f]{4}"
TITLES = {
    "en": {"broken": "Something broke on our side", "forged": "This form is not valid any more"},
    "de": {"broken": "Bei uns ist etwas kaputtgegangen", "forged": "Dieses Formular gilt nicht mehr"},
}


class Alone:
    """The console without an API; nobody listens at port 9."""

    def __init__(self, directory: Path) -> None:
        self.database, self._log = directory / "console.sqlite3", directory / "log"
        chosen = Chosen("http://127.0.0.1:9", "x", str(self.database), "y", port=0)
        with self._log.open("wb") as log, (directory / "said").open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "retour.console"], stdin=subprocess.PIPE, stdout=said, stderr=log
            )
        self._said = directory / "said"
        assert self.process.stdin is not None
        self.process.stdin.write(chosen.packed())
        self.process.stdin.flush()
        port = eventually(lambda: re.search(r"ready (\d+)", self.said()), "the console", self.story)[1]
        self.url = f"http://127.0.0.1:{port}"

    def said(self) -> str:
        return self._said.read_text("utf-8")

    def story(self) -> str:
        return self._log.read_text("utf-8")

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(120)


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Alone]:
    made = Alone(tmp_path)
    yield made
    made.stop()


def line_of(page: httpx.Response, story: str) -> dict[str, Any]:
    """The line of the log that the reference of a page finds."""
    found = re.search(REFERENCE, re.sub(r"(?s).*<main", "", page.text))
    assert found is not None, page.text
    lines = [json.loads(line) for line in story.splitlines() if line.startswith("{")]
    (line,) = [line for line in lines if line.get("reference") == found[0]]
    assert isinstance(line, dict)
    return line


def entered(alone: Alone, client: httpx.Client) -> None:
    """Become the admin, by the first link."""
    link = re.search(r"/first/\S+/", alone.said())
    assert link is not None
    form = {"email": "admin@retour.example", "password": PASSWORD, "again": PASSWORD}
    form["csrfmiddlewaretoken"] = token(client, link[0])
    assert client.post(link[0], data=form).status_code == 302


@pytest.mark.parametrize("told", ["its input ends", "Ctrl-C", "both"])
def test_it_ends_without_a_fault(alone: Alone, told: str) -> None:
    with httpx.Client(base_url=alone.url, timeout=60) as client:  # a browser that keeps its connection
        assert client.get("/sign/login/").status_code == 200
        if told != "its input ends":
            alone.process.send_signal(signal.SIGINT)
        if told != "Ctrl-C":
            assert alone.process.stdin is not None
            alone.process.stdin.close()
        assert alone.process.wait(120) == 0
    assert re.findall("Traceback|Fatal|Exception", alone.story()) == []


def test_an_api_that_is_not_there_is_told_with_what_to_do(alone: Alone) -> None:
    with httpx.Client(base_url=alone.url, timeout=60) as client:
        entered(alone, client)
        page = client.get("/", headers={"Accept-Language": "de"})
    assert page.status_code == 503
    assert "Der Server von Retour antwortet nicht." in page.text
    line = line_of(page, alone.story())
    assert (line["status"], line["why"], line["page"]) == (503, "the API does not answer", "home")


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_fault_of_ours_needs_no_database_to_be_told(alone: Alone, language: str) -> None:
    with httpx.Client(base_url=alone.url, timeout=60) as client:
        entered(alone, client)
        with sqlite3.connect(alone.database) as db:
            for table in ("django_session", "people_membership", "people_person"):
                db.execute(f"ALTER TABLE {table} RENAME TO gone_{table}")
        db.close()
        page = client.get("/a/shop/address/ann@b.example/", headers={"Accept-Language": language})
    assert page.status_code == 500
    assert TITLES[language]["broken"] in page.text
    assert f'lang="{language}"' in page.text
    assert "OperationalError" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    line = line_of(page, alone.story())
    assert "no such table" in line["exception"]
    assert "ann@b.example" not in alone.story()


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_form_from_elsewhere_is_told_what_to_do(console: Console, language: str) -> None:
    page = patient.post(f"{console.url}/sign/login/", data={}, headers={"Accept-Language": language})
    assert page.status_code == 403
    assert TITLES[language]["forged"] in page.text
    assert line_of(page, console.story())["why"].startswith("csrf")


@pytest.mark.parametrize(
    ("path", "status"),
    [("/nothing/", 404), ("/a/shop/look/", 405), ("/sign/login/", 400)],
)
def test_what_is_refused_bears_a_reference(console: Console, path: str, status: int) -> None:
    with patient.Client(base_url=console.url) as client:
        form = {"login": "member@shop.example", "password": PASSWORD, "csrfmiddlewaretoken": token(client)}
        if status == 400:
            page = patient.get(console.url + path, headers={"Host": "evil.example"})
        else:
            client.post("/sign/login/", data=form)
            page = client.get(path)
    assert page.status_code == status
    assert line_of(page, console.story())["status"] == status
    assert "/nothing/" not in console.story()


def test_whoever_asks_too_often_is_told_when_to_come_back(alone: Alone) -> None:
    with patient.Client(base_url=alone.url) as client:
        mark = token(client)
        form = {"login": "nobody@shop.example", "password": "wrong", "csrfmiddlewaretoken": mark}
        pages = [client.post("/sign/login/", data=form) for _ in range(31)]
    page = next(page for page in pages if page.status_code == 429)
    assert "Too many attempts" in page.text
    assert page.headers["retry-after"] == "60"
    assert line_of(page, alone.story())["status"] == 429


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("de", "dark")])
def test_these_pages_are_without_barriers_and_narrow(
    console: Console, browser: Browser, language: str, scheme: str
) -> None:
    narrow = {"width": 320, "height": 640}
    with opened(browser, locale=language, color_scheme=scheme, viewport=narrow) as page:
        log_in(page, console.url, "member@shop.example")
        found = []
        for path in ("/nothing/", "/a/shop/look/", "/a/shop/keys/"):
            answer = page.goto(console.url + path)
            assert answer is not None
            assert answer.status in (403, 404, 405)
            found += [*barriers(page), *([path] if sideways(page) else [])]
    assert found == []


@pytest.mark.parametrize("gone", ["retour_session", None], ids=["session", "every-cookie"])
def test_what_was_typed_into_a_form_that_came_too_late_is_shown_again(
    console: Console, browser: Browser, gone: str | None
) -> None:
    with opened(browser, locale="de") as page:
        log_in(page, console.url, "manager@shop.example")
        page.goto(f"{console.url}/a/shop/requests/ask/?address=unknown@b.example")
        page.fill("[name=done]", "Am 3. Mai <b>angerufen</b>.")
        page.context.clear_cookies(name=gone) if gone else page.context.clear_cookies()
        follow(page, "main form button.main")
        expect(page.locator("main pre.letter")).to_have_text(
            ["unknown@b.example", "Am 3. Mai <b>angerufen</b>."]
        )
        expect(page.locator("main dt").nth(1)).to_have_text("Was getan wurde")
        assert barriers(page) == []
        if gone:
            expect(page.locator("h1")).to_have_text("Ihre Sitzung ist zu Ende")
            follow(page, "main .acts a.main")
            page.fill("[name=login]", "manager@shop.example")
            page.fill("[name=password]", PASSWORD)
            follow(page, "form.narrow button.main")
            assert page.url == f"{console.url}/a/shop/requests/ask/?address=unknown@b.example"


def test_who_typed_nothing_into_such_a_form_is_not_told_to_copy_it(
    console: Console, browser: Browser
) -> None:
    with opened(browser, locale="de") as page:
        log_in(page, console.url, "manager@shop.example")
        for path, written in (("checks/new/", []), ("team/", ["ann@shop.example"])):
            page.goto(f"{console.url}/a/shop/{path}")
            if written:
                page.fill("[name=email]", written[0])
            else:
                file = {"name": "list.csv", "mimeType": "text/csv", "buffer": b"Email\na@b.example\n"}
                page.set_input_files("input[type=file]", file)  # type: ignore[arg-type]  # as documented
            kept = page.context.cookies()
            page.context.clear_cookies(name="retour_session")
            follow(page, page.locator("main form button.main").last)
            expect(page.locator("h1")).to_have_text("Ihre Sitzung ist zu Ende")
            expect(page.locator("main")).to_contain_text(
                "Kopieren" if written else "Wählen Sie dort noch einmal"
            )
            assert ("Kopieren" in page.locator("main").inner_text()) == bool(written)
            page.context.add_cookies(kept)  # type: ignore[arg-type]  # what a browser gives it takes
        expect(page.locator("main dt")).to_have_text(["E-Mail-Adresse", "Rolle"])
        expect(page.locator("main pre.letter")).to_have_text(["ann@shop.example", "Mitglied"])


def test_what_another_site_makes_a_browser_send_is_not_shown(console: Console) -> None:
    form = {"done": "call this number"}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {}):
        page = patient.post(f"{console.url}/a/shop/requests/ask/", data=form, headers=headers)
        assert page.status_code == 403
        assert "call this number" not in page.text
    page = patient.post(f"{console.url}/sign/login/", data=form, headers={"Sec-Fetch-Site": "same-origin"})
    assert "call this number" not in page.text


def test_a_page_of_ours_has_no_reference(console: Console, browser: Browser) -> None:
    with looking(browser) as page:
        log_in(page, console.url, "member@shop.example")
        assert re.search(f"Reference for support: {REFERENCE}", page.content()) is None
