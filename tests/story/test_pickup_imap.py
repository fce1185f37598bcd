"""IMAP against a real Dovecot: what is taken in, and what is left behind there."""

import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence

import pytest
from imapclient import IMAPClient

from retour.inlets.mailboxes import KEPT
from retour.inlets.pickup import imap, imap_connection
from retour.inlets.pickup.server import Account, Tls
from retour.model import Arrival
from retour.ports import Outcome
from story.dovecot import PASSWORD, Dovecot
from story.pickup import House, account, folders, mail, plain, subject
from story.waiting import eventually
from story.wire import Wire

pytestmark = pytest.mark.engine("dovecot")


def test_what_is_delivered_while_it_idles_wakes_it(mailboxes: Dovecot, house: House) -> None:
    """No poll and no new IDLE comes within the test: the server's word alone wakes it."""
    place = imap.Place(account(mailboxes, "idle"), poll=1e6, idle=1e6)
    with house.follows(imap.Imap(place, house.desk("idle"))):
        for number in range(5):
            mailboxes.deliver("idle@mailbox.test", mail(number))
            eventually(lambda: f"mail {number}" in house.subjects(), f"mail {number}", house.story)  # noqa: B023
        eventually(lambda: folders(mailboxes, "idle") == {"Retour": 5}, "the moves", house.story)
    assert house.has(*range(5))()
    assert house.troubles == []


def test_many_at_once_and_while_it_works_are_taken_in_each_once(mailboxes: Dovecot, house: House) -> None:
    place = imap.Place(account(mailboxes, "poll"), poll=1e6, idle=1e6)
    for number in range(300):
        mailboxes.deliver("poll@mailbox.test", mail(number))
    with house.follows(imap.Imap(place, house.desk("poll"))):
        for number in range(300, 330):
            mailboxes.deliver("poll@mailbox.test", mail(number))
        eventually(house.has(*range(330)), "all mails", house.story)
        eventually(lambda: folders(mailboxes, "poll") == {"Retour": 330}, "the moves", house.story)
    assert sorted(house.subjects()) == sorted(f"mail {number}" for number in range(330))


@pytest.mark.parametrize("processed", ["Retour", ""])
def test_what_comes_between_search_and_idle_is_not_left_for_the_next_one(
    mailboxes: Dovecot, house: House, monkeypatch: pytest.MonkeyPatch, processed: str
) -> None:
    """The server tells of it in its answers to other commands, and then in no IDLE."""
    user = f"between{len(processed)}"
    keep, coming = house.keep, iter(range(1, 4))

    def keep_while_more_comes(arrivals: Sequence[Arrival], cursors: Mapping[str, bytes | None]) -> None:
        keep(arrivals, cursors)
        for number in coming:
            mailboxes.deliver(f"{user}@mailbox.test", mail(number))
            break

    monkeypatch.setattr(house, "keep", keep_while_more_comes)
    mailboxes.deliver(f"{user}@mailbox.test", mail(0))
    place = imap.Place(account(mailboxes, user), processed=processed, poll=1e6, idle=1e6)
    with house.follows(imap.Imap(place, house.desk(user))):
        eventually(house.has(0, 1, 2, 3), "all mails", house.story)
    assert sorted(set(house.subjects())) == [f"mail {number}" for number in range(4)]
    assert house.troubles == []


@pytest.mark.parametrize("processed", ["Retour", ""])
def test_what_the_answer_to_the_last_search_tells_of_is_not_left_for_the_next_one(
    mailboxes: Dovecot, house: House, monkeypatch: pytest.MonkeyPatch, processed: str
) -> None:
    """The mail is in the folder and told of when SEARCH has ended, and is not among what it found."""
    user, late = f"last{len(processed)}", iter([1])

    class Late(imap_connection.Connection):
        def search(self, *asked: object) -> list[int]:
            found: list[int] = super().search(*asked)
            if not found or processed == "":
                for number in late if house.has(0)() else ():
                    mailboxes.deliver(f"{user}@mailbox.test", mail(number))
                    self.noop()  # until it ends the server tells what has come, and never again
            return found

    monkeypatch.setattr(imap_connection, "Connection", Late)
    mailboxes.deliver(f"{user}@mailbox.test", mail(0))
    place = imap.Place(account(mailboxes, user), processed=processed, poll=1e6, idle=1e6)
    with house.follows(imap.Imap(place, house.desk(user))):
        eventually(house.has(0, 1), "both mails", house.story)
    assert house.troubles == []


