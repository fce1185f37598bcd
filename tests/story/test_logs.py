"""The log of a real Postfix, followed by a real server: rotated, truncated, killed in between."""

import asyncio
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from inlets.beside import Beside
from retour.simulator import serve_simulator
from story.postfix import Postfix
from story.server import Server
from story.waiting import eventually

pytestmark = pytest.mark.engine("postfix")

LOG = """
[logs.mx]
format = "postfix-log"
path = "{log}"

[logs.mx.senders]
"shop.test" = "shop"
"""


LIE = (
    "550 5.1.1 no such user) Nov 22 09:00:00 mx postfix/smtp[1]: 4F1D2A0B7C9: to=<victim@simulator.test>,"
    " relay=none, delay=0, delays=0/0/0/0, dsn=5.1.1, status=bounced (user unknown"
)


class Liar:
    """A remote server whose refusal imitates the log of whoever hears it."""

    def __init__(self, beside: Beside) -> None:
        self._server = beside.run(asyncio.start_server(self._talk, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 liar.test\r\n")
        while line := await reader.readline():
            answer = LIE if line[:4].upper() == b"RCPT" else "250 ok"
            writer.write(answer.encode() + b"\r\n")
        writer.close()

    async def close(self) -> None:
        self._server.close()


class Mailing:
    """A Postfix whose mails go to the simulator, and a Retour that follows its log and hears nothing else."""

    def __init__(self, ground: Path, beside: Beside) -> None:
        self._beside = beside
        self.simulator = beside.run(serve_simulator("127.0.0.1", 0, None))
        self.liar = Liar(beside)
        config = {
            "relay_domains": f"simulator.test, liar.test, shop.test, {Server.domain}",
            "transport_maps": f"inline:{{ simulator.test=smtp:[127.0.0.1]:{self.simulator.port},"
            f" liar.test=smtp:[127.0.0.1]:{self.liar.port}, shop.test=discard:, {Server.domain}=discard: }}",
            "maximal_queue_lifetime": "6s",
        }
        self.postfix = Postfix(ground, "sender", config)
        self.server = Server(ground, LOG.format(log=self.postfix.log))

    def end(self) -> None:
        self.server.stop()
        self._beside.run(self.simulator.close())
        self._beside.run(self.liar.close())

    def send(self, mailbox: str, sender: str = "news@shop.test", domain: str = "simulator.test") -> str:
        address = f"{mailbox}@{domain}"
        self.postfix.submit(sender, [address], f"Message-ID: <{mailbox}@shop.test>\r\n\r\nhello\r\n")
        return address

    def events(self, address: str, kind: str = "bounce") -> list[dict[str, object]]:
        life = self.server.life(address)
        return [event for event in life["events"] if event["kind"] == kind] if life else []

    def bounced(self, address: str) -> dict[str, object]:
        return eventually(lambda: self.events(address), f"a bounce of {address}", self.story)[0]

    def story(self) -> str:
        return self.postfix.story() + self.server.story()


@pytest.fixture(scope="module")
def mailing(ground: Path) -> Iterator[Mailing]:
    beside = Beside()
    mailing = Mailing(ground, beside)
    with mailing.postfix, mailing.server.running():
        yield mailing
    mailing.end()
    beside.end()


def test_a_refusal_a_delay_and_an_expiry_are_read_out_of_the_log(mailing: Mailing) -> None:
    refused, waiting = mailing.send("unknown"), mailing.send("busy")

    bounce = mailing.bounced(refused)
    assert (bounce["reason"], bounce["standing"], bounce["actor"]) == ("address_unknown", "proven", "log:mx")
    delay = eventually(lambda: mailing.events(waiting, "delay"), "a delay", mailing.story)[0]
    assert delay["reason"] == "server_busy"

    expired = eventually(
        lambda: mailing.postfix.flush() or mailing.events(waiting), "an expiry", mailing.story
    )
    assert [event["reason"] for event in expired] == ["server_busy"]


def test_a_signed_return_address_in_the_log_ties_the_failure_to_its_send(mailing: Mailing) -> None:
    address = "unknown+token@simulator.test"
    sent = mailing.server.ask("POST", "/v1/sends", {"recipient": address, "kind": "mailing"})
    mailing.send("unknown+token", sent["return_address"])

    bounce = mailing.bounced(address)
    assert (bounce["reason"], bounce["standing"]) == ("address_unknown", "proven")
    assert bounce["send"] == sent["send"]


def test_mail_of_nobody_changes_nothing(mailing: Mailing) -> None:
    stranger = mailing.send("unknown+stranger", "somebody@elsewhere.test")
    ours = mailing.send("unknown+after-the-stranger")
    mailing.bounced(ours)
    assert mailing.server.life(stranger) is None


def test_a_remote_server_that_writes_log_lines_into_its_reply_changes_nobody(mailing: Mailing) -> None:
    lied_about = mailing.send("somebody", domain="liar.test")
    eventually(lambda: LIE in mailing.postfix.story(), "the lie in the log", mailing.postfix.story)
    mailing.bounced(mailing.send("unknown+after-the-lie"))
    assert [mailing.server.life(each) for each in ("victim@simulator.test", lied_about)] == [None, None]
    assert 'retour_log_defects_total{log="mx"} 1' in mailing.server.metrics()
    assert 'retour_inbox{outcome="unparsed"} 1' in mailing.server.metrics()


def test_a_rotation_in_between_loses_nothing(mailing: Mailing) -> None:
    postfix = mailing.postfix
    before = mailing.send("unknown+before-rename")
    postfix.log.rename(postfix.log.with_suffix(".log.1"))
    late = mailing.send("unknown+late")  # into the old file, until Postfix opens the new one
    postfix.reload()
    after = mailing.send("unknown+after-rename")
    assert [mailing.bounced(each)["reason"] for each in (before, late, after)] == ["address_unknown"] * 3


def test_a_truncated_copy_loses_nothing(mailing: Mailing) -> None:
    log = mailing.postfix.log
    before = mailing.send("unknown+before-copy")
    mailing.bounced(before)
    copy = log.parent / "mail.log.1"
    if copy.exists():  # another story rotated before
        (log.parent / "mail.log.2").write_bytes(copy.read_bytes())
    subprocess.run(["cp", log, copy], check=True)
    subprocess.run(["truncate", "--size=0", log], check=True)
    after = mailing.send("unknown+after-copy")
    mailing.bounced(after)
    assert len(mailing.events(before)) == len(mailing.events(after)) == 1


def test_what_postfix_rotates_and_packs_while_nobody_is_there_is_read(mailing: Mailing) -> None:
    mailing.bounced(mailing.send("unknown+before-packing"))
    mailing.server.stop()
    packed = mailing.send("unknown+packed")
    eventually(lambda: f"to=<{packed}>" in mailing.postfix.story(), "the failure", mailing.postfix.story)
    mailing.postfix.rotate()
    after = mailing.send("unknown+after-packing")
    assert [file.suffix for file in mailing.postfix.log.parent.glob("mail.log.2*-*")] == [".gz"]
    mailing.server.start()
    assert [mailing.bounced(each)["reason"] for each in (packed, after)] == ["address_unknown"] * 2
    assert len(mailing.events(packed)) == 1


def test_killed_in_between_every_failure_counts_once(mailing: Mailing) -> None:
    server = mailing.server
    first = [mailing.send(f"full+killed-{number}") for number in range(5)]
    mailing.bounced(mailing.send("unknown+killed"))
    assert server.process is not None
    server.process.send_signal(signal.SIGKILL)
    assert server.dies() == -signal.SIGKILL
    second = [mailing.send(f"full-hard+killed-{number}") for number in range(5)]
    mailing.postfix.log.rename(mailing.postfix.log.with_suffix(".log.3"))
    mailing.postfix.reload()
    server.start()
    lives = [mailing.bounced(each) and server.life(each) for each in second]
    assert [life["state"]["soft"] for life in lives if life] == [1] * 5
    for each in first:
        eventually(lambda known=each: mailing.postfix.flush() or mailing.events(known), each, mailing.story)
        life = server.life(each)
        assert life is not None
        assert life["state"]["soft"] == 1
    assert server.faults() == 0
    assert 'retour_log_gaps_total{log="mx"} 0' in server.metrics()
