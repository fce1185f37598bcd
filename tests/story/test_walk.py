"""The whole walk: a mail through a real Postfix to a mailbox that refuses it, and what becomes of the next.

Postfix has the very lines that docs/postfix.md tells people to write; Dovecot is the recipient's server.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from story.dovecot import Dovecot
from story.page import block
from story.postfix import Postfix
from story.server import Server
from story.waiting import eventually

LONG = "Subject: long\r\n\r\n" + ("x" * 70 + "\r\n") * 200  # 14 kB
pytestmark = pytest.mark.engine("postfix", "dovecot")


@dataclass(frozen=True)
class Walk:
    """All three servers, and a sending program that uses them as documented."""

    retour: Server
    postfix: Postfix
    dovecot: Dovecot

    def send(self, *recipients: str, message: str = LONG) -> dict[str, tuple[int, bytes]]:
        """Register, then hand over in one transaction; the recipients refused at RCPT, with the reply."""
        return self.postfix.submit(self.retour.return_address(recipients[0]), recipients, message)

    def comes_to(self, address: str, state: str) -> dict[str, Any]:
        """The life of an address, once it has this state."""

        def life() -> dict[str, Any] | None:
            known = self.retour.life(address)
            return known if known and known["state"]["state"] == state else None

        return eventually(life, f"{address} to be {state}", self.story)

    def story(self) -> str:
        return f"{self.postfix.story()}\n{self.retour.story()}"


@pytest.fixture(scope="module")
def walk(ground: Path) -> Iterator[Walk]:
    server = Server(ground)
    users = {"ann@mailbox.test": "20K", "bob@mailbox.test": "10M"}
    with Dovecot(ground, users) as dovecot, server.running():
        config = block("relay_domains", server)
        config["relay_domains"] += ", mailbox.test"
        config["transport_maps"] += f", inline:{{ mailbox.test=lmtp:inet:127.0.0.1:{dovecot.port} }}"
        with Postfix(ground, "sender", config) as postfix:
            yield Walk(server, postfix, dovecot)


def test_an_unknown_user_is_stopped_by_the_report_of_postfix(walk: Walk) -> None:
    assert walk.send("nobody@mailbox.test") == {}

    life = walk.comes_to("nobody@mailbox.test", "invalid")

    assert life["state"]["cause"] == "hard"
    assert life["decisions"]["mailing"]["decision"] == "stop"
    (event,) = life["events"]
    assert (event["reason"], event["status"], event["standing"]) == ("address_unknown", "5.1.1", "proven")
    refusals = walk.send("nobody@mailbox.test")
    code, words = refusals["nobody@mailbox.test"]
    assert code == 550
    assert words.startswith(b"5.7.1 ")
    assert b"[retour:stopped]" in words
    assert b"nobody" not in words.partition(b"Sending")[2], "the reply names no address"


def test_a_full_mailbox_counts_as_soft_though_the_code_is_permanent(walk: Walk) -> None:
    walk.send("ann@mailbox.test")
    walk.dovecot.receives("ann@mailbox.test", b"Subject: long", walk.story)

    walk.send("ann@mailbox.test")
    life = walk.comes_to("ann@mailbox.test", "bouncing")

    assert (life["state"]["soft"], life["state"]["hard"]) == (1, 0)
    (event,) = life["events"]
    assert event["reason"] == "mailbox_full"
    assert "552 5.2.2" in event["evidence"]["report"]["diagnostic"]
    assert life["decisions"]["mailing"]["decision"] == "send"


def test_of_two_recipients_the_stopped_one_is_refused_and_the_other_gets_the_mail(walk: Walk) -> None:
    walk.send("gone@mailbox.test")
    walk.comes_to("gone@mailbox.test", "invalid")

    refusals = walk.send("bob@mailbox.test", "gone@mailbox.test", message="Subject: for two\r\n\r\n.\r\n")

    assert list(refusals) == ["gone@mailbox.test"]
    assert walk.dovecot.receives("bob@mailbox.test", b"Subject: for two", walk.story)


def test_our_own_refusal_fed_back_as_a_report_changes_nothing(walk: Walk) -> None:
    walk.send("left@mailbox.test")
    before = walk.comes_to("left@mailbox.test", "invalid")
    with relaying(walk) as relay:
        # a relay in between: it takes the mail, is refused by our policy service, and reports that
        relay.submit(walk.retour.return_address("left@mailbox.test"), ["left@mailbox.test"])
        after = eventually(lambda: more(walk, before), "the report of the relay", relay.story)

    (fed_back,) = [event for event in after["events"] if event not in before["events"]]
    assert fed_back["kind"] == "suppressed"
    assert "[retour:stopped]" in fed_back["evidence"]["report"]["diagnostic"]
    assert after["state"] == before["state"]


def relaying(walk: Walk) -> Postfix:
    """Another Postfix without Retour, whose way out is the first one."""
    config = {"relay_domains": "mailbox.test", "relayhost": f"[127.0.0.1]:{walk.postfix.port}"}
    return Postfix(walk.postfix.directory.parent, "relay", config)


def more(walk: Walk, before: dict[str, Any]) -> dict[str, Any] | None:
    life = walk.retour.life("left@mailbox.test")
    assert life is not None
    return life if len(life["events"]) > len(before["events"]) else None