def test_starttls_protects_the_password(mailboxes: Dovecot, house: House) -> None:
    mailboxes.deliver("starttls@mailbox.test", mail(1))
    place = imap.Place(account(mailboxes, "starttls", "imap", Tls.STARTTLS))
    with house.follows(imap.Imap(place, house.desk("starttls"))):
        eventually(house.has(1), "the mail", house.story)
    assert house.troubles == []


def test_mails_that_stay_are_read_once_by_cursor(mailboxes: Dovecot, house: House) -> None:
    place = imap.Place(account(mailboxes, "left"), processed="", poll=1e6, idle=1e6)
    for number in range(3):
        mailboxes.deliver("left@mailbox.test", mail(number))
    desks = [house.desk("left"), house.desk("left")]
    with house.follows(imap.Imap(place, desks[0])):
        eventually(house.has(0, 1, 2), "the mails", house.story)
        mailboxes.deliver("left@mailbox.test", mail(3))
        eventually(house.has(0, 1, 2, 3), "the next", house.story)
    mailboxes.deliver("left@mailbox.test", mail(4))
    with house.follows(imap.Imap(place, desks[1])):
        eventually(house.has(0, 1, 2, 3, 4), "the next", house.story)
    assert folders(mailboxes, "left") == {"INBOX": 5}
    assert (desks[0].counts.fetched, desks[1].counts.fetched) == (4, 1)


def _another_program(box: Account) -> IMAPClient:
    """Another program at the same mailbox, with its folder open."""
    other = IMAPClient(box.host, box.port, ssl_context=box.context)
    other.plain_login(box.user, PASSWORD)
    other.select_folder("INBOX")
    return other


Act = Callable[[imap_connection.Connection, Sequence[int], str], None]


def lacking(*names: str) -> type[imap_connection.Connection]:
    """A connection to a server that has not all capabilities of Dovecot."""

    class Lacking(imap_connection.Connection):
        def has_capability(self, name: str) -> bool:
            return name not in names and super().has_capability(name)

    return Lacking


def test_without_move_mails_are_copied_and_then_expunged_by_uid(
    mailboxes: Dovecot, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_connection, "Connection", lacking("MOVE"))
    mailboxes.deliver("uidplus@mailbox.test", mail(1))
    with house.follows(imap.Imap(imap.Place(account(mailboxes, "uidplus")), house.desk("uidplus"))):
        eventually(house.has(1), "the mail", house.story)
        eventually(lambda: folders(mailboxes, "uidplus") == {"Retour": 1}, "the move", house.story)
    assert house.notices == []


@pytest.mark.parametrize("without", [(), ("MOVE",)])
def test_a_mail_that_another_program_takes_away_meanwhile_does_not_hold_the_others(
    mailboxes: Dovecot, house: House, monkeypatch: pytest.MonkeyPatch, without: tuple[str, ...]
) -> None:
    """Dovecot moves none of several where one of them is gone: EXPUNGEISSUED."""
    user = "shared" if without else "taken"
    box = account(mailboxes, user)
    held = lacking(*without)

    def raced(act: Act) -> Act:
        def first_is_taken(self: imap_connection.Connection, uids: Sequence[int], folder: str) -> None:
            if len(uids) == 3:
                other = _another_program(box)
                other.add_flags(uids[:1], [b"\\Deleted"])
                other.expunge()
                other.logout()
            act(self, uids, folder)

        return first_is_taken

    monkeypatch.setattr(held, "move", raced(held.move))
    monkeypatch.setattr(held, "copy", raced(held.copy))
    monkeypatch.setattr(imap_connection, "Connection", held)
    for number in (1, 2, 3):
        mailboxes.deliver(f"{user}@mailbox.test", mail(number))
    with house.follows(imap.Imap(imap.Place(box), house.desk(user))):
        eventually(lambda: folders(mailboxes, user) == {"Retour": 2}, "the others moved", house.story)
        mailboxes.deliver(f"{user}@mailbox.test", mail(4))
        eventually(lambda: folders(mailboxes, user) == {"Retour": 3}, "the next moved", house.story)
    assert sorted(house.subjects()) == ["mail 1", "mail 2", "mail 3", "mail 4"]
    assert house.notices == []


