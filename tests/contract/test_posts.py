"""Posts of providers and lines of logs over every store: each event a claim of its own that counts once."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations
from typing import Any

import pytest

from retour.bus import LocalBus
from retour.flow.intake import Taken, Worker, take_in
from retour.flow.judge import judge
from retour.flow.sends import Draft, Registered, register
from retour.identity import SendIds, arrival_id
from retour.instants import DAY, HOUR, MINUTE, SECOND, Instant, to_datetime
from retour.lifecycle import Counting, PolicyVersion, preset
from retour.model import Arrival, Event, EventKind, MailKind, Proof, Standing, State, StateName
from retour.parse.providers.generic import OURS, Map, map_of
from retour.ports import Account, Inbox, Outcome, Sign, Store
from retour.return_address import Keyring

NOW = 20_500 * DAY + 9 * HOUR
RING = Keyring(1, {1: b"k" * 32})
UNKNOWN = "550 5.1.1 The email account that you tried to reach does not exist"
FULL = "452 4.2.2 The email account that you tried to reach is over quota"


def arrival(raw: bytes, form: str, inlet: str = "hook", account: str | None = "acme", **told: Any) -> Arrival:
    told = {"proof": Proof.TRUSTED, **told}
    return Arrival(
        arrival_id(inlet, raw, account), inlet, NOW, raw, len(raw), account=account, form=form, **told
    )


def sendgrid(*events: dict[str, Any], **told: Any) -> Arrival:
    return arrival(json.dumps(events).encode(), "sendgrid", **told)


def bounced(to: str = "ann@b.example", id: str = "e1", **told: Any) -> dict[str, Any]:
    at = (NOW - MINUTE) // SECOND
    return {"event": "bounce", "email": to, "timestamp": at, "sg_event_id": id, "reason": UNKNOWN, **told}


def full(to: str = "ann@b.example", id: str = "f1", **told: Any) -> dict[str, Any]:
    return bounced(to, id, reason=FULL, **told)


def ses(kind: str, *to: str, message_id: str = "m1", **told: Any) -> Arrival:
    lists = {"Bounce": "bouncedRecipients", "Complaint": "complainedRecipients"}
    named = [{"emailAddress": each, "status": "5.1.1", "diagnosticCode": f"smtp; {UNKNOWN}"} for each in to]
    about = {
        lists[kind]: named,
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "feedbackId": message_id,
    }
    body = {
        "notificationType": kind,
        kind.lower(): about,
        "mail": {"messageId": message_id, "destination": to},
    }
    return arrival(json.dumps(body).encode(), "ses", **told)


def when(at: Instant) -> str:
    return to_datetime(at).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def log(*lines: str, inlet: str = "maillog", **told: Any) -> Arrival:
    return arrival("".join(f"{line}\n" for line in lines).encode(), "postfix-log", inlet, **told)


def log_of(
    to: str,
    message_id: str | None = "m1@acme.example",
    sender: str = "news@acme.example",
    id: str = "4bQ1Z2Y3X4",
) -> list[str]:
    start = f"{when(NOW - MINUTE)} mx postfix"
    told = [f"{start}/cleanup[7]: {id}: message-id=<{message_id}>"] if message_id else []
    return [
        *told,
        f"{start}/qmgr[7]: {id}: from=<{sender}>, size=900, nrcpt=1 (queue active)",
        f"{start}/smtp[8]: {id}: to=<{to}>, relay=mx.b.example[192.0.2.1]:25, delay=1, delays=1/0/0/0,"
        f" dsn=5.1.1, status=bounced (host mx.b.example[192.0.2.1] said: {UNKNOWN} (in reply to RCPT TO"
        " command))",
    ]


def dsn(to: str, message_id: str = "m1@acme.example", **told: Any) -> Arrival:
    raw = (
        "From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered Mail\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\r\n\r\n'
        "--B\r\n\r\nSorry.\r\n"
        "--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {to}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        f"Diagnostic-Code: smtp; {UNKNOWN}\r\n\r\n"
        f"--B\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{message_id}>\r\n\r\n--B--\r\n"
    ).encode()
    return arrival(raw, "mail", "bounces", **told)


@dataclass
class House:
    """A store with two accounts, and whoever sends from the first."""

    store: Store
    account: Account
    ids: SendIds = field(default_factory=SendIds)
    mappings: dict[str, Map] = field(default_factory=dict)

    def send(self, recipient: str, **told: str) -> Registered:
        draft = Draft(recipient, MailKind.MAILING, **told)
        (made,) = register([draft], self.account, self.store.sends, RING, self.ids, NOW - HOUR)
        assert isinstance(made, Registered)
        return made

    def take(self, *arrivals: Arrival) -> Taken:
        return take_in(arrivals, self.store, RING, judge, NOW, self.mappings)

    def state(self, address: str = "ann@b.example", account: str = "acme") -> State:
        return self.store.ledger.state(account, address, NOW)

    def events(self, address: str = "ann@b.example", account: str = "acme") -> Sequence[Event]:
        life = self.store.ledger.life(account, address, NOW)
        return () if life is None else life.events


@pytest.fixture
def house(store: Store) -> House:
    made = store.accounts.add_account("acme", "acme.example", preset("emarsys"), NOW - 100 * DAY)
    store.accounts.add_account("other", "other.example", preset("emarsys"), NOW - 100 * DAY)
    return House(store, made)


# --- each event is a claim of its own ---------------------------------------------------------------------


def test_each_event_of_a_batch_is_recorded_for_its_own_address(house: House) -> None:
    taken = house.take(sendgrid(bounced("ann@b.example", "1"), full("bob@b.example", "2")))
    assert list(taken.outcomes.values()) == [Outcome.JUDGED]
    assert house.state("ann@b.example").state is StateName.INVALID
    assert (house.state("bob@b.example").state, house.state("bob@b.example").soft) == (StateName.BOUNCING, 1)
    (event,) = house.events()
    assert (event.kind, event.actor, event.at) == (EventKind.BOUNCE, "hook", NOW - MINUTE)
    assert event.evidence is not None
    assert event.evidence.report.diagnostic == UNKNOWN


def test_an_event_that_comes_again_in_another_body_counts_once(house: House) -> None:
    house.take(sendgrid(full(id="1"), full("bob@b.example", "2")), sendgrid(full(id="1")))
    house.take(sendgrid(full("bob@b.example", "2"), full(id="1"), full(id="1")))
    assert [len(house.events(name)) for name in ("ann@b.example", "bob@b.example")] == [1, 1]


def test_an_event_without_an_id_is_known_by_what_it_says(house: House) -> None:
    def brevo(reason: str, at: Instant) -> Arrival:
        said = {"event": "soft_bounce", "email": "ann@b.example", "reason": reason, "ts_epoch": at // 1000}
        return arrival(json.dumps([said, said]).encode(), "brevo")

    house.take(brevo(FULL, NOW - HOUR), brevo(FULL, NOW - MINUTE), brevo("451 4.3.0 later", NOW - HOUR))
    house.take(brevo(FULL, NOW - HOUR))
    assert len(house.events()) == 3


def test_another_source_and_another_account_may_use_the_same_ids(house: House) -> None:
    house.take(sendgrid(full()), sendgrid(full(), inlet="second"), sendgrid(full(), account="other"))
    assert [len(house.events(account=name)) for name in ("acme", "other")] == [2, 1]


def test_events_of_one_id_but_of_different_kinds_are_different(house: House) -> None:
    house.take(sendgrid(full(id="m"), bounced(id="m", event="deferred"), bounced(id="m", event="spamreport")))
    assert {event.kind for event in house.events()} == {
        EventKind.BOUNCE,
        EventKind.DELAY,
        EventKind.COMPLAINT,
    }


# --- whom it is about -------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["metadata", "tag", "envid", "send id", "message id"])
def test_what_was_given_along_leads_to_the_send(house: House, where: str) -> None:
    sent = house.send("Ann@b.example", message_id="<m1@acme.example>")
    given: dict[str, Any] = {
        "metadata": {"anything": f"<{sent.return_address}>"},
        "tag": {"category": ["news", sent.return_address.upper()]},
        "envid": {"retour_envid": sent.envid},
        "send id": {"retour_send": str(sent.send.id)},
        "message id": {"smtp-id": "<m1@acme.example>"},
    }[where]
    house.take(sendgrid(bounced("ann@b.example", **given)))  # some providers tell addresses in lower case
    (event,) = house.events("Ann@b.example")
    assert (event.send, event.handed_over, event.standing) == (sent.send.id, NOW - HOUR, Standing.PROVEN)


FAILED = {
    "rcpt": "ann@b.example",
    "recipient": "ann@b.example",
    "email": "ann@b.example",
    "error": "user unknown",
}


@pytest.mark.parametrize(
    ("form", "place", "said"),
    [
        ("brevo", "X-Mailin-custom", {"event": "hard_bounce"}),
        ("mailjet", "CustomID", {"event": "bounce"}),
        ("mailjet", "Payload", {"event": "bounce"}),
        ("kumomta", "sender", {"type": "Bounce", "id": "1"}),
        ("powermta", "orig", {"type": "b"}),
        ("generic", "token", {"kind": "bounce", "diagnostic": "user unknown"}),
    ],
)
def test_a_return_address_in_the_one_field_that_a_sender_has_leads_to_the_send(
    house: House, form: str, place: str, said: dict[str, str]
) -> None:
    sent = house.send("ann@b.example")
    body = {**FAILED, **said, place: sent.return_address}
    house.mappings |= {"hook": OURS} if form == "generic" else {}
    house.take(arrival(json.dumps(body).encode(), form))
    (event,) = house.events()
    assert (event.kind.value, event.send, event.standing) == ("bounce", sent.send.id, Standing.PROVEN)


@pytest.mark.parametrize("key", ["send", "send_id", "email", "event", "sg_event_id"])
def test_what_senders_call_their_own_fields_means_nothing(house: House, key: str) -> None:
    sent = house.send("bob@b.example")
    house.take(sendgrid({**bounced(), key: bounced().get(key, str(sent.send.id))}))
    assert (len(house.events()), house.events("bob@b.example")) == (1, ())


def test_another_recipient_of_the_same_message_is_not_the_one_of_the_send(house: House) -> None:
    sent = house.send("ann@b.example", message_id="m1@acme.example")
    house.take(
        sendgrid(bounced("bob@b.example", "1", **{"smtp-id": "<m1@acme.example>"})),
        sendgrid(bounced("cid@b.example", "2", retour_send=str(sent.send.id))),
        log(*log_of("dan@b.example", sender=sent.return_address)),
    )
    assert house.state("ann@b.example").state is StateName.VALID
    for name in ("bob@b.example", "cid@b.example", "dan@b.example"):
        assert house.state(name).state is StateName.INVALID


def test_what_names_nobody_is_about_the_send_that_was_given_along(house: House) -> None:
    sent = house.send("ann@b.example")
    said = {"event": "bounce", "sg_event_id": "1", "reason": UNKNOWN, "retour_send": str(sent.send.id)}
    house.take(sendgrid(said))
    assert house.state().state is StateName.INVALID


@pytest.mark.parametrize("own", ["token", "send"])
def test_a_send_of_another_account_is_not_reached(house: House, own: str) -> None:
    sent = house.send("ann@b.example", message_id="m1")
    given = {"x": sent.return_address} if own == "token" else {"retour_send": str(sent.send.id)}
    house.take(sendgrid(bounced("ann@b.example", **given), account="other"), sendgrid(full("", "z", **given)))
    assert house.events("ann@b.example", "acme")[0].reason is not None
    told = house.events("ann@b.example", "other")
    assert [event.standing for event in told] == [Standing.UNPROVEN if own == "token" else Standing.PROVEN]
    assert house.state(account="acme").hard == 0


def test_opens_and_clicks_are_signs_of_life_where_the_source_is_believed(house: House) -> None:
    opened = {"event": "open", "email": "ann@B.example", "sg_event_id": "o1", "timestamp": NOW // SECOND - 60}
    clicked = {**opened, "event": "click", "sg_event_id": "c1", "timestamp": NOW // SECOND - 30}
    house.take(sendgrid(opened, clicked, {**opened, "sg_event_id": "o0", "timestamp": NOW // SECOND - 90}))
    for told in ({"proof": Proof.SEND}, {"account": None}, {"account": "nobody"}):
        house.take(sendgrid({**opened, "email": "eve@b.example"}, **told))
    found = house.store.engagements.latest("acme", ["ann@b.example", "eve@b.example"])
    assert found == {"ann@b.example": {Sign.OPEN: NOW - MINUTE, Sign.CLICK: NOW - MINUTE // 2}}


@pytest.mark.parametrize("proof", [Proof.TOKEN, Proof.SEND])
def test_a_source_that_is_not_trusted_is_believed_about_sends_alone(house: House, proof: Proof) -> None:
    house.send("bob@b.example", message_id="m2")
    house.take(sendgrid(bounced(), bounced("bob@b.example", "2", **{"smtp-id": "m2"}), proof=proof))
    assert house.state("ann@b.example").state is StateName.VALID
    invalid = house.state("bob@b.example").state is StateName.INVALID
    assert invalid == (proof is Proof.SEND)


@pytest.mark.parametrize("account", [None, "nobody"])
def test_without_an_account_of_ours_nothing_changes(house: House, account: str | None) -> None:
    taken = house.take(sendgrid(bounced(account="acme"), account=account))
    assert ([event.standing for event in taken.events], taken.changes) == ([Standing.UNPROVEN], [])


# --- candidates -------------------------------------------------------------------------------------------


def test_a_complaint_that_names_candidates_stops_none_of_them(house: House) -> None:
    house.send("ann@b.example", message_id="m1")
    taken = house.take(ses("Complaint", "ann@b.example", "bob@b.example", "cid@b.example"))
    assert ([event.standing for event in taken.events], taken.changes) == ([Standing.UNPROVEN] * 3, [])
    assert all("ambiguous" in event.defects for event in taken.events)
    (change,) = house.take(ses("Complaint", "bob@b.example", message_id="m2")).changes
    assert change.address == "bob@b.example"


def test_a_bounce_that_names_all_who_failed_is_about_them_all(house: House) -> None:
    taken = house.take(ses("Bounce", "ann@b.example", "bob@b.example"))
    assert sorted(change.address for change in taken.changes) == ["ann@b.example", "bob@b.example"]


def test_who_failed_of_several_is_not_guessed(house: House) -> None:
    sent = house.send("ann@b.example", message_id="m1")
    said = {
        "type": "email.bounced",
        "data": {
            "email_id": "m1",
            "to": ["ann@b.example", "bob@b.example"],
            "tags": {"retour_send": str(sent.send.id)},
            "bounce": {"message": UNKNOWN},
        },
    }
    taken = house.take(arrival(json.dumps(said).encode(), "resend"))
    assert (taken.events, list(taken.outcomes.values())) == ([], [Outcome.UNPARSED])


# --- what is not understood -------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["sendgrid", "postmark", "generic", "postfix-log", "exim-log"])
@pytest.mark.parametrize("raw", [b"", b"{}", b"\xff\xfe\0", b"[" * 5000, b"hello"])
def test_a_body_without_an_event_waits_with_its_bytes(house: House, form: str, raw: bytes) -> None:
    taken = house.take(arrival(raw, form))
    assert (list(taken.outcomes.values()), taken.events, taken.faults) == ([Outcome.UNPARSED], [], {})


def test_a_form_that_nobody_reads_waits_for_the_version_that_does(house: House) -> None:
    taken = house.take(arrival(b"{}", "pigeon"), sendgrid(bounced()))
    assert list(taken.outcomes.values()) == [Outcome.UNPARSED, Outcome.JUDGED]
    assert house.state().state is StateName.INVALID


def test_what_was_understood_of_a_batch_is_recorded_and_the_batch_stays_visible(house: House) -> None:
    record = {"type": "Bounce", "id": "1", "recipient": "ann@b.example", "response": {"content": UNKNOWN}}
    taken = house.take(arrival(json.dumps(record).encode() + b'\n{"type": "Bou', "kumomta"))
    assert list(taken.outcomes.values()) == [Outcome.UNPARSED]
    assert house.state().state is StateName.INVALID


def test_an_event_about_nobody_keeps_its_batch_visible(house: House) -> None:
    taken = house.take(sendgrid(bounced(), {"event": "bounce", "sg_event_id": "2", "reason": UNKNOWN}))
    assert (list(taken.outcomes.values()), len(taken.events)) == ([Outcome.UNPARSED], 1)


# --- logs -------------------------------------------------------------------------------------------------


def test_a_failure_in_our_log_stops_the_address(house: House) -> None:
    sent = house.send("ann@b.example")
    taken = house.take(log(*log_of("ann@b.example", sender=sent.return_address)))
    assert list(taken.outcomes.values()) == [Outcome.JUDGED]
    (event,) = house.events()
    assert (event.send, event.at, event.actor) == (sent.send.id, NOW - MINUTE, "maillog")
    assert house.state().state is StateName.INVALID


def test_lines_that_come_again_in_another_piece_count_once(house: House) -> None:
    one, two = log_of("ann@b.example"), log_of("bob@b.example", "m2@acme.example", id="4bQ1Z2Y3X5")
    house.take(log(*one), log(*one, *two), log(*two, *one, inlet="journal"))
    assert [len(house.events(name)) for name in ("ann@b.example", "bob@b.example")] == [1, 1]


def test_all_that_the_lines_of_an_arrival_tell_is_recorded(house: House) -> None:
    one, two = log_of("ann@b.example"), log_of("bob@b.example", "m2@acme.example", id="4bQ1Z2Y3X5")
    house.take(log(*one, *two))
    assert [len(house.events(name)) for name in ("ann@b.example", "bob@b.example")] == [1, 1]


def test_a_line_that_could_be_read_in_two_ways_stays_visible(house: House) -> None:
    lines = log_of("ann@b.example")
    lines[-1] = lines[-1].replace(
        "tried", "to=<vic@b.example>, relay=x, delay=1, dsn=5.1.1, status=bounced ("
    )
    taken = house.take(log(*lines))
    assert (list(taken.outcomes.values()), taken.events) == ([Outcome.UNPARSED], [])


def test_a_post_of_four_mebibytes_is_read_to_its_end(house: House, inbox: Inbox) -> None:
    house.take(sendgrid(*(delivered(f"a{n}@b.example", f"k{n}") for n in range(3))))
    told = [delivered(f"a{n}@b.example", str(n), filler="x" * 3000) for n in range(1300)]
    raw = json.dumps([*told, bounced("last@b.example", "last")]).encode()
    assert 3 * 1024 * 1024 < len(raw) < 4.2 * 1024 * 1024
    inbox.put([arrival(raw, "sendgrid")])
    (post,) = inbox.waiting(10)
    assert post.raw == raw
    assert list(house.take(post).outcomes.values()) == [Outcome.JUDGED]
    assert house.state("last@b.example").state is StateName.INVALID


# --- a mapping of one's own -------------------------------------------------------------------------------


def test_a_generic_post_is_read_by_the_mapping_of_its_source(house: House) -> None:
    made = map_of('[fields]\nkind = "what"\nrecipient = "who"\ndiagnostic = "why"\n[kinds]\ngone = "bounce"')
    assert isinstance(made, Map)
    house.mappings["home-grown"] = made
    raw = json.dumps({"what": "gone", "who": "ann@b.example", "why": UNKNOWN}).encode()
    taken = house.take(arrival(raw, "generic", "home-grown"), arrival(raw, "generic", "elsewhere"))
    assert list(taken.outcomes.values()) == [Outcome.JUDGED, Outcome.UNPARSED]
    assert house.state().state is StateName.INVALID


# --- one failure, told by several -------------------------------------------------------------------------


def _told_by(*sources: str, send: Registered | None = None) -> list[Arrival]:
    sender = send.return_address if send else "news@acme.example"
    made = {
        "hook": lambda: sendgrid(bounced(id="1", **{"smtp-id": "<m1@acme.example>"})),
        "retry": lambda: sendgrid(bounced(id="2", **{"smtp-id": "<m1@acme.example>"})),
        "log": lambda: log(*log_of("ann@b.example", sender=sender)),
        "dsn": lambda: dsn("ann@b.example", rcpt_to=send.return_address if send else "bounces@acme.example"),
    }
    return [made[source]() for source in sources]


SOURCES = ("hook", "retry", "log", "dsn")


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("order", list(permutations(SOURCES)))
def test_the_same_failure_told_by_several_counts_once_in_any_order(
    house: House, known: bool, order: tuple[str, ...]
) -> None:
    sent = house.send("ann@b.example", message_id="m1@acme.example") if known else None
    for each in _told_by(*order, send=sent):
        house.take(each)
    events = house.events()
    assert (len(events), len({event.send for event in events})) == (4, 1)
    assert (house.state().hard, house.state().listed) == (1, 1)


@pytest.mark.parametrize("said", ["pass", "fail", "none"])
def test_what_a_signature_says_of_whoever_reports_proves_nothing(house: House, said: str) -> None:
    """DKIM, SPF and ARC name the reporting host; the report may still be about anybody's mail."""
    plain = dsn("ann@b.example", "nobody@acme.example", proof=Proof.SEND)
    results = f"mx; dkim={said} header.d=b.example; spf={said}; dmarc={said}; arc={said}"
    signed = f"Authentication-Results: {results}\r\nReceived-SPF: {said}\r\n".encode() + plain.raw
    house.take(arrival(signed, "mail", "bounces", proof=Proof.SEND))
    (event,) = house.events()
    assert (event.standing, house.state().state) == (Standing.UNPROVEN, StateName.VALID)
    sent = house.send("bob@b.example")
    genuine = f"Authentication-Results: {results}\r\n".encode() + dsn("bob@b.example").raw
    house.take(arrival(genuine, "mail", "bounces", proof=Proof.TOKEN, rcpt_to=sent.return_address))
    assert house.state("bob@b.example").state is StateName.INVALID


