"""The email backend and the tracking receiver, in a real Django with a real Retour and a real mail server."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from anymail.message import AnymailRecipientStatus
from anymail.signals import AnymailTrackingEvent, tracking
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.test import override_settings

from client.conftest import bounced, url
from retour.client import Client, ClientError
from retour.django import RetourUnavailable, refused
from retour.django.configuration import configuration
from retour.model import Decision
from retour.parse.providers.registry import read_body
from story.server import Server

LOCMEM = "django.core.mail.backends.locmem.EmailBackend"
ANYMAIL = "anymail.backends.test.EmailBackend"
DEAD = "dead@b.example"


@pytest.fixture(scope="module", autouse=True)
def one_is_stopped(server: Server) -> None:
    with Client(url(server), server.key) as client:
        bounced(server, client, DEAD)


@contextmanager
def using(**given: object) -> Iterator[list[dict[str, Decision]]]:
    """RETOUR in the settings, an empty outbox, and what was refused meanwhile."""
    mail.outbox = []
    told: list[dict[str, Decision]] = []

    def heard(sender: object, **said: Any) -> None:
        told.append(said["refused"])

    refused.connect(heard)
    try:
        with override_settings(RETOUR=given):
            yield told
    finally:
        refused.disconnect(heard)


def server_of(server: Server, **more: object) -> dict[str, object]:
    return {"URL": url(server), "KEY": server.key, "BACKEND": LOCMEM, **more}


def test_a_stopped_recipient_gets_nothing_and_the_others_do(server: Server) -> None:
    with using(**server_of(server)) as told:
        message = EmailMessage(
            "May",
            "News",
            "news@shop.example",
            [f"Dead <{DEAD}>", "Ann <ann@b.example>"],
            bcc=["bob@b.example"],
        )
        assert message.send() == 1
        (sent,) = mail.outbox
    assert sent.recipients() == ["Ann <ann@b.example>", "bob@b.example"]
    assert DEAD not in sent.message().as_string()
    assert message.to == [f"Dead <{DEAD}>", "Ann <ann@b.example>"]  # the caller's own stays as it is
    ((address, decision),) = told[0].items()
    assert (address, decision.why) == (DEAD, "hard")


def test_a_message_to_stopped_recipients_alone_is_not_sent(server: Server) -> None:
    with using(**server_of(server)) as told:
        assert mail.send_mail("May", "News", "news@shop.example", [DEAD]) == 0
        assert mail.send_mail("May", "News", "news@shop.example", ["not an address"]) == 0
        assert mail.outbox == []
    assert [list(each) for each in told] == [[DEAD], ["not an address"]]


def test_the_kind_of_a_mail_decides_and_its_header_goes_no_further(server: Server, client: Client) -> None:
    with using(**server_of(server)):
        message = EmailMessage(
            "Password",
            "…",
            "news@shop.example",
            ["ann@b.example"],
            headers={"X-Retour-Kind": "system", "X-A": "b"},
        )
        assert message.send() == 1
        assert "X-Retour-Kind" not in mail.outbox[0].message()
        assert mail.outbox[0].message()["X-A"] == "b"
        wrong = EmailMessage("?", "…", to=["ann@b.example"], headers={"X-Retour-Kind": "pigeon"})
        with pytest.raises(ValueError, match="pigeon"):
            wrong.send()


def test_each_recipient_has_a_return_address_of_his_own_that_stops_him(
    server: Server, client: Client
) -> None:
    with using(**server_of(server, RETURN_PATH="from_email")):
        message = EmailMultiAlternatives(
            "June", "News", "News <news@shop.example>", ["Eva <eva@b.example>", "fay@b.example"],
            headers={"X-Retour-Campaign": "June"},
        )  # fmt: skip
        message.attach_alternative("<p>News</p>", "text/html")
        assert message.send() == 1
        pieces = list(mail.outbox)
    assert [piece.recipients() for piece in pieces] == [["eva@b.example"], ["fay@b.example"]]
    assert {piece.message()["From"] for piece in pieces} == {"News <news@shop.example>"}
    assert {piece.message()["To"] for piece in pieces} == {"Eva <eva@b.example>, fay@b.example"}
    assert len({piece.from_email for piece in pieces}) == 2
    assert all(piece.from_email.endswith("@return.test") for piece in pieces)
    (send,) = (client.address("eva@b.example") or {})["sends"]
    assert (send["campaign"], send["subject"]) == ("June", "June")


def test_mail_goes_on_to_a_real_server_with_that_envelope(server: Server) -> None:
    """Retour's own inlet is the next mail server here: it takes mail to return addresses alone."""
    smtp = {"host": "127.0.0.1", "port": server.ports["smtp"]}
    with using(URL=url(server), KEY=server.key, BACKEND="django.core.mail.backends.smtp.EmailBackend"):
        to = server.return_address("gus@b.example")
        with get_connection(**smtp) as connection:
            message = EmailMessage("Back", "…", "news@shop.example", [to], connection=connection)
            assert message.send() == 1
    ((_, raw),) = server.arrivals(to)
    assert b"\nFrom: news@shop.example\n" in raw.replace(b"\r\n", b"\n")