@pytest.mark.parametrize("user", ["nomove", "noname"])
def test_where_mails_cannot_be_moved_they_stay_and_are_read_once(
    mailboxes: Dovecot, house: House, monkeypatch: pytest.MonkeyPatch, user: str
) -> None:
    """No server command for it, or a folder that the server does not let us make; no IDLE either."""
    without = ("MOVE", "UIDPLUS", "IDLE") if user == "nomove" else ("IDLE",)
    monkeypatch.setattr(imap_connection, "Connection", lacking(*without))
    place = imap.Place(
        account(mailboxes, user), processed="../above" if user == "noname" else "Retour", poll=0.1
    )
    mailboxes.deliver(f"{user}@mailbox.test", mail(1))
    with house.follows(imap.Imap(place, desk := house.desk(user))):
        eventually(house.has(1), "the mail", house.story)
        mailboxes.deliver(f"{user}@mailbox.test", mail(2))
        eventually(house.has(1, 2), "the next", house.story)
    assert folders(mailboxes, user) == {"INBOX": 2}
    assert desk.counts.fetched == 2
    assert [code for code, _ in house.notices] == ["not_moved"]


def test_a_folder_that_may_only_be_read_is_read_once_and_left(mailboxes: Dovecot, house: House) -> None:
    mailboxes.deliver("readonly@mailbox.test", mail(1))
    mailboxes.allow("readonly@mailbox.test", "lr")
    box = imap.Place(account(mailboxes, "readonly"))
    with house.follows(imap.Imap(box, house.desk("readonly"))):
        eventually(house.has(1), "the mail", house.story)
    with house.follows(imap.Imap(box, later := house.desk("readonly"))):
        eventually(lambda: later.counts.last_success, "a visit", house.story)
    assert later.counts.fetched == 0
    assert house.troubles == []
    assert set(house.notices) == {("not_moved", "the folder may be read, and not written")}
    assert folders(mailboxes, "readonly") == {"INBOX": 1}


def test_what_may_not_be_taken_out_of_its_folder_is_not_all_read_by_each_connection(
    mailboxes: Dovecot, house: House
) -> None:
    count = imap.BATCH_MAILS + 5
    for number in range(count):
        mailboxes.deliver("kept@mailbox.test", mail(number))
    mailboxes.allow("kept@mailbox.test", "lrswi")
    box = imap.Place(account(mailboxes, "kept"), processed="Retour")
    with house.follows(imap.Imap(box, house.desk("kept"))):
        eventually(house.has(*range(count)), "the mails", house.story)
    with house.follows(imap.Imap(box, later := house.desk("kept"))):
        eventually(lambda: later.counts.last_success, "a visit", house.story)
    assert later.counts.fetched <= imap.BATCH_MAILS  # until a move was refused
    assert house.troubles == []
    assert {code for code, _ in house.notices} == {"not_moved"}
    assert folders(mailboxes, "kept") == {"INBOX": count}


def test_idle_is_issued_again_in_time(mailboxes: Dovecot, house: House) -> None:
    with Wire(mailboxes.ports["imap"]) as wire:
        place = imap.Place(plain(mailboxes, "again", wire.port), idle=0.1)
        with house.follows(imap.Imap(place, house.desk("again"))):
            eventually(lambda: wire.said.count(b" IDLE\r\n") > 2, "a third IDLE", house.story)
        assert wire.said.count(b"DONE\r\n") == wire.said.count(b" IDLE\r\n")
        assert wire.said.rstrip().endswith(b" LOGOUT")
    assert house.troubles == []


