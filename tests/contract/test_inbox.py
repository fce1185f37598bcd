"""What every Inbox does: nothing that was put is lost before it is settled."""

from dataclasses import replace

import pytest

from retour.model import Arrival, Proof
from retour.ports import BATCH_OCTETS, Inbox, Outcome


def arrival(n: int, **told: object) -> Arrival:
    plain = Arrival(n.to_bytes(16), "lmtp", 1000 + n, b"raw %d" % n, 2000, "", f"r{n}@return.example")
    return replace(plain, **told)


def test_what_was_put_waits_in_its_order_and_comes_back_whole(inbox: Inbox) -> None:
    put = [
        arrival(3),
        arrival(1, mail_from=None, rcpt_to=None, proof=Proof.OPEN, account="acme"),
        arrival(2, raw=bytes(range(256)), defects=("truncated", "two"), form="ses"),
    ]
    inbox.put(put[:2])
    inbox.put(put[2:])
    assert inbox.waiting(10) == put
    assert inbox.waiting(1) == put[:1]
    assert inbox.arrival(put[2].id) == put[2]


def test_an_id_already_there_is_ignored(inbox: Inbox) -> None:
    inbox.put([arrival(1), arrival(1)])
    inbox.settle({arrival(1).id: Outcome.JUDGED}, 5)
    inbox.put([arrival(1), arrival(2)])
    assert [waiting.id for waiting in inbox.waiting(10)] == [arrival(2).id]
    assert inbox.counts() == {Outcome.WAITING: 1, Outcome.JUDGED: 1, Outcome.UNPARSED: 0, Outcome.EXPIRED: 0}


def test_the_unparsed_queue_is_paged_newest_first(inbox: Inbox) -> None:
    inbox.put([arrival(n) for n in range(1, 6)])
    inbox.settle({arrival(n).id: Outcome.UNPARSED for n in (1, 2, 4, 5)}, 9)
    inbox.settle({b"nobody's": Outcome.JUDGED}, 9)
    first = inbox.unparsed(2)
    assert first == [arrival(5), arrival(4)]
    assert inbox.unparsed(9, first[-1].id) == [arrival(2), arrival(1)]
    assert inbox.waiting(9) == [arrival(3)]


def test_only_judged_bytes_expire(inbox: Inbox) -> None:
    inbox.put([arrival(n) for n in range(1, 5)])
    inbox.settle({arrival(1).id: Outcome.JUDGED, arrival(2).id: Outcome.UNPARSED}, 9)
    inbox.settle({arrival(4).id: Outcome.JUDGED}, 9)
    assert inbox.expire(1004) == 1
    assert inbox.expire(1004) == 0
    assert inbox.arrival(arrival(1).id) is None
    assert inbox.arrival(arrival(2).id) == arrival(2)
    assert inbox.arrival(arrival(4).id) == arrival(4)
    inbox.put([arrival(1)])  # redelivered: known still
    assert inbox.waiting(9) == [arrival(3)]