@pytest.mark.parametrize("region", ["eu-west-1.amazonses.com", "email.amazonses.com", "amazonses.com"])
def test_what_amazon_tells_by_mail_and_by_post_is_one_failure(house: House, region: str) -> None:
    house.take(ses("Bounce", "ann@b.example", message_id="0102-000000"))
    house.take(dsn("ann@b.example", f"0102-000000@{region}"))
    assert (house.state().hard, len(house.events())) == (1, 2)
    house.take(dsn("ann@b.example", "0102-000000@evil-amazonses.com"))
    assert house.state().hard == 2


def test_what_kumomta_posts_and_what_it_logs_is_one_failure(house: House) -> None:
    record = {
        "type": "Bounce",
        "id": "i1",
        "recipient": "ann@b.example",
        "event_time": when(NOW - MINUTE),
        "response": {"code": 550, "content": UNKNOWN[4:]},
        "headers": {"Message-ID": "<m1@acme.example>"},
    }
    line = json.dumps(record).encode() + b"\n"
    house.take(arrival(line, "kumomta"), arrival(line, "kumomta-log", "kumolog"))
    assert (house.state().hard, len(house.events())) == (1, 2)


def test_another_message_to_the_same_address_is_another_failure(house: House) -> None:
    house.take(log(*log_of("ann@b.example")))
    house.take(log(*log_of("ann@b.example", "m2@acme.example", id="4bQ1Z2Y3X5")))
    assert house.state().hard == 2