def test_a_mail_that_the_server_cannot_read_stays_and_the_others_are_taken_in(
    mailboxes: Dovecot, house: House
) -> None:
    for number in range(4):
        mailboxes.deliver("unreadable@mailbox.test", mail(number))
    inbox = mailboxes.directory / "mail/unreadable@mailbox.test/new"
    (bad,) = [file for file in inbox.iterdir() if b"Subject: mail 1" in file.read_bytes()]
    good = bad.read_bytes()
    shutil.chown(bad, "root")
    bad.chmod(0o000)
    with house.follows(imap.Imap(imap.Place(account(mailboxes, "unreadable")), desk := house.desk("bad"))):
        eventually(house.has(0, 2, 3), "the others", house.story)
        eventually(
            lambda: folders(mailboxes, "unreadable") == {"INBOX": 1, "Retour": 3}, "the moves", house.story
        )
    assert "passed_over" in {code for code, _ in house.notices}
    assert desk.counts.failed >= 1
    (bad,) = [file for room in ("new", "cur") for file in (inbox.parent / room).iterdir()]
    bad.unlink()
    mailboxes.deliver("unreadable@mailbox.test", good)
    with house.follows(imap.Imap(imap.Place(account(mailboxes, "unreadable")), house.desk("bad"))):
        eventually(house.has(0, 1, 2, 3), "the mail that was mended", house.story)


def test_a_changed_uidvalidity_reads_the_folder_again_and_counts_nothing_twice(
    mailboxes: Dovecot, house: House
) -> None:
    place = imap.Place(account(mailboxes, "validity"), processed="")
    desks = [house.desk("validity"), house.desk("validity")]
    for number in range(3):
        mailboxes.deliver("validity@mailbox.test", mail(number))
    with house.follows(imap.Imap(place, desks[0])):
        eventually(house.has(0, 1, 2), "the mails", house.story)
    named_after = int(time.time())
    eventually(lambda: int(time.time()) > named_after, "another second: Dovecot's validities are seconds")
    home = mailboxes.directory / "mail/validity@mailbox.test"
    for file in (*home.glob("dovecot-uidlist"), *home.glob("dovecot-uidvalidity*"), *home.glob("dovecot.*")):
        file.unlink()
    mailboxes.deliver("validity@mailbox.test", mail(3))
    with house.follows(imap.Imap(place, desks[1])):
        eventually(house.has(0, 1, 2, 3), "the next", house.story)
        eventually(lambda: desks[1].counts.last_success, "the visit", house.story)
    assert desks[1].counts.fetched == 4  # all were new to it, and three were known
    assert house.inbox.counts()[Outcome.WAITING] == 4


def test_of_a_mail_of_60_mb_the_beginning_is_fetched_and_its_size_is_known(
    mailboxes: Dovecot, house: House
) -> None:
    large = mail(1, "\r\n".join(["x" * 70] * 850_000))
    assert len(large) > 60_000_000
    mailboxes.deliver("large@mailbox.test", large)
    with house.follows(imap.Imap(imap.Place(account(mailboxes, "large")), house.desk("large"))):
        eventually(house.has(1), "the mail", house.story)
        eventually(lambda: folders(mailboxes, "large") == {"Retour": 1}, "the move", house.story)
    (arrival,) = house.inbox.waiting(9)
    assert len(arrival.raw) == KEPT
    assert arrival.size > len(large)  # Dovecot adds its Received
    assert arrival.defects == ("truncated",)


def test_a_mail_that_is_not_understood_goes_to_the_folder_for_such(mailboxes: Dovecot, house: House) -> None:
    place = imap.Place(account(mailboxes, "folders"), processed="Retour", unparsed="Retour.Not understood")
    for number in range(4):
        mailboxes.deliver("folders@mailbox.test", mail(number))
    with house.follows(imap.Imap(place, house.desk("folders"))):
        eventually(house.has(0, 1, 2, 3), "the mails", house.story)
        assert folders(mailboxes, "folders") == {"INBOX": 4}  # they wait for their judgement
        odd = {a.id: int(subject(a.raw)[-1]) % 2 for a in house.inbox.waiting(9)}
        house.inbox.settle({id: Outcome.UNPARSED if n else Outcome.JUDGED for id, n in odd.items()}, 5)
        eventually(
            lambda: folders(mailboxes, "folders") == {"Retour": 2, "Retour.Not understood": 2}, "the moves"
        )


