"""Never stop: a short list, entry by entry, with a warning that stays."""

from typing import Any

import pytest

from outlets.conftest import Installation
from retour.flow.never_stop import MOST
from retour.instants import HOUR, text
from retour.model import StateName

BOSS = "boss@shop.example"


def listed(retour: Installation, key: str = "demo-member", **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = retour.ask("GET", "/v1/never-stop", key, **more).json()
    return answer


def add(retour: Installation, entry: str, **more: Any) -> Any:
    return retour.ask("POST", "/v1/never-stop", "demo-manager", json={"entry": entry}, **more)


def test_an_entry_comes_warns_and_goes_while_the_state_stays_what_it_is(retour: Installation) -> None:
    retour.bounce(BOSS)
    assert listed(retour)["warning"] is None
    assert retour.ask("GET", "/v1/account").json()["warnings"] == []
    at = retour.clock.now()
    made = add(retour, "Boss@SHOP.example".replace("B", "b"))
    assert made.status_code == 201, made.text
    retour.finish_rewriting()
    (entry,) = listed(retour)["entries"]
    assert entry == {"entry": BOSS, "author": "key demo-manager", "since": text(at), "version": 2}
    for path in ("/v1/account", "/v1/policy"):
        shown = retour.ask("GET", path).json()
        (warning,) = shown["warnings"] if "warnings" in shown else [shown["warning"]]
        assert warning.startswith("One entry is never stopped")
    german = retour.ask("GET", "/v1/account", headers={"Accept-Language": "de"}).json()
    assert german["warnings"][0].startswith("Ein Eintrag wird nie gestoppt")
    said = retour.ask("GET", "/v1/check", params={"address": BOSS}).json()
    assert (said["decision"], said["why"], said["would_be"]) == ("send", "never_stop", "stop")
    state = retour.store.ledger.state("demo", BOSS, retour.clock.now()).state
    assert state is StateName.INVALID
    assert retour.table.never_stopped() == {"demo": 1}

    retour.clock.instant += HOUR
    add(retour, "shop.example")
    assert listed(retour)["warning"].startswith("2 entries are never stopped")
    assert [each["since"] for each in listed(retour)["entries"]] == [text(at), text(at + HOUR)]
    for entry in (BOSS, "shop.example"):
        gone = retour.ask("DELETE", f"/v1/never-stop/{entry}", "demo-manager")
        assert gone.status_code == 200, gone.text
    retour.finish_rewriting()
    assert (listed(retour)["entries"], listed(retour)["warning"]) == ([], None)
    assert retour.ask("GET", "/v1/account").json()["warnings"] == []
    assert retour.ask("GET", "/v1/check", params={"address": BOSS}).json()["decision"] == "stop"


def test_adding_what_is_there_makes_no_version(retour: Installation) -> None:
    assert add(retour, BOSS).json()["version"] == 2
    assert add(retour, BOSS).json()["version"] == 2


def test_an_entry_that_went_and_came_back_is_there_since_it_came_back(retour: Installation) -> None:
    add(retour, BOSS)
    retour.ask("DELETE", f"/v1/never-stop/{BOSS}", "demo-manager")
    retour.clock.instant += HOUR
    assert add(retour, BOSS).json()["entries"][0]["since"] == text(retour.clock.now())


def test_what_somebody_else_changed_meanwhile_is_not_merged(retour: Installation) -> None:
    refused = add(retour, BOSS, headers={"If-Match": '"7"'})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/version_conflict")
    assert listed(retour)["entries"] == []


@pytest.mark.parametrize("entry", ["gmail.com", "@gmx.de", "hotmail.fr"])
def test_a_public_provider_is_refused_by_entry_and_by_policy(retour: Installation, entry: str) -> None:
    refused = add(retour, entry)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/policy_invalid")
    assert "stop nobody" in refused.json()["detail"]
    body = {"settings": {"never_stop": [entry]}, "expected": 1}
    for query in ({}, {"dry_run": "true"}):
        whole = retour.ask("PUT", "/v1/policy", "demo-manager", json=body, params=query)
        assert whole.json()["field"] == "settings.never_stop"
    assert add(retour, f"ann@{entry.removeprefix('@')}").status_code == 201


def test_the_list_is_short(retour: Installation) -> None:
    whole = {"settings": {"never_stop": [f"u{n}@shop.example" for n in range(MOST)]}, "expected": 1}
    assert retour.ask("PUT", "/v1/policy", "demo-manager", json=whole).status_code == 200
    refused = add(retour, BOSS)
    assert refused.status_code == 422
    assert f"it may have {MOST}" in refused.json()["detail"]
    # Other settings may still be changed, and entries taken off.
    body = {"settings": {"soft_threshold": 3}, "expected": 2}
    assert retour.ask("PUT", "/v1/policy", "demo-manager", json=body).status_code == 200
    assert retour.ask("DELETE", "/v1/never-stop/u0@shop.example", "demo-manager").status_code == 200
    assert add(retour, BOSS).status_code == 201


@pytest.mark.parametrize("entry", ["none", "a@@b.example", "", "a b@c.example", "@"])
def test_what_is_no_address_is_refused(retour: Installation, entry: str) -> None:
    refused = add(retour, entry)
    assert (refused.status_code, refused.json()["field"]) == (422, "entry")
    gone = retour.ask("DELETE", "/v1/never-stop/ann@b.example", "demo-manager")
    assert (gone.status_code, gone.json()["type"]) == (404, "/problems/never_stop_unknown")
