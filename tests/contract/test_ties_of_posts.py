"""A message has two names where a provider gives it one of its own.

Whichever was registered leads to the send; what others tell under its Message-ID is the same failure.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pytest

from retour.flow.intake import take_in
from retour.flow.judge import judge
from retour.flow.sends import Draft, Registered, register
from retour.identity import SendIds, arrival_id
from retour.instants import DAY, HOUR, MINUTE, to_datetime
from retour.lifecycle import preset
from retour.model import Arrival, Event, MailKind, Proof, Standing, StateName
from retour.ports import Account, Store
from retour.return_address import Keyring

NOW = 20_500 * DAY + 9 * HOUR
RING = Keyring(1, {1: b"k" * 32})
UNKNOWN = "550 5.1.1 The email account that you tried to reach does not exist"
OURS, THEIRS = "m1@acme.example", "their-0001"
AT = to_datetime(NOW - MINUTE).strftime("%Y-%m-%dT%H:%M:%S+00:00")
HEADERS = [{"name": "Subject", "value": "x"}, {"name": "Message-ID", "value": f"<{OURS}>"}]


def ses(to: str, mail: Mapping[str, Any]) -> Any:
    failed = {"emailAddress": to, "status": "5.1.1", "diagnosticCode": f"smtp; {UNKNOWN}"}
    about = {"bounceType": "Permanent", "bouncedRecipients": [failed], "feedbackId": "f1", "timestamp": AT}
    return {
        "eventType": "Bounce",
        "bounce": about,
        "mail": {"messageId": THEIRS, "destination": [to], "timestamp": AT, **mail},
    }


def posts(to: str) -> Mapping[str, tuple[str, Any]]:
    """By what is looked at: the form, and a bounce that bears both names."""
    azure = {
        "recipient": to,
        "messageId": THEIRS,
        "internetMessageId": f"<{OURS}>",
        "status": "Bounced",
        "deliveryStatusDetails": {"statusMessage": UNKNOWN},
        "deliveryAttemptTimeStamp": AT,
    }
    postal = {"id": THEIRS, "to": to, "message_id": OURS}
    resend = {"email_id": THEIRS, "to": [to], "bounce": {"message": UNKNOWN}}
    mailersend = {
        "id": "d1",
        "type": "hard_bounced",
        "morph": {"reason": UNKNOWN},
        "email": {"message": {"id": THEIRS}, "recipient": {"email": to}, "headers": HEADERS},
    }
    scaleway = {
        "id": "s1",
        "type": "email_mailbox_not_found",
        "email_id": THEIRS,
        "email_to": to,
        "email_response_message": UNKNOWN,
    }
    mailgun = {"event": "failed", "severity": "permanent", "recipient": to, "id": "g1"}
    return {
        "ses headers": ("ses", ses(to, {"headers": HEADERS})),
        "ses common headers": ("ses", ses(to, {"commonHeaders": {"messageId": f"<{OURS}>"}})),
        "azure": ("azure", [{"id": "a1", "eventType": "X.EmailDeliveryReportReceived", "data": azure}]),
        "postal": (
            "postal",
            {
                "event": "MessageDeliveryFailed",
                "uuid": "p1",
                "payload": {"message": postal, "output": UNKNOWN},
            },
        ),
        "postal, come back": (
            "postal",
            {"event": "MessageBounced", "uuid": "p2", "payload": {"original_message": postal, "bounce": {}}},
        ),
        "resend headers": ("resend", {"type": "email.bounced", "data": {**resend, "headers": HEADERS}}),
        "resend": ("resend", {"type": "email.bounced", "data": {**resend, "message_id": f"<{OURS}>"}}),
        "mailersend": ("mailersend", {"type": "activity.hard_bounced", "data": mailersend}),
        "scaleway": (
            "scaleway",
            {**scaleway, "email_headers": [{"key": "message-id", "value": f"<{OURS}>"}]},
        ),
        "sendgrid": (
            "sendgrid",
            [
                {
                    "event": "bounce",
                    "email": to,
                    "sg_event_id": "e1",
                    "reason": UNKNOWN,
                    "smtp-id": f"<{OURS}>",
                    "sg_message_id": f"{THEIRS}.filter0077p1las1.21536.5717FC482.0",
                }
            ],
        ),
        "brevo": (
            "brevo",
            {"event": "hard_bounce", "email": to, "reason": UNKNOWN, "message-id": f"<{OURS}>"},
        ),
        "mailgun": (
            "mailgun",
            {
                "event-data": {
                    **mailgun,
                    "delivery-status": {"code": 550, "message": UNKNOWN},
                    "message": {"headers": {"message-id": OURS}},
                }
            },
        ),
        "mailgun, form": (
            "mailgun",
            {
                "event": "bounced",
                "recipient": to,
                "error": UNKNOWN,
                "token": "t1",
                "message-headers": json.dumps([["Received", "x"], ["Message-Id", f"<{OURS}>"]]),
            },
        ),
        "kumomta": (
            "kumomta",
            {
                "type": "Bounce",
                "id": "k1",
                "recipient": to,
                "response": {"code": 550, "content": UNKNOWN[4:]},
                "headers": {"Message-ID": f"<{OURS}>"},
            },
        ),
        "powermta": (
            "powermta",
            {"type": "b", "rcpt": to, "dsnDiag": f"smtp;{UNKNOWN}", "header_Message-Id": f"<{OURS}>"},
        ),
    }


NAMES = sorted(posts(""))
THEIR_OWN: Final = ("ses headers", "azure", "postal", "resend", "mailersend", "scaleway", "sendgrid")
# Amazon writes another Message-ID over the sender's, made of its own name: others never see ours.
SEEN_BY_OTHERS = [name for name in NAMES if not name.startswith("ses")]
BY_AMAZON = [name for name in NAMES if name.startswith("ses")]
RETOLD = f"{THEIRS}@eu-west-1.amazonses.com"


def arrival(raw: bytes, form: str, inlet: str = "hook", proof: Proof = Proof.TRUSTED) -> Arrival:
    id = arrival_id(inlet, raw, None)
    return Arrival(id, inlet, NOW, raw, len(raw), proof=proof, account="acme", form=form)


def post(name: str, to: str, proof: Proof = Proof.TRUSTED) -> Arrival:
    form, body = posts(to)[name]
    return arrival(json.dumps(body).encode(), form, proof=proof)


def dsn(to: str, message_id: str = OURS, proof: Proof = Proof.TRUSTED) -> Arrival:
    raw = (
        "From: MAILER-DAEMON@mx.example\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\r\n\r\n'
        "--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {to}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        f"Diagnostic-Code: smtp; {UNKNOWN}\r\n\r\n"
        f"--B\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{message_id}>\r\n\r\n--B--\r\n"
    )
    return arrival(raw.encode(), "mail", "bounces", proof)


def log(to: str) -> Arrival:
    lines = (
        f"{AT} mx postfix/cleanup[7]: 4bQ1Z2Y3X4: message-id=<{OURS}>",
        f"{AT} mx postfix/qmgr[7]: 4bQ1Z2Y3X4: from=<news@acme.example>, size=900, nrcpt=1 (queue active)",
        f"{AT} mx postfix/smtp[8]: 4bQ1Z2Y3X4: to=<{to}>, relay=mx.b.example[192.0.2.1]:25, delay=1,"
        f" delays=1/0/0/0, dsn=5.1.1, status=bounced (host mx.b.example[192.0.2.1] said: {UNKNOWN}"
        " (in reply to RCPT TO command))",
    )
    return arrival("".join(f"{line}\n" for line in lines).encode(), "postfix-log", "maillog")


@pytest.fixture
def acme(store: Store) -> Account:
    return store.accounts.add_account("acme", "acme.example", preset("emarsys"), NOW - 100 * DAY)


def send(store: Store, account: Account, message_id: str) -> int:
    draft = Draft("ann@b.example", MailKind.MAILING, message_id=message_id)
    (made,) = register([draft], account, store.sends, RING, SendIds(), NOW - HOUR)
    assert isinstance(made, Registered)
    return made.send.id


def take(store: Store, *arrivals: Arrival) -> list[Event]:
    """The events of the address after these, one by one."""
    for each in arrivals:
        take_in([each], store, RING, judge, NOW)
    life = store.ledger.life("acme", "ann@b.example", NOW)
    return [] if life is None else list(life.events)


def hard(store: Store) -> int:
    return store.ledger.state("acme", "ann@b.example", NOW).hard


@pytest.mark.parametrize("name", NAMES)
def test_a_send_registered_by_its_message_id_is_found(store: Store, acme: Account, name: str) -> None:
    id = send(store, acme, f"<{OURS}>")
    (event,) = take(store, post(name, "ann@b.example", Proof.SEND))  # that believes ties alone
    assert event.send == id
    assert ("unmatched" in event.defects) is False


@pytest.mark.parametrize("name", THEIR_OWN)
def test_a_send_registered_by_the_providers_name_is_found(store: Store, acme: Account, name: str) -> None:
    id = send(store, acme, THEIRS)
    (event,) = take(store, post(name, "ann@b.example", Proof.SEND))
    assert event.send == id


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("name", SEEN_BY_OTHERS)
def test_a_failure_told_by_a_post_and_by_others_counts_once(
    store: Store, acme: Account, name: str, turned: bool, known: bool
) -> None:
    if known:
        send(store, acme, OURS)
    told = [post(name, "ann@b.example"), dsn("ann@b.example"), log("ann@b.example")]
    events = take(store, *(reversed(told) if turned else told))
    assert (len(events), len({event.send for event in events}), hard(store)) == (3, 1, 1)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("name", BY_AMAZON)
def test_what_amazon_posts_and_what_it_mails_counts_once(
    store: Store, acme: Account, name: str, turned: bool
) -> None:
    told = [post(name, "ann@b.example"), dsn("ann@b.example", RETOLD)]
    events = take(store, *(reversed(told) if turned else told))
    assert (len(events), len({event.send for event in events}), hard(store)) == (2, 1, 1)


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("name", BY_AMAZON)
def test_a_mail_of_amazon_finds_what_was_registered_by_our_name_alone(
    store: Store, acme: Account, name: str, turned: bool, together: bool
) -> None:
    """Its mail has Amazon's Message-ID alone; that it is ours too, its post tells."""
    id = send(store, acme, OURS)
    told = [post(name, "ann@b.example"), dsn("ann@b.example", RETOLD)]
    told = told[::-1] if turned else told
    if together:
        take_in(told, store, RING, judge, NOW)
    events = take(store, *([] if together else told))
    assert ([event.send for event in events], hard(store)) == ([id, id], 1)
    assert len(take(store, *told)) == 2  # taken in again after a fault: the same events