def test_a_gate_answers_where_no_server_is_asked(server: Server) -> None:
    data = server.directory / "data"
    with using(DATA=str(data), ACCOUNT="shop", BACKEND=LOCMEM) as told:
        assert mail.send_mail("May", "News", "news@shop.example", [DEAD, "ann@b.example"]) == 1
        assert mail.outbox[0].recipients() == ["ann@b.example"]
    assert [list(each) for each in told] == [[DEAD]]


def test_what_cannot_be_recorded_is_not_sent_unless_that_was_chosen(server: Server) -> None:
    """The gate answers out of the data directory; the server, where sends are recorded, is away."""
    data = {
        "DATA": str(server.directory / "data"),
        "ACCOUNT": "shop",
        "URL": "http://127.0.0.1:1",
        "KEY": "rk_x",
    }
    chosen = {**data, "BACKEND": LOCMEM, "RETURN_PATH": "from_email"}
    with using(**chosen) as told:
        with pytest.raises(RetourUnavailable, match="nothing was sent"):
            mail.send_mass_mail(
                [(subject, "…", None, [DEAD, "ann@b.example"]) for subject in ("May", "June")]
            )
        assert (mail.outbox, told) == ([], [])
    with using(**chosen, WHEN_UNAVAILABLE="send") as told:
        assert mail.send_mail("May", "…", "news@shop.example", [DEAD, "ann@b.example"]) == 1
        (sent,) = mail.outbox
    assert (sent.recipients(), sent.from_email) == (["ann@b.example"], "news@shop.example")
    assert [list(each) for each in told] == [[DEAD]]


def test_without_an_answer_nothing_is_sent_unless_that_was_chosen() -> None:
    nobody = {"URL": "http://127.0.0.1:1", "KEY": "rk_x", "BACKEND": LOCMEM}
    with using(**nobody):
        with pytest.raises(RetourUnavailable, match="nothing was sent"):
            mail.send_mail("May", "News", "news@shop.example", ["ann@b.example"])
        assert mail.send_mail("May", "News", None, ["ann@b.example"], fail_silently=True) == 0
        assert mail.outbox == []
    with using(**nobody, WHEN_UNAVAILABLE="send"):
        assert mail.send_mail("May", "News", "news@shop.example", ["ann@b.example"]) == 1
        assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({}, "URL and KEY"),
        ({"URI": "http://127.0.0.1"}, "URI.* is none of"),
        ({"URL": "http://127.0.0.1", "WHEN_UNAVAILABLE": "drop"}, "'raise' or 'send'"),
        ({"URL": "http://127.0.0.1", "RETURN_PATH": "x"}, "RETURN_PATH"),
        ({"URL": "http://127.0.0.1", "KIND": "pigeon"}, "mailing, automation, system"),
        ({"DATA": "/nowhere", "ACCOUNT": "shop"}, r"keys\.json"),
    ],
)
def test_a_slip_in_the_settings_is_named(given: dict[str, object], fault: str) -> None:
    with using(**given), pytest.raises(ImproperlyConfigured, match=fault):
        get_connection()


def test_a_message_without_recipients_asks_nobody(server: Server) -> None:
    with using(**server_of(server)):
        assert get_connection().send_messages([EmailMessage("?", "…")]) == 0
        assert mail.outbox == []


