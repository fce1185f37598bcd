"""What docs/postfix.md promises beside the walk: forged addresses, and Retour out of reach."""

import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from story.mta import UNKNOWN, Mta
from story.page import block, sentence, settings
from story.postfix import Postfix
from story.server import Server

pytestmark = pytest.mark.engine("postfix")


@pytest.fixture(scope="module")
def server(ground: Path) -> Iterator[Server]:
    server = Server(ground, settings())
    yield server
    server.stop()


def test_a_forged_return_address_is_refused_at_rcpt_and_a_genuine_one_is_not(
    ground: Path, server: Server
) -> None:
    config = block("relay_domains", server) | block("unverified_recipient_reject_code", server)
    config["mynetworks"] = "192.0.2.0/24"  # this client is a stranger, as a server of the world is
    with server.running():
        genuine = server.return_address("ann@mailbox.test")
        forged = genuine[:20] + ("b" if genuine[20] == "a" else "a") + genuine[21:]
        with Postfix(ground, "mx", config) as postfix, smtplib.SMTP("127.0.0.1", postfix.port) as smtp:
            smtp.helo("stranger.test")
            smtp.mail("")
            code, words = smtp.rcpt(forged)
            assert (code, words.split()[0]) == (550, b"5.1.1"), postfix.story()
            assert smtp.rcpt(genuine)[0] == 250, postfix.story()
        assert server.arrivals(genuine) == [], "a question brings no arrival"


@pytest.mark.parametrize(
    ("choice", "reply"), [("closed", (451, b"4.3.5")), ("open", (250, b"2.1.5"))], ids=["closed", "open"]
)
def test_without_retour_postfix_does_what_the_operator_chose(
    ground: Path, server: Server, choice: str, reply: tuple[int, bytes]
) -> None:
    config = block("relay_domains", server)
    if choice == "open":
        port = f"127.0.0.1:{server.ports['policy']}"
        opened = sentence(r"\*\*Open\*\*: `(check_policy_service [^`]*)`")
        config["smtpd_recipient_restrictions"] = opened.replace("127.0.0.1:10040", port)
    config["relay_domains"] += ", mailbox.test"
    with Postfix(ground, choice, config) as postfix, smtplib.SMTP("127.0.0.1", postfix.port) as smtp:
        smtp.helo("app.test")
        smtp.mail("news@shop.test")
        code, words = smtp.rcpt("ann@mailbox.test")
    assert (code, words.split()[0]) == reply


@pytest.mark.parametrize(
    ("sender", "with_context", "code"),
    [
        ("news@elsewhere.test", True, 550),
        ("news@shop.example", False, 550),
        ("news@elsewhere.test", False, 250),
    ],
    ids=["policy_context", "domain of the sender", "nobody's mail"],
)
def test_the_account_is_known_by_what_the_page_names(
    ground: Path, server: Server, sender: str, with_context: bool, code: int
) -> None:
    config = block("relay_domains", server)
    config["relay_domains"] += ", mailbox.test"
    if with_context:
        shown = sentence(r"`(check_policy_service [^`]*policy_context=[^`]*)`")
        port = f"127.0.0.1:{server.ports['policy']}"
        config["smtpd_recipient_restrictions"] = shown.replace("127.0.0.1:10040", port)
    with server.running():
        mta = Mta(server, ["gone@mailbox.test"], UNKNOWN)
        assert mta.run_queue()
        server.bounced("gone@mailbox.test")
        name = f"origin-{sender.partition('@')[2]}-{with_context}"
        with Postfix(ground, name, config) as postfix, smtplib.SMTP("127.0.0.1", postfix.port) as smtp:
            smtp.helo("app.test")
            smtp.mail(sender)
            assert smtp.rcpt("gone@mailbox.test")[0] == code, postfix.story()
