"""Every route with every role, and with the key of another account; a route that is added must stand here."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from fastapi.routing import APIRoute

from outlets.conftest import Installation
from outlets.previewed import do_all, previewed, work
from retour.flow import waves
from retour.flow.jobs import Job, JobState
from retour.flow.topics import Waiting
from retour.flow.waves import Place
from retour.identity import act_id
from retour.model import Action, Arrival, Event, EventKind, Evidence, Group, Kind, Reason, Report, Verdict
from retour.outlets.api.app import ROUTERS
from retour.ports import ContactList, Wave
from retour.ports.incidents import Incident, IncidentStage

ADDRESS = "nobody@b.example"
OPEN = {"/healthz", "/readyz", "/metrics", "/problems/{name}"}
LEAST = {
    ("GET", "/v1/check"): "member",
    ("POST", "/v1/check"): "member",
    ("GET", "/v1/suggest"): "member",
    ("GET", "/v1/addresses/{address}"): "member",
    ("GET", "/v1/bounces"): "member",
    ("GET", "/v1/bounces/count"): "member",
    ("GET", "/v1/bounces/export"): "member",
    ("POST", "/v1/sends"): "member",
    ("POST", "/v1/engagements"): "member",
    ("GET", "/v1/rates"): "member",
    ("GET", "/v1/review"): "member",
    ("POST", "/v1/review"): "member",
    ("GET", "/v1/mail"): "support",
    ("GET", "/v1/corrections"): "member",
    ("POST", "/v1/corrections"): "manager",
    ("POST", "/v1/corrections/suggest"): "member",
    ("POST", "/v1/corrections/confirm"): "member",
    ("DELETE", "/v1/corrections/{id}"): "manager",
    ("GET", "/v1/policy"): "member",
    ("GET", "/v1/policy/versions"): "member",
    ("PUT", "/v1/policy"): "manager",
    ("GET", "/v1/never-stop"): "member",
    ("POST", "/v1/never-stop"): "manager",
    ("DELETE", "/v1/never-stop/{entry}"): "manager",
    ("POST", "/v1/policy/what-if"): "manager",
    ("GET", "/v1/policy/what-if/{id}"): "member",
    ("GET", "/v1/policy/what-if/{id}/addresses"): "member",
    ("GET", "/v1/policy/progress"): "member",
    ("GET", "/v1/policy/effects"): "member",
    ("POST", "/v1/replays"): "manager",
    ("GET", "/v1/replays/{id}"): "member",
    ("GET", "/v1/replays/{id}/addresses"): "member",
    ("POST", "/v1/replays/{id}/apply"): "support",
    ("POST", "/v1/replays/{id}/undo"): "support",
    ("GET", "/v1/replay-groups"): "support",
    ("POST", "/v1/replay-groups"): "support",
    ("GET", "/v1/replay-groups/{id}"): "support",
    ("POST", "/v1/replay-groups/{id}/apply"): "support",
    ("POST", "/v1/replay-groups/{id}/undo"): "support",
    ("POST", "/v1/restores"): "support",
    ("POST", "/v1/stops"): "support",
    ("POST", "/v1/requests"): "member",
    ("GET", "/v1/requests"): "member",
    ("GET", "/v1/requests/{id}"): "member",
    ("DELETE", "/v1/requests/{id}"): "member",
    ("GET", "/v1/requests/{id}/cases"): "support",
    ("POST", "/v1/requests/{id}/decision"): "support",
    ("GET", "/v1/ledger"): "member",
    ("GET", "/v1/ledger/export"): "member",
    ("POST", "/v1/ledger/verify"): "member",
    ("GET", "/v1/tallies"): "member",
    ("GET", "/v1/campaigns"): "member",
    ("GET", "/v1/counts"): "member",
    ("GET", "/v1/counts/campaigns"): "member",
    ("GET", "/v1/recoveries"): "member",
    ("GET", "/v1/sources/lag"): "member",
    ("GET", "/v1/providers"): "member",
    ("GET", "/v1/sources"): "member",
    ("GET", "/v1/data"): "member",
    ("GET", "/v1/data/export"): "member",
    ("GET", "/v1/segments"): "member",
    ("PUT", "/v1/segments/{name}"): "manager",
    ("DELETE", "/v1/segments/{name}"): "manager",
    ("GET", "/v1/contacts"): "member",
    ("GET", "/v1/contacts/export"): "member",
    ("POST", "/v1/contacts"): "manager",
    ("GET", "/v1/contacts/{address}"): "member",
    ("PUT", "/v1/contacts/{address}"): "manager",
    ("GET", "/v1/contact-lists"): "member",
    ("POST", "/v1/contact-lists"): "member",
    ("PUT", "/v1/contact-lists/{id}"): "manager",
    ("DELETE", "/v1/contact-lists/{id}"): "manager",
    ("POST", "/v1/contact-lists/{id}/take-back"): "manager",
    ("POST", "/v1/contact-lists/{id}/contacts"): "manager",
    ("DELETE", "/v1/contacts/{address}"): "manager",
    ("POST", "/v1/erasures"): "manager",
    ("POST", "/v1/contacts/deletions"): "manager",
    ("POST", "/v1/contacts/counts"): "member",
    ("POST", "/v1/waves"): "support",
    ("GET", "/v1/waves"): "support",
    ("GET", "/v1/waves/{id}"): "support",
    ("DELETE", "/v1/waves/{id}"): "support",
    ("POST", "/v1/waves/{id}/apply"): "support",
    ("POST", "/v1/waves/{id}/undo"): "support",
    ("GET", "/v1/incidents"): "member",
    ("GET", "/v1/incidents/{id}"): "member",
    ("GET", "/v1/incidents/{id}/preview"): "member",
    ("GET", "/v1/incidents/{id}/addresses"): "member",
    ("POST", "/v1/incidents/{id}/confirm"): "support",
    ("POST", "/v1/incidents/{id}/revert"): "support",
    ("POST", "/v1/incidents/{id}/reopen"): "support",
    ("GET", "/v1/advice"): "member",
    ("GET", "/v1/advice/reasons"): "member",
    ("GET", "/v1/suppressions"): "member",
    ("GET", "/v1/suppressions/export"): "member",
    ("GET", "/v1/suppressions/imports"): "member",
    ("POST", "/v1/suppressions/import"): "manager",
    ("DELETE", "/v1/suppressions/imports/{id}"): "manager",
    ("GET", "/v1/jobs"): "member",
    ("GET", "/v1/jobs/{id}"): "member",
    ("POST", "/v1/jobs/{id}/cancel"): "manager",
    ("POST", "/v1/list-checks"): "manager",
    ("GET", "/v1/list-checks"): "member",
    ("GET", "/v1/list-checks/{id}"): "member",
    ("GET", "/v1/list-checks/{id}/rows"): "member",
    ("PUT", "/v1/list-checks/{id}/decisions"): "manager",
    ("POST", "/v1/list-imports/{id}/outcome"): "manager",
    ("GET", "/v1/list-checks/{id}/files/{file}"): "member",
    ("DELETE", "/v1/list-checks/{id}"): "manager",
    ("POST", "/v1/list-checks/{id}/imports"): "manager",
    ("POST", "/v1/list-imports/{id}/undo"): "manager",
    ("GET", "/v1/lists"): "manager",
    ("GET", "/v1/lists/{name}/messages"): "manager",
    ("POST", "/v1/lists/{name}/replay"): "manager",
    ("GET", "/v1/webhooks"): "manager",
    ("POST", "/v1/webhooks"): "manager",
    ("GET", "/v1/webhooks/{id}"): "manager",
    ("PUT", "/v1/webhooks/{id}"): "manager",
    ("DELETE", "/v1/webhooks/{id}"): "manager",
    ("POST", "/v1/webhooks/{id}/rotate"): "manager",
    ("POST", "/v1/webhooks/{id}/test"): "manager",
    ("POST", "/v1/webhooks/{id}/replay"): "manager",
    ("GET", "/v1/webhooks/{id}/messages"): "manager",
    ("GET", "/v1/webhooks/{id}/messages/{message}"): "manager",
    ("GET", "/v1/topics"): "manager",
    ("POST", "/v1/topics/{id}/confirm"): "manager",
    ("POST", "/v1/topics/{id}/refuse"): "manager",
    ("GET", "/v1/unparsed"): "support",
    ("GET", "/v1/unparsed/shapes"): "support",
    ("POST", "/v1/unparsed/retry"): "support",
    ("PUT", "/v1/unparsed/shapes/{id}"): "staff",
    ("GET", "/v1/rulebook"): "member",
    ("GET", "/v1/rulebook/{id}"): "member",
    ("GET", "/v1/rules"): "staff",
    ("POST", "/v1/rules"): "staff",
    ("DELETE", "/v1/rules/{id}"): "staff",
    ("GET", "/v1/unproven"): "support",
    ("GET", "/v1/account"): "member",
    ("GET", "/v1/accounts"): "support",
    ("GET", "/v1/keys"): "manager",
    ("POST", "/v1/keys"): "manager",
    ("DELETE", "/v1/keys/{id}"): "manager",
    ("POST", "/v1/people/changes"): "console",
    ("GET", "/v1/people"): "member",
    ("GET", "/v1/people/{id}"): "member",
    ("PUT", "/v1/people/{id}"): "manager",
    ("DELETE", "/v1/people/{id}"): "manager",
    ("GET", "/v1/invitations"): "manager",
    ("POST", "/v1/invitations"): "manager",
    ("DELETE", "/v1/invitations/{id}"): "manager",
    ("GET", "/v1/views"): "member",
    ("POST", "/v1/views"): "manager",  # of the account; one's own is a person's
    ("PUT", "/v1/views/{id}"): "manager",
    ("DELETE", "/v1/views/{id}"): "manager",
}
# These take no account: they show the key's own only.
# They know no account at all: to name one is a slip, and refused.
RULES = {"/v1/rules", "/v1/rules/{id}", "/v1/unparsed/shapes/{id}"}  # of the platform
GROUPS = {"/v1/replay-groups", *(f"/v1/replay-groups/{{id}}{act}" for act in ("", "/apply", "/undo"))}
UNASKED = {
    *("/v1/unparsed", "/v1/unparsed/shapes", "/v1/unparsed/retry", "/v1/unproven", "/v1/accounts"),
    "/v1/people/changes",  # names its account itself
    *GROUPS,
    *RULES,
}
OF_PEOPLE = ("/v1/people", "/v1/invitations", "/v1/views")
NO_ACCOUNT = {
    *RULES,
    *("/v1/unparsed", "/v1/unparsed/shapes", "/v1/unparsed/retry", "/v1/unproven", "/v1/accounts"),
    *GROUPS,
    "/v1/requests",  # the queue of support
    "/v1/suggest",  # knows the string alone
}
# staff: support of no account; console: its own key alone
RANK = ["member", "manager", "support", "staff", "admin", "console"]
RULE = """\
[[rule]]
id = "own.flown"
reason = "address_unknown"
source = "our queue of 3 May"
phrases = ["has flown the nest"]
samples = ["ann has flown the nest"]
"""
CORRECTION = {"old": "zoe@b.example", "new": "zo@b.example", "reason": "told by phone"}
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/v1/people/changes"): {
        "id": "1",
        "account": "other",
        "at": "2026-05-01T00:00:00Z",
        "by": "person eve@b.example",
        "before": None,
        "after": {"standing": "manager", "person": "eve@b.example"},
    },
    ("PUT", "/v1/people/{id}"): {"role": "manager"},
    ("POST", "/v1/invitations"): {"email": "new@shop.example", "role": "manager"},
    ("POST", "/v1/views"): {"name": "all that is hard", "query": "type=hard"},
    ("PUT", "/v1/views/{id}"): {"name": "all that is soft"},
    ("POST", "/v1/check"): {"addresses": [ADDRESS]},
    ("POST", "/v1/sends"): {"recipient": "ann@b.example"},
    ("POST", "/v1/engagements"): {"kind": "open", "address": ADDRESS},
    ("POST", "/v1/corrections"): CORRECTION,
    ("POST", "/v1/corrections/suggest"): {"address": ADDRESS},
    ("POST", "/v1/corrections/confirm"): {"token": "x"},
    ("PUT", "/v1/segments/{name}"): {"reason": "address_unknown"},
    ("PUT", "/v1/unparsed/shapes/{id}"): {"count": 3},
    ("POST", "/v1/rules"): {"rules": RULE},
    ("POST", "/v1/contacts"): {"contacts": [{"address": ADDRESS}]},
    ("PUT", "/v1/contacts/{address}"): {"address": ADDRESS},
    ("POST", "/v1/erasures"): {"address": ADDRESS, "reason": "asked on 1 May"},
    ("POST", "/v1/contacts/deletions"): {"addresses": [ADDRESS]},
    ("POST", "/v1/contacts/counts"): {"from": {"data": {}}},
    ("POST", "/v1/contact-lists"): {"name": "a list", "from": {"bounces": {}}},
    ("PUT", "/v1/contact-lists/{id}"): {"name": "another list"},
    ("POST", "/v1/contact-lists/{id}/contacts"): {"add": [ADDRESS]},
    ("POST", "/v1/waves"): {"act": "restore", "filter": {}, "reason": "request 17"},
    ("POST", "/v1/waves/{id}/apply"): {"filter": {}, "count": 0},
    ("POST", "/v1/incidents/{id}/confirm"): {"reason": "they are gone"},
    ("POST", "/v1/incidents/{id}/revert"): {"reason": "they live"},
    ("POST", "/v1/incidents/{id}/reopen"): {"reason": "it goes on"},
    ("PUT", "/v1/policy"): {"settings": {"soft_threshold": 3}, "expected": 1},
    ("POST", "/v1/policy/what-if"): {"settings": {"soft_threshold": 3}, "expected": 1},
    ("POST", "/v1/replays"): {"what": "policy"},
    ("POST", "/v1/replay-groups"): {"what": "policy"},
    ("POST", "/v1/replay-groups/{id}/apply"): {"reason": "request 19"},
    ("POST", "/v1/replay-groups/{id}/undo"): {"reason": "request 20"},
    ("POST", "/v1/replays/{id}/apply"): {"reason": "request 19"},
    ("POST", "/v1/replays/{id}/undo"): {"reason": "request 20"},
    ("POST", "/v1/restores"): {"addresses": [ADDRESS], "reason": "request 17"},
    ("POST", "/v1/stops"): {"addresses": [ADDRESS], "reason": "request 18"},
    ("POST", "/v1/never-stop"): {"entry": "boss@shop.example"},
    ("POST", "/v1/requests"): {"addresses": [ADDRESS], "done": "the mailbox was emptied"},
    ("POST", "/v1/requests/{id}/decision"): {"approved": True, "reason": "it answers"},
    ("POST", "/v1/keys"): {"role": "member"},
    ("POST", "/v1/webhooks"): {"url": "http://127.0.0.1:9/"},
    ("PUT", "/v1/webhooks/{id}"): {"enabled": False},
    ("POST", "/v1/webhooks/{id}/replay"): {"since": "2024-10-01T00:00:00Z"},
    ("POST", "/v1/lists/{name}/replay"): {"since": "2024-10-01T00:00:00Z"},
    ("POST", "/v1/list-checks/{id}/imports"): {"list": "list-demo"},
    ("PUT", "/v1/list-checks/{id}/decisions"): {"domains": {"gmial.com": True}},
}


CONTENT: dict[tuple[str, str], bytes] = {
    ("POST", "/v1/suppressions/import"): b"address\nzoe@b.example\n",
    ("POST", "/v1/list-checks"): b"address\nzoe@b.example\n",
}


def _filled(retour: Installation, path: str, account: str) -> str:
    """The path to something of that account; another account's is asked for by its true ids."""
    key, path = f"{account}-manager", path.replace("{address}", ADDRESS)
    path = path.replace("{name}", f"ses-{account}")
    if path.startswith(OF_PEOPLE):
        return path.replace("{id}", str(_of_people(retour, path, account)))
    if account not in ("demo", "other"):
        return path.replace("{id}", "x").replace("{message}", "x")
    if path.startswith("/v1/suppressions/imports/{id}"):
        query = {"format": "csv"}
        made = retour.ask("POST", "/v1/suppressions/import", key, params=query, content=b"zoe@b.example\n")
        return path.replace("{id}", made.json()["id"])
    if path.startswith("/v1/never-stop/{entry}"):
        retour.ask("POST", "/v1/never-stop", f"{account}-manager", json={"entry": "boss@shop.example"})
        return path.replace("{entry}", "boss@shop.example")
    if path.startswith("/v1/requests/{id}"):
        retour.bounce("full@b.example", account=account)
        body = {"addresses": ["full@b.example"], "done": "the mailbox was emptied"}
        retour.ask("POST", "/v1/requests", f"{account}-member", json=body)
        (made,) = retour.ask("GET", "/v1/requests", f"{account}-member").json()["requests"]
        return path.replace("{id}", made["id"])
    if path == "/v1/corrections/{id}":
        return path.replace("{id}", retour.ask("POST", "/v1/corrections", key, json=CORRECTION).json()["id"])
    if path.startswith("/v1/webhooks/{id}"):
        hook = retour.ask("POST", "/v1/webhooks", key, json=BODIES["POST", "/v1/webhooks"]).json()["id"]
        message = retour.ask("POST", f"/v1/webhooks/{hook}/test", key).json()["id"]
        return path.replace("{id}", hook).replace("{message}", message)
    if path.startswith("/v1/contacts/"):
        retour.ask("PUT", path, key, json={"address": ADDRESS})
    if path.startswith("/v1/contact-lists/{id}"):
        made = ContactList(account, f"list-{account}", "mine", "key x", retour.clock.now())
        retour.store.contacts.make_list(made)
        if path.endswith("/take-back"):
            retour.store.contacts.drop_list(account, made.id, retour.clock.now())
        return path.replace("{id}", made.id)
    if path.startswith("/v1/segments/ses-"):
        retour.ask("PUT", f"/v1/segments/ses-{account}", key, json={"reason": "mailbox_full"})
    if path.startswith("/v1/waves/{id}"):
        wave = Wave(f"wave-{account}", account, "stop", retour.clock.now(), "key x", "", '{"filter": {}}')
        place = Place(retour.store.ledger, retour.store.acts, retour.bus, retour.desk.waves, retour.clock)
        with suppress(waves.NotNowError):  # it was made before
            list(waves.plan(wave, (), place))
            if path.endswith("undo"):
                list(waves.apply(wave.id, "key y", place))
        return path.replace("{id}", wave.id)
    if path.startswith("/v1/incidents/{id}"):
        now, stage = retour.clock.now(), IncidentStage.CLOSED if "reopen" in path else IncidentStage.OPEN
        made = Incident(f"inc-{account}", account, "gmail", now, now, 0, "rate", 60, None, 1.0, stage)
        retour.store.incidents.keep(made)
        return path.replace("{id}", made.id)
    if path.startswith(("/v1/policy/what-if/{id}", "/v1/replays/{id}")):
        done = previewed(retour, account, "what_if" if "what-if" in path else "replay")
        if path.endswith("/undo"):
            work(retour, account, "replay_apply", {"replay": done, "reason": "request 18"})
        return path.replace("{id}", done)
    if path.startswith("/v1/replay-groups/{id}"):
        key = f"{account}-support" if account in ("demo", "other") else "staff"
        id = retour.ask("POST", "/v1/replay-groups", key, json={"what": "policy"}).json()["id"]
        do_all(retour)
        if path.endswith("/undo"):
            retour.ask("POST", f"/v1/replay-groups/{id}/apply", key, json={"reason": "request 18"})
            do_all(retour)
        return path.replace("{id}", id)
    if path.startswith(("/v1/list-checks/{id}", "/v1/list-imports/{id}")):
        return checked(retour, account, path.replace("{file}", "kept.csv"))
    if path.startswith("/v1/topics/{id}"):
        kind = "SubscriptionConfirmation"
        asked = Waiting(f"topic-{account}", account, account, "arn", "token", kind, retour.clock.now())
        retour.topics.waiting.append(asked)
        return path.replace("{id}", asked.id)
    if path.startswith("/v1/rulebook/{id}"):
        return path.replace("{id}", retour.services().rulebook().rules[0].id)
    if path.startswith("/v1/rules/{id}"):
        desk = retour.services().rules
        for each in desk.published():
            desk.take_back(each.id)
        return path.replace("{id}", desk.publish(RULE, "key staff", retour.clock.now()).id)
    if path.startswith("/v1/jobs/{id}"):
        retour.desk.jobs.add(Job(f"job-{account}", account, "replay", f"key {key}", retour.clock.now(), {}))
        return path.replace("{id}", f"job-{account}")
    return path.replace("{id}", f"{account}-member")


