"""The stop of the whole platform over the API: one bit crosses, and nothing else (K20, N10)."""

from typing import Any

import pytest

from outlets.conftest import Installation
from outlets.test_api_routes import LEAST
from retour.instants import DAY
from retour.lifecycle import preset
from retour.model import MailKind, Reason, Role

ANN = "ann@b.example"
READS = sorted(path for method, path in LEAST if method == "GET")


@pytest.fixture
def three(retour: Installation) -> Installation:
    """Three accounts; under the terms of these tests two stop an address for all."""
    retour.store.accounts.add_account("third", "third.return.test", preset("default"), retour.clock.now())
    for role in (Role.MEMBER, Role.MANAGER):
        retour.make_key(f"third-{role}", "third", role)
    retour.directory.refresh(retour.clock.now())
    return retour


def dead(retour: Installation, *accounts: str, address: str = ANN) -> None:
    for account in accounts:
        retour.bounce(address, account=account)
    retour.platform.follow()


def check(retour: Installation, key: str = "third-member", address: str = ANN) -> tuple[str, str]:
    told = retour.ask("GET", "/v1/check", key, params={"address": address}).json()
    return told["decision"], told["why"]


def everything(retour: Installation, key: str, address: str) -> dict[str, Any]:
    """What an account is told on every route that reads."""
    told: dict[str, Any] = {}
    for path in READS:
        place = path.replace("{address}", address)
        for name in ("{id}", "{name}", "{message}", "{campaign}", "{entry}"):
            place = place.replace(name, "x")
        described = retour.app.openapi()["paths"][path]["get"].get("parameters", ())
        known = {each["name"] for each in described if each["in"] == "query"}
        asked = {"address": address, "format": "csv"}
        params = {name: value for name, value in asked.items() if name in known}
        answer = retour.ask("GET", place, key, params=params)
        told[path] = (answer.status_code, answer.text)
    return told


def test_an_account_that_has_never_seen_the_address_is_told_to_stop(three: Installation) -> None:
    dead(three, "demo")
    assert check(three) == ("send", "")
    dead(three, "other")
    assert check(three) == ("stop", "platform")
    many = three.ask("POST", "/v1/check", "third-member", json={"addresses": [ANN, "bob@b.example"]}).json()
    assert [each["decision"] for each in many["results"]] == ["stop", "send"]
    shown = three.ask("GET", f"/v1/addresses/{ANN}", "third-member").json()
    day = three.clock.now() - three.clock.now() % DAY
    assert shown["platform_since"] == shown["state"]["since"] == "2024-10-04T00:00:00Z"
    assert day == 20_000 * DAY
    assert (shown["state"]["cause"], shown["events"], shown["ledger"]) == ("platform", [], [])
    assert {each["decision"] for each in shown["decisions"].values()} == {"stop"}
    advice = three.ask("GET", "/v1/advice", "third-member", params={"address": ANN}).json()
    assert advice["state"]["about"] == "platform"
    assert ANN in advice["state"]["contact"]["text"]
    assert ANN in advice["state"]["postmaster"]["subject"]


def test_nothing_crosses_but_the_bit(three: Installation) -> None:
    """Everything that the third account can read is the same to the octet, but for the address itself."""
    before = {address: everything(three, "third-manager", address) for address in (ANN, "bob@b.example")}
    dead(three, "demo")
    for address in before:  # what one account knows, no other sees in any way
        assert everything(three, "third-manager", address) == before[address]
    dead(three, "other")
    assert everything(three, "third-manager", "bob@b.example") == before["bob@b.example"]
    after = everything(three, "third-manager", ANN)
    differing = {path for path in READS if after[path] != before[ANN][path]}
    assert differing == {"/v1/check", "/v1/addresses/{address}", "/v1/advice"}
    for path in differing:
        assert "demo" not in after[path][1]
        assert "other" not in after[path][1].replace("others", "").replace("another", "")


def test_numbers_by_account_are_shown_to_that_account_and_to_staff_alone(three: Installation) -> None:
    numbers = {"demo": 7, "third": 2}
    three.metrics.counter("retour_sends_avoided", "Sends avoided", "account", lambda: numbers)
    three.metrics.gauge("retour_never_stop", "Entries that are never stopped", "account", lambda: numbers)

    def shown(key: str | None) -> list[str]:
        text = three.ask("GET", "/metrics", key).text
        return sorted(line for line in text.splitlines() if 'account="' in line)

    third = ['retour_never_stop{account="third"} 2.0', 'retour_sends_avoided_total{account="third"} 2.0']
    demo = ['retour_never_stop{account="demo"} 7.0', 'retour_sends_avoided_total{account="demo"} 7.0']
    assert shown(None) == []
    assert shown("third-member") == third
    assert shown("demo-manager") == demo
    assert shown("staff") == sorted(demo + third)
    assert three.ask("GET", "/metrics", None).is_success
    nobody = three.ask("GET", "/metrics", None, headers={"Authorization": "Bearer nobody"})
    assert nobody.status_code == 401


def test_how_many_accounts_there_were_is_nowhere_to_be_seen(three: Installation) -> None:
    three.store.accounts.add_account("fourth", "fourth.return.test", preset("default"), three.clock.now())
    three.directory.refresh(three.clock.now())
    dead(three, "demo", "other")
    two = everything(three, "third-manager", ANN)
    dead(three, "fourth")
    assert everything(three, "third-manager", ANN) == two


