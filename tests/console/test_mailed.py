"""What the console mails and what it keeps sealed, in an installation of its own that has a mail server."""

import json
import re
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from email import message_from_bytes, policy
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser

from console.installation import PASSWORD, Console, choose_password, follow, log_in, looking
from console.test_sign_on import one_time
from story.waiting import eventually

pytestmark = pytest.mark.engine("chromium")
BOSS = "boss@shop.example"


class Mailbox:
    """A mail server that takes everything, in a thread: Playwright has the loop of this one."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.refuses = False
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            with client, client.makefile("rb") as lines:
                client.sendall(b"220 here\r\n")
                self._talk(client, lines)

    def _talk(self, client: socket.socket, lines: Iterator[bytes]) -> None:
        for line in lines:
            verb = line[:4].upper()
            if verb == b"DATA":
                client.sendall(b"354 go on\r\n")
                mail = b"".join(iter(lambda: next(iter(lines)), b".\r\n"))
                self.taken.append(mail)
            answer = b"451 not now\r\n" if self.refuses else b"250 ok\r\n"
            client.sendall(b"221 bye\r\n" if verb == b"QUIT" else answer)
            if verb == b"QUIT":
                return

    def close(self) -> None:
        self._server.close()


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    made = Mailbox()
    yield made
    made.close()


@pytest.fixture(scope="module")
def console(
    tmp_path_factory: pytest.TempPathFactory, browser: Browser, mailbox: Mailbox
) -> Iterator[Console]:
    more = f'mail_host = "127.0.0.1"\nmail_port = {mailbox.port}\nmail_from = "retour@shop.example"\n'
    made = Console(tmp_path_factory.mktemp("mailing"), more)
    try:
        with looking(browser) as page:
            choose_password(page, made.invited(BOSS, "--account", "shop", "--role", "manager"))
        yield made
    finally:
        made.stop()


def test_an_invitation_is_mailed_as_the_word_of_a_machine(
    console: Console, browser: Browser, mailbox: Mailbox
) -> None:
    before = len(mailbox.taken)
    with looking(browser) as page:
        log_in(page, console.url, BOSS)
        page.goto(f"{console.url}/a/shop/team/")
        page.fill("[name=email]", "new@shop.example")
        follow(page, "form.narrow button.main")
        assert page.locator(".once").count() == 0  # the link is in the mail alone
    eventually(lambda: len(mailbox.taken) > before, "the mail", console.story)
    (mail,) = [message_from_bytes(each, policy=policy.compat32) for each in mailbox.taken[before:]]
    assert (mail["To"], mail["From"]) == ("new@shop.example", "retour@shop.example")
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_payload(decode=True)
    assert isinstance(text, bytes)
    (link,) = re.findall(rf"{re.escape(console.url)}/invited/[\w-]+/", text.decode())
    with looking(browser) as guest:
        choose_password(guest, link)
        assert guest.url == f"{console.url}/a/shop/"


@pytest.mark.parametrize(
    ("reads", "chosen", "subject"),
    [
        ("de-DE", None, "Einladung zu shop in Retour"),
        ("en-GB", None, "Invitation to shop on Retour"),
        ("de-DE", "English", "Invitation to shop on Retour"),
    ],
)
def test_an_invitation_speaks_the_language_of_whoever_invites_or_another_that_is_chosen(
    console: Console, browser: Browser, mailbox: Mailbox, reads: str, chosen: str | None, subject: str
) -> None:
    before = len(mailbox.taken)
    with looking(browser, locale=reads) as page:
        log_in(page, console.url, BOSS)
        page.goto(f"{console.url}/a/shop/team/")
        page.fill("[name=email]", f"{reads}.{chosen}@shop.example")
        if chosen:
            page.select_option("[name=language]", label=chosen)
        follow(page, "form.narrow button.main")
    eventually(lambda: len(mailbox.taken) > before, "the mail", console.story)
    assert message_from_bytes(mailbox.taken[-1])["Subject"] == subject


def test_an_invitation_that_is_sent_twice_is_mailed_once(
    console: Console, browser: Browser, mailbox: Mailbox
) -> None:
    with looking(browser) as page:
        log_in(page, console.url, BOSS)
        place = f"{console.url}/a/shop/team/"
        page.goto(place)
        hidden = page.locator("form.narrow input[type=hidden]").all()
        form = {str(each.get_attribute("name")): each.input_value() for each in hidden}
        form |= {"email": "twice@shop.example", "role": "member", "language": "en"}
        for _ in range(2):
            answer = page.request.post(place, form=form, headers={"Referer": place})
            assert "An invitation is on its way to twice@shop.example." in answer.text()
    assert sum(b"To: twice@shop.example" in mail for mail in mailbox.taken) == 1


def test_an_invitation_that_the_mail_server_refuses_is_handed_over(
    console: Console, browser: Browser, mailbox: Mailbox
) -> None:
    mailbox.refuses = True
    try:
        with looking(browser) as page:
            log_in(page, console.url, BOSS)
            page.goto(f"{console.url}/a/shop/team/")
            page.fill("[name=email]", "unmailed@shop.example")
            follow(page, "form.narrow button.main")
            assert "Hand the link over yourself." in page.locator("main").inner_text()
            link = page.locator(".once pre").inner_text()
    finally:
        mailbox.refuses = False
    with looking(browser) as guest:
        choose_password(guest, link)
        assert guest.url == f"{console.url}/a/shop/"


def test_who_asks_for_a_link_is_told_the_same_where_the_mail_server_refuses(
    console: Console, browser: Browser, mailbox: Mailbox
) -> None:
    said = set[str]()
    mailbox.refuses = True
    try:
        with looking(browser) as page:
            for email in (BOSS, "nobody@shop.example"):
                page.goto(f"{console.url}/sign/password/reset/")
                page.fill("main [name=email]", email)
                follow(page, "main form button")
                said.add(page.locator("main").inner_text())
    finally:
        mailbox.refuses = False
    assert len(said) == 1
    assert "a mail was not sent" in console.story()


def test_a_forgotten_password_is_mailed_to_whoever_is_here_and_to_nobody_else(
    console: Console, browser: Browser, mailbox: Mailbox
) -> None:
    before = len(mailbox.taken)
    said = []
    with looking(browser) as page:
        for email in ("stranger@elsewhere.example", BOSS):
            page.goto(f"{console.url}/sign/password/reset/")
            page.fill("[name=email]", email)
            follow(page, "main form button")
            said.append(page.locator("main").inner_text().replace(email, ""))
    eventually(lambda: len(mailbox.taken) > before, "the mail", console.story)
    assert said[0] == said[1]  # who is here is told to nobody
    (mail,) = [message_from_bytes(each, policy=policy.compat32) for each in mailbox.taken[before:]]
    assert (mail["To"], mail["Auto-Submitted"]) == (BOSS, "auto-generated")


def kept(console: Console) -> list[dict[str, str]]:
    with closing(sqlite3.connect(file_of(console))) as db:
        return [json.loads(data) for (data,) in db.execute("SELECT data FROM mfa_authenticator")]


def file_of(console: Console) -> Path:
    return console.directory / "data/console.sqlite3"


def test_the_secret_of_a_second_factor_is_in_no_file_and_works(console: Console, browser: Browser) -> None:
    console.command("person", "add", "two@shop.example", "--account", "shop")
    with looking(browser) as page:
        link = console.url + console.command("person", "link", "two@shop.example")
        choose_password(page, link)
        page.goto(f"{console.url}/sign/mfa/totp/activate/")
        if page.locator("main [name=password]").count():
            page.fill("main [name=password]", PASSWORD)
            follow(page, "main form button")
        secret = page.locator("#authenticator_secret").input_value()
        page.fill("[name=code]", one_time(secret))
        follow(page, "main form button")
    assert len(kept(console)) == 2  # recovery codes come with it
    whole = b"".join(file.read_bytes() for file in file_of(console).parent.glob("console.sqlite3*"))
    assert secret.encode() not in whole
    assert all("sealed:" in json.dumps(each) for each in kept(console))