def _of_people(retour: Installation, path: str, account: str) -> int:
    """Something of the console's in that account: a member, an invitation, a view."""
    retour.have_people()
    key = f"{account}-manager"
    if "{id}" not in path or key not in retour.keys:
        return 1
    if path.startswith("/v1/people"):
        found = retour.ask("GET", "/v1/people?role=member", key).json()["people"]
        return int(found[0]["id"]) if found else 0
    kind = path.removesuffix("/{id}")
    return int(retour.ask("POST", kind, key, json=BODIES["POST", kind]).json()["id"])


def checked(retour: Installation, account: str, path: str) -> str:
    """The path to a check that is done, to a contact list of its account, and to an import of it."""
    kind = "list_import" if path.startswith("/v1/list-imports") else "list_check"
    id, now = f"{kind}-{account}", retour.clock.now()
    order = {"check": id, "list": f"list-{account}"}
    retour.store.contacts.make_list(ContactList(account, f"list-{account}", "mine", "key x", now))
    retour.desk.jobs.add(Job(id, account, kind, "key x", now, order))
    retour.desk.jobs.end(id, JobState.DONE, now, {})
    results = retour.list_room / id / "results"
    results.mkdir(parents=True, exist_ok=True)
    for pile in ("kept", "corrected"):
        (results / f"{pile}.csv").write_text("retour_row,retour_address,retour_practical,retour_reasons\n")
    (results / "report.json").write_text('{"piles": {"kept": 0}}')
    return path.replace("{id}", id)


