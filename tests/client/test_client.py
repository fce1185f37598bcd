"""`retour.client` against a running server, and against servers that fail."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer

import pytest

from client.conftest import bounced, url
from retour.client import AsyncClient, Client, Draft, Refused, Unreachable
from retour.model import Answer, MailKind
from story.server import Server

STOPPED = "stopped@b.example"


@pytest.fixture(scope="module", autouse=True)
def one_is_stopped(server: Server) -> None:
    with Client(url(server), server.key) as client:
        bounced(server, client, STOPPED)


def test_a_decision_says_why_and_until_when(client: Client) -> None:
    stopped = client.decision(STOPPED)
    assert (stopped.answer, stopped.why) == (Answer.STOP, "hard")
    assert client.decision("ann@b.example", "system").answer is Answer.SEND
    assert client.decision("no address").why == "no_address"


def test_a_list_of_any_length_is_asked_about_in_its_order(client: Client) -> None:
    addresses = [f"a{n}@b.example" for n in range(10_001)]
    addresses[0] = addresses[-1] = STOPPED
    answers = [decision.answer for decision in client.decisions(addresses, MailKind.AUTOMATION)]
    assert len(answers) == len(addresses)
    assert [place for place, answer in enumerate(answers) if answer is Answer.STOP] == [0, 10_000]
    assert client.decisions([]) == []


def test_a_registered_send_has_its_return_address(client: Client) -> None:
    registered = client.register(Draft("bob@b.example", campaign="May", message_id="<1@shop.example>"))
    assert registered.return_address is not None
    assert registered.return_address.endswith("@return.test")
    assert registered.return_address.startswith(str(registered.envid))
    many = client.register_all([Draft("carl@b.example"), Draft("no address")])
    assert [each.fault is None for each in many] == [True, False]
    assert many[1].return_address is None


def test_a_recipient_that_is_no_address_is_refused_with_the_remedy(client: Client) -> None:
    with pytest.raises(Refused, match="address") as refused:
        client.register(Draft("no address"))
    assert (refused.value.status, refused.value.field) == (422, "recipient")
    assert refused.value.remedy
    assert str(refused.value).endswith(refused.value.remedy)


def test_refusals_come_in_the_language_that_was_asked_for(server: Server) -> None:
    with (
        Client(url(server), server.key, language="de") as german,
        pytest.raises(Refused, match="Adresse") as refused,
    ):
        german.register(Draft("no address"))
    assert refused.value.type == "/problems/address_malformed"


def test_what_is_known_of_an_address_or_none(client: Client) -> None:
    known = client.address(STOPPED)
    assert known is not None
    assert known["state"]["state"] == "invalid"
    assert client.address("never/seen?@b.example") is None


def test_bounces_are_read_page_by_page(client: Client, server: Server) -> None:
    for n in range(3):
        bounced(server, client, f"page{n}@c.example")
    since = datetime.now(UTC) - timedelta(days=1)
    rows = [row["address"] for row in client.bounces(search="@c.example", since=since, limit=2)]
    assert rows == ["page2@c.example", "page1@c.example", "page0@c.example"]
    assert list(client.bounces(search="@d.example")) == []


LIST = b"address,cause\nlist1@l.example,complaint\nlist2@l.example,unsubscribe\nno address,import\n"


def test_suppressions_come_in_go_out_and_are_listed(client: Client) -> None:
    tried = client.import_suppressions(LIST, dry_run=True)
    assert (tried["counts"]["complaint"], tried["counts"]["unsubscribe"]) == (1, 1)
    assert client.decision("list1@l.example").answer is Answer.SEND
    report = client.import_suppressions(LIST)
    assert report["counts"] == tried["counts"]
    assert [defect["line"] for defect in report["defects"]] == [4]
    rows = [row["address"] for row in client.suppressions(domain="l.example", limit=1)]
    assert sorted(rows) == ["list1@l.example", "list2@l.example"]
    assert b"list1@l.example,complaint," in client.export_suppressions()
    with pytest.raises(Refused, match="no form that lists"):
        client.export_suppressions("pdf")


def test_suppressions_with_await(server: Server) -> None:
    async def ask() -> None:
        async with AsyncClient(Client(url(server), server.key)) as retour:
            await retour.import_suppressions(b"await@a.example\n")
            rows = [row["address"] async for row in retour.suppressions(domain="a.example")]
            assert rows == ["await@a.example"]
            assert b"await@a.example" in await retour.export_suppressions("jsonl")

    asyncio.run(ask())


def test_only_support_restores(client: Client, support: Client, server: Server) -> None:
    bounced(server, client, "back@b.example")
    with pytest.raises(Refused) as refused:
        client.restore(["back@b.example"], "request 1")
    assert refused.value.status == 403
    support.restore(["back@b.example"], "request 1: the mailbox is there again")
    assert client.decision("back@b.example").answer is Answer.SEND


def test_any_other_call_can_be_made_and_a_write_is_done_once(support: Client, client: Client) -> None:
    assert client.call("GET", "/v1/account")["name"] == "shop"
    first = support.call("POST", "/v1/sends", body={"recipient": "x@b.example"}, idempotency_key="k1")
    again = support.call("POST", "/v1/sends", body={"recipient": "x@b.example"}, idempotency_key="k1")
    assert again == first


def test_a_kept_connection_that_the_server_closed_is_opened_anew(server: Server) -> None:
    with Client(url(server), server.key) as client:
        assert client.decision("ann@b.example").answer is Answer.SEND
        server.stop()
        server.start()
        assert client.decision(STOPPED).answer is Answer.STOP


def test_many_calls_side_by_side(server: Server) -> None:
    async def asked() -> Sequence[Answer]:
        async with AsyncClient(Client(url(server), server.key)) as client:
            drafts = await client.register_all([Draft(f"d{n}@b.example") for n in range(3)])
            assert (await client.register(Draft("e@b.example"))).fault is None
            assert all(draft.return_address for draft in drafts)
            assert await client.address("never@b.example") is None
            assert [row["address"] async for row in client.bounces(search=STOPPED)] == [STOPPED]
            with pytest.raises(Refused):
                await client.restore([STOPPED], "request 2")
            assert (await client.call("GET", "/v1/account"))["name"] == "shop"
            (many,) = await client.decisions([STOPPED])
            both = await asyncio.gather(*[client.decision(a) for a in (STOPPED, "ann@b.example") * 20])
            return [many.answer, *[decision.answer for decision in both]]

    assert asyncio.run(asked()) == [Answer.STOP] + [Answer.STOP, Answer.SEND] * 20


@contextmanager
def failing(*answers: int | None) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A server that answers with these in turn, None: hangs up; its address, and the headers it was sent."""
    told: list[dict[str, str]] = []
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            told.append(dict(self.headers))
            self.rfile.read(int(self.headers["Content-Length"]))
            status = left.pop(0)
            if status is None:
                self.close_connection = True
                return
            body = json.dumps({"account": "shop", "results": []} if status == 200 else {}).encode()
            self.send_response(status)
            if status in (429, 409):
                self.send_header("Retry-After", "7")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """The test looks at what it was sent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as served:
        thread = threading.Thread(target=served.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{served.server_port}", told
        finally:
            served.shutdown()
            thread.join()


def test_a_call_is_repeated_with_its_key_until_it_is_answered() -> None:
    pauses: list[float] = []
    with (
        failing(None, 503, 429, 200) as (address, told),
        Client(address, "rk_x", pause=pauses.append) as client,
    ):
        assert client.decisions(["a@b.example"]) == []
    assert pauses == [0.2, 0.4, 7.0]
    assert len({headers["Idempotency-Key"] for headers in told}) == 1
    assert {headers["Authorization"] for headers in told} == {"Bearer rk_x"}


def test_a_request_that_is_being_answered_is_waited_for_and_a_conflict_is_not() -> None:
    pauses: list[float] = []
    with failing(409, 200) as (address, _), Client(address, "rk_x", pause=pauses.append) as client:
        assert client.call("POST", "/v1/check", body={}) == {"account": "shop", "results": []}
    assert pauses == [7.0]


def test_a_list_that_takes_its_time_is_waited_for_and_sent_once() -> None:
    told, again = list[str](), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(self.headers["Idempotency-Key"])
            self.rfile.read(int(self.headers["Content-Length"]))
            if len(told) > 1:
                again.set()
            again.wait(1.0)  # ten times the patience of other calls, or until somebody lost it
            self.send_response(201)
            self.end_headers()
            self.wfile.write(b'{"counts": {"rows": 1}}')

        def log_message(self, *args: object) -> None:
            """The test looks at what it was sent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        thread = threading.Thread(target=served.serve_forever, args=(0.01,))
        thread.start()
        try:
            address = f"http://127.0.0.1:{served.server_port}"
            with Client(address, "rk_x", timeout=0.1, pause=lambda seconds: None) as client:
                assert client.import_suppressions(b"a@b.example\n")["counts"] == {"rows": 1}
        finally:
            served.shutdown()
            thread.join()
    assert len(told) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 304, 307, 308])
