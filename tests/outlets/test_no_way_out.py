"""An account's own keys free no address: not by one call, not by many, by no route (E25)."""

from typing import Any

import pytest

from outlets.conftest import Installation
from outlets.test_api_routes import LEAST
from retour.instants import DAY
from retour.model import Reason, StateName

STOPPED = "nobody@b.example"
WRITES = sorted({(method, path) for method, path in LEAST if method != "GET"})
# Everything that a body of ours could say to free an address, tried wherever a body is taken.
BODIES: list[dict[str, Any]] = [
    {"addresses": [STOPPED], "reason": "please"},
    {"domain": "b.example", "reason": "please"},
    {"address": STOPPED, "reason": "please", "done": "mended"},
    {"addresses": [STOPPED], "done": "mended"},
    {"approved": True, "reason": "please"},
    {"recipient": STOPPED},
    {"addresses": [STOPPED], "kind": "system"},
    {"enabled": True},
    {"old": "nobdy@b.example", "new": STOPPED, "reason": "a typo"},
    {"old": STOPPED, "new": "somebody@b.example", "reason": "a typo", "confirm": False},
    {"contacts": [{"address": STOPPED}]},
    {"kind": "restore", "reason": "please", "question": {"address": STOPPED}},
    {"engagements": [{"kind": "login", "address": STOPPED}]},
    {"entry": STOPPED},
]


def stopped(retour: Installation) -> bool:
    """Whether the state itself is as it was: an answer may be spared by a setting, a state never."""
    state = retour.store.ledger.state("demo", STOPPED, retour.clock.now())
    return state.state is StateName.INVALID


@pytest.mark.parametrize("role", ["member", "manager"])
@pytest.mark.parametrize("route", WRITES, ids=" ".join)
def test_no_route_frees_an_address(retour: Installation, route: tuple[str, str], role: str) -> None:
    retour.bounce(STOPPED)
    key = f"demo-{role}"
    asked = retour.ask("POST", "/v1/requests", key, json={"addresses": [STOPPED], "done": "mended"})
    method, path = route
    path = path.replace("{id}", asked.json()["id"])
    for name in ("{address}", "{name}", "{entry}", "{message}"):
        path = path.replace(name, STOPPED)
    for body in BODIES:
        retour.ask(method, path, key, json=body)
        assert stopped(retour), (route, body)
    retour.finish_rewriting()
    assert stopped(retour)


@pytest.mark.parametrize(
    "settings",
    [
        {"hard_threshold": 3},
        {"preset": "emarsys"},
        {"preset": "kwiga", "hard_threshold": 3},
        {"types": {"address_unknown": "ignore"}},
        {"types": {"address_unknown": "none"}, "threshold_by_reason": {"address_unknown": 0}},
        {"counting": "consecutive"},
        {"within_days": 1, "min_days": 0},
        {"reset_after": 1, "max_reactivations": 10},
        {"uncounted_codes": ["5.1.1"]},
        {"complaint_stops": "marketing"},
        {"platform_stops": "ignore"},
        {"mode": "observe"},
        {"never_stop": [STOPPED]},
    ],
    ids=str,
)
def test_no_policy_revives_what_a_hard_bounce_stopped(retour: Installation, settings: dict[str, Any]) -> None:
    retour.bounce(STOPPED)
    retour.clock.instant += DAY
    changed = retour.ask("PUT", "/v1/policy", "demo-manager", json={"settings": settings, "expected": 1})
    assert changed.status_code == 200, changed.text
    retour.finish_rewriting()
    retour.clock.instant += 3 * DAY
    assert stopped(retour)
    said = retour.ask("GET", "/v1/check", params={"address": STOPPED}).json()
    shown_only = "mode" in settings or "never_stop" in settings
    assert said["would_be" if shown_only else "decision"] == "stop"


def test_taking_back_an_import_frees_what_it_stopped_and_nothing_else(retour: Installation) -> None:
    retour.bounce(STOPPED)
    retour.clock.instant += DAY
    content = f"address\n{STOPPED}\nfresh@b.example\n".encode()
    query = {"format": "csv"}
    made = retour.ask("POST", "/v1/suppressions/import", "demo-manager", params=query, content=content)
    retour.ask("DELETE", f"/v1/suppressions/imports/{made.json()['id']}", "demo-manager")
    assert stopped(retour)
    assert retour.store.ledger.state("demo", "fresh@b.example", retour.clock.now()).state is StateName.VALID


@pytest.mark.parametrize("confirm", [True, False])
def test_a_correction_towards_a_stopped_address_frees_it_neither(retour: Installation, confirm: bool) -> None:
    retour.bounce(STOPPED)
    retour.clock.instant += DAY
    body = {"old": "nobdy@b.example", "new": STOPPED, "reason": "a typo", "confirm": confirm}
    made = retour.ask("POST", "/v1/corrections", "demo-manager", json=body)
    assert stopped(retour)
    if made.is_success and made.json()["token"]:
        token = {"token": made.json()["token"]}
        retour.ask("POST", "/v1/corrections/confirm", "demo-manager", json=token)
        assert stopped(retour)
        retour.ask("DELETE", f"/v1/corrections/{made.json()['id']}", "demo-manager")
    assert stopped(retour)


def test_what_is_refused_says_whom_to_ask(retour: Installation) -> None:
    retour.bounce(STOPPED, Reason.ADDRESS_UNKNOWN)
    body = {"addresses": [STOPPED], "reason": "please"}
    for role in ("member", "manager"):
        answer = retour.ask("POST", "/v1/restores", f"demo-{role}", json=body)
        assert answer.status_code == 403
        assert "/v1/requests" in answer.json()["remedy"]