def mail_of(retour: Installation, account: str) -> dict[str, str]:
    """A mail that a bounce of this account was read from."""
    known = account if account in ("demo", "other") else "demo"
    raw = f"{known}\r\n".encode()
    came = Arrival(bytes(15) + raw[:1], "in", retour.clock.now(), raw, len(raw), account=known)
    report = Report(Kind.BOUNCE, ADDRESS, None, Action.FAILED, "5.1.1", "550", "550 5.1.1 no such user")
    verdict = Verdict(Kind.BOUNCE, Reason.ADDRESS_UNKNOWN, Group.DEAD, "rule", "", 1.0)
    event = Event(
        id=act_id("bounce", known, ADDRESS, 0, "mail"),
        kind=EventKind.BOUNCE,
        at=retour.clock.now(),
        account=known,
        address=ADDRESS,
        evidence=Evidence(report, verdict, arrival=came.id),
    )
    retour.inbox.put([came])
    retour.store.ledger.record([event], retour.clock.now())
    return {"address": ADDRESS, "event": event.id.hex()}


def call(retour: Installation, route: tuple[str, str], key: str | None, account: str | None) -> Any:
    """A call that is right but for who asks and for whom."""
    method, path = route
    path = _filled(retour, path, account or "demo")
    params = {} if account is None or route[1] in UNASKED else {"account": account}
    if path in ("/v1/suppressions/import", "/v1/suppressions/export"):
        params["format"] = "csv"
    if route in CONTENT:
        return retour.ask(method, path, key, params=params, content=CONTENT[route])
    if route in (("GET", "/v1/check"), ("GET", "/v1/advice"), ("GET", "/v1/suggest")):
        params["address"] = ADDRESS
    if path.endswith("/rows"):
        params["pile"] = "kept"
    if route == ("GET", "/v1/mail"):
        params |= mail_of(retour, account or "demo")
    body = BODIES.get(route)
    if body == {"list": "list-demo"}:
        body = {"list": f"list-{account or 'demo'}"}
    return retour.ask(method, path, key, params=params, json=body)