@pytest.mark.parametrize("name", BY_AMAZON)
def test_a_mail_that_follows_amazons_post_is_proven_by_the_send(
    store: Store, acme: Account, name: str
) -> None:
    id = send(store, acme, OURS)
    (alone,) = take(store, dsn("ann@b.example", RETOLD, Proof.SEND))
    assert (alone.standing, hard(store)) == (Standing.UNPROVEN, 0)
    take(store, post(name, "ann@b.example"))
    again = replace(dsn("ann@b.example", RETOLD, Proof.SEND), id=b"another arrival.")
    events = take(store, again)
    assert sorted(event.standing for event in events) == [Standing.PROVEN, Standing.PROVEN, Standing.UNPROVEN]
    assert ({event.send for event in events}, hard(store)) == ({id}, 1)


def test_a_mail_teaches_no_other_name(store: Store, acme: Account) -> None:
    """Anybody can write one that bears ours beside another."""
    id = send(store, acme, OURS)
    take(store, dsn("ann@b.example", OURS, Proof.OPEN))
    take(store, dsn("ann@b.example", RETOLD, Proof.SEND))
    assert {event.send for event in take(store) if event.standing is Standing.PROVEN} == {id}
    assert store.sends.by_message_id(THEIRS, ["ann@b.example"]) == []


