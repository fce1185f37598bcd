"""Genuine posts that are sent again when nobody remembers them: nothing counts twice, and nothing is lost."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import time
from typing import Any

import pytest

from inlets.amazon import SCALEWAY_HOST, SCALEWAY_TOPIC, TOPIC, Amazon, amazon
from inlets.hooked import SECRET, Hooked, hooked, source
from inlets.senders import URL, Request, Sender, bearer, mailersend, mandrill, password, postal, unisender
from inlets.senders import header as by_header
from retour.flow.late import WINDOW
from retour.instants import DAY, HOUR, SECOND, Instant, to_datetime
from retour.lifecycle import Counting, preset
from retour.model import EventKind, StateName
from retour.ports import Outcome, Sign

UNKNOWN, FULL = "550 5.1.1 user unknown", "452 4.2.2 mailbox full"
ANN = "ann@b.example"


def iso(at: Instant) -> str:
    return to_datetime(at).isoformat(timespec="milliseconds")


def ses(kind: str, at: Instant, said: str) -> Any:
    told = {
        "delivered": ("Delivery", {"recipients": [ANN], "smtpResponse": said}),
        "opened": ("Open", {}),
        "bounce": (
            "Bounce",
            {
                "bounceType": "Permanent",
                "bouncedRecipients": [{"emailAddress": ANN, "diagnosticCode": f"smtp; {said}"}],
            },
        ),
    }
    event, about = told[kind]
    mail = {"messageId": f"m-{kind}", "destination": [ANN], "timestamp": iso(at)}
    return {"eventType": event, event.lower(): {**about, "timestamp": iso(at)}, "mail": mail}


def of_scaleway(kind: str, at: Instant, said: str) -> Any:
    words = {"delivered": "email_delivered", "bounce": "email_mailbox_not_found", "opened": "email_opened"}
    return {
        "id": f"{kind}-1",
        "type": words[kind],
        "email_id": f"m-{kind}",
        "email_to": ANN,
        "created_at": iso(at),
        "email_response_message": said,
    }


def of_postal(kind: str, at: Instant, said: str) -> Any:
    words = {"delivered": "MessageSent", "bounce": "MessageDeliveryFailed", "opened": "MessageLoaded"}
    message = {"id": 7, "to": ANN, "message_id": f"m-{kind}@x.example"}
    payload = {"message": message, "output": said}
    return {"event": words[kind], "timestamp": at / SECOND, "payload": payload, "uuid": f"{kind}-1"}


def of_mandrill(kind: str, at: Instant, said: str) -> Any:
    words = {"delivered": "delivered", "bounce": "hard_bounce", "opened": "open"}
    message = {"_id": f"m-{kind}", "email": ANN, "diag": said}
    return [{"event": words[kind], "_id": f"m-{kind}", "ts": at // SECOND, "msg": message}]


def of_mailersend(kind: str, at: Instant, said: str) -> Any:
    words = {"delivered": "delivered", "bounce": "hard_bounced", "opened": "opened"}
    email = {"message": {"id": f"m-{kind}"}, "recipient": {"email": ANN}}
    data = {"id": f"{kind}-1", "type": words[kind], "morph": {"reason": said}, "email": email}
    return {"type": f"activity.{words[kind]}", "data": {**data, "created_at": iso(at)}}


def of_unisender(kind: str, at: Instant, said: str) -> Any:
    words = {"delivered": "delivered", "bounce": "hard_bounced", "opened": "opened"}
    about = {"destination_response": said, "delivery_status": "err_user_unknown"}
    event = {"status": words[kind], "email": ANN, "job_id": f"m-{kind}", "delivery_info": about}
    told = {**event, "event_time": to_datetime(at).strftime("%Y-%m-%d %H:%M:%S")}
    return [{"events": [{"event_name": "transactional_email_status", "event_data": told}]}]


@dataclass
class Provider:
    """One that signs its posts and holds them to no time."""

    sender: Sender
    body: Callable[[str, Instant, str], Any]
    wrapped: Callable[[Amazon, str, Instant], bytes] | None = None  # in an envelope of SNS

    def request(self, sns: Amazon, kind: str, at: Instant, said: str = "250 ok") -> Request:
        text = json.dumps(self.body(kind, at, said))
        return self.sender.sign(text.encode() if self.wrapped is None else self.wrapped(sns, text, at), 0)


def enveloped(topic: str, **more: str) -> Callable[[Amazon, str, Instant], bytes]:
    return lambda sns, text, at: sns.body(text, TopicArn=topic, Timestamp=iso(at), **more)


def of_topic(provider: str, topic: str) -> Sender:
    return Sender(provider, "", lambda body, at: Request(body), {"topics": [topic]})


SCALEWAY_CERTIFICATE = {"SigningCertURL": f"https://{SCALEWAY_HOST}/fr-par/sns.pem"}
PROVIDERS: dict[str, Callable[[], Provider]] = {
    "ses": lambda: Provider(of_topic("ses", TOPIC), ses, enveloped(TOPIC)),
    "scaleway": lambda: Provider(
        of_topic("scaleway", SCALEWAY_TOPIC), of_scaleway, enveloped(SCALEWAY_TOPIC, **SCALEWAY_CERTIFICATE)
    ),
    "postal": lambda: Provider(postal(), of_postal),
    "mandrill": lambda: Provider(mandrill(URL + SECRET), of_mandrill),
    "mailersend": lambda: Provider(mailersend(), of_mailersend),
    "unisender": lambda: Provider(unisender(), of_unisender),
}
EACH = pytest.mark.parametrize("made", PROVIDERS.values(), ids=PROVIDERS)


@pytest.fixture(scope="module")
def sns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Amazon]:
    with amazon(tmp_path_factory.mktemp("sns")) as made:
        made.files["/fr-par/sns.pem"] = made.signer.pem
        yield made


@contextmanager
def installed(directory: Path, sender: Sender, sns: Amazon) -> Iterator[Hooked]:
    with hooked(directory / "data", {"shop": source(sender)}, sns.https()) as made:
        now = made.house.clock.now()
        policy = replace(preset("default"), counting=Counting.CONSECUTIVE)
        made.house.store.accounts.add_account("shop", "shop.example", policy, now - 400 * DAY)
        made.house.load()
        yield made


def now(house: Hooked) -> Instant:
    return house.house.clock.now()


def posted(house: Hooked, request: Request) -> None:
    assert house.post(request).status_code == 200
    house.house.worker.drain()


def tallied(house: Hooked) -> dict[str, int]:
    rows = house.house.store.tallies.of("shop", now(house) - 60 * DAY, now(house) + DAY)
    return {row.kind: row.times for row in rows}


def unparsed(house: Hooked) -> list[tuple[str, ...]]:
    return [arrival.defects for arrival in house.house.inbox.unparsed(100)]


def forgotten(house: Hooked) -> None:
    """What the schedule does with names whose days are over, as though they were over now."""
    house.house.inbox.forget(now(house) + DAY)
    house.house.store.tallies.expire(now(house) - 400 * DAY, now(house) + 9 * DAY)


@EACH
@pytest.mark.parametrize("kind", ["delivered", "opened"])
def test_what_is_only_counted_counts_once_when_it_is_sent_again_after_days(
    made: Callable[[], Provider], kind: str, sns: Amazon, tmp_path: Path
) -> None:
    us = made()
    with installed(tmp_path, us.sender, sns) as house:
        request = us.request(sns, kind, now(house) - WINDOW - HOUR)
        posted(house, request)  # days after it was first taken, of which nothing is remembered
        assert (tallied(house), unparsed(house)) == ({}, [("late",)])
        assert house.house.store.engagements.latest("shop", [ANN]) == {}
        posted(house, request)
        assert (tallied(house), unparsed(house)) == ({}, [("late",)])
        assert b'retour_webhooks_total{outcome="late"} 2.0' in house.house.metrics.text()


@EACH
@pytest.mark.parametrize("age", [HOUR, 2 * DAY])  # providers try again for a day and a half
def test_a_delivery_that_comes_while_its_provider_tries_counts(
    made: Callable[[], Provider], age: Instant, sns: Amazon, tmp_path: Path
) -> None:
    us = made()
    with installed(tmp_path, us.sender, sns) as house:
        posted(house, us.request(sns, "delivered", now(house) - age))
        assert (tallied(house), unparsed(house)) == ({"delivered": 1}, [])


def of_our_own(kind: str, at: Instant, said: str) -> Any:
    return {"kind": kind, "recipient": ANN, "message_id": f"m-{kind}", "time": iso(at), "diagnostic": said}


def own_hmac() -> Sender:
    """A home-grown sender that signs the body and no time."""
    key = password()

    def sign(body: bytes, at: float) -> Request:
        return Request(body, {"X-Signature": hmac.new(key.encode(), body, hashlib.sha256).hexdigest()})

    return Sender("generic", key, sign, {"scheme": "hmac", "header": "X-Signature"})


def test_a_sender_of_ones_own_that_signs_no_time_is_late_as_others_are(sns: Amazon, tmp_path: Path) -> None:
    us = Provider(own_hmac(), of_our_own)
    with installed(tmp_path, us.sender, sns) as house:
        posted(house, us.request(sns, "delivered", now(house) - WINDOW - HOUR))
        assert (tallied(house), unparsed(house)) == ({}, [("late",)])
        posted(house, us.request(sns, "delivered", now(house) - HOUR))
        assert (tallied(house), unparsed(house)) == ({"delivered": 1}, [("late",)])


@pytest.mark.parametrize("made", [own_hmac, mailersend], ids=["own", "mailersend"])
def test_a_post_that_tells_no_time_is_known_again_for_ever(
    made: Callable[[], Sender], sns: Amazon, tmp_path: Path
) -> None:
    sender = made()
    body = (of_our_own if sender.provider == "generic" else of_mailersend)("delivered", 0, "250 ok")
    (body if "time" in body else body["data"]).pop("time" if "time" in body else "created_at")
    with installed(tmp_path, sender, sns) as house:
        request = sender.sign(json.dumps(body).encode(), 0)
        posted(house, request)
        assert (tallied(house), unparsed(house)) == ({"delivered": 1}, [])
        forgotten(house)
        posted(house, request)
        assert (tallied(house), unparsed(house)) == ({"delivered": 1}, [])


def test_a_sender_of_ones_own_that_signs_a_time_is_held_to_it(sns: Amazon, tmp_path: Path) -> None:
    """What comes late within that time was late at its sender: it counts."""
    key = password()

    def sign(body: bytes, at: float) -> Request:
        stamp = str(int(time()))
        digest = hmac.new(key.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return Request(body, {"X-Signature": digest, "X-Timestamp": stamp})

    settings = {"scheme": "hmac", "header": "X-Signature", "template": "{timestamp}.{body}"}
    us = Provider(Sender("generic", key, sign, {**settings, "timestamp": "X-Timestamp"}), of_our_own)
    with installed(tmp_path, us.sender, sns) as house:
        posted(house, us.request(sns, "delivered", now(house) - WINDOW - HOUR))
        assert (tallied(house), unparsed(house)) == ({"delivered": 1}, [])


@EACH
def test_a_bounce_that_comes_days_late_stops_its_address_and_counts_once(
    made: Callable[[], Provider], sns: Amazon, tmp_path: Path
) -> None:
    """A provider may have kept it through a long outage of ours: it is known again by the id of its event."""
    us = made()
    with installed(tmp_path, us.sender, sns) as house:
        at = now(house) - 9 * DAY
        posted(house, us.request(sns, "bounce", at, UNKNOWN))
        posted(house, us.request(sns, "bounce", at, UNKNOWN))
        forgotten(house)
        posted(house, us.request(sns, "bounce", at, UNKNOWN))
        life = house.house.store.ledger.life("shop", ANN, now(house))
        assert life is not None
        assert (life.state.state, life.state.hard, len(life.events)) == (StateName.INVALID, 1, 1)
        (event,) = life.events
        assert (event.kind, "late" in event.defects) == (EventKind.BOUNCE, True)
        assert abs(event.at - at) < SECOND  # when it happened, not when it came
        assert unparsed(house) == []


@EACH
def test_somebody_may_say_that_what_came_late_counts(
    made: Callable[[], Provider], sns: Amazon, tmp_path: Path
) -> None:
    us = made()
    with installed(tmp_path, us.sender, sns) as house:
        posted(house, us.request(sns, "delivered", now(house) - 9 * DAY))
        inbox = house.house.inbox
        assert inbox.again() == 1  # under other rules nothing else becomes of it
        house.house.worker.drain()
        assert (tallied(house), unparsed(house)) == ({}, [("late",)])
        assert (inbox.again("other", late=True), inbox.again("shop", late=True)) == (0, 1)
        house.house.worker.drain()
        assert (tallied(house), unparsed(house)) == ({"delivered": 1}, [])
        posted(house, us.request(sns, "delivered", now(house) - 9 * DAY))
        assert inbox.counts()[Outcome.JUDGED] >= 1
        assert tallied(house) == {"delivered": 1}


def test_a_delivery_that_is_sent_again_ends_no_row_of_bounces(sns: Amazon, tmp_path: Path) -> None:
    """Beyond a month its own time is not believed: it would be a delivery of today."""
    us = PROVIDERS["postal"]()
    with installed(tmp_path, us.sender, sns) as house:
        posted(house, us.request(sns, "bounce", now(house) - HOUR, FULL))
        posted(house, us.request(sns, "delivered", now(house) - 40 * DAY))
        life = house.house.store.ledger.life("shop", ANN, now(house))
        assert life is not None
        assert ([event.kind for event in life.events], life.state.soft) == ([EventKind.BOUNCE], 1)


def test_a_batch_is_late_where_its_newest_event_is(sns: Amazon, tmp_path: Path) -> None:
    us = PROVIDERS["mandrill"]()
    with installed(tmp_path, us.sender, sns) as house:
        old = of_mandrill("delivered", now(house) - 9 * DAY, "250 ok")
        new = of_mandrill("opened", now(house) - HOUR, "")
        bounced = of_mandrill("bounce", now(house) - 8 * DAY, UNKNOWN)
        posted(house, us.sender.sign(json.dumps(old + new).encode(), 0))
        assert (tallied(house), unparsed(house)) == ({"delivered": 1, "opened": 1}, [])
        posted(house, us.sender.sign(json.dumps(old + bounced).encode(), 0))
        assert unparsed(house) == [("late",)]
        assert house.house.store.ledger.state("shop", ANN, now(house)).hard == 1


@pytest.mark.parametrize("sender", [bearer("kumomta"), by_header("azure")], ids=["kumomta", "azure"])
def test_who_signs_nothing_or_has_a_queue_of_days_is_never_late(
    sender: Sender, sns: Amazon, tmp_path: Path
) -> None:
    bodies = {
        "kumomta": {"type": "Delivery", "id": "1", "recipient": ANN, "response": {"code": 250}},
        "azure": [{"id": "1", "eventType": "x", "data": {"recipient": ANN, "status": "Delivered"}}],
    }
    with installed(tmp_path, sender, sns) as house:
        at = iso(now(house) - 6 * DAY)
        text = json.dumps(bodies[sender.provider])
        text = text.replace('"response"', f'"event_time": "{at}", "response"')
        text = text.replace('"status"', f'"deliveryAttemptTimeStamp": "{at}", "status"')
        posted(house, sender.sign(text.encode(), 0))
        assert (tallied(house), unparsed(house)) == ({"delivered": 1}, [])


def test_an_open_that_is_sent_again_is_no_sign_of_life(sns: Amazon, tmp_path: Path) -> None:
    us = PROVIDERS["ses"]()
    with installed(tmp_path, us.sender, sns) as house:
        posted(house, us.request(sns, "opened", now(house) - 40 * DAY))
        assert house.house.store.engagements.latest("shop", [ANN]) == {}
        posted(house, us.request(sns, "opened", now(house) - HOUR))
        assert list(house.house.store.engagements.latest("shop", [ANN])[ANN]) == [Sign.OPEN]
