"""A log that cannot be read: the operator hears why, and nothing of it is lost meanwhile."""

import json
from pathlib import Path

from inlets.test_logtail import mail
from story.server import Server
from story.waiting import eventually

LOG = """
[logs.mx]
format = "postfix-log"
path = "{log}"
account = "shop"
"""


def test_a_log_that_is_not_there_yet_is_told_and_read_when_it_is(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    server = Server(tmp_path, LOG.format(log=log))
    with server.running():
        eventually(
            lambda: 'retour_log_unreadable{log="mx"} 1' in server.metrics(), "the trouble", server.story
        )
        told = [json.loads(line) for line in server.story().splitlines() if "a log cannot be read" in line]
        assert [(each["log"], each["path"], each["reason"]) for each in told] == [
            ("mx", str(log), "No such file or directory")
        ]

        log.write_bytes(mail(1))
        life = server.bounced("r1@b.example")
        assert [event["reason"] for event in life["events"]] == ["address_unknown"]
        numbers = server.metrics()
        for number in (
            'retour_log_unreadable{log="mx"} 0',
            'retour_log_lines_total{log="mx"} 4',
            'retour_log_events_total{log="mx"} 1',
            'retour_log_behind_bytes{log="mx"} 0',
            'retour_log_behind_seconds{log="mx"} 0',
        ):
            assert number in numbers
        assert server.faults() == 0


def test_an_account_that_is_not_there_is_told(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_bytes(mail(1))
    server = Server(tmp_path, LOG.format(log=log).replace('"shop"', '"shpo"'))
    with server.running():
        eventually(lambda: "account that is not there" in server.story(), "the word", server.story)
        told = [
            json.loads(line) for line in server.story().splitlines() if "account that is not there" in line
        ]
        assert [(each["log"], each["account"]) for each in told] == [("mx", "shpo")]
        eventually(
            lambda: 'retour_events_total{standing="unproven"} 1' in server.metrics(), "it", server.story
        )
        assert server.life("r1@b.example") is None