def routes(retour: Installation) -> Iterator[tuple[str, str]]:
    for path, operations in retour.app.openapi()["paths"].items():
        for method in operations:
            yield method.upper(), path


def test_every_route_stands_in_the_table_above(retour: Installation) -> None:
    assert {route for route in routes(retour) if route[1] not in OPEN} == set(LEAST)
    assert {path for _, path in routes(retour)} >= OPEN


@pytest.mark.parametrize("route", LEAST, ids=" ".join)
def test_a_route_asks_for_a_key(retour: Installation, route: tuple[str, str]) -> None:
    answer = call(retour, route, None, None)
    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/unauthenticated"
    assert answer.headers["www-authenticate"] == "Bearer"
    retour.keys["forged"] = "rk_" + "A" * 43
    assert call(retour, route, "forged", None).status_code == 401


@pytest.mark.parametrize("role", ["member", "manager", "support"])
@pytest.mark.parametrize("route", LEAST, ids=" ".join)
def test_a_route_asks_for_its_role(retour: Installation, route: tuple[str, str], role: str) -> None:
    retour.bounce(ADDRESS)
    answer = call(retour, route, f"demo-{role}", None)
    if RANK.index(role) < RANK.index(LEAST[route]):
        assert answer.status_code == 403
        assert answer.json()["remedy"]
    else:
        assert answer.is_success, answer.text


