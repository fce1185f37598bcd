"""The own lists of providers, against a local server that speaks their documented APIs."""

import base64
import json
import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from outlets.conftest import PEPPER, REACH, Installation
from outlets.receiver import Heard, Receiver, receiving, status
from outlets.test_notify import Post, act
from retour.instants import DAY, SECOND, to_datetime
from retour.model import EventKind
from retour.outlets.api.services import Listed
from retour.outlets.notify import Courier
from retour.outlets.notify.carriers import Webhooks
from retour.outlets.notify.lists import PROVIDERS, ProviderList, ProviderLists, calls
from retour.outlets.notify.post import Poster
from retour.outlets.notify.sigv4 import Credentials, signed

ADDRESS = "ann+x/y@b.example"
AWS = Credentials(
    "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "eu-central-1", "token+of/session=="
)


class Service:
    """What the four providers keep, as their references describe it."""

    def __init__(self) -> None:
        self.lists: dict[str, set[str]] = {}
        self.refused: list[str] = []
        self.complained: set[str] = set()  # Postmark gives nobody back who complained

    def answer(self, handler: BaseHTTPRequestHandler, heard: Heard) -> None:
        path = urlsplit(heard.path).path.split("/")[1:]
        for name, speak in (("v2", self.ses), ("v3", self.v3), ("message-streams", self.postmark)):
            if path[0] == name:
                code, body = speak(path, heard)
                if code in (401, 403):
                    self.refused.append(heard.path)
                status(code, json.dumps(body).encode())(handler)

    def ses(self, path: list[str], heard: Heard) -> tuple[int, Any]:
        if not genuine(heard):
            return 403, {"message": "The request signature we calculated does not match"}
        kept = self.lists.setdefault("ses", set())
        if heard.method == "PUT":
            told = json.loads(heard.body)
            assert path == ["v2", "email", "suppression", "addresses"]
            assert told["Reason"] in ("BOUNCE", "COMPLAINT")
            kept.add(told["EmailAddress"])
            return 200, {}
        address = unquote(path[4])
        if address not in kept:
            return 404, {"message": "not on the list"}
        kept.remove(address)
        return 200, {}

    def v3(self, path: list[str], heard: Heard) -> tuple[int, Any]:
        if path[1] == "suppression":  # SendGrid
            if heard.headers["authorization"] != "Bearer SG.secret":
                return 401, {"errors": [{"message": "authorization required"}]}
            kept, address = self.lists.setdefault(f"sendgrid {path[2]}", set()), unquote(path[3])
        else:
            if heard.headers["authorization"] != "Basic " + base64.b64encode(b"api:mg-secret").decode():
                return 401, "Forbidden"
            assert path[1] == "mg.shop.example"
            kept = self.lists.setdefault(f"mailgun {path[2]}", set())
            if heard.method == "POST":
                form = parse_qs(heard.body.decode())
                kept.add(form["address"][0])
                return 200, {"message": "Bounced address has been added"}
            address = unquote(path[3])
        if address not in kept:
            return 404, {"message": "not found"}
        kept.remove(address)
        return (204, "") if path[1] == "suppression" else (200, {"message": "removed"})

    def postmark(self, path: list[str], heard: Heard) -> tuple[int, Any]:
        if heard.headers.get("x-postmark-server-token") != "pm-secret":
            return 401, {"ErrorCode": 10}
        assert path[1:3] == ["broadcasts", "suppressions"]
        kept = self.lists.setdefault("postmark", set())
        (row,) = json.loads(heard.body)["Suppressions"]
        address = row["EmailAddress"]
        if path[3:] == ["delete"]:
            if address in self.complained:
                told = {"EmailAddress": address, "Status": "Failed", "Message": "no permission"}
                return 200, {"Suppressions": [told]}
            kept.discard(address)
            return 200, {"Suppressions": [{"EmailAddress": address, "Status": "Deleted", "Message": None}]}
        kept.add(address)
        return 200, {"Suppressions": [{"EmailAddress": address, "Status": "Suppressed", "Message": None}]}


