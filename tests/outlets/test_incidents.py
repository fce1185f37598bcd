"""Incidents over the API: which stand, whose they are, and what an end would do."""

from collections.abc import Sequence

import pytest

from outlets.conftest import Installation
from retour.flow import whom
from retour.flow.incident_acts import opening
from retour.ports.incidents import Incident, IncidentStage


def kept(
    retour: Installation, account: str, stage: IncidentStage = IncidentStage.OPEN, family: str = "gmail"
) -> Incident:
    now = retour.clock.now()
    closed = now + 1 if stage is IncidentStage.CLOSED else None
    id = f"inc-{account}-{stage}"
    made = Incident(id, account, family, now, now, 0, "rate", 60, 0.5, 0.01, stage, closed_at=closed)
    retour.store.incidents.keep(made)
    return made


def hold(retour: Installation, incident: Incident, addresses: Sequence[str]) -> None:
    for address in addresses:
        retour.bounce(address)
    retour.store.ledger.record([opening(incident, each) for each in addresses], retour.clock.now())


def ids(retour: Installation, key: str, **asked: str) -> list[str]:
    found = retour.ask("GET", "/v1/incidents", key, params=asked).json()["incidents"]
    return [each["id"] for each in found]


def test_those_that_stand_are_told_to_whom_they_belong(retour: Installation) -> None:
    for account in ("demo", "other"):
        kept(retour, account)
        kept(retour, account, IncidentStage.CLOSED)
    assert set(ids(retour, "demo-member")) == {"inc-demo-open", "inc-demo-closed"}
    assert ids(retour, "demo-member", standing="true") == ["inc-demo-open"]
    assert set(ids(retour, "staff", standing="true")) == {"inc-demo-open", "inc-other-open"}
    assert ids(retour, "staff", standing="true", account="other") == ["inc-other-open"]
    assert retour.ask("GET", "/v1/incidents", "staff").json()["type"] == "/problems/account_missing"
    theirs = {"standing": "true", "account": "other"}
    strange = retour.ask("GET", "/v1/incidents", "demo-member", params=theirs)
    assert strange.json()["type"] == "/problems/account_unknown"


def test_both_ends_of_what_it_holds_are_seen_before_one_is_chosen(retour: Installation) -> None:
    incident = kept(retour, "demo")
    hold(retour, incident, ["ann@gmail.com"])
    told = retour.ask("GET", f"/v1/incidents/{incident.id}/preview", "demo-member").json()
    assert (told["count"], told["is_more"], told["played"], told["reached"]) == (1, False, 1, 0)
    assert (told["confirm"], told["revert"]) == ({"invalid": 1}, {"valid": 1})
    page = retour.ask("GET", f"/v1/incidents/{incident.id}/addresses", "demo-member").json()
    assert [each["address"] for each in page["addresses"]] == ["ann@gmail.com"]
    assert page["next"] is None


def test_a_page_of_addresses_goes_on_where_the_one_before_ended(retour: Installation) -> None:
    incident = kept(retour, "demo")
    names = [f"a{n}@gmail.com" for n in range(5)]
    hold(retour, incident, names)
    found, after = list[str](), None
    for _ in range(3):
        asked = {"limit": "2"} | ({"after": after} if after else {})
        page = retour.ask("GET", f"/v1/incidents/{incident.id}/addresses", "demo-member", params=asked).json()
        found += [each["address"] for each in page["addresses"]]
        after = page["next"]
    assert (sorted(found), after) == (names, None)