@pytest.mark.parametrize("role", ["member", "manager", "support"])
@pytest.mark.parametrize("route", LEAST, ids=" ".join)
def test_another_accounts_data_is_never_given(
    retour: Installation, route: tuple[str, str], role: str
) -> None:
    retour.bounce(ADDRESS, account="other")
    _filled(retour, route[1], "other")
    before = (retour.store.accounts.policies("other"), retour.store.accounts.keys())
    answer = call(retour, route, f"demo-{role}", "other")
    if route[1] in NO_ACCOUNT and role == "support":
        assert '"other"' not in answer.text
        assert ADDRESS not in answer.text
    else:
        assert answer.status_code in (403, 404)
        assert ADDRESS not in answer.text
    assert (retour.store.accounts.policies("other"), retour.store.accounts.keys()) == before


@pytest.mark.parametrize("key", ["staff", "admin"])
@pytest.mark.parametrize("route", [each for each in LEAST if LEAST[each] != "console"], ids=" ".join)
def test_staff_names_the_account(retour: Installation, route: tuple[str, str], key: str) -> None:
    retour.bounce(ADDRESS, account="other")
    assert call(retour, route, key, "other").is_success
    if route[1] not in NO_ACCOUNT:
        assert call(retour, route, key, None).json()["type"] == "/problems/account_missing"
        assert call(retour, route, key, "nobody").json()["type"] == "/problems/account_unknown"


