"""Webhooks out, to a real server that answers, fails, hangs, redirects and lies."""

import base64
import errno
import hashlib
import hmac
import json
import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from outlets.conftest import PEPPER, REACH, Installation
from outlets.receiver import Heard, Receiver, receiving, status
from retour.flow.incident_acts import parting
from retour.flow.notices import TYPES, of_act, of_unparsed
from retour.flow.outbox import DISABLED_AFTER, OLD_SECRET, PAUSES, pause_after
from retour.flow.unheard import Fault
from retour.inlets.arrivals import arrival
from retour.instants import DAY, HOUR, SECOND
from retour.model import Event, EventKind, Reason
from retour.outlets.notify import Courier, Reach
from retour.outlets.notify.carriers import Webhooks
from retour.outlets.notify.post import MOST_READ, Poster, Request
from retour.outlets.notify.reach import UnreachableError
from retour.stores import sqlite
from retour.texts import catalogue
from story.waiting import eventually

ADDRESS = "ann@b.example"


@dataclass
class Post:
    """An installation with a courier and a receiver."""

    retour: Installation
    receiver: Receiver
    patience: float = 20
    faults: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.courier = self.new_courier()
        self.courier.gather()  # from here on others are told

    def new_courier(self, reach: Reach = REACH) -> Courier:
        outbox = self.retour.desk.outbox
        poster = Poster(reach, ssl.create_default_context(), self.patience)
        carriers = {"hook": Webhooks(outbox, PEPPER)}
        return Courier(self.retour.store.ledger, outbox, carriers, poster, self.retour.clock)

    def hook(self, path: str = "/", key: str = "demo-manager", types: list[str] | None = None) -> Any:
        body = {"url": self.receiver.url(path), "types": types or []}
        answer = self.retour.ask("POST", "/v1/webhooks", key, json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def carry(self) -> None:
        """Carry what is due now, until nothing is under way."""
        self.courier.step()
        eventually(lambda: not self.courier._under_way, "the end of all attempts")
        while self.courier._due():
            self.courier.step()
            eventually(lambda: not self.courier._under_way, "the end of all attempts")

    def ask(self, method: str, path: str, **more: Any) -> Any:
        answer = self.retour.ask(method, f"/v1/webhooks{path}", "demo-manager", **more)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def messages(self, hook: Any, **query: Any) -> list[Any]:
        headers = query.pop("headers", {})
        place = f"/{hook['id']}/messages"
        found: list[Any] = self.ask("GET", place, params=query, headers=headers)["messages"]
        return found

    def told(self) -> list[tuple[str, str]]:
        bodies = [json.loads(heard.body) for heard in self.receiver.heard]
        return [(body["type"], body["data"].get("address", "")) for body in bodies]


@pytest.fixture
def post(retour: Installation) -> Iterator[Post]:
    with receiving() as receiver:
        made = Post(retour, receiver)
        yield made
        receiver.let_go.set()
        made.courier._pool.shutdown(wait=True)


def verified(heard: Heard, secret: str) -> bool:
    """As a receiver does it, by the words of the specification."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    told = f"{heard.headers['webhook-id']}.{heard.headers['webhook-timestamp']}.".encode() + heard.body
    right = "v1," + base64.b64encode(hmac.new(key, told, hashlib.sha256).digest()).decode()
    return right in heard.headers["webhook-signature"].split(" ")


def act(post: Post, kind: EventKind, address: str = ADDRESS, **more: Any) -> None:
    now = post.retour.clock.now()
    id = hashlib.md5(f"{kind}{address}{now}".encode()).digest()
    event = Event(id, kind, now, account="demo", address=address, **more)
    post.retour.bus.publish(post.retour.store.ledger.record([event], now))


# --- what is told -----------------------------------------------------------------------------------------


def test_a_stop_is_told_with_a_signature_that_holds(post: Post) -> None:
    hook = post.hook("/retour?shop=1")
    post.retour.bounce(ADDRESS)
    post.carry()
    (heard,) = post.receiver.heard
    assert (heard.method, heard.path) == ("POST", "/retour?shop=1")
    assert heard.headers["content-type"] == "application/json"
    body = json.loads(heard.body)
    assert body["type"] == "address.stopped"
    assert body["data"] == {
        "account": "demo", "address": ADDRESS, "state": "invalid", "before": "valid", "cause": "hard",
        "since": body["timestamp"], "actor": "", "record": 1,
    }  # fmt: skip
    assert verified(heard, hook["secret"])
    assert not verified(Heard("POST", "/", heard.headers, heard.body + b" "), hook["secret"])
    assert int(heard.headers["webhook-timestamp"]) == post.retour.clock.now() // SECOND


def test_everything_that_happens_is_told_once(post: Post) -> None:
    post.hook()
    post.retour.bounce(ADDRESS)
    post.carry()
    body = {"addresses": [ADDRESS], "reason": "17"}
    post.retour.clock.instant += SECOND
    post.retour.ask("POST", "/v1/restores", "demo-support", json=body)
    post.retour.clock.instant += SECOND
    act(post, EventKind.UNSUBSCRIBE)
    act(post, EventKind.COMPLAINT)
    act(post, EventKind.INCIDENT_OPEN, begins=post.retour.clock.now())
    act(post, EventKind.INCIDENT_OPEN, "bob@b.example", begins=post.retour.clock.now())
    post.retour.bounce("bob@b.example")  # held by the incident
    strange = of_unparsed(arrival("bounces", b"?", 1, post.retour.clock.now(), account="demo"))
    assert strange is not None
    post.courier.tell([strange, strange])
    for _ in range(3):
        post.carry()
    assert sorted(post.told()) == [
        ("address.complained", ADDRESS),
        ("address.held", "bob@b.example"),
        ("address.restored", ADDRESS),
        ("address.stopped", ADDRESS),
        ("address.stopped", ADDRESS),
        ("address.unsubscribed", ADDRESS),
        ("arrival.unparsed", ""),
        ("incident.opened", ""),
    ]
    assert {type_ for type_, _ in post.told()} <= set(TYPES)
    ids = [heard.headers["webhook-id"] for heard in post.receiver.heard]
    assert len(set(ids)) == len(ids)


def test_whoever_is_erased_out_of_an_incident_ends_it_for_nobody() -> None:
    opened = Event(
        b"o" * 16, EventKind.INCIDENT_OPEN, 5, begins=1, outcome="i1", account="demo", address="a@b.c"
    )
    parted = parting("demo", "a@b.c", [opened], "key k", 9)
    assert parted is not None
    assert of_act(1, parted) is None
    ended = parted._replace(begins=None)
    notice = of_act(2, ended)
    assert notice is not None
    assert notice.type == "incident.closed"
    assert parting("demo", "a@b.c", [opened, parted], "key k", 12) is None


def test_a_hook_is_told_what_it_wants_and_of_its_own_account(post: Post) -> None:
    post.hook("/restores", types=["address.restored"])
    post.hook("/other", key="other-manager")
    post.retour.bounce(ADDRESS)
    post.retour.bounce("bob@b.example", account="other")
    post.carry()
    assert [(heard.path, json.loads(heard.body)["data"]["address"]) for heard in post.receiver.heard] == [
        ("/other", "bob@b.example")
    ]


def test_what_was_before_anybody_listened_is_not_told(retour: Installation) -> None:
    retour.bounce(ADDRESS)
    with receiving() as receiver:
        post = Post(retour, receiver)
        post.hook()
        post.carry()
        post.courier._pool.shutdown()
        assert receiver.heard == []


def test_another_process_goes_on_where_this_one_was(post: Post) -> None:
    post.hook()
    post.retour.bounce(ADDRESS)
    while post.courier.gather():
        pass
    post.retour.bounce("bob@b.example")
    path = Path(post.retour.directory_of_data.name) / sqlite.DESK
    post.retour.desk.close()  # killed: what was read is queued, what was not is in the ledger
    post.retour.desk = sqlite.open_desk(path)
    post.courier = post.new_courier()
    post.carry()
    assert sorted(post.told()) == [("address.stopped", ADDRESS), ("address.stopped", "bob@b.example")]


# --- what goes wrong --------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [301, 302, 307, 400, 401, 404, 429, 500, 503])
def test_what_is_not_heard_is_tried_again_after_a_growing_pause(post: Post, code: int) -> None:
    hook = post.hook()
    post.receiver.answers["/"] = status(code, b"no\x1b[31m\n way", Location=post.receiver.url("/elsewhere"))
    post.retour.bounce(ADDRESS)
    post.carry()
    (message,) = post.messages(hook)
    assert (message["state"], message["attempts"], message["status"]) == ("waiting", 1, code)
    assert message["said"] == "no [31m way"
    post.carry()
    assert len(post.receiver.heard) == 1  # not before its time
    post.retour.clock.instant += 6 * SECOND
    post.receiver.answers.clear()
    post.carry()
    assert [heard.path for heard in post.receiver.heard] == ["/", "/"]  # a redirect leads nowhere
    assert len({heard.headers["webhook-id"] for heard in post.receiver.heard}) == 1
    (message,) = post.messages(hook)
    assert (message["state"], message["attempts"], message["status"]) == ("delivered", 2, 204)
    whole = post.ask("GET", f"/{hook['id']}/messages/{message['id']}")
    assert [attempt["status"] for attempt in whole["log"]] == [code, 204]
    assert json.loads(whole["body"])["data"]["address"] == ADDRESS


def test_pauses_grow_to_three_days() -> None:
    assert list(PAUSES) == sorted(PAUSES)
    assert 2.9 * DAY < sum(PAUSES) < 3.1 * DAY
    assert [pause_after(number) for number in (1, len(PAUSES), len(PAUSES) + 1)] == [
        PAUSES[0],
        PAUSES[-1],
        None,
    ]


def test_after_three_days_a_message_has_failed_and_can_be_replayed(post: Post) -> None:
    hook = post.hook()
    post.receiver.answers["/"] = status(500)
    post.retour.bounce(ADDRESS)
    for _ in range(len(PAUSES) + 1):
        post.carry()
        post.retour.clock.instant += 27 * HOUR // 3
    begun = post.retour.clock.now()
    while post.messages(hook)[0]["state"] == "waiting" and post.retour.clock.now() < begun + 10 * DAY:
        post.retour.clock.instant += 27 * HOUR
        post.ask("PUT", f"/{hook['id']}", json={"enabled": True})
        post.carry()
    (message,) = post.messages(hook)
    assert (message["state"], message["attempts"]) == ("failed", len(PAUSES) + 1)
    post.receiver.answers.clear()
    assert post.ask("POST", f"/{hook['id']}/replay", json={"ids": [message["id"]]})["queued"] == 1
    post.carry()
    assert post.messages(hook)[0]["state"] == "delivered"
    assert post.receiver.heard[-1].headers["webhook-id"] == message["id"]


def test_a_replay_does_not_wait_for_the_next_attempt(post: Post) -> None:
    hook = post.hook()
    post.receiver.answers["/"] = status(500)
    post.retour.bounce(ADDRESS)
    for pause in PAUSES[:8]:
        post.carry()
        post.retour.clock.instant += pause * 2
    post.carry()
    (message,) = post.messages(hook)
    assert (message["state"], message["attempts"]) == ("waiting", 9)
    post.receiver.answers.clear()
    post.carry()
    assert post.messages(hook)[0]["attempts"] == 9, "the next attempt is hours away"
    assert post.ask("POST", f"/{hook['id']}/replay", json={"ids": [message["id"]]})["queued"] == 1
    post.carry()
    assert post.messages(hook)[0]["state"] == "delivered"


def test_five_days_of_failures_disable_a_hook_and_what_waits_is_sent_when_it_is_enabled(post: Post) -> None:
    hook = post.hook()
    post.receiver.answers["/"] = status(500)
    post.retour.bounce(ADDRESS)
    post.carry()
    assert post.ask("GET", f"/{hook['id']}")["failing_since"]
    post.retour.clock.instant += DISABLED_AFTER
    post.carry()
    stood = post.ask("GET", f"/{hook['id']}")
    assert (stood["enabled"], stood["disabled_why"]) == (False, "failing")
    count = len(post.receiver.heard)
    post.retour.bounce("bob@b.example")
    post.retour.clock.instant += DAY
    post.carry()
    assert len(post.receiver.heard) == count
    post.receiver.answers.clear()
    assert post.ask("PUT", f"/{hook['id']}", json={"enabled": True})["enabled"]
    post.carry()
    assert sorted(post.told()[count:]) == [("address.stopped", ADDRESS), ("address.stopped", "bob@b.example")]
    assert post.ask("GET", f"/{hook['id']}")["failing_since"] is None


def test_one_that_is_gone_is_disabled_at_once(post: Post) -> None:
    hook = post.hook()
    post.receiver.answers["/"] = status(410)
    post.retour.bounce(ADDRESS)
    post.carry()
    assert post.ask("GET", f"/{hook['id']}")["disabled_why"] == "gone"
    post.retour.clock.instant += HOUR
    post.carry()
    assert len(post.receiver.heard) == 1


def test_a_receiver_that_hangs_holds_nobody_back(post: Post) -> None:
    post.hook("/hangs")
    post.hook("/hears")
    post.receiver.answers["/hangs"] = post.receiver.hangs
    for number in range(30):
        post.retour.bounce(f"a{number}@b.example")
    for _ in range(20):
        post.courier.step()
        eventually(lambda: "/hears" not in paths_under_way(post), "those that hear")
    heard = [heard.path for heard in post.receiver.heard]
    assert heard.count("/hears") == 30
    assert heard.count("/hangs") <= 4
    post.retour.bounce("bob@b.example")  # and nothing waited for it
    assert post.retour.ask("GET", "/v1/check?address=bob@b.example").json()["decision"] == "stop"


def paths_under_way(post: Post) -> set[str]:
    hooks = {f"hook:{hook['id']}": hook["url"] for hook in post.ask("GET", "")["webhooks"]}
    return {"/" + hooks[target].rpartition("/")[2] for target in post.courier._under_way.copy().values()}


@pytest.mark.parametrize("how", ["hangs", "drips"])
def test_patience_ends(retour: Installation, how: str) -> None:
    with receiving() as receiver:
        receiver.answer = getattr(receiver, how)
        reply = Poster(REACH, ssl.create_default_context(), 0.3).send(Request("POST", receiver.url()))
        assert (reply.status, reply.said) == (None, "no answer within 0.3 seconds")


def test_an_answer_without_end_is_not_read_to_its_end(retour: Installation) -> None:
    with receiving() as receiver:
        receiver.answer = receiver.floods
        reply = Poster(REACH, ssl.create_default_context(), 20).send(Request("POST", receiver.url()))
        assert reply.status == 200
        assert len(reply.body) <= MOST_READ
        assert len(reply.said) <= 500


@pytest.mark.parametrize(
    "octets", [b"", b"SSH-2.0\r\n", b"HTTP/1.1 200\r\n" + b"a" * 100_000, b"HTTP/9 x\r\n\r\n"]
)
def test_what_is_no_http_is_a_failure(octets: bytes) -> None:
    with receiving() as receiver:
        receiver.answer = lambda handler: handler.wfile.write(octets) and None
        reply = Poster(REACH, ssl.create_default_context(), 20).send(Request("POST", receiver.url()))
        assert reply.status is None
        assert reply.said
        assert reply.fault in (Fault.NO_HTTP, Fault.CONNECTION_LOST)


def test_nobody_there_is_a_failure() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
        reply = Poster(REACH, ssl.create_default_context(), 20).send(Request("POST", url))
    assert reply.status is None
    assert "refused" in reply.said
    assert reply.fault == Fault.CONNECTION_REFUSED


@pytest.mark.parametrize(
    ("raised", "fault"),
    [
        (ConnectionResetError(104, "reset by peer"), Fault.CONNECTION_LOST),
        (OSError(errno.EHOSTUNREACH, "no route to host"), Fault.NO_ROUTE),
        (OSError(errno.ENETUNREACH, "network is unreachable"), Fault.NO_ROUTE),
        (OSError(errno.EADDRNOTAVAIL, "cannot assign"), Fault.OTHER),
        (TimeoutError("timed out"), Fault.TIMED_OUT),
    ],
)
def test_what_a_network_does_has_a_name(
    raised: OSError, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(*_: Any, **__: Any) -> Any:
        raise raised

    monkeypatch.setattr(socket, "create_connection", connect)
    reply = Poster(REACH, ssl.create_default_context(), 5).send(Request("POST", "http://127.0.0.1:1/"))
    assert (reply.status, reply.fault) == (None, fault)


@pytest.mark.parametrize(
    ("number", "fault"),
    [(socket.EAI_NONAME, Fault.NAME_UNKNOWN), (socket.EAI_AGAIN, Fault.NAME_SERVICE)],
)
def test_a_name_that_is_not_there_is_not_a_service_that_is_silent(
    number: int, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(number, "words of the system")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(UnreachableError) as found:
        Reach().place("https://shop.example/")
    assert found.value.fault == fault


def test_every_fault_has_a_sentence_and_no_sentence_is_left_over() -> None:
    for language in ("en", "de"):
        assert catalogue(f"notify.{language}").keys == {f"fault.{fault}" for fault in Fault}


def test_what_was_not_heard_is_told_as_a_sentence_in_the_reader_s_language(post: Post) -> None:
    hook, codes = post.hook(), {302: "redirect", 403: "not_let_in", 418: "refused", 502: "broken", 200: ""}
    for code in codes:
        post.receiver.answers["/"] = status(code, b"its words")
        post.retour.bounce(f"a{code}@b.example")
        post.carry()
    german = {"Accept-Language": "de"}
    found = {each["status"]: each for each in post.messages(hook, headers=german)}
    assert {code: each["fault"] for code, each in found.items()} == codes
    assert found[302]["told"].startswith("Der Empfänger hat mit einer Weiterleitung geantwortet")
    assert (found[200]["told"], found[502]["said"]) == ("", "its words")
    whole = post.ask("GET", f"/{hook['id']}/messages/{found[302]['id']}")
    (attempt,) = whole["log"]
    assert (attempt["fault"], attempt["said"]) == ("redirect", "its words")
    assert (
        attempt["told"]
        == "The receiver answered with a redirect, and none is followed. Enter the URL that it leads to."
    )


def test_what_was_kept_before_faults_had_names_is_told_by_its_status(post: Post) -> None:
    hook = post.hook()
    post.receiver.answers["/"] = status(404)
    post.retour.bounce(ADDRESS)
    post.carry()
    with post.retour.desk.outbox._database.write() as db:
        db.execute("UPDATE messages SET fault = ''")
        db.execute("UPDATE attempts SET fault = ''")
    (message,) = post.messages(hook)
    (attempt,) = post.ask("GET", f"/{hook['id']}/messages/{message['id']}")["log"]
    assert (message["fault"], attempt["fault"]) == ("not_found", "not_found")


# --- whom we never connect to -----------------------------------------------------------------------------

LOOPBACK = re.compile("127|localhost|2130706433|0x7f")
INSIDE = [
    "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://0.0.0.0/", "https://10.0.0.1/",
    "https://172.16.0.1/", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/", "https://[fd00::1]/", "https://[fe80::1]/", "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://2130706433/",
    "https://0x7f.1/", "https://127.1/", "https://224.0.0.1/", "https://[ff02::1]/", "https://255.255.255.255/",
    "https://[::]/", "https://192.0.2.1/", "https://[2001:db8::1]/",
]  # fmt: skip
NONE = [
    "http://93.184.215.14/", "ftp://93.184.215.14/", "file:///etc/passwd", "gopher://93.184.215.14/",
    "93.184.215.14",
    "https://", "https:///x", "https://user@93.184.215.14/", "https://user:secret@93.184.215.14/",
    "https://93.184.215.14:99999/", "https://93.184.215.14/a b", "https://93.184.215.14/\r\nX: y",
    "https://[93.184.215.14/", "https://does-not-exist.invalid/", "javascript:alert(1)", "https://a..b/",
]  # fmt: skip


@pytest.mark.parametrize("url", INSIDE + NONE)
def test_an_inner_place_is_never_called(url: str) -> None:
    with pytest.raises(UnreachableError):
        Reach().place(url)


@pytest.mark.parametrize("url", [*(url for url in INSIDE if not LOOPBACK.search(url)), *NONE])
def test_a_hook_to_an_inner_place_is_not_made(retour: Installation, url: str) -> None:
    answer = retour.ask("POST", "/v1/webhooks", "demo-manager", json={"url": url})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/url_refused")
    assert answer.json()["detail"] in {catalogue("notify.en")(f"fault.{fault}") for fault in Fault}
    assert retour.desk.outbox.hooks() == []


def test_a_public_place_may_be_called_and_an_allowed_network_too() -> None:
    place = Reach().place("https://93.184.215.14:8443/a?b=c")
    assert (place.addresses, place.port, place.path, place.tls) == (("93.184.215.14",), 8443, "/a?b=c", True)
    assert Reach((ip_network("10.0.0.0/8"),)).place("http://10.1.2.3/").addresses == ("10.1.2.3",)
    with pytest.raises(UnreachableError):
        Reach((ip_network("10.0.0.0/8"),)).place("http://11.1.2.3/")


def answering(addresses: list[list[str]]) -> Any:
    def resolve(host: str, port: int, *_: Any, **__: Any) -> Any:
        found = addresses.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    return resolve


def test_one_inner_address_among_others_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answering([["93.184.215.14", "10.0.0.1"]]))
    with pytest.raises(UnreachableError, match=r"10\.0\.0\.1"):
        Reach().place("https://rebinding.example/")


def test_a_name_that_answers_otherwise_a_moment_later_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Any] = []

    def connect(address: Any, *_: Any, **__: Any) -> Any:
        tried.append(address)
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr(socket, "getaddrinfo", answering([["93.184.215.14"], ["127.0.0.1"]]))
    monkeypatch.setattr(socket, "create_connection", connect)
    Poster(Reach(), ssl.create_default_context(), 5).send(Request("POST", "https://rebinding.example/"))
    assert tried == [("93.184.215.14", 443)]


def test_where_one_address_is_dead_the_next_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as receiver:
        monkeypatch.setattr(
            socket, "getaddrinfo", answering([["127.0.0.2", "127.0.0.1"], ["127.0.0.2"], ["127.0.0.1"]])
        )
        poster = Poster(REACH, ssl.create_default_context(), 20)
        assert poster.send(Request("POST", receiver.url(host="two.example"))).status == 204


def test_a_hook_whose_name_leads_inside_later_is_not_called(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = post.hook()
    post.courier._poster = Poster(Reach(), ssl.create_default_context(), 5)  # loopback is no longer allowed
    post.retour.bounce(ADDRESS)
    post.carry()
    assert post.receiver.heard == []
    assert "not a public address" in post.messages(hook)[0]["said"]


# --- secrets ----------------------------------------------------------------------------------------------


def test_after_a_rotation_both_secrets_hold_for_a_day(post: Post) -> None:
    old = post.hook()
    new = post.ask("POST", f"/{old['id']}/rotate")
    assert old["secret"] != new["secret"]
    post.retour.bounce(ADDRESS)
    post.carry()
    assert verified(post.receiver.heard[0], old["secret"])
    assert verified(post.receiver.heard[0], new["secret"])
    post.retour.clock.instant += OLD_SECRET
    post.retour.bounce("bob@b.example")
    post.carry()
    assert not verified(post.receiver.heard[1], old["secret"])
    assert verified(post.receiver.heard[1], new["secret"])


def test_two_hooks_have_two_secrets_and_none_lies_on_disk(post: Post) -> None:
    secrets = [post.hook("/a")["secret"], post.hook("/b")["secret"]]
    assert len(set(secrets)) == 2
    held = b"".join(file.read_bytes() for file in Path(post.retour.directory_of_data.name).iterdir())
    for secret in secrets:
        assert secret.encode() not in held
        assert base64.b64decode(secret.removeprefix("whsec_")) not in held
    shown = post.ask("GET", "")
    assert "secret" not in json.dumps(shown["webhooks"][0]).replace("old_secret_until", "")


# --- the log, replay, test --------------------------------------------------------------------------------


def test_a_test_message_is_sent_whatever_the_hook_wants(post: Post) -> None:
    hook = post.hook(types=["address.held"])
    made = post.ask("POST", f"/{hook['id']}/test")
    assert (made["type"], made["state"]) == ("webhook.test", "waiting")
    post.carry()
    assert post.told() == [("webhook.test", "")]
    assert verified(post.receiver.heard[0], hook["secret"])
    assert post.messages(hook, state="delivered")[0]["id"] == made["id"]


def test_messages_are_paged_filtered_and_replayed_by_time(post: Post) -> None:
    from retour.instants import text

    hook, other = post.hook(), post.hook("/other")
    times = []
    for number in range(5):
        post.retour.bounce(f"a{number}@b.example")
        post.carry()
        times.append(post.retour.clock.now())
        post.retour.clock.instant += HOUR
    found: list[str] = []
    after: str | None = None
    while True:
        query = {"limit": 2} | ({"after": after} if after else {})
        page = post.ask("GET", f"/{hook['id']}/messages", params=query)
        found += [message["id"] for message in page["messages"]]
        after = page["next"]
        if after is None:
            break
    assert len(set(found)) == 5
    assert [m["id"] for m in post.messages(hook, since=text(times[3]))] == found[:2]
    assert post.messages(hook, state="failed") == []
    body = {"since": text(times[1]), "until": text(times[3])}
    assert post.ask("POST", f"/{hook['id']}/replay", json=body)["queued"] == 2
    heard = len(post.receiver.heard)
    post.carry()
    again = [h.headers["webhook-id"] for h in post.receiver.heard[heard:]]
    assert sorted(again) == sorted(found[2:4])
    assert len(post.messages(other)) == 5


@pytest.mark.parametrize(
    "body", [{}, {"ids": ["a"], "since": "2026-01-01T00:00:00Z"}, {"until": "2026-01-01T00:00:00Z"}]
)
def test_a_replay_says_what(post: Post, body: Any) -> None:
    answer = post.retour.ask("POST", f"/v1/webhooks/{post.hook()['id']}/replay", "demo-manager", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/replay_target")


def test_a_replay_names_the_id_that_is_not_kept_and_sends_none(post: Post) -> None:
    hook = post.hook()
    post.retour.bounce("ann@b.example")
    post.carry()
    (message,) = post.messages(hook)
    body = {"ids": [message["id"], "gone"]}
    answer = post.retour.ask("POST", f"/v1/webhooks/{hook['id']}/replay", "demo-manager", json=body)
    told = answer.json()
    assert (answer.status_code, told["type"], told["field"]) == (404, "/problems/messages_unknown", "ids.1")
    assert "“gone”" in told["detail"]
    assert post.messages(hook, state="waiting") == []


def test_another_accounts_hook_and_its_messages_are_not_there(post: Post) -> None:
    hook = post.hook(key="other-manager")
    post.retour.bounce("bob@b.example", account="other")
    post.carry()
    (message,) = post.retour.ask("GET", f"/v1/webhooks/{hook['id']}/messages", "other-manager").json()[
        "messages"
    ]
    mine = post.hook()
    for method, path in (
        ("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/rotate"), ("POST", "/test"), ("POST", "/replay"),
        ("GET", "/messages"), ("GET", f"/messages/{message['id']}"),
    ):  # fmt: skip
        body = {"ids": ["a"]} if path == "/replay" else {}
        answer = post.retour.ask(method, f"/v1/webhooks/{hook['id']}{path}", "demo-manager", json=body)
        assert answer.json()["type"] == "/problems/webhook_unknown", (method, path)
    crossed = post.retour.ask("GET", f"/v1/webhooks/{mine['id']}/messages/{message['id']}", "demo-manager")
    assert crossed.json()["type"] == "/problems/message_unknown"
    assert post.retour.desk.outbox.hook(hook["id"]) is not None


def test_a_removed_hook_is_told_nothing_more(post: Post) -> None:
    hook = post.hook()
    post.retour.bounce(ADDRESS)
    while post.courier.gather():
        pass
    assert post.retour.ask("DELETE", f"/v1/webhooks/{hook['id']}", "demo-manager").status_code == 204
    post.carry()
    assert post.receiver.heard == []
    assert post.retour.desk.outbox.counts()["waiting"] == 0


def test_what_is_past_its_days_goes_and_is_counted(post: Post) -> None:
    lost: list[int] = []
    post.courier._lost = lost.append
    hook = post.hook()
    post.ask("PUT", f"/{hook['id']}", json={"enabled": False})
    post.retour.bounce(ADDRESS)
    post.carry()
    assert len(post.messages(hook)) == 1
    post.retour.clock.instant += 15 * DAY
    post.carry()
    assert (post.messages(hook), lost) == ([], [1])


def test_twenty_hooks_are_enough(post: Post) -> None:
    for _ in range(20):
        post.hook()
    body = {"url": post.receiver.url()}
    assert (
        post.retour.ask("POST", "/v1/webhooks", "demo-manager", json=body).json()["type"]
        == "/problems/too_many"
    )


def test_soft_bounces_below_the_threshold_tell_nothing(post: Post) -> None:
    post.hook()
    post.retour.bounce(ADDRESS, Reason.MAILBOX_FULL)
    post.carry()
    assert post.receiver.heard == []


# --- TLS --------------------------------------------------------------------------------------------------


def authority(directory: Path, host: str, days: int = 2) -> Path:
    """A certificate of its own authority for this host, with its key, as one PEM file; days below 0: over."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    begin = datetime.now(UTC) - timedelta(days=1) + timedelta(days=min(days, 0) * 2)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=abs(days)))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file = directory / f"{host}.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(serialization.Encoding.PEM, *form)
    )
    return file