def test_sends_by_a_provider_are_recorded_under_its_name_for_the_message(
    server: Server, client: Client
) -> None:
    with using(**server_of(server, BACKEND=ANYMAIL)):
        message = EmailMessage("July", "…", "news@shop.example", ["Hal <hal@b.example>", DEAD])
        taken = AnymailRecipientStatus(message_id="<m7@esp.example>", status="sent")
        message.anymail_test_response = {"recipient_status": {"hal@b.example": taken}}
        assert message.send() == 1
    status = message.anymail_status
    assert set(status.recipients) == {"hal@b.example"}
    (send,) = (client.address("hal@b.example") or {})["sends"]
    assert send["message_id"] == "m7@esp.example"


@contextmanager
def a_source(status: int = 200) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """What a webhook source of Retour is to its sender: its address, and the keys and bodies that came."""
    told: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.append((self.headers["Authorization"], body))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """The test looks at what it was sent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as served:
        thread = threading.Thread(target=served.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{served.server_port}/in/esp/secret", told
        finally:
            served.shutdown()
            thread.join()


def tracked(event_type: str, recipient: str | None = "ann@b.example") -> AnymailTrackingEvent:
    return AnymailTrackingEvent(
        event_type=event_type,
        recipient=recipient,
        timestamp=datetime(2026, 5, 3, tzinfo=UTC),
        event_id="e1",
        message_id="m1",
        mta_response="550 5.1.1 no such user",
        tags=["May"],
        metadata={"user": 7},
    )


@pytest.mark.parametrize(
    ("event_type", "kind"),
    [
        ("bounced", "bounce"),
        ("rejected", "suppressed"),
        ("deferred", "delay"),
        ("complained", "complaint"),
        ("delivered", "delivered"),
        ("unsubscribed", "unsubscribe"),
    ],
)
def test_what_a_provider_told_goes_on_to_retour(event_type: str, kind: str) -> None:
    with a_source() as (address, told), using(WEBHOOK_URL=address, WEBHOOK_KEY="k1"):
        tracking.send(None, event=tracked(event_type), esp_name="Postmark")
    ((key, raw),) = told
    (each,) = read_body("generic", raw).told
    assert key == "Bearer k1"
    assert (each.report.kind, each.report.recipient, each.event_id) == (kind, "ann@b.example", "Postmark:e1")
    assert (each.message_id, each.tags, each.metadata) == ("m1", ("May",), {"user": 7})
    assert each.report.status == "5.1.1"
    assert json.loads(raw)["time"] == "2026-05-03T00:00:00+00:00"


@pytest.mark.parametrize("event_type", ["opened", "clicked", "queued", "sent"])
def test_what_is_about_no_delivery_goes_no_further(event_type: str) -> None:
    with a_source() as (address, told), using(WEBHOOK_URL=address, WEBHOOK_KEY="k1"):
        tracking.send(None, event=tracked(event_type), esp_name="Postmark")
        tracking.send(None, event=tracked("bounced", recipient=None), esp_name="Postmark")
    assert told == []


def test_what_retour_does_not_take_comes_again(server: Server) -> None:
    """django-anymail answers its provider with an error when a receiver raises."""
    with a_source(503) as (address, told), using(WEBHOOK_URL=address, WEBHOOK_KEY="k1"):
        with pytest.raises(ClientError):
            tracking.send(None, event=tracked("bounced"), esp_name="Postmark")
        assert len(told) == 2
    with using(), pytest.raises(ImproperlyConfigured, match="WEBHOOK_URL"):
        tracking.send(None, event=tracked("bounced"), esp_name="Postmark")


def sent_at_once(messages: Sequence[EmailMessage]) -> int:
    with get_connection() as connection:
        return connection.send_messages(messages) or 0


def test_many_messages_over_one_connection(server: Server) -> None:
    with using(**server_of(server)):
        messages = [EmailMessage(str(n), "…", "n@shop.example", [f"m{n}@b.example"]) for n in range(5)]
        assert sent_at_once([*messages, EmailMessage("x", "…", "n@shop.example", [DEAD])]) == 5
        assert [sent.subject for sent in mail.outbox] == [str(n) for n in range(5)]


def test_a_page_about_an_error_shows_no_key() -> None:
    with override_settings(
        RETOUR={"KEY": "rk_hidden", "WEBHOOK_KEY": "hidden", "WEBHOOK_URL": "https://a/hidden"}
    ):
        chosen = configuration()
    assert chosen.key == "rk_hidden"
    assert "hidden" not in repr(chosen)
