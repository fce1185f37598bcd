"""POP3 against a real Dovecot, and against a server with the faults of old ones."""

import shutil

import pytest

from retour.inlets.mailboxes import KEPT
from retour.inlets.pickup import pop3
from retour.inlets.pickup.server import Account, Tls
from retour.model import Arrival
from retour.ports import Outcome
from story.dovecot import Dovecot
from story.old_server import OldServer
from story.pickup import House, account, folders, mail, subject
from story.waiting import eventually


@pytest.mark.engine("dovecot")
@pytest.mark.parametrize(("port", "tls"), [("pop3s", Tls.IMPLICIT), ("pop3", Tls.STARTTLS)])
def test_pop3_reads_each_mail_once_and_deletes_none(
    mailboxes: Dovecot, house: House, port: str, tls: Tls
) -> None:
    user = f"pop-{port}"
    place = pop3.Place(account(mailboxes, user, port, tls), poll=0.1)
    for number in range(3):
        mailboxes.deliver(f"{user}@mailbox.test", mail(number, ".\r\n..dots\r\n" + "x" * 9000))
    desk = house.desk(user)
    with house.follows(pop3.Pop3(place, desk)):
        eventually(house.has(0, 1, 2), "the mails", house.story)
        mailboxes.deliver(f"{user}@mailbox.test", mail(3))
        eventually(house.has(0, 1, 2, 3), "the next", house.story)
    assert desk.counts.fetched == 4
    assert folders(mailboxes, user) == {"INBOX": 4}
    assert house.inbox.waiting(1)[0].raw.endswith(b"\r\n.\r\n..dots\r\n" + b"x" * 9000 + b"\r\n")
    again = house.desk(user)
    with house.follows(pop3.Pop3(place, again)):
        eventually(lambda: again.counts.last_success, "a visit", house.story)
    assert again.counts.fetched == 0
    assert house.troubles == []


def understood(arrival: Arrival) -> Outcome:
    return Outcome.JUDGED


@pytest.mark.engine("dovecot")
def test_pop3_deletes_what_is_durable_where_that_is_asked_for(mailboxes: Dovecot, house: House) -> None:
    place = pop3.Place(account(mailboxes, "popdelete", "pop3s"), poll=0.1, delete=True)
    house.judge = understood
    for number in range(3):
        mailboxes.deliver("popdelete@mailbox.test", mail(number))
    with house.follows(pop3.Pop3(place, house.desk("popdelete"))):
        eventually(lambda: folders(mailboxes, "popdelete") == {}, "the deletion", house.story)
    assert house.has(0, 1, 2)()


@pytest.mark.engine("dovecot")
def test_pop3_takes_the_beginning_of_a_large_mail(mailboxes: Dovecot, house: House) -> None:
    large = mail(1, "\r\n".join(["x" * 70] * 100_000))
    mailboxes.deliver("poplarge@mailbox.test", large)
    with house.follows(pop3.Pop3(pop3.Place(account(mailboxes, "poplarge", "pop3s")), house.desk("l"))):
        eventually(house.has(1), "the mail", house.story)
    (arrival,) = house.inbox.waiting(9)
    assert len(arrival.raw) == KEPT
    assert arrival.size > len(large)
    assert arrival.defects == ("truncated",)


@pytest.mark.engine("dovecot")
def test_a_mail_that_dovecot_cannot_read_stays_and_the_others_are_taken_and_deleted(
    mailboxes: Dovecot, house: House
) -> None:
    user = "popunreadable"
    for number in range(4):
        mailboxes.deliver(f"{user}@mailbox.test", mail(number))
    new = mailboxes.directory / f"mail/{user}@mailbox.test/new"
    (bad,) = [file for file in new.iterdir() if b"Subject: mail 1" in file.read_bytes()]
    shutil.chown(bad, "root")
    bad.chmod(0o000)
    place = pop3.Place(account(mailboxes, user, "pop3s"), poll=0.1, delete=True)
    house.judge = understood
    with house.follows(pop3.Pop3(place, house.desk(user))):
        eventually(house.has(0, 2, 3), "the others", house.story)
        eventually(lambda: folders(mailboxes, user) == {"INBOX": 1}, "the deletions", house.story)
        eventually(lambda: house.notices or house.troubles, "word of it", house.story)
    (kept,) = [file for room in ("new", "cur") for file in (new.parent / room).iterdir()]
    assert kept.name.split(":")[0] == bad.name.split(":")[0]


def old(server: OldServer, delete: bool = False) -> pop3.Place:
    return pop3.Place(Account("127.0.0.1", server.port, "ann", "x", Tls.NONE), poll=0.05, delete=delete)