def test_probes_need_no_key_and_tell_nothing_of_anybody(retour: Installation) -> None:
    assert retour.ask("GET", "/healthz", None).json() == {"status": "ok"}
    assert retour.ask("GET", "/readyz", None).json() == {"status": "ready", "checks": {"store": True}}
    metrics = retour.ask("GET", "/metrics", None)
    assert metrics.headers["content-type"].startswith("text/plain")
    assert b"retour_arrivals_total" in metrics.content


def test_nothing_and_the_wrong_method_are_problems_too(retour: Installation) -> None:
    missing, wrong = retour.ask("GET", "/v2/nothing"), retour.ask("PATCH", "/v1/bounces")
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/not_found")
    assert (wrong.status_code, wrong.json()["type"]) == (405, "/problems/method_not_allowed")


def test_problems_speak_german(retour: Installation) -> None:
    answer = retour.ask("GET", "/v1/bounces", None, headers={"Accept-Language": "fr;q=1, de-AT;q=0.9"})
    assert answer.json()["title"] == "Kein gültiger API-Schlüssel"
    assert answer.headers["content-language"] == "de"


def test_a_fault_of_ours_is_a_problem_without_its_inside(
    retour: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retour.store.ledger, "bounces", None)  # as broken as it gets
    answer = retour.ask("GET", "/v1/bounces")
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/failed")
    assert "NoneType" not in answer.text