def genuine(heard: Heard) -> bool:
    """Whether botocore signs this very request alike."""
    request = AWSRequest(heard.method, f"http://{heard.headers['host']}{heard.path}", data=heard.body)
    request.context["timestamp"] = heard.headers["x-amz-date"]
    request.headers["X-Amz-Date"] = heard.headers["x-amz-date"]
    auth = SigV4Auth(BotoCredentials(AWS.access_key, AWS.secret_key, AWS.session_token), "ses", AWS.region)
    request.headers["X-Amz-Security-Token"] = heard.headers["x-amz-security-token"]
    request.headers["Host"] = heard.headers["host"]
    signature = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    return heard.headers["authorization"].endswith(f"Signature={signature}")


class Lists(Post):
    """A post office that keeps lists of providers in step."""

    service: Service
    chosen: dict[str, ProviderList]

    def new_courier(self, reach: Any = REACH) -> Courier:
        outbox, ledger = self.retour.desk.outbox, self.retour.store.ledger
        carriers = {"hook": Webhooks(outbox, PEPPER), "list": ProviderLists(self.chosen, ledger)}
        poster = Poster(reach, ssl.create_default_context(), self.patience)
        told = self.chosen.values()
        return Courier(ledger, outbox, carriers, poster, self.retour.clock, lambda n: calls(n, told))

    def log(self, name: str, **query: Any) -> list[Any]:
        answer = self.retour.ask("GET", f"/v1/lists/{name}/messages", "demo-manager", params=query)
        assert answer.status_code == 200, answer.text
        found: list[Any] = answer.json()["messages"]
        return found


def office(retour: Installation, receiver: Receiver, **more: Any) -> Lists:
    url, service = receiver.url("").rstrip("/"), Service()
    receiver.answer = lambda handler: service.answer(handler, receiver.heard[-1])
    keys = {"sendgrid": "SG.secret", "mailgun": "mg-secret", "postmark": "pm-secret"}
    places = {"mailgun": "mg.shop.example", "postmark": "broadcasts"}
    Lists.service = service
    Lists.chosen = {
        name: ProviderList(
            name,
            name,
            "demo",
            url,
            keys.get(name, ""),
            AWS if name == "ses" else None,
            places.get(name, ""),
            **more,
        )
        for name in PROVIDERS
    }
    retour.app.state.services = type(retour.services())(
        **{
            **{f: getattr(retour.app.state.services, f) for f in retour.app.state.services.__slots__},
            "lists": [Listed(name, name, "demo", True, True) for name in Lists.chosen],
        }
    )
    return Lists(retour, receiver)


@pytest.fixture
def lists(retour: Installation) -> Iterator[Lists]:
    with receiving() as receiver:
        made = office(retour, receiver)
        yield made
        receiver.let_go.set()
        made.courier._pool.shutdown(wait=True)


def restore(lists: Lists, address: str = ADDRESS) -> None:
    lists.retour.clock.instant += SECOND
    body = {"addresses": [address], "reason": "17"}
    assert lists.retour.ask("POST", "/v1/restores", "demo-support", json=body).is_success
    lists.retour.clock.instant += SECOND


def test_a_stop_and_a_restore_are_done_there_too(lists: Lists) -> None:
    lists.service.lists["sendgrid bounces"] = {ADDRESS, "bob@b.example"}
    lists.service.lists["sendgrid spam_reports"] = {ADDRESS}
    lists.retour.bounce(ADDRESS)
    lists.carry()
    kept = lists.service.lists
    assert (kept["ses"], kept["mailgun bounces"], kept["postmark"]) == ({ADDRESS}, {ADDRESS}, {ADDRESS})
    assert "mailgun complaints" not in kept
    restore(lists)
    lists.carry()
    assert (kept["ses"], kept["mailgun bounces"], kept["postmark"]) == (set(), set(), set())
    assert (kept["sendgrid bounces"], kept["sendgrid spam_reports"]) == ({"bob@b.example"}, set())
    assert lists.service.refused == []
    for name in PROVIDERS:
        log = lists.log(name)
        assert {message["state"] for message in log} == {"delivered"}, log
        assert all(message["call"]["address"] == ADDRESS for message in log)
    assert [message["call"]["act"] for message in lists.log("ses")] == ["restore", "stop"]
    assert len(lists.log("sendgrid")) == 4  # restores alone: it has no list of stops but that of unsubscribes


