"""The console speaks for people: with its own secret alone, and never for more than the person may."""

import pytest

from outlets.conftest import Installation
from retour.outlets.api.app import create
from retour.secret import digest, new

ANN = {"Retour-Person": "ann%40shop.example", "Retour-Account": "demo", "Retour-Role": "support"}
NOBODY = "nobody@b.example"


@pytest.fixture
def console(retour: Installation) -> Installation:
    """An installation that knows the secret of a console."""
    retour.keys["console"] = new()
    retour.app.state.services = create(retour.services()).state.services
    object.__setattr__(retour.app.state.services, "console", digest(retour.keys["console"]))
    return retour


def test_an_act_bears_the_name_of_the_person(console: Installation) -> None:
    console.bounce(NOBODY)
    body = {"addresses": [NOBODY], "reason": "request 17"}
    answer = console.ask("POST", "/v1/restores", "console", json=body, headers=ANN)
    assert answer.status_code == 201, answer.text
    life = console.ask("GET", f"/v1/addresses/{NOBODY}", "console", headers=ANN).json()
    assert [event["actor"] for event in life["events"]] == ["", "person ann@shop.example"]


def test_a_person_has_the_role_that_the_console_names(console: Installation) -> None:
    member = ANN | {"Retour-Role": "member"}
    body = {"addresses": [NOBODY], "reason": "request 17"}
    assert console.ask("POST", "/v1/restores", "console", json=body, headers=member).status_code == 403
    other = console.ask("GET", "/v1/bounces?account=other", "console", headers=member)
    assert other.json()["type"] == "/problems/account_unknown"


@pytest.mark.parametrize(
    "headers",
    [{}, ANN | {"Retour-Person": ""}, ANN | {"Retour-Role": "owner"}, {"Retour-Role": "admin"}],
    ids=["nobody", "no name", "no such role", "a role alone"],
)
def test_without_a_person_nothing_is_answered(console: Installation, headers: dict[str, str]) -> None:
    assert console.ask("GET", "/v1/bounces", "console", headers=headers).status_code == 401


def test_other_keys_speak_for_nobody(console: Installation, retour: Installation) -> None:
    admin = ANN | {"Retour-Account": "other", "Retour-Role": "admin"}
    answer = retour.ask("GET", "/v1/bounces?account=other", "demo-member", headers=admin)
    assert answer.json()["type"] == "/problems/account_unknown"


def test_whatever_a_person_corrects_lists_or_erases_bears_the_name_too(console: Installation) -> None:
    def post(path: str, body: dict[str, str]) -> dict[str, str]:
        answer = console.ask("POST", path, "console", json=body, headers=ANN | {"Retour-Role": "admin"})
        assert answer.status_code in (201, 202), answer.text
        told: dict[str, str] = answer.json()
        return told

    wish = {"old": "w.wislon@b.example", "new": "w.wilson@b.example", "reason": "told by phone"}
    made = [
        post("/v1/corrections", wish),
        post("/v1/contact-lists", {"name": "spring"}),
        post("/v1/erasures", {"address": "eve@b.example", "reason": "she asked for it"}),
    ]
    assert [each["actor"] for each in made] == ["person ann@shop.example"] * 3


def test_who_belongs_to_an_account_is_told_by_the_console_once(console: Installation) -> None:
    change = {
        "id": "7", "account": "demo", "at": "2026-05-01T08:00:00Z", "by": "person bob@shop.example",
        "before": {"standing": "invited_manager", "person": "ann@shop.example"},
        "after": {"standing": "manager", "person": "ann@shop.example"},
    }  # fmt: skip

    def tell(**other: object) -> tuple[int, dict[str, object]]:
        answer = console.ask("POST", "/v1/people/changes", "console", json=change | other, headers=ANN)
        return answer.status_code, answer.json()

    assert tell() == tell() == (201, {"accounts": 1})
    assert tell(id="8", account=None, before=None)[1] == {"accounts": 2}
    assert tell(account="nowhere")[1]["type"] == "/problems/account_unknown"
    lines = console.ask("GET", "/v1/ledger?cause=people", "console", headers=ANN).json()["lines"]
    assert [(line["before"], line["after"], line["actor"], line["at"]) for line in lines] == [
        ("", "manager ann@shop.example", "person bob@shop.example", "2026-05-01T08:00:00Z"),
        ("invited_manager ann@shop.example",
         "manager ann@shop.example", "person bob@shop.example", "2026-05-01T08:00:00Z"),
    ]  # fmt: skip
    other = console.ask("GET", "/v1/ledger?cause=people", "other-member").json()["lines"]
    assert [line["after"] for line in other] == ["manager ann@shop.example"]


def test_no_other_key_tells_who_belongs_to_an_account(console: Installation) -> None:
    body = {"id": "7", "account": "demo", "at": "2026-05-01T08:00:00Z", "by": "", "before": None,
            "after": {"standing": "admin", "person": "eve@b.example"}}  # fmt: skip
    for key in ("admin", "staff", "demo-manager", "demo-support"):
        if key in console.keys:
            answer = console.ask("POST", "/v1/people/changes", key, json=body, headers=ANN)
            assert (answer.status_code, answer.json()["type"]) == (403, "/problems/console_alone")
    assert console.ask("GET", "/v1/ledger?cause=people", "demo-member").json()["lines"] == []