def test_amazons_name_that_is_registered_is_found_in_its_domain(store: Store, acme: Account) -> None:
    id = send(store, acme, THEIRS)
    (event,) = take(store, dsn("ann@b.example", RETOLD, Proof.SEND))
    assert (event.send, event.standing, hard(store)) == (id, Standing.PROVEN, 1)


def test_another_name_is_of_the_send_to_whom_the_post_was_about(store: Store, acme: Account) -> None:
    """One message to two: the post names one of them."""
    id = send(store, acme, OURS)
    other = Draft("bob@b.example", MailKind.MAILING, message_id=OURS)
    register([other], acme, store.sends, RING, SendIds(), NOW - HOUR)
    take(store, post("ses headers", "ann@b.example"), dsn("bob@b.example", RETOLD, Proof.SEND))
    assert [each.id for each in store.sends.by_message_id(THEIRS, ["ann@b.example"])] == [id]
    assert store.ledger.state("acme", "bob@b.example", NOW).state is StateName.VALID


def test_another_name_goes_with_its_send(store: Store, acme: Account) -> None:
    """A delivery tells it as well; a send to an address without events goes in time."""
    id = send(store, acme, OURS)
    mail = {**ses("ann@b.example", {"headers": HEADERS})["mail"]}
    delivered = {"eventType": "Delivery", "delivery": {"recipients": ["ann@b.example"]}, "mail": mail}
    take(store, arrival(json.dumps(delivered).encode(), "ses"))
    assert [each.id for each in store.sends.by_message_id(THEIRS, ["ann@b.example"])] == [id]
    store.sends.expire(NOW + DAY, 10)
    assert store.sends.by_message_id(THEIRS, ["ann@b.example"]) == []