def test_a_request_that_support_approves_is_done_there_too(lists: Lists) -> None:
    retour = lists.retour
    lists.service.lists["sendgrid bounces"] = {ADDRESS}
    retour.bounce(ADDRESS)
    lists.carry()
    retour.clock.instant += SECOND
    body = {"addresses": [ADDRESS], "done": "the mailbox was emptied"}
    made = retour.ask("POST", "/v1/requests", "demo-member", json=body).json()
    said = {"approved": True, "reason": "it answers"}
    retour.ask("POST", f"/v1/requests/{made['id']}/decision", "demo-support", json=said)
    retour.clock.instant += SECOND
    lists.carry()
    kept = lists.service.lists
    assert (kept["ses"], kept["mailgun bounces"], kept["postmark"]) == (set(), set(), set())
    assert kept["sendgrid bounces"] == set()
    assert [message["call"]["act"] for message in lists.log("ses")] == ["restore", "stop"]


def test_a_complaint_goes_to_the_list_of_complaints(lists: Lists) -> None:
    act(lists, EventKind.COMPLAINT)
    lists.carry()
    assert lists.service.lists["mailgun complaints"] == {"ann@b.example"}
    put = next(heard for heard in lists.receiver.heard if heard.method == "PUT")
    assert json.loads(put.body) == {"EmailAddress": "ann@b.example", "Reason": "COMPLAINT"}


def test_other_accounts_and_other_notices_do_not_concern_them(lists: Lists) -> None:
    lists.retour.bounce("bob@b.example", account="other")
    act(lists, EventKind.UNSUBSCRIBE)
    lists.carry()
    assert lists.receiver.heard == []


def test_a_stop_that_was_restored_meanwhile_is_not_sent_any_more(lists: Lists) -> None:
    answer = lists.receiver.answer
    lists.receiver.answer = status(503)
    lists.retour.bounce(ADDRESS)
    lists.carry()
    assert {message["state"] for message in lists.log("ses")} == {"waiting"}
    lists.receiver.answer = answer
    restore(lists)
    lists.retour.clock.instant += DAY
    lists.carry()
    assert lists.service.lists["ses"] == set()
    assert lists.service.lists.get("postmark", set()) == set()
    stop = next(message for message in lists.log("ses") if message["call"]["act"] == "stop")
    assert (stop["state"], stop["said"]) == ("delivered", "not sent: the address stands otherwise by now")
    assert not [heard for heard in lists.receiver.heard[4:] if heard.method == "PUT"]


def test_what_a_provider_will_not_do_is_shown_and_not_asked_again(lists: Lists) -> None:
    lists.service.complained = {"ann@b.example"}
    act(lists, EventKind.COMPLAINT)
    lists.carry()
    restore(lists, "ann@b.example")
    lists.carry()
    latest = lists.log("postmark")[0]
    assert (latest["state"], latest["attempts"]) == ("failed", 1)
    assert "no permission" in latest["said"]


CODES = {400: "failed", 422: "failed"} | dict.fromkeys((401, 403, 429, 500, 302), "waiting")


@pytest.mark.parametrize(("code", "state"), CODES.items())
def test_answers_mean_what_they_say(lists: Lists, code: int, state: str) -> None:
    lists.receiver.answer = status(code, b"words of the provider")
    lists.retour.bounce(ADDRESS)
    lists.carry()
    (message,) = lists.log("ses")
    assert (message["state"], message["status"], message["said"]) == (state, code, "words of the provider")


