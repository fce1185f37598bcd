"""Correct and confirm over the API and the command line (K29, E9, N9, lifecycle rule 9)."""

import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from outlets.conftest import Installation
from retour.cli import app
from retour.instants import DAY, SECOND, text
from retour.model import EventKind
from story.server import Server
from story.waiting import free_port

OLD, NEW = "w.wislon@b.example", "w.wilson@b.example"


def correct(retour: Installation, status: int = 201, key: str = "demo-manager", **more: Any) -> Any:
    body = {"old": OLD, "new": NEW, "reason": "told by phone", **more}
    answer = retour.ask("POST", "/v1/corrections", key, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def confirm(retour: Installation, token: str, key: str = "demo-member") -> bool:
    retour.clock.instant += SECOND
    answer = retour.ask("POST", "/v1/corrections/confirm", key, json={"token": token})
    assert answer.status_code == 200, answer.text
    done: bool = answer.json()["confirmed"]
    return done


def decision(retour: Installation, address: str) -> tuple[str, str]:
    told = retour.ask("GET", "/v1/check", params={"address": address}).json()
    return told["decision"], told["why"]


def life(retour: Installation, address: str) -> Any:
    return retour.ask("GET", f"/v1/addresses/{address}").json()


def test_the_new_address_starts_clean_and_waits_and_the_old_keeps_its_history(retour: Installation) -> None:
    retour.bounce(OLD)
    made = correct(retour)
    assert (made["stand"], made["old"], made["new"]) == ("waiting", OLD, NEW)
    assert made["expires"] == text(retour.clock.now() + 7 * DAY)
    assert decision(retour, NEW) == ("hold", "correction")
    assert decision(retour, OLD) == ("stop", "hard")
    assert [event["kind"] for event in life(retour, OLD)["events"]] == ["bounce"]
    assert confirm(retour, made["token"])
    assert decision(retour, NEW) == ("send", "")
    new, old = life(retour, NEW), life(retour, OLD)
    assert [(each["kind"], each["actor"]) for each in new["events"]] == [
        ("correction", "key demo-manager"),
        ("confirmation", "confirmation"),
    ]
    assert new["events"][0]["note"] == "told by phone"
    assert [(line["before"], line["after"]) for line in new["ledger"]] == [
        ("valid", "held"),
        ("held", "valid"),
    ]
    assert new["corrections"] == old["corrections"]
    assert (new["corrections"][0]["stand"], new["corrections"][0]["id"]) == ("confirmed", made["id"])
    assert decision(retour, OLD) == ("stop", "hard")


def test_a_token_works_once_within_its_time_and_for_its_account(retour: Installation) -> None:
    made = correct(retour, days=2)
    assert not confirm(retour, made["token"], "other-member")
    assert not confirm(retour, made["token"] + "x")
    retour.clock.instant += 2 * DAY
    assert not confirm(retour, made["token"])
    assert life(retour, NEW)["corrections"][0]["stand"] == "expired"
    again = correct(retour)
    assert not confirm(retour, made["token"])
    assert confirm(retour, again["token"])
    assert not confirm(retour, again["token"])
    assert decision(retour, NEW) == ("send", "")


def trust(retour: Installation) -> None:
    """The account lets those who correct an address vouch for it."""
    told = {"settings": {"corrections": "trust"}, "expected": 1}
    assert retour.ask("PUT", "/v1/policy", "demo-manager", json=told).is_success
    retour.finish_rewriting()


def test_the_account_says_whether_its_contacts_are_asked_and_a_call_may_only_be_stricter(
    retour: Installation,
) -> None:
    body = {"old": OLD, "new": NEW, "reason": "told by phone", "confirm": False}
    refused = retour.ask("POST", "/v1/corrections", "demo-manager", json=body)
    assert (refused.status_code, refused.json()["field"]) == (409, "confirm")
    assert "trust" in refused.json()["remedy"]
    assert decision(retour, NEW) == ("send", "")
    trust(retour)
    assert correct(retour)["stand"] == "plain"
    asked = correct(retour, new="w.willson@b.example", confirm=True)
    assert (asked["stand"], bool(asked["token"])) == ("waiting", True)
    assert decision(retour, "w.willson@b.example") == ("hold", "correction")


def test_without_confirmation_it_is_mailed_at_once_and_stands_in_its_life(retour: Installation) -> None:
    trust(retour)
    made = correct(retour, confirm=False)
    assert (made["stand"], made["token"], made["url"], made["letters"]) == ("plain", None, None, {})
    assert decision(retour, NEW) == ("send", "")
    kinds = [event["kind"] for event in life(retour, NEW)["events"]]
    assert kinds == [EventKind.CORRECTION, EventKind.CONFIRMATION]
    told = life(retour, OLD)["corrections"][0]["told"]
    assert told.startswith(f"Corrected from {OLD} to {NEW}")
    assert re.search(r"on \d{1,2} [A-Z][a-z]+ \d{4}", told), told


def test_a_correction_is_taken_back_as_though_it_had_never_been(retour: Installation) -> None:
    made = correct(retour)
    gone = retour.ask("DELETE", f"/v1/corrections/{made['id']}", "demo-manager")
    assert (gone.status_code, gone.json()["stand"]) == (200, "withdrawn")
    assert decision(retour, NEW) == ("send", "")
    assert not confirm(retour, made["token"])
    assert (
        retour.ask("DELETE", f"/v1/corrections/{made['id']}", "demo-manager").json()["stand"] == "withdrawn"
    )
    for id in ("0" * 32, "x", "Ä"):
        assert retour.ask("DELETE", f"/v1/corrections/{id}", "demo-manager").status_code == 404
    assert retour.ask("DELETE", f"/v1/corrections/{made['id']}", "other-manager").status_code == 404


@pytest.mark.parametrize(
    ("wish", "status", "field", "problem"),
    [
        ({"old": "w.wislon"}, 422, "old", "address_malformed"),
        ({"new": "w.wilson@"}, 422, "new", "address_malformed"),
        ({"new": "w.wislon@B.example"}, 422, "new", "correction_same"),
        ({"reason": " "}, 422, "reason", "reason_missing"),
        ({"new": "dead@b.example"}, 409, "new", "correction_stopped"),
        ({"days": 31}, 422, "days", "invalid"),
        ({"days": 0}, 422, "days", "invalid"),
        ({"mood": "good"}, 422, "mood", "invalid"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_done(
    retour: Installation, wish: dict[str, Any], status: int, field: str, problem: str
) -> None:
    retour.bounce("dead@b.example")
    told = correct(retour, status, **wish)
    assert (told["field"], told["type"]) == (field, f"/problems/{problem}")
    assert told["remedy"]
    assert retour.ask("GET", "/v1/corrections").json()["corrections"] == []
    assert decision(retour, NEW) == ("send", "")


def test_they_are_paged_and_of_the_own_account_alone(retour: Installation) -> None:
    for number in range(3):
        correct(retour, old=f"{number}@b.example")
    correct(retour, key="other-manager")
    first = retour.ask("GET", "/v1/corrections?limit=2").json()
    rest = retour.ask("GET", "/v1/corrections", params={"after": first["next"]}).json()
    assert [each["old"][0] for each in (*first["corrections"], *rest["corrections"])] == ["2", "1", "0"]
    assert rest["next"] is None
    assert "token" not in first["corrections"][0]
    assert retour.ask("GET", "/v1/corrections?after=x").status_code == 422


def test_an_answer_with_a_token_is_kept_nowhere(retour: Installation) -> None:
    body = {"old": OLD, "new": NEW, "reason": "r"}
    told = {"json": body, "headers": {"Idempotency-Key": "k1"}}
    assert retour.ask("POST", "/v1/corrections", "demo-manager", **told).status_code == 201
    again = retour.ask("POST", "/v1/corrections", "demo-manager", **told)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/repeat_secret")
    assert len(retour.ask("GET", "/v1/corrections").json()["corrections"]) == 1


def test_what_was_meant_is_suggested_with_odds_and_reasons(retour: Installation) -> None:
    body = {"address": OLD, "name": "Wendy Wilson"}
    answer = retour.ask("POST", "/v1/corrections/suggest", json=body).json()
    (suggestion,) = answer["suggestions"]
    assert (suggestion["address"], suggestion["odds"]) == (NEW, 15.0)
    assert suggestion["hints"] == [{"hint": "name", "told": "it fits the contact's name"}]
    german = retour.ask("POST", "/v1/corrections/suggest", json=body, headers={"Accept-Language": "de"})
    assert german.json()["suggestions"][0]["hints"][0]["told"] == "sie passt zum Namen des Kontakts"
    bad = retour.ask("POST", "/v1/corrections/suggest", json={"address": "x"})
    assert (bad.status_code, bad.json()["field"]) == (422, "address")


def test_what_is_not_said_is_known_of_the_contact(retour: Installation) -> None:
    people = [
        {"address": OLD, "name": "Wendy Wilson"},
        {"address": "w.wilson@b.example", "name": "WENDY Wilson"},
        {"address": "w.wilsom@b.example", "name": "Walter Wilsom"},
    ]
    kept = retour.ask("POST", "/v1/contacts", "demo-manager", json={"contacts": people})
    assert kept.status_code == 201, kept.text
    answer = retour.ask("POST", "/v1/corrections/suggest", json={"address": OLD}).json()
    found = {each["address"]: [hint["hint"] for hint in each["hints"]] for each in answer["suggestions"]}
    assert sorted(found[NEW]) == ["name", "sibling"]
    assert "w.wilsom@b.example" not in found
    other = retour.ask("POST", "/v1/corrections/suggest", "other-member", json={"address": OLD}).json()
    assert other["suggestions"] == []


def test_colleagues_among_the_contacts_show_how_it_is_written(retour: Installation) -> None:
    people = [
        {"address": "bob.braun@c.example", "name": "Bob Braun"},
        {"address": "eve.eich@c.example", "name": "Eve Eich"},
        {"address": "wwilson@c.example", "name": "Wendy Wilson"},
    ]
    kept = retour.ask("POST", "/v1/contacts", "demo-manager", json={"contacts": people})
    assert kept.is_success, kept.text
    body = {"address": "wwilson@c.example"}
    (found,) = retour.ask("POST", "/v1/corrections/suggest", json=body).json()["suggestions"]
    assert (found["address"], found["odds"]) == ("wendy.wilson@c.example", 3.0)
    told = {"hint": "pattern", "told": "colleagues at this domain write theirs like it"}
    assert found["hints"] == [told]
    other = retour.ask("POST", "/v1/corrections/suggest", "other-member", json=body).json()
    assert other["suggestions"] == []


def test_the_command_suggests_corrects_and_prints_the_mail(tmp_path: Path) -> None:
    settings = (
        f'[webhooks]\nport = {free_port()}\nconfirm = true\npublic_url = "https://hooks.shop.example"\n'
    )
    with Server(tmp_path, settings).running() as server:
        where = {"RETOUR_URL": f"http://127.0.0.1:{server.ports['api']}", "RETOUR_KEY": server.key}

        def said(*arguments: str, status: int = 0) -> str:
            result = CliRunner().invoke(app, ["correct", *arguments], env=where)
            assert result.exit_code == status, result.output
            return result.output

        assert said(OLD, "--name", "Wendy Wilson") == f"{NEW}  15 : 1  (it fits the contact's name)\n"
        assert "Nothing is suggested" in said("ann@b.example", status=1)
        made = said(OLD, NEW, "--reason", "told by phone", "--lang", "de")
        assert "Wir warten, bis der Kontakt die neue Adresse bestätigt" in made
        assert "https://hooks.shop.example/confirm/" in made
        assert "Bestätigen Sie Ihre E-Mail-Adresse" in made
        assert "policy" in said(OLD, "x@b.example", "--reason", "r", "--no-confirm", status=2)
        server.ask("PUT", "/v1/policy", {"settings": {"corrections": "trust"}, "expected": 1})
        assert "Nobody was asked" in said(OLD, "x@b.example", "--reason", "r", "--no-confirm")
        assert "reason" in said(OLD, NEW, status=2).lower()