@pytest.mark.engine("dovecot")
def test_pop3_deletes_nothing_that_was_not_understood_and_reads_it_once(
    mailboxes: Dovecot, house: House
) -> None:
    place = pop3.Place(account(mailboxes, "popodd", "pop3s"), poll=0.05, delete=True)
    house.judge = lambda each: Outcome.UNPARSED if int(subject(each.raw)[-1]) % 2 else Outcome.JUDGED
    for number in range(6):
        mailboxes.deliver("popodd@mailbox.test", mail(number))
    with house.follows(pop3.Pop3(place, desk := house.desk("popodd"))):
        eventually(lambda: folders(mailboxes, "popodd") == {"INBOX": 3}, "the deletions", house.story)
        mailboxes.deliver("popodd@mailbox.test", mail(8))
        eventually(house.has(0, 1, 2, 3, 4, 5, 8), "the next", house.story)
        eventually(lambda: folders(mailboxes, "popodd") == {"INBOX": 3}, "its deletion", house.story)
    assert desk.counts.fetched == 7
    again = house.desk("popodd")
    with house.follows(pop3.Pop3(place, again)):
        eventually(lambda: again.counts.last_success, "a visit", house.story)
    assert again.counts.fetched == 0
    assert folders(mailboxes, "popodd") == {"INBOX": 3}


def test_pop3_deletes_nothing_before_it_is_judged(house: House) -> None:
    with OldServer({f"u{n}": mail(n) for n in range(3)}) as server:
        desk = house.desk("old")
        with house.follows(pop3.Pop3(old(server, delete=True), desk)):
            eventually(house.has(0, 1, 2), "the mails", house.story)
        assert len(server.mails) == 3
        house.judge = understood
        with house.follows(pop3.Pop3(old(server, delete=True), house.desk("old"))):
            eventually(lambda: not server.mails, "the deletions", house.story)


def test_a_mail_that_pop3_does_not_hand_over_shifts_no_number(house: House) -> None:
    house.judge = understood
    mails = {f"u{n}": mail(n) for n in range(6)}
    with OldServer(mails, failing={"u1", "u3"}) as server:
        with house.follows(pop3.Pop3(old(server, delete=True), desk := house.desk("old"))):
            eventually(house.has(0, 2, 4, 5), "the others", house.story)
            eventually(lambda: server.sessions > 1, "two visits", house.story)
        assert set(server.mails) == {"u1", "u3"}
    assert desk.counts.failed >= 2
    assert [code for code, _ in house.notices] == ["passed_over"] * 2  # once for each


def test_a_mail_over_which_pop3_breaks_hinders_no_deletion_of_the_others(house: House) -> None:
    house.judge = understood
    with (
        OldServer({f"u{n}": mail(n) for n in range(4)}, breaking={"u1"}) as server,
        house.follows(pop3.Pop3(old(server, delete=True), house.desk("old"))),
    ):
        eventually(lambda: list(server.mails) == ["u1"], "the deletions", house.story)
        server.breaking.clear()
        eventually(lambda: not server.mails, "the last deletion", house.story)
    assert house.has(0, 1, 2, 3)()


def test_a_mail_over_which_pop3_breaks_is_read_last_and_what_came_before_is_kept(house: House) -> None:
    with OldServer({f"u{n}": mail(n) for n in range(4)}, breaking={"u1"}) as server:
        with house.follows(pop3.Pop3(old(server), house.desk("old"))):
            eventually(house.has(0, 2, 3), "the others", house.story)
            server.breaking.clear()
            eventually(house.has(0, 1, 2, 3), "all", house.story)
            eventually(lambda: server.sessions, "an orderly end", house.story)
        assert sorted(server.mails) == ["u0", "u1", "u2", "u3"]
        assert server.retrieved.count("u0") == 1


def test_two_mails_of_one_uidl_are_both_read(house: House) -> None:
    with OldServer({"same#1": mail(1), "same#2": mail(2), "other": mail(3)}) as server:
        with house.follows(pop3.Pop3(old(server), house.desk("old"))):
            eventually(house.has(1, 2, 3), "all", house.story)
            server.mails["same#3"] = mail(4)
            eventually(house.has(1, 2, 3, 4), "the next", house.story)
        assert len(server.mails) == 4


def test_a_server_without_uidl_is_not_read(house: House) -> None:
    with OldServer({"u": mail(1)}) as server:
        server.has_uidl = False
        with house.follows(pop3.Pop3(old(server, delete=True), house.desk("old"))):
            eventually(lambda: house.troubles, "a trouble", house.story)
        assert server.mails == {"u": mail(1)}
    assert {trouble.code for trouble in house.troubles} == {"no_uidl"}


def test_a_mailbox_that_is_locked_is_no_wrong_password(house: House) -> None:
    with OldServer({"u": mail(1)}) as server:
        server.refusal = b"-ERR [IN-USE] another session holds the mailbox"
        with house.follows(pop3.Pop3(old(server), house.desk("old"))):
            eventually(lambda: house.troubles, "a trouble", house.story)
            server.refusal = b""
            eventually(house.has(1), "the mail", house.story)
    assert {trouble.code for trouble in house.troubles} == {"busy"}
