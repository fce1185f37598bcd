"""A Maildir that is followed."""

import threading
from pathlib import Path

from retour.inlets.pickup import maildir
from story.pickup import House, mail
from story.waiting import eventually


def test_a_maildir_is_followed_while_others_deliver(house: House, tmp_path: Path) -> None:
    box = tmp_path / "box"
    for room in ("cur", "new", "tmp"):
        (box / room).mkdir(parents=True)
    (box / "tmp/half").write_bytes(b"Subject: half")
    (box / "cur/seen:2,S").write_bytes(mail(999))

    def deliver(part: int) -> None:
        for number in range(part, 400, 4):
            (box / f"tmp/{number}").write_bytes(mail(number))
            (box / f"tmp/{number}").rename(box / f"new/{number}.host")

    writers = [threading.Thread(target=deliver, args=(part,)) for part in range(4)]
    with house.follows(maildir.Maildir(maildir.Place(box, poll=0.02), desk := house.desk("box"))):
        for writer in writers:
            writer.start()
        eventually(house.has(*range(400)), "the mails", lambda: str(desk.counts))
        eventually(lambda: len(list((box / ".Retour/cur").iterdir())) == 400, "the moves", house.story)
    for writer in writers:
        writer.join()
    assert desk.counts.fetched == 400
    assert [file.name for file in (box / "tmp").iterdir()] == ["half"]
    assert [file.name for file in (box / "cur").iterdir()] == ["seen:2,S"]
    assert list((box / "new").iterdir()) == []

    with house.follows(maildir.Maildir(maildir.Place(box, seen=True, poll=0.02), house.desk("box"))):
        eventually(house.has(*range(400), 999), "what was seen", house.story)


def test_a_directory_that_is_no_maildir_is_told_and_found_once_it_is(house: House, tmp_path: Path) -> None:
    box = tmp_path / "later"
    with house.follows(maildir.Maildir(maildir.Place(box, poll=0.02), house.desk("later"))):
        eventually(lambda: house.troubles, "a trouble", house.story)
        for room in ("tmp", "cur", "new"):
            (box / room).mkdir(parents=True)
        (box / "new/1").write_bytes(mail(1))
        eventually(house.has(1), "the mail", house.story)
    assert {trouble.code for trouble in house.troubles} == {"no_maildir"}