def test_a_connection_cut_in_the_middle_of_a_fetch_loses_nothing(mailboxes: Dovecot, house: House) -> None:
    for number in range(20):
        mailboxes.deliver("cut@mailbox.test", mail(number, "x" * 5000))
    with Wire(mailboxes.ports["imap"], cut_at=40_000, cuts=2, trigger=b"BODY.PEEK") as wire:
        place = imap.Place(plain(mailboxes, "cut", wire.port))
        with house.follows(imap.Imap(place, house.desk("cut"))):
            eventually(house.has(*range(20)), "the mails", house.story)
            eventually(lambda: folders(mailboxes, "cut") == {"Retour": 20}, "the moves", house.story)
        assert wire.left == 0
        commands = [line.split(b" ", 1)[1] for line in wire.said.upper().split(b"\r\n") if b" " in line]
        assert any(command.startswith(b"UID MOVE") for command in commands)
        assert not any(
            command.startswith((b"EXPUNGE", b"STORE", b"FETCH", b"COPY", b"MOVE")) for command in commands
        )
    assert {trouble.code for trouble in house.troubles} == {"unreachable"}


def test_a_mail_that_breaks_every_connection_does_not_stop_the_others(
    mailboxes: Dovecot, house: House
) -> None:
    """The wire is cut whenever the first mail is asked for: it stays, and all others are taken in."""
    for number in range(1, 6):
        mailboxes.deliver("poison@mailbox.test", mail(number, "y" * 3000))
    with (
        Wire(mailboxes.ports["imap"], cut_at=2000, cuts=10_000, trigger=b"UID FETCH 1 (BODY.PEEK") as one,
        Wire(one.port, cut_at=2000, cuts=10_000, trigger=b"UID FETCH 1,2,3,4,5 (BODY.PEEK") as wire,
        house.follows(imap.Imap(imap.Place(plain(mailboxes, "poison", wire.port)), house.desk("poison"))),
    ):
        eventually(house.has(2, 3, 4, 5), "the others", house.story)
        eventually(lambda: folders(mailboxes, "poison") == {"INBOX": 1, "Retour": 4}, "the moves")
    assert [code for code, _ in house.notices] == ["passed_over"]


def test_a_server_that_is_away_is_found_again(mailboxes: Dovecot, house: House) -> None:
    place = imap.Place(account(mailboxes, "away"), poll=1e6, idle=1e6)
    with house.follows(imap.Imap(place, desk := house.desk("away"))):
        eventually(lambda: desk.counts.last_success, "a visit", house.story)
        mailboxes.restart()
        mailboxes.deliver("away@mailbox.test", mail(1))
        eventually(house.has(1), "the mail", house.story)
    assert not desk.counts.failing
    assert {trouble.code for trouble in house.troubles} <= {"unreachable", "protocol"}


def test_nothing_is_moved_while_the_disk_is_full(mailboxes: Dovecot, house: House) -> None:
    full = threading.Event()
    full.set()

    def keep(arrivals: Sequence[Arrival], cursors: Mapping[str, bytes | None]) -> None:
        if full.is_set():
            raise OSError("disk full")
        house.inbox.put(arrivals, cursors)

    house.keep = keep
    mailboxes.deliver("disk@mailbox.test", mail(1))
    with house.follows(imap.Imap(imap.Place(account(mailboxes, "disk")), house.desk("disk"))):
        eventually(lambda: len(house.troubles) > 2, "the troubles", house.story)
        assert folders(mailboxes, "disk") == {"INBOX": 1}
        full.clear()
        eventually(lambda: folders(mailboxes, "disk") == {"Retour": 1}, "the move", house.story)
    assert {trouble.code for trouble in house.troubles} == {"not_kept"}
    assert house.has(1)()