def test_every_problem_is_told_in_both_languages(retour: Installation) -> None:
    from retour.outlets.api.problems import CATALOGUE

    for name in CATALOGUE:
        texts = retour.ask("GET", f"/problems/{name}", None).json()
        assert all(
            texts[language][part] for language in ("en", "de") for part in ("title", "detail", "remedy")
        )
    assert retour.ask("GET", "/problems/none", None).status_code == 404


def test_openapi_describes_every_route_with_its_refusals(retour: Installation) -> None:
    schema = retour.ask("GET", "/openapi.json", None).json()
    described = {(method.upper(), path) for path, each in schema["paths"].items() for method in each}
    served = {
        (method, route.path.replace(":path", ""))
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }
    assert described == served
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            if path.startswith("/v1/"):
                assert operation["security"] == [{"key": []}]
                assert {"401", "403", "404", "422"} <= operation["responses"].keys()
            success = [status for status in operation["responses"] if status.startswith("2")]
            assert success, (method, path)


def test_openapi_says_that_a_write_may_be_repeated_under_a_key(retour: Installation) -> None:
    for path, operations in retour.app.openapi()["paths"].items():
        for method, operation in operations.items():
            names = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "header"]
            reads = method == "get" or path in ("/v1/check", "/v1/corrections/suggest")
            assert ("Idempotency-Key" in names) is not reads, (method, path)
            assert ("409" in operation["responses"]) >= (not reads), (method, path)