def test_mended_credentials_are_used_at_the_next_attempt_or_replay(lists: Lists) -> None:
    right = Lists.chosen["mailgun"]
    Lists.chosen["mailgun"] = ProviderList(
        "mailgun", "mailgun", "demo", right.url, "wrong", None, right.place
    )
    lists.retour.bounce(ADDRESS)
    lists.carry()
    assert lists.log("mailgun")[0]["status"] == 401
    Lists.chosen["mailgun"] = right
    lists.retour.clock.instant += 10 * SECOND
    lists.carry()
    (message,) = lists.log("mailgun")
    assert (message["state"], lists.service.lists["mailgun bounces"]) == ("delivered", {ADDRESS})
    lists.service.lists["mailgun bounces"].clear()
    body = {"ids": [message["id"]]}
    answer = lists.retour.ask("POST", "/v1/lists/mailgun/replay", "demo-manager", json=body)
    assert answer.json() == {"name": "mailgun", "queued": 1}
    lists.carry()
    assert lists.service.lists["mailgun bounces"] == {ADDRESS}


@pytest.mark.parametrize("more", [{"stops": False}, {"restores": False}])
def test_one_way_alone(retour: Installation, more: dict[str, bool]) -> None:
    with receiving() as receiver:
        made = office(retour, receiver, **more)
        retour.bounce(ADDRESS)
        made.carry()
        restore(made)
        made.carry()
        made.courier._pool.shutdown()
        acts = {message["call"]["act"] for message in made.log("ses")}
        assert acts == ({"restore"} if "stops" in more else {"stop"})


def test_no_secret_stands_in_a_repr_or_in_the_log(lists: Lists) -> None:
    lists.receiver.answer = status(500)
    lists.retour.bounce(ADDRESS)
    lists.carry()
    shown = repr(Lists.chosen) + json.dumps([lists.log(name) for name in PROVIDERS])
    for secret in ("SG.secret", "mg-secret", "pm-secret", AWS.secret_key, AWS.session_token):
        assert secret not in shown


def test_another_accounts_list_is_not_there(lists: Lists) -> None:
    assert [each["name"] for each in lists.retour.ask("GET", "/v1/lists", "demo-manager").json()["lists"]]
    assert lists.retour.ask("GET", "/v1/lists", "other-manager").json()["lists"] == []
    assert lists.retour.ask("GET", "/v1/lists/nothing/messages", "demo-manager").status_code == 404
    for method, path in (("GET", "messages"), ("POST", "replay")):
        answer = lists.retour.ask(method, f"/v1/lists/ses/{path}", "other-manager", json={"ids": ["a"]})
        assert answer.json()["type"] == "/problems/list_unknown"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "path", ["/", "/v2/a/ann%2Bx%2Fy%40b.example", "/v2/a/j%C3%BCrgen%40b.example", "/a~b_c-d.e"]
)
@pytest.mark.parametrize("token", ["", "session/token=="])
def test_botocore_signs_alike(method: str, path: str, token: str) -> None:
    by = Credentials("AKIDEXAMPLE", AWS.secret_key, "us-east-1", token)
    now = 1_800_000_000 * SECOND
    url, body = f"https://email.us-east-1.amazonaws.com{path}", b"{}"
    ours = signed(method, url, body, "ses", by, now)
    request = AWSRequest(method, url, data=body)
    request.context["timestamp"] = to_datetime(now).strftime("%Y%m%dT%H%M%SZ")
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    if token:
        request.headers["X-Amz-Security-Token"] = token
    auth = SigV4Auth(BotoCredentials(by.access_key, by.secret_key, token or None), "ses", by.region)
    theirs = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    assert ours["authorization"].endswith(f"Signature={theirs}")