def test_bytes_expire_in_short_turns(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retour.stores.sqlite.inbox._AT_ONCE", 2)
    inbox.put([arrival(n) for n in range(1, 6)])
    inbox.settle({arrival(n).id: Outcome.JUDGED for n in range(1, 6)}, 9)
    assert inbox.expire(1_000_000) == 5
    assert [inbox.arrival(arrival(n).id) for n in range(1, 6)] == [None] * 5


def test_octets_that_are_no_text_do_not_stop_an_arrival(inbox: Inbox) -> None:
    inbox.put([arrival(1, mail_from="a\udcff@b.example")])
    assert len(inbox.waiting(9)) == 1


def test_a_worker_is_never_given_more_than_it_can_hold(inbox: Inbox) -> None:
    big = BATCH_OCTETS // 3 + 1
    inbox.put([arrival(n, raw=b"x" * big) for n in range(1, 5)])
    inbox.put([arrival(5, raw=b"x" * (BATCH_OCTETS + 1))])
    taken = []
    while batch := inbox.waiting(100):
        taken.append(len(batch))
        inbox.settle({waiting.id: Outcome.JUDGED for waiting in batch}, 9)
    assert taken == [2, 2, 1]


def test_what_stayed_unparsed_expires_in_its_time_and_is_counted(inbox: Inbox) -> None:
    inbox.put([arrival(n) for n in range(1, 6)])
    inbox.settle({arrival(1).id: Outcome.JUDGED} | {arrival(n).id: Outcome.UNPARSED for n in (2, 3, 4)}, 9)
    assert inbox.give_up(1004) == 2
    assert inbox.give_up(1004) == 0
    assert inbox.unparsed(9) == [arrival(4)]
    assert inbox.arrival(arrival(1).id) == arrival(1)
    assert inbox.arrival(arrival(2).id) is None
    assert inbox.counts() == {
        Outcome.WAITING: 1,
        Outcome.JUDGED: 1,
        Outcome.UNPARSED: 1,
        Outcome.EXPIRED: 2,
    }
    inbox.put([arrival(2)])  # redelivered: known still
    assert inbox.waiting(9) == [arrival(5)]


def test_the_unparsed_wait_again_each_once(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retour.stores.sqlite.inbox._AT_ONCE", 2)
    assert inbox.again() == 0
    inbox.put([arrival(n) for n in range(1, 7)])
    inbox.settle({arrival(n).id: Outcome.UNPARSED for n in (1, 2, 4, 5, 6)}, 9)
    inbox.settle({arrival(3).id: Outcome.JUDGED}, 9)
    assert inbox.give_up(1002) == 1
    assert inbox.again("acme") == 0
    assert inbox.again() == 4
    assert inbox.waiting(9) == [arrival(n) for n in (2, 4, 5, 6)]
    assert inbox.unparsed(9) == []


def test_the_unparsed_of_one_account_wait_again_alone(inbox: Inbox) -> None:
    inbox.put([arrival(1, account="acme"), arrival(2), arrival(3, account="other")])
    inbox.settle({arrival(n).id: Outcome.UNPARSED for n in (1, 2, 3)}, 9)
    assert inbox.again("acme") == 1
    assert [waiting.id for waiting in inbox.waiting(9)] == [arrival(1).id]


def test_what_came_late_waits_again_alone_and_is_marked_to_be_counted(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retour.stores.sqlite.inbox._AT_ONCE", 2)
    late = [arrival(n, account="acme", defects=("truncated", "late")) for n in (1, 2, 3)]
    theirs = arrival(4, account="other", defects=("late",))
    inbox.put([*late, theirs, arrival(5, account="acme"), arrival(6, account="acme", defects=("later",))])
    inbox.settle({each.id: Outcome.UNPARSED for each in inbox.waiting(9)}, 9)
    assert (inbox.again("acme", late=True), inbox.again("acme", late=True)) == (3, 0)
    defects = ("truncated", "late_counted")
    assert inbox.waiting(9) == [arrival(n, account="acme", defects=defects) for n in (1, 2, 3)]
    assert inbox.again(late=True) == 1
    assert inbox.again() == 2


def test_how_far_a_source_was_read_is_kept_with_what_was_read(inbox: Inbox) -> None:
    assert inbox.cursors() == {}
    inbox.put([arrival(1)], {"log/mail": b"17", "log/mail.1": b"", "box/a": bytes(range(256))})
    inbox.put([], {"log/mail": b"18", "box/a": None, "box/ü": b"1", "never there": None})
    assert inbox.waiting(9) == [arrival(1)]
    assert inbox.cursors() == {"log/mail": b"18", "log/mail.1": b"", "box/ü": b"1"}
    assert inbox.cursors("log/") == {"log/mail": b"18", "log/mail.1": b""}
    assert inbox.cursors("nobody's") == {}


def test_of_what_passes_nothing_is_kept_once_it_is_judged(inbox: Inbox) -> None:
    put = [arrival(1, passing=True), arrival(2, passing=True), arrival(3), arrival(4, passing=True)]
    inbox.put(put)
    assert inbox.waiting(9) == put
    inbox.settle({arrival(n).id: Outcome.JUDGED for n in (1, 3)} | {arrival(2).id: Outcome.UNPARSED}, 9)
    assert inbox.arrival(arrival(1).id) is None
    assert inbox.unparsed(9) == [put[1]]
    assert inbox.waiting(9) == [put[3]]
    assert inbox.counts() == {Outcome.WAITING: 1, Outcome.JUDGED: 1, Outcome.UNPARSED: 1, Outcome.EXPIRED: 0}
    inbox.put(put[:1])
    assert inbox.waiting(9) == [put[3], put[0]]


def test_where_arrivals_stand_can_be_asked(inbox: Inbox) -> None:
    inbox.put([arrival(n) for n in (1, 2, 3)])
    inbox.settle({arrival(1).id: Outcome.JUDGED, arrival(2).id: Outcome.UNPARSED}, 9)
    assert inbox.outcomes([arrival(n).id for n in (1, 2, 3, 4)]) == {
        arrival(1).id: Outcome.JUDGED,
        arrival(2).id: Outcome.UNPARSED,
        arrival(3).id: Outcome.WAITING,
    }