def test_everything_in_openapi_is_described(retour: Installation) -> None:
    schema = retour.app.openapi()
    bare = []
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            place = f"{method.upper()} {path}"
            if not (operation.get("summary") and operation.get("tags")):
                bare.append(place)
            bare += [f"{place} {p['name']}" for p in operation.get("parameters", ()) if not _told(p)]
            content = operation.get("requestBody", {}).get("content", {})
            bare += [f"{place} body" for each in content.values() if not _shown(schema, each)]
            answers = operation["responses"].items()
            bare += [f"{place} {status}" for status, each in answers if not each["description"]]
            if path.startswith("/v1/"):
                problems = [each for status, each in answers if status[0] in "45"]
                bare += [place for each in problems if "application/problem+json" not in each["content"]]
    bare += [
        f"schema {name}"
        for name, each in schema["components"]["schemas"].items()
        if name not in FRAMEWORK and each.get("type") == "object" and not each.get("description")
    ]
    assert bare == []


FRAMEWORK = {"HTTPValidationError", "ValidationError"}


def _told(parameter: Any) -> bool:
    """Described in words, or by the list of its values."""
    schema = parameter["schema"]
    choices = [schema, *schema.get("anyOf", ())]
    return bool(parameter.get("description")) or any("enum" in each or "$ref" in each for each in choices)


def _shown(schema: Any, content: Any) -> bool:
    """With an example, of the whole or of a field."""
    if "example" in content or "examples" in content:
        return True
    wanted = [content["schema"], *content["schema"].get("anyOf", ()), *content["schema"].get("oneOf", ())]
    names = [each["$ref"].rpartition("/")[2] for each in wanted if "$ref" in each]
    fields = [f for name in names for f in schema["components"]["schemas"][name]["properties"].values()]
    return any("examples" in field or "default" in field for field in fields)


def test_a_route_declares_an_idempotency_key_where_it_takes_one(retour: Installation) -> None:
    """One that is too long is refused before anything else is looked at, and nowhere else."""
    wrong = []
    for path, operations in retour.app.openapi()["paths"].items():
        for method, operation in operations.items():
            headers = [each for each in operation.get("parameters", ()) if each["name"] == "Idempotency-Key"]
            place = re.sub(r"\{[^}]*\}", "x", path)
            answer = retour.ask(method.upper(), place, None, headers={"Idempotency-Key": "x" * 256})
            told = answer.json() if "json" in answer.headers.get("content-type", "") else {}
            takes = isinstance(told, dict) and told.get("field") == "Idempotency-Key"
            if takes is not bool(headers) or (headers and "409" not in operation["responses"]):
                wrong.append(f"{method} {path}: {takes}")
            assert not any(each["required"] for each in headers)
    assert wrong == []


def test_every_reference_in_openapi_leads_somewhere(retour: Installation) -> None:
    schema = retour.app.openapi()
    references = set(_references(schema))
    assert references
    assert {reference.rpartition("/")[2] for reference in references} <= schema["components"][
        "schemas"
    ].keys()


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def test_the_documentation_names_every_route(retour: Installation) -> None:
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs/api.md").read_text("utf-8")
    missing = [f"{method} {path}" for method, path in routes(retour) if f"{method} {path}" not in page]
    assert missing == []