def test_a_delivery_that_was_told_under_the_other_name_is_of_the_send(store: Store, acme: Account) -> None:
    """Of a bounce that comes later it is none (lifecycle rule 1)."""
    id = send(store, acme, OURS)
    mail = {**ses("ann@b.example", {})["mail"]}
    delivered = {"eventType": "Delivery", "delivery": {"recipients": ["ann@b.example"]}, "mail": mail}
    take(store, dsn("ann@b.example", RETOLD), arrival(json.dumps(delivered).encode(), "ses"))
    take(store, post("ses headers", "ann@b.example"))
    life = store.ledger.life("acme", "ann@b.example", NOW)
    assert life is not None
    assert [(each.id, each.delivered_at is None) for each in life.sends] == [(id, False)]
    assert (hard(store), {event.send for event in life.events}) == (1, {id})


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("name", BY_AMAZON)
def test_what_a_sender_registered_before_amazon_named_it_counts_once(
    store: Store, acme: Account, name: str, turned: bool
) -> None:
    id = send(store, acme, OURS)
    told = [post(name, "ann@b.example"), log("ann@b.example")]
    events = take(store, *(reversed(told) if turned else told))
    assert ([event.send for event in events], hard(store)) == ([id, id], 1)


@pytest.mark.parametrize("name", SEEN_BY_OTHERS)
def test_the_name_of_a_message_to_somebody_else_leads_to_nobody(
    store: Store, acme: Account, name: str
) -> None:
    send(store, acme, OURS)
    take(store, post(name, "bob@b.example", Proof.SEND))
    assert store.ledger.state("acme", "ann@b.example", NOW).state is StateName.VALID
    assert store.ledger.state("acme", "bob@b.example", NOW).state is StateName.VALID