@pytest.mark.parametrize(
    ("host", "trusted", "days", "fault"),
    [
        ("localhost", True, 2, None),
        ("localhost", False, 2, Fault.CERTIFICATE_UNTRUSTED),
        ("localhost", True, -2, Fault.CERTIFICATE_EXPIRED),
        ("else.example", True, 2, Fault.CERTIFICATE_NAME),
    ],
)
def test_https_asks_for_the_right_certificate(
    tmp_path: Path, host: str, trusted: bool, days: int, fault: Fault | None
) -> None:
    file, heard = authority(tmp_path, host, days), fault is None
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    with receiving(server) as receiver:
        client = ssl.create_default_context(cafile=str(file) if trusted else None)
        reach = Reach((ip_network("127.0.0.0/8"), ip_network("::1/128")))
        reply = Poster(reach, client, 20).send(
            Request("POST", receiver.url(host="localhost", scheme="https"))
        )
        assert (reply.status == 204) is heard, reply
        assert len(receiver.heard) == heard
        assert reply.fault == fault


def test_https_to_who_speaks_http_is_told_apart() -> None:
    with receiving() as receiver:
        url = receiver.url(scheme="https")
        reply = Poster(REACH, ssl.create_default_context(), 20).send(Request("POST", url))
    assert reply.fault == Fault.TLS


def test_what_secrets_are_made_of_stands_in_no_repr(retour: Installation) -> None:
    shown = repr(Webhooks(retour.desk.outbox, PEPPER))
    assert "outbox" in shown
    assert repr(PEPPER) not in shown