def test_an_answer_that_leads_elsewhere_is_no_yes(status: int) -> None:
    with failing(status) as (address, told), Client(address, "rk_x") as client:
        with pytest.raises(Refused, match="sent us elsewhere; nothing was done"):
            client.call("POST", "/v1/check", body={})
        assert len(told) == 1


@pytest.mark.parametrize("status", [400, 401, 404, 422, 500])
def test_what_is_refused_is_not_repeated(status: int) -> None:
    with failing(status) as (address, told), Client(address, "rk_x") as client:
        with pytest.raises(Refused, match=f"HTTP {status}"):
            client.call("POST", "/v1/check", body={})
        assert len(told) == 1


def test_an_address_of_a_server_with_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match="before @") as refused:
        Client("https://ann:hidden-word@retour.example", "rk_1")
    assert "hidden-word" not in str(refused.value)


def test_no_answer_at_all_names_the_server_and_the_key_of_the_write() -> None:
    pauses: list[float] = []
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        client = Client(address, "rk_secret", retries=2, pause=pauses.append)
        with pytest.raises(Unreachable, match=address) as unreachable:
            client.call("POST", "/v1/sends", body={}, idempotency_key="k7")
    assert unreachable.value.idempotency_key == "k7"
    assert "rk_secret" not in str(unreachable.value)
    assert pauses == [0.2, 0.4]


@pytest.mark.parametrize("address", ["127.0.0.1:8025", "ftp://b.example", "http://", ""])
def test_an_address_that_is_none_is_refused_at_once(address: str) -> None:
    with pytest.raises(ValueError, match="http://host:port"):
        Client(address, "rk_x")
