"""Queues of SQS: boto3 against a real server that speaks their protocol, and `retour serve` behind it."""

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from retour.model import Arrival, Proof
from retour.settings import Queue
from retour.wiring.queues import _client
from story.queue_server import QueueServer
from story.server import Server
from story.waiting import eventually

sqs = pytest.importorskip("retour.inlets.pickup.sqs", reason="boto3 is not installed: pip install '.[sqs]'")

from retour.inlets.pickup.desk import Terms  # noqa: E402
from story.pickup import House  # noqa: E402

TOPIC = "arn:aws:sns:eu-central-1:000000000000:bounces"


def bounce(recipient: str, id: str = "0100") -> dict[str, Any]:
    """What SES tells of a bounce (Developer Guide, "Contents of Amazon SES notifications")."""
    at = "2026-11-21T10:00:00.000Z"
    return {
        "notificationType": "Bounce",
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [
                {
                    "emailAddress": recipient,
                    "action": "failed",
                    "status": "5.1.1",
                    "diagnosticCode": "smtp; 550 5.1.1 user unknown",
                }
            ],
            "timestamp": at,
            "feedbackId": f"f-{id}",
        },
        "mail": {"timestamp": at, "messageId": f"m-{id}", "destination": [recipient]},
    }


def by_sns(said: object, topic: str = TOPIC, id: str = "n-1") -> str:
    envelope = {"Type": "Notification", "MessageId": id, "TopicArn": topic, "Message": json.dumps(said)}
    return json.dumps(envelope | {"Timestamp": "2026-11-21T10:00:01.000Z"}, indent=2)


def by_eventbridge(said: object) -> str:
    event = {"id": "e-1", "source": "aws.ses", "detail-type": "Email Bounced", "detail": said}
    return json.dumps(event)


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "ACCESS_KEY_ID": "AKIDEXAMPLE",
        "SECRET_ACCESS_KEY": "hidden",
        "DEFAULT_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def queue() -> Iterator[QueueServer]:
    with QueueServer() as queue:
        yield queue


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.inbox.close()


def source(queue: QueueServer, house: House, **asked: Any) -> Any:
    chosen = Queue(url=queue.url, endpoint_url=queue.endpoint, account="shop")
    desk = house.desk("ses", Terms("queues.ses", Proof.TRUSTED, "shop"))
    place = sqs.Place(queue.url, **{"topics": {TOPIC}, "wait": 1} | asked)
    return sqs.Sqs(place, desk, lambda: _client(chosen))


def test_each_message_is_durable_before_it_is_deleted_and_comes_once(
    queue: QueueServer, house: House
) -> None:
    bodies = [by_sns(bounce(f"a{n}@b.test", str(n)), id=str(n)) for n in range(25)]
    deletable: list[int] = []

    def keep(arrivals: Sequence[Arrival], cursors: Mapping[str, bytes | None]) -> None:
        deletable.append(len(queue.messages))
        house.inbox.put(arrivals, cursors)

    house.keep = keep
    queue.send(*bodies)
    with house.follows(source(queue, house)) as followed:
        eventually(lambda: not queue.messages, "the deletions", house.story)
        queue.send(bodies[0])  # SNS tells it once more
        eventually(lambda: not queue.messages, "the deletion", house.story)
    found = house.inbox.waiting(100)
    assert sorted(arrival.raw.decode() for arrival in found) == sorted(bodies)
    assert {(a.form, a.proof, a.account, a.inlet) for a in found} == {
        ("ses", Proof.TRUSTED, "shop", "queues.ses")
    }
    assert deletable == [25, 15, 5, 1]  # nothing was deleted before its commit
    assert followed.desk.counts.fetched == 26
    assert queue.received[0]["VisibilityTimeout"] == 300
    assert queue.received[0]["MaxNumberOfMessages"] == 10


def test_what_is_not_stored_is_not_deleted(queue: QueueServer, house: House) -> None:
    stored = house.keep
    tries: list[int] = []

    def full(arrivals: Sequence[Arrival], cursors: Mapping[str, bytes | None]) -> None:
        tries.append(len(queue.messages))
        queue.show_again()
        if len(tries) < 3:
            raise OSError("disk full")
        stored(arrivals, cursors)

    house.keep = full
    queue.send(by_sns(bounce("a@b.test")))
    with house.follows(source(queue, house)):
        eventually(lambda: not queue.messages or len(tries) > 3, "the third try", house.story)
    assert tries[:3] == [1, 1, 1]
    assert {trouble.code for trouble in house.troubles} == {"not_kept"}
    assert len(house.inbox.waiting(9)) == 1


