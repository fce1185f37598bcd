"""`kill -9` at every step from a line in a log to a changed state: nothing is lost, nothing counts twice."""

import signal
import sys
from pathlib import Path

import pytest

from inlets.test_logtail import mail
from story.killed import STEPS
from story.server import Server
from story.waiting import eventually

LOG = """
[logs.mx]
format = "postfix-log"
path = "{log}"
account = "shop"
"""
FULL = "dsn=5.2.2, status=bounced (said: 552 5.2.2 mailbox full)"


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_every_line_counts_once(step: str, tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_bytes(mail(1, FULL))
    server = Server(tmp_path, LOG.format(log=log))
    with server.running():
        server.bounced("r1@b.example")
        draft = {"recipient": "r2@b.example", "kind": "mailing", "message_id": "2@shop.example"}
        send = server.ask("POST", "/v1/sends", draft)

    server.start([sys.executable, "-m", "story.killed", step])
    begun, rest = b"".join(mail(2, FULL).splitlines(True)[:2]), b"".join(mail(2, FULL).splitlines(True)[2:])
    with log.open("ab") as writer:
        writer.write(mail(5, FULL) + begun)
    assert server.dies() == -signal.SIGKILL
    with log.open("ab") as writer:
        writer.write(rest)

    with server.running():
        lives = [server.bounced(f"r{number}@b.example") for number in (1, 2, 5)]
        eventually(lambda: server.waiting() == 0, "the inbox to be empty", server.story)
        assert [server.life(f"r{number}@b.example") for number in (1, 2, 5)] == lives
        for life in lives:
            assert (life["state"]["state"], life["state"]["soft"]) == ("bouncing", 1)
            assert [event["reason"] for event in life["events"]] == ["mailbox_full"]
        (event,) = lives[1]["events"]
        assert event["send"] == send["send"]  # known by its Message-ID, which stands before the crash
        assert 'retour_log_gaps_total{log="mx"} 0' in server.metrics()
