"""The ground of the other stories: the real software refuses the way that they rely on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from story.dovecot import Dovecot
from story.postfix import Postfix

SENDER = "bounces@return.test"
LONG = "Subject: long\r\n\r\n" + ("x" * 70 + "\r\n") * 200  # 14 kB


@pytest.fixture(scope="module")
def dovecot(ground: Path) -> Iterator[Dovecot]:
    with Dovecot(ground, {"ann@mailbox.test": "20K", SENDER: "10M"}) as dovecot:
        yield dovecot


@pytest.fixture(scope="module")
def postfix(ground: Path, dovecot: Dovecot) -> Iterator[Postfix]:
    lmtp = f"lmtp:inet:127.0.0.1:{dovecot.port}"
    config = {
        "relay_domains": "mailbox.test, return.test",
        "transport_maps": f"inline:{{ mailbox.test={lmtp}, return.test={lmtp} }}",
    }
    with Postfix(ground, "sender", config) as postfix:
        yield postfix


@pytest.mark.engine("postfix", "dovecot")
def test_an_unknown_user_comes_back_as_postfix_own_report(postfix: Postfix, dovecot: Dovecot) -> None:
    postfix.submit(SENDER, ["nobody@mailbox.test"])
    assert dovecot.receives(SENDER, b"550 5.1.1 <nobody@mailbox.test> User doesn't exist", postfix.story)


@pytest.mark.engine("postfix", "dovecot")
def test_a_full_mailbox_comes_back_as_552_5_2_2(postfix: Postfix, dovecot: Dovecot) -> None:
    postfix.submit(SENDER, ["ann@mailbox.test"], LONG)
    assert dovecot.receives("ann@mailbox.test", b"Subject: long", postfix.story)
    postfix.submit(SENDER, ["ann@mailbox.test"], LONG)
    assert dovecot.receives(SENDER, b"552 5.2.2 <ann@mailbox.test> Quota exceeded", postfix.story)