@pytest.mark.parametrize(
    ("body", "asked", "doubt"),
    [
        (by_sns(bounce("a@b.test")), {}, ""),
        (by_sns(bounce("a@b.test"), topic=f"{TOPIC}-of-others"), {}, "foreign_topic"),
        (by_sns(bounce("a@b.test")), {"topics": ()}, "foreign_topic"),
        (by_sns(bounce("a@b.test"), topic=f"{TOPIC}-of-others"), {"raw": True}, "foreign_topic"),
        (by_eventbridge(bounce("a@b.test")), {}, "raw_message"),
        (by_eventbridge(bounce("a@b.test")), {"raw": True}, ""),
        (json.dumps(bounce("a@b.test")), {"raw": True}, ""),
        ("\ud800 no JSON", {}, "raw_message"),
        ("[" * 100_000, {"raw": True}, ""),
        (json.dumps({"Message": 1, "TopicArn": TOPIC}), {}, "raw_message"),
    ],
)
def test_whose_messages_are_believed(
    queue: QueueServer, house: House, body: str, asked: dict[str, Any], doubt: str
) -> None:
    queue.send(body)
    with house.follows(source(queue, house, **asked)):
        eventually(lambda: not queue.messages, "the deletion", house.story)
    (arrival,) = house.inbox.waiting(9)
    assert arrival.raw == body.encode("utf-8", "surrogatepass")
    assert arrival.proof is (Proof.TOKEN if doubt else Proof.TRUSTED)
    assert arrival.defects == ((doubt,) if doubt else ())
    assert [code for code, _ in house.notices] == ([doubt] if doubt else [])


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        ("AccessDenied", "not_allowed"),
        ("ExpiredToken", "not_allowed"),
        ("QueueDoesNotExist", "no_queue"),
        ("InternalError", "no_answer"),
    ],
)
def test_a_queue_that_cannot_be_read_is_told_and_found_again(
    queue: QueueServer, house: House, refusal: str, code: str
) -> None:
    queue.refuse = refusal
    with house.follows(source(queue, house)):
        eventually(lambda: house.troubles, "a trouble", house.story)
        queue.refuse = ""
        queue.send(by_sns(bounce("a@b.test")))
        eventually(lambda: not queue.messages, "the deletion", house.story)
    assert house.troubles[0].code == code
    assert "hidden" not in repr([*house.troubles, house.notices])


def test_messages_that_cannot_be_deleted_come_again_and_count_once(queue: QueueServer, house: House) -> None:
    queue.deletes = False
    queue.send(by_sns(bounce("a@b.test")))
    with house.follows(source(queue, house)) as followed:
        eventually(lambda: house.notices, "the notice", house.story)
        queue.deletes = True
        queue.show_again()
        eventually(lambda: not queue.messages, "the deletion", house.story)
    assert [code for code, _ in house.notices] == ["not_deleted"]
    assert followed.desk.counts.fetched == 2
    assert len(house.inbox.waiting(9)) == 1


def test_a_bounce_out_of_a_queue_stops_its_address_though_retour_was_killed_over_it(
    ground: Path, queue: QueueServer
) -> None:
    """Killed after the commit: the message is not yet deleted. It comes again, and counts once."""
    settings = f"""
[queues.ses]
url = "{queue.url}"
endpoint_url = "{queue.endpoint}"
account = "shop"
topics = ["{TOPIC}"]
wait = 1
"""
    server = Server(ground, settings)
    assert os.environ["AWS_ACCESS_KEY_ID"]
    queue.send(
        by_sns(bounce("ann@b.test")), by_sns(bounce("eve@b.test", "2"), topic=f"{TOPIC}-of-others"), "poison"
    )
    server.start([sys.executable, "-m", "story.killed", "after put"])
    assert server.dies() == -signal.SIGKILL
    assert len(queue.messages) == 3
    queue.show_again()
    with server.running():
        life = server.bounced("ann@b.test")
        eventually(lambda: not queue.messages, "the deletions", server.story)
        eventually(lambda: server.waiting() == 0, "the judgement", server.story)
        assert life["state"]["state"] == "invalid"
        assert [(event["reason"], event["standing"]) for event in life["events"]] == [
            ("address_unknown", "proven")
        ]
        assert life["state"]["hard"] == 1
        foreign = server.life("eve@b.test")
        assert foreign is None or foreign["state"]["state"] == "valid"
        assert 'retour_inbox{outcome="unparsed"} 1.0' in server.metrics()
        assert 'retour_queue_failing{queue="ses"} 0.0' in server.metrics()
        assert server.faults() == 0
    assert "hidden" not in server.story()