def test_an_account_opts_out(three: Installation) -> None:
    dead(three, "demo", "other")
    body = {"settings": {"platform_stops": "ignore"}, "expected": 1}
    three.ask("PUT", "/v1/policy", "third-manager", json=body)
    assert check(three) == ("send", "")
    three.finish_rewriting()
    assert check(three) == ("send", "")
    assert three.ask("GET", f"/v1/addresses/{ANN}", "third-member").status_code == 404


def test_while_states_are_rewritten_the_answer_is_the_same(three: Installation) -> None:
    dead(three, "demo", "other")
    body = {"settings": {"soft_threshold": 3}, "expected": 1}
    three.ask("PUT", "/v1/policy", "third-manager", json=body)
    assert three.table.slow("third")
    assert check(three) == ("stop", "platform")


def test_a_review_on_request_lifts_it_for_all(three: Installation) -> None:
    dead(three, "demo", "other")
    three.clock.instant += DAY
    body = {"addresses": [ANN], "done": "she wrote to us from it today"}
    moot = three.ask("POST", "/v1/requests", "third-member", json=body).json()
    assert moot["type"] == "/problems/request_moot"  # nothing of its own stops it
    assert "review" in moot["remedy"]
    made = three.ask("POST", "/v1/requests", "third-member", json={**body, "kind": "review"})
    assert made.status_code == 201, made.text
    place = f"/v1/requests/{made.json()['id']}"
    cases = three.ask("GET", f"{place}/cases", "staff", params={"account": "third"}).json()["cases"]
    assert cases[0]["platform_since"] == "2024-10-04T00:00:00Z"
    shown = three.ask("GET", f"/v1/addresses/{ANN}", "third-member").json()
    assert cases[0]["address"]["explanation"]["words"] == shown["explanation"]["words"]
    assert cases[0]["address"]["state"] == shown["state"]
    assert shown["state"]["cause"] == "platform"
    said = {"approved": True, "reason": "she does answer"}
    verdicts = [(each["account"], each["reason"]) for each in cases[0]["verdicts"]]
    assert sorted(verdicts) == [("demo", "address_unknown"), ("other", "address_unknown")]
    assert cases[0]["advice"]["verdict"] == "ask_back"
    assert "2, the last of them on 4 October 2024" in cases[0]["advice"]["reasons"][0]["told"]
    login = {"kind": "login", "address": ANN}
    three.ask("POST", "/v1/engagements", "third-member", json={"engagements": [login]})
    (case,) = three.ask("GET", f"{place}/cases", "staff", params={"account": "third"}).json()["cases"]
    assert case["advice"]["verdict"] == "approve"
    three.make_key("third-support", "third", Role.SUPPORT)
    hidden = three.ask("GET", f"{place}/cases", "third-support")
    assert hidden.json()["type"] == "/problems/lift_by_staff"
    assert "demo" not in hidden.text
    own = three.ask("POST", f"{place}/decision", "third-support", json=said)
    assert own.json()["type"] == "/problems/lift_by_staff"
    assert check(three) == ("stop", "platform")
    decided = three.ask("POST", f"{place}/decision", "staff", params={"account": "third"}, json=said)
    assert decided.status_code == 200, decided.text
    assert check(three) == ("send", "")
    three.platform.follow()
    assert check(three) == ("send", "")
    assert check(three, "demo-member") == ("stop", "hard")  # its own verdict stays its own
    (notice,) = three.notices
    assert (notice.account, notice.data["kind"], notice.data["status"]) == ("third", "review", "approved")


def test_a_refused_review_changes_nothing(three: Installation) -> None:
    dead(three, "demo", "other")
    body = {"addresses": [ANN], "done": "x", "kind": "review"}
    made = three.ask("POST", "/v1/requests", "third-member", json=body).json()
    said = {"approved": False, "reason": "three servers say so, this week"}
    place = f"/v1/requests/{made['id']}/decision"
    three.ask("POST", place, "staff", params={"account": "third"}, json=said)
    assert check(three) == ("stop", "platform")


def test_what_support_gives_back_in_one_account_is_stopped_for_all_no_more(three: Installation) -> None:
    dead(three, "demo", "other")
    three.clock.instant += DAY
    made = three.ask("POST", "/v1/requests", "demo-member", json={"addresses": [ANN], "done": "x"}).json()
    place = f"/v1/requests/{made['id']}/decision"
    three.ask("POST", place, "staff", params={"account": "demo"}, json={"approved": True, "reason": "x"})
    assert check(three, "demo-member") == ("send", "")
    assert check(three) == ("send", "")
    assert check(three, "other-member") == ("stop", "hard")


def test_a_restore_ends_it_for_an_account_that_had_never_seen_the_address(three: Installation) -> None:
    dead(three, "demo", "other")
    three.clock.instant += DAY
    body = {"addresses": [ANN], "reason": "she wrote to us"}
    tried = three.ask("POST", "/v1/restores?account=third&dry_run=true", "staff", json=body)
    assert tried.is_success
    assert check(three) == ("stop", "platform")
    assert three.ask("POST", "/v1/restores?account=third", "staff", json=body).is_success
    assert check(three) == ("send", "")


@pytest.mark.parametrize("kind", MailKind)
def test_it_holds_for_all_mail(three: Installation, kind: MailKind) -> None:
    three.bounce(ANN, Reason.MAILBOX_FULL, account="third")
    dead(three, "demo", "other")
    told = three.ask("GET", "/v1/check", "third-member", params={"address": ANN, "kind": kind.value}).json()
    assert (told["decision"], told["why"], told["until"]) == ("stop", "platform", None)
