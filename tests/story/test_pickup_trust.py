"""Mailboxes and whom they trust: certificates, passwords, headers of our own server."""

import pytest

from retour.inlets.pickup import imap, pop3
from retour.inlets.pickup.desk import Desk, Terms, TroubleError
from retour.inlets.pickup.follow import Follower, Patience, Source
from retour.inlets.pickup.server import Account, Tls
from retour.model import Proof
from story.dovecot import PASSWORD, Dovecot
from story.old_server import OldServer
from story.pickup import House, account
from story.waiting import eventually, free_port


@pytest.mark.engine("dovecot")
def test_a_server_whose_certificate_is_not_known_never_hears_the_password(
    mailboxes: Dovecot, house: House
) -> None:
    for port in ("imaps", "imap", "pop3s", "pop3"):
        tls = Tls.IMPLICIT if port.endswith("s") else Tls.STARTTLS
        plain = Account("127.0.0.1", mailboxes.ports[port], "starttls@mailbox.test", PASSWORD, tls)
        desk = house.desk(port)
        source = pop3.Pop3(pop3.Place(plain), desk) if "pop" in port else imap.Imap(imap.Place(plain), desk)
        with house.follows(source):
            eventually(lambda: house.troubles, "a trouble", house.story)
        assert {trouble.code for trouble in house.troubles} == {"certificate"}
        house.troubles.clear()
    assert house.subjects() == []


@pytest.mark.engine("dovecot")
@pytest.mark.parametrize("port", ["imap", "pop3"])
def test_a_port_that_begins_no_tls_is_told_so(mailboxes: Dovecot, house: House, port: str) -> None:
    with house.follows(_source(account(mailboxes, "starttls", port), house.desk(port))):
        eventually(lambda: house.troubles, "a trouble", house.story)
    assert {trouble.code for trouble in house.troubles} == {"no_tls"}
    assert "wrong version number" in house.troubles[0].reason.lower()


@pytest.mark.parametrize("port", ["imap", "pop3"])
def test_where_nobody_listens_the_reason_is_told_in_words(house: House, port: str) -> None:
    nowhere = Account("127.0.0.1", free_port(), "ann", PASSWORD, Tls.NONE)
    with house.follows(_source(nowhere, house.desk(port))):
        eventually(lambda: house.troubles, "a trouble", house.story)
    assert {trouble.code for trouble in house.troubles} == {"unreachable"}
    assert "Connection refused" in house.troubles[0].reason


def test_a_server_that_hangs_up_at_the_password_has_not_refused_it(house: House) -> None:
    with OldServer({}) as server:
        server.hangs_up_at = "PASS"
        pop = pop3.Pop3(
            pop3.Place(Account("127.0.0.1", server.port, "ann", PASSWORD, Tls.NONE)), house.desk("old")
        )
        with house.follows(pop):
            eventually(lambda: house.troubles, "a trouble", house.story)
    assert {trouble.code for trouble in house.troubles} == {"unreachable"}


def _source(whose: Account, desk: Desk) -> Source:
    if "pop" in desk.inlet:
        return pop3.Pop3(pop3.Place(whose), desk)
    return imap.Imap(imap.Place(whose), desk)


@pytest.mark.engine("dovecot")
@pytest.mark.parametrize("port", ["imaps", "pop3s"])
def test_a_wrong_password_is_told_in_words_and_tried_slowly(
    mailboxes: Dovecot, house: House, port: str
) -> None:
    secret = "not the password ü"
    right = account(mailboxes, "password", port)
    wrong = Account(right.host, right.port, right.user, secret, right.tls, right.context)
    desk = house.desk(port)
    source = pop3.Pop3(pop3.Place(wrong), desk) if "pop" in port else imap.Imap(imap.Place(wrong), desk)
    told: list[tuple[TroubleError, float]] = []

    def hear(trouble: TroubleError, pause: float) -> None:
        told.append((trouble, pause))

    follower = Follower("test", source, hear, house.faults.append, Patience(0.01, 0.02, 0.03, 0.12))
    follower.start()
    eventually(lambda: len(told) >= 4, "four tries", house.story)
    follower.end()

    assert {trouble.code for trouble, _ in told} == {"refused"}
    assert "uthentication failed" in told[0][0].reason
    assert [pause for _, pause in told[:4]] == [0.03, 0.06, 0.12, 0.12]
    assert desk.counts.failing
    assert secret not in repr((told, wrong, house.faults))
    assert house.faults == []


@pytest.mark.parametrize(
    ("header", "told"),
    [("X-Our", "rt-1@us.test"), ("Delivered-To", "bounces@us.test"), ("", None), ("X", None)],
)
def test_the_envelope_recipient_is_what_our_own_server_wrote_on_top(
    house: House, header: str, told: str | None
) -> None:
    written = b"Delivered-To: bounces@us.test\r\nX-Our: rt-1@us.test\r\nX-Our: rt-2@us.test\r\n"
    arrival = house.desk("header", Terms("m", Proof.SEND, "shop", header)).arrival(
        written + b"\r\nX: a@b", 99
    )
    assert (arrival.rcpt_to, arrival.proof, arrival.account, arrival.inlet) == (told, Proof.SEND, "shop", "m")