def test_without_a_message_id_each_source_counts_for_itself(house: House) -> None:
    house.take(log(*log_of("ann@b.example", None)), sendgrid(bounced()))
    assert house.state().hard == 2


# --- what only passes -------------------------------------------------------------------------------------


def delivered(
    to: str = "ann@b.example", id: str = "d1", at: Instant = NOW - MINUTE, **told: Any
) -> dict[str, Any]:
    return {
        "event": "delivered",
        "email": to,
        "timestamp": at // SECOND,
        "sg_event_id": id,
        "response": "250 2.0.0 OK",
        **told,
    }


def soft(at: Instant, id: str, **told: Any) -> dict[str, Any]:
    return full(id=id, timestamp=at // SECOND, **told)


def consecutive(house: House) -> None:
    """Let the account count bounces in a row."""
    policy = replace(preset("default"), counting=Counting.CONSECUTIVE)
    house.store.accounts.add_policy("acme", PolicyVersion(2, NOW - 50 * DAY, policy), 1)


def test_a_delivery_is_noted_on_the_send_that_it_is_of(house: House) -> None:
    sent = house.send("ann@b.example", message_id="m1@acme.example", campaign="may")
    taken = house.take(sendgrid(delivered(**{"smtp-id": "<m1@acme.example>"})))
    assert house.store.sends.by_id([sent.send.id])[sent.send.id].delivered_at == NOW - MINUTE
    assert (house.events(), taken.changes) == ((), [])
    assert tallied(house) == {("delivered", "b.example", "may"): 1}


def test_deliveries_to_addresses_that_never_bounced_are_only_counted(house: House) -> None:
    taken = house.take(sendgrid(delivered(), delivered("bob@c.example", "d2", category=["may", "x"])))
    assert (taken.changes, taken.spent) == ([], {next(iter(taken.outcomes))})
    assert house.store.ledger.life("acme", "ann@b.example", NOW) is None
    assert tallied(house) == {("delivered", "b.example", ""): 1, ("delivered", "c.example", "may"): 1}


def test_what_is_opened_and_clicked_is_counted_and_no_event(house: House) -> None:
    opened = {"event": "open", "email": "ann@b.example", "sg_event_id": "o1"}
    taken = house.take(sendgrid(bounced(), opened, {**opened, "event": "click", "sg_event_id": "c1"}))
    assert [event.kind for event in house.events()] == [EventKind.BOUNCE]
    assert (taken.spent, len(tallied(house))) == (frozenset(), 2)
    house.take(sendgrid(opened))
    assert tallied(house)["opened", "b.example", ""] == 1


def test_an_event_of_a_kind_that_is_not_known_is_kept(house: House) -> None:
    taken = house.take(sendgrid({"event": "teleported", "email": "ann@b.example", "sg_event_id": "t"}))
    assert [(event.kind, event.reason) for event in house.events()] == [(EventKind.OTHER, None)]
    assert (list(taken.outcomes.values()), taken.strange) == ([Outcome.JUDGED], {"sendgrid": 1})
    about_nobody = house.take(sendgrid({"event": "teleported", "sg_event_id": "t"}))
    assert list(about_nobody.outcomes.values()) == [Outcome.UNPARSED]


def test_a_probe_of_an_address_is_no_bounce(house: House) -> None:
    lines = log_of("ann@b.example")
    lines[-1] = lines[-1].replace("status=bounced", "status=undeliverable")
    taken = house.take(log(*lines))
    assert (taken.events, list(taken.outcomes.values()), taken.spent) == (
        [],
        [Outcome.JUDGED],
        taken.outcomes.keys(),
    )


@pytest.mark.parametrize("known", [True, False])
def test_a_delivery_ends_a_row_of_bounces(house: House, known: bool) -> None:
    consecutive(house)
    if known:
        house.send("ann@b.example", message_id="m2")
    house.take(sendgrid(soft(NOW - 3 * MINUTE, "1", **{"smtp-id": "m1"})))
    assert (house.state().state, house.state().soft) == (StateName.BOUNCING, 1)
    (change,) = house.take(sendgrid(delivered(at=NOW - 2 * MINUTE, **{"smtp-id": "m2"}))).changes
    assert (change.after.state, house.state().soft) == (StateName.VALID, 0)


def test_a_delivery_in_the_batch_of_the_first_bounce_counts_wherever_it_stands(house: House) -> None:
    consecutive(house)
    for name, order in (("ann", (0, 1, 2)), ("bob", (1, 0, 2)), ("cid", (2, 1, 0))):
        told = [
            soft(NOW - 3 * HOUR, f"{name}1", **{"smtp-id": f"{name}1"}),
            delivered(at=NOW - 2 * HOUR, id=f"{name}2", **{"smtp-id": f"{name}2"}),
            soft(NOW - HOUR, f"{name}3", **{"smtp-id": f"{name}3"}),
        ]
        house.take(sendgrid(*({**told[n], "email": f"{name}@b.example"} for n in order)))
        assert house.state(f"{name}@b.example").soft == 1


def test_a_delivery_of_a_message_that_bounced_later_is_none(house: House) -> None:
    consecutive(house)
    house.take(sendgrid(soft(NOW - 3 * HOUR, "1", **{"smtp-id": "m1"})))
    house.take(sendgrid(delivered(at=NOW - 2 * HOUR, **{"smtp-id": "m2"})))
    house.take(sendgrid(soft(NOW - HOUR, "3", **{"smtp-id": "m2"})))
    assert house.state().soft == 2


def test_a_delivery_told_by_several_is_counted_once(house: House) -> None:
    lines = log_of("ann@b.example")
    lines[-1] = lines[-1].replace("status=bounced (host", "status=sent (host").replace("5.1.1", "2.0.0")
    told = delivered(**{"smtp-id": "<m1@acme.example>"})
    house.take(log(*lines), sendgrid(told, {**told, "sg_event_id": "again"}))
    house.take(
        sendgrid(told, {**told, "email": "bob@b.example", "sg_event_id": "other"}), log(*lines, inlet="j")
    )
    assert tallied(house) == {("delivered", "b.example", ""): 2}


def test_deliveries_of_a_source_that_proves_nothing_change_nothing(house: House) -> None:
    consecutive(house)
    house.take(sendgrid(soft(NOW - 3 * MINUTE, "1")))
    house.take(sendgrid(delivered(at=NOW - 2 * MINUTE), proof=Proof.SEND))
    assert (house.state().soft, len(house.events())) == (1, 1)


def test_what_is_judged_again_long_after_is_not_counted_again(house: House) -> None:
    raw = json.dumps([delivered(), {"event": "teleported", "sg_event_id": "t"}]).encode()
    post = arrival(raw, "sendgrid")
    for now in (NOW, NOW + DAY, NOW + 30 * DAY):
        house.store.tallies.expire(NOW - DAY, now)
        take_in([post], house.store, RING, judge, now)
    assert tallied(house) == {("delivered", "b.example", ""): 1}


def tallied(house: House) -> dict[tuple[str, str, str], int]:
    rows = house.store.tallies.of("acme", NOW - 9 * DAY, NOW + DAY)
    return {(row.kind, row.domain, row.campaign): row.times for row in rows}


class FixedClock:
    """It is always now."""

    def now(self) -> Instant:
        return NOW


def test_posts_of_deliveries_alone_leave_no_bytes_in_the_inbox(house: House, inbox: Inbox) -> None:
    alone, mixed = sendgrid(delivered()), sendgrid(delivered("bob@b.example", "d2"), bounced())
    inbox.put([alone, mixed])
    worker = Worker(inbox, lambda batch, now: house.take(*batch), LocalBus(), FixedClock())
    assert worker.drain() == 2
    assert (inbox.arrival(alone.id), inbox.arrival(mixed.id)) == (None, mixed)
    inbox.put([replace(alone, raw=b"[]")])  # under the same name: known, whatever it says now
    assert worker.drain() == 0
    assert (inbox.forget(NOW), inbox.forget(NOW + 1), inbox.forget(NOW + 1)) == (0, 1, 0)
    assert inbox.counts()[Outcome.JUDGED] == 1
    inbox.put([alone])
    assert worker.drain() == 1
    assert tallied(house) == {("delivered", "b.example", ""): 2}
