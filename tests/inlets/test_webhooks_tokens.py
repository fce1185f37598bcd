"""Tokens that prove a post: of Microsoft Entra for Event Grid, and those that a source gives out itself."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from oauthlib.oauth2 import BackendApplicationClient

from inlets.amazon import amazon
from inlets.entra import AUDIENCE, OTHER_TENANT, OURS, TENANT, THEIRS, key_set, token
from inlets.hooked import PLACE, SECRET, Hooked, hooked, source
from inlets.senders import Request, Sender, oauth, sent
from retour import wiring
from retour.inlets.webhooks.entra import EVENT_GRID, read_keys
from retour.inlets.webhooks.jwks import PAUSE
from retour.instants import HOUR
from retour.settings import Settings
from retour.wiring import StartError

EVENT = b'[{"eventType":"Microsoft.Communication.EmailDeliveryReportReceived","data":{}}]'


def post(given: str, body: bytes = EVENT) -> Request:
    return Request(body, {"Authorization": f"Bearer {given}"})


def entra(**more: Any) -> dict[str, Any]:
    settings = {"scheme": "entra", "tenant": TENANT, "audience": AUDIENCE, **more}
    return source(Sender("azure", "", lambda body, at: Request(body), settings))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Hooked]:
    with from_file(tmp_path) as made:
        yield made


@contextmanager
def from_file(directory: Path, content: bytes | None = None) -> Iterator[Hooked]:
    file = directory / "keys.json"
    file.write_bytes(key_set(one=OURS) if content is None else content)
    with hooked(directory / "data", {"shop": entra(jwks=str(file))}) as made:
        yield made


def test_a_post_with_a_token_of_the_tenant_is_kept(house: Hooked) -> None:
    assert house.post(post(token(house.now()))).status_code == 200
    (kept,) = house.arrivals()
    assert (kept.raw, kept.account, kept.form) == (EVENT, "shop", "azure")
    newer = {"iss": f"https://login.microsoftonline.com/{TENANT}/v2.0", "ver": "2.0", "azp": EVENT_GRID}
    assert house.post(post(token(house.now(), **newer), EVENT + b" ")).status_code == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "api://other"},
        {"aud": [AUDIENCE]},
        {"iss": f"https://sts.windows.net/{OTHER_TENANT}/"},
        {"tid": OTHER_TENANT},
        {"iss": "https://evil.example/", "tid": TENANT},
        {"appid": "00000000-0000-0000-0000-000000000000"},
        {"appid": None, "azp": EVENT_GRID},
        {"nbf": 4_000_000_000},
        {"exp": 1},
        {"exp": "soon"},
        {"exp": None},
        {"key": THEIRS},
        {"head": {"kid": "two"}},
        {"head": {"alg": "none"}},
        {"head": {"alg": "HS256"}},
        {"head": {"crit": ["x"]}},
        {"head": {"kid": ["one"]}},
    ],
    ids=lambda changed: str({**changed, "key": "theirs"} if "key" in changed else changed),
)
def test_every_other_token_is_refused(house: Hooked, changed: dict[str, Any]) -> None:
    assert house.post(post(token(house.now(), **changed))).status_code == 401
    assert house.arrivals() == []


@pytest.mark.parametrize("given", ["", "x", "a.b.c", "..", "e30.e30.e30", "é.é.é", "[[.]].x", "a" * 9000])
def test_what_is_no_token_is_refused(house: Hooked, given: str) -> None:
    headers = [(b"authorization", f"Bearer {given}".encode())]
    assert house.raw(headers, EVENT).status_code == 401
    assert house.post(Request(EVENT)).status_code == 401
    whole = token(house.now())
    assert house.post(post(whole[:-8] + "AAAAAAAA")).status_code == 401
    assert house.arrivals() == []


def test_the_handshake_is_answered_behind_a_token_alone(house: Hooked) -> None:
    event = "Microsoft.EventGrid.SubscriptionValidationEvent"
    asked = json.dumps([{"eventType": event, "data": {"validationCode": "c0de"}}]).encode()
    assert house.post(post(token(house.now()), asked)).json() == {"validationResponse": "c0de"}
    assert house.post(post(token(house.now(), key=THEIRS), asked)).status_code == 401


def test_keys_come_from_the_address_of_the_settings_and_are_looked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with amazon(tmp_path) as host:
        host.files["/keys"] = key_set(one=OURS)
        chosen = entra(jwks="https://elsewhere.test/keys")
        with hooked(tmp_path / "data", {"shop": chosen}, host.https()) as house:
            for number in range(3):
                assert house.post(post(token(house.now()), EVENT + b" " * number)).status_code == 200
            assert host.asked == ["elsewhere.test/keys"]
            host.files["/keys"] = key_set(one=OURS, two=THEIRS)
            rolled = {"key": THEIRS, "head": {"kid": "two"}}
            assert house.post(post(token(house.now(), **rolled))).status_code == 401
            assert len(host.asked) == 1  # not for every id that somebody makes up
            later = house.house.clock.now() + PAUSE
            monkeypatch.setattr(house.app.webhooks, "_now", lambda: later)
            assert house.post(post(token(house.now(), **rolled), EVENT + b"new")).status_code == 200
            assert len(host.asked) == 2


def test_keys_that_cannot_be_had_are_no_refusal(tmp_path: Path) -> None:
    with from_file(tmp_path, b'{"keys":[]}') as house:
        answer = house.post(post(token(house.now())))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        assert house.arrivals() == []


def test_a_set_of_keys_is_read_leniently_and_weak_keys_are_left_out() -> None:
    whole = json.loads(key_set(one=OURS))
    weak = json.loads(key_set(weak=rsa.generate_private_key(65537, 1024)))["keys"]
    others = [{"kty": "EC", "kid": "x"}, {**whole["keys"][0], "use": "enc", "kid": "enc"}]
    assert list(read_keys(json.dumps({"keys": [*whole["keys"], *weak, *others]}).encode()) or ()) == ["one"]
    for nothing in (b"", b"[]", b"{}", b'{"keys":[{"kty":"RSA"}]}', b'{"keys":[1]}', b"[" * 100_000):
        assert not read_keys(nothing)


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"jwks": "http://elsewhere.test/keys"}, "jwks"),
        ({"tenant": "common"}, "tenant"),
        ({"jwks": "k"}, "jwks"),
    ],
)
def test_settings_that_would_trust_others_are_refused(
    tmp_path: Path, more: dict[str, str], fault: str
) -> None:
    sources = {"shop": entra(**more)}
    house = wiring.build(Settings.model_validate({"data_dir": tmp_path, "webhooks": {"sources": sources}}))
    try:
        with pytest.raises(StartError, match=f"sources.shop.{fault}"):
            wiring.public(house)
    finally:
        house.close()


# --- a source that gives out tokens itself -----------------------------------------------------------------


def asks(house: Hooked, body: bytes, **headers: str) -> Any:
    return house.post(Request(body, headers), f"{PLACE}/token")


@pytest.fixture
def sparkpost(tmp_path: Path) -> Iterator[tuple[Hooked, str]]:
    us = oauth()
    with hooked(tmp_path / "data", {"shop": source(us)}) as house:
        yield house, us.key


def test_a_token_is_given_for_the_secret_and_lets_post(sparkpost: tuple[Hooked, str]) -> None:
    house, key = sparkpost
    id, _, secret = key.partition(":")
    form = f"grant_type=client_credentials&client_id={id}&client_secret={secret}".encode()
    said = json.dumps({"client_id": id, "client_secret": secret}).encode()
    asked = [(form, {}), (said, {}), (b"", {"Authorization": f"Basic {sent(key.encode())}"})]
    for number, (body, headers) in enumerate(asked):
        answer = asks(house, body, **headers)
        assert answer.headers["cache-control"] == "no-store"
        told = answer.json()
        assert (told["token_type"], told["expires_in"]) == ("Bearer", 3600)
        assert secret not in told["access_token"]
        assert house.post(post(told["access_token"], b"[%d]" % number)).status_code == 200
    assert len(house.arrivals()) == 3


@pytest.mark.parametrize("by", ["body", "basic"])
def test_a_client_of_another_hand_is_given_a_token_and_posts(sparkpost: tuple[Hooked, str], by: str) -> None:
    """oauthlib was written by others: it asks, reads and signs as RFC 6749 and 6750 say."""
    house, key = sparkpost
    id, _, secret = key.partition(":")
    client = BackendApplicationClient(id)
    in_body = {"include_client_id": True, "client_secret": secret} if by == "body" else {}
    asked = client.prepare_request_body(**in_body).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if by == "basic":
        headers["Authorization"] = f"Basic {sent(key.encode())}"
    token = client.parse_request_body_response(asks(house, asked, **headers).text)
    assert token["expires_in"] == 3600
    url, signed, body = client.add_token(f"https://hooks.example{PLACE}", "POST", '[{"msys":{}}]')
    assert (url, house.post(Request(body.encode(), signed)).status_code) == (
        f"https://hooks.example{PLACE}",
        200,
    )
    (kept,) = house.arrivals()
    assert (kept.raw, kept.form) == (b'[{"msys":{}}]', "sparkpost")


def test_nobody_else_is_given_a_token(sparkpost: tuple[Hooked, str]) -> None:
    house, key = sparkpost
    id, _, secret = key.partition(":")
    for body in (
        b"",
        b"{",
        b"[]",
        b'{"client_id":1,"client_secret":2}',
        f"client_id={id}&client_secret=wrong".encode(),
        f"client_id={id}&client_id={id}&client_secret={secret}".encode(),
        f"grant_type=password&client_id={id}&client_secret={secret}".encode(),
        b"\xff" * 10_000,
    ):
        assert asks(house, body).status_code == 401, body
    assert house.post(Request(b""), f"/hooks/shop/{SECRET[::-1]}/token").status_code == 404
    assert house.post(Request(b""), f"{PLACE}/token", "GET").status_code == 404


def test_a_token_ends(sparkpost: tuple[Hooked, str], monkeypatch: pytest.MonkeyPatch) -> None:
    house, key = sparkpost
    given = asks(house, b"", Authorization=f"Basic {sent(key.encode())}").json()["access_token"]
    later = house.house.clock.now() + HOUR
    monkeypatch.setattr(house.app.webhooks, "_now", lambda: later)
    assert house.post(post(given)).status_code == 401
    assert house.arrivals() == []


def test_a_source_of_another_scheme_gives_out_none(house: Hooked) -> None:
    assert house.post(Request(b"client_id=a&client_secret=b"), f"{PLACE}/token").status_code == 404