@pytest.mark.parametrize("is_quick", [True, False])
def test_all_that_one_holds_is_counted_at_once_or_by_a_job(
    retour: Installation, monkeypatch: pytest.MonkeyPatch, is_quick: bool
) -> None:
    monkeypatch.setattr(whom, "_HELD", 2)
    monkeypatch.setattr(whom, "QUICK", 0.1 if is_quick else -1.0)
    incident = kept(retour, "demo")
    names = [f"a{n}@gmail.com" for n in range(5)]
    hold(retour, incident, names)
    asked = {"from": {"incident": incident.id}}
    told = retour.ask("POST", "/v1/contacts/counts", "demo-member", json=asked).json()
    if is_quick:
        assert (told["addresses"], told["job"]) == (5, None)
        return
    assert (told["addresses"], told["job"]["kind"]) == (None, "count")
    retour.do_jobs()
    job = retour.ask("GET", f"/v1/jobs/{told['job']['id']}", "demo-member").json()
    assert (job["state"], job["result"], job["done"], job["total"]) == ("done", {"addresses": 5}, 5, None)


def test_of_another_account_or_of_two_things_at_once_nothing_is_counted(retour: Installation) -> None:
    incident = kept(retour, "other")
    for filled, fault in (
        ({"incident": incident.id}, "incident_unknown"),
        ({"incident": incident.id, "data": {}}, "invalid"),
    ):
        answer = retour.ask("POST", "/v1/contacts/counts", "demo-member", json={"from": filled})
        assert answer.json()["type"] == f"/problems/{fault}"


@pytest.mark.parametrize("stage", [IncidentStage.CLOSED, IncidentStage.CLOSING, IncidentStage.REOPENING])
def test_of_one_that_is_not_open_no_end_is_foretold(retour: Installation, stage: IncidentStage) -> None:
    incident = kept(retour, "demo", stage)
    answer = retour.ask("GET", f"/v1/incidents/{incident.id}/preview", "demo-member")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/incident_stage")


@pytest.mark.parametrize(("family", "about"), [("*", "many domains at once"), ("b.example", "b.example")])
def test_who_is_held_is_told_what_the_incident_is_about(
    retour: Installation, family: str, about: str
) -> None:
    incident = kept(retour, "demo", family=family)
    kept(retour, "demo", IncidentStage.CLOSED)
    kept(retour, "other")
    retour.bounce("gone@b.example")
    retour.store.ledger.record([opening(incident, "gone@b.example")], retour.clock.now())
    page = retour.ask("GET", "/v1/addresses/gone@b.example").json()
    (row,) = retour.ask("GET", "/v1/bounces", params={"status": "held"}).json()["bounces"]
    for told in (page, row):
        assert told["explanation"]["words"].startswith(f"Unusually many addresses at {about} are being")


def test_who_is_held_is_listed_counted_exported_and_put_on_a_list(retour: Installation) -> None:
    incident = kept(retour, "demo")
    names = [f"a{n}@gmail.com" for n in range(3)]
    for name in (*names, "gone@b.example"):
        retour.bounce(name)
    retour.store.ledger.record([opening(incident, name) for name in names], retour.clock.now())
    held = {"status": "held"}
    rows = retour.ask("GET", "/v1/bounces", params=held).json()["bounces"]
    assert {row["address"] for row in rows} == set(names)
    assert {(row["status"], row["state"]["state"]) for row in rows} == {("valid", "held")}
    assert retour.ask("GET", "/v1/bounces", params={"status": "valid"}).json()["bounces"] == rows
    assert retour.ask("GET", "/v1/bounces/count", params=held).json()["addresses"] == 3
    counts = retour.ask("GET", "/v1/counts", params=held).json()
    assert (counts["addresses"], counts["provider"]) == (3, {"gmail": 3})
    assert counts["status"] == {"valid": 3, "held": 3, "invalid": 1}
    assert len(retour.ask("GET", "/v1/bounces/export", params=held).text.splitlines()) == 1 + 3
    order = {"name": "held", "from": {"bounces": held}}
    assert retour.ask("POST", "/v1/contact-lists", "demo-manager", json=order).status_code == 201
    retour.do_jobs()
    assert retour.ask("GET", "/v1/contact-lists").json()["lists"][0]["contacts"] == 3
    refused = retour.ask("GET", "/v1/bounces", params={"status": "helt"})
    assert (refused.status_code, refused.json()["field"]) == (422, "status")
