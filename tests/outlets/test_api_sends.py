"""POST /v1/sends: a return address for each, tied to its account and kind."""

import pytest

from outlets.conftest import KEYRING, Installation
from retour.instants import DAY
from retour.model import MailKind
from retour.return_address import verify

FULL = {
    "recipient": "Ann@B.example",
    "kind": "automation",
    "account": "demo",
    "campaign": "May news",
    "sender": "News <news@demo.example>",
    "subject": "What is new",
    "message_id": "<1@demo.example>",
}
OF_DEMO = {"recipient": "a@b.example", "account": "demo"}
OF_OTHER = {"recipient": "b@b.example", "account": "other"}
JSON = {"Content-Type": "application/json"}


def test_a_send_gets_a_signed_return_address(retour: Installation) -> None:
    answer = retour.ask("POST", "/v1/sends", json=FULL)
    assert answer.status_code == 201
    given = answer.json()
    local, _, domain = given["return_address"].partition("@")
    token = verify(KEYRING, local, domain)
    assert token is not None
    assert domain == "demo.return.test"
    assert (token.account, token.kind, str(token.send)) == (1, MailKind.AUTOMATION, given["send"])
    assert len(local) <= 64
    assert given["envid"] == local
    assert given["account"] == "demo"
    assert token.expires >= retour.clock.now() + 30 * DAY
    stored = retour.store.sends.by_id([token.send])[token.send]
    assert (stored.recipient, stored.campaign, stored.message_id) == (
        "Ann@B.example",
        "May news",
        "1@demo.example",
    )


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_batch_is_answered_in_order_with_its_faults(retour: Installation, wrapped: bool) -> None:
    sends = [{"recipient": "ann@b.example"}, {"recipient": "two@@b.example"}, {"recipient": "bob@b.example"}]
    answer = retour.ask("POST", "/v1/sends", json={"sends": sends} if wrapped else sends)
    assert answer.status_code == 201
    given = answer.json()
    assert given["account"] == "demo"
    assert [each["recipient"] for each in given["sends"]] == [each["recipient"] for each in sends]
    assert [each["fault"] for each in given["sends"]] == [None, "two_ats", None]
    assert [each["return_address"] is None for each in given["sends"]] == [False, True, False]


def test_a_single_recipient_that_is_no_address_is_refused(retour: Installation) -> None:
    answer = retour.ask("POST", "/v1/sends", json={"recipient": "ann\r\n@b.example"})
    assert (answer.status_code, answer.json()["field"]) == (422, "recipient")
    assert answer.json()["type"] == "/problems/address_malformed"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "recipient"),
        ({"recipient": "a@b.example", "colour": "red"}, 422, "colour"),
        ({"recipient": "a@b.example", "kind": "letter"}, 422, "kind"),
        ({"recipient": "a@b.example", "handed_over": "yesterday"}, 422, "handed_over"),
        ({"recipient": "a@b.example", "handed_over": "2026-05-03T09:00:00"}, 422, "handed_over"),
        ([OF_DEMO, {**OF_DEMO, "handed_over": "yesterday"}], 422, "1.handed_over"),
        ({"sends": [{**OF_DEMO, "handed_over": "yesterday"}]}, 422, "sends.0.handed_over"),
        ({"sends": [OF_OTHER]}, 404, "account"),
        ([OF_DEMO, OF_OTHER], 422, "account"),
        ([OF_DEMO, {}], 422, "1.recipient"),
        ({"sends": [OF_DEMO, {}]}, 422, "sends.1.recipient"),
        ("ann@b.example", 422, "body"),
    ],
)
def test_a_bad_body_names_the_field(retour: Installation, body: object, status: int, field: str) -> None:
    answer = retour.ask("POST", "/v1/sends", json=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["field"] == field


def test_more_than_ten_thousand_are_refused(retour: Installation) -> None:
    answer = retour.ask("POST", "/v1/sends", json=[{"recipient": "a@b.example"}] * 10_001)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/too_many")


def test_no_json_is_no_send(retour: Installation) -> None:
    for content in (b"{", b"[" * 200_000):
        answer = retour.ask(
            "POST", "/v1/sends", content=content, headers={"Content-Type": "application/json"}
        )
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/body_not_json")
