"""A form asks what an address is worth: with a key, or from a page that is named, and learns of nobody."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response

from outlets.conftest import Installation
from retour.outlets.api.app import create
from retour.outlets.api.limits import Rate
from retour.outlets.api.services import Forms

SHOP = "https://shop.example"
FORMS = Forms(frozenset({SHOP}), Rate(1, 2))


def asks(
    retour: Installation, *calls: Mapping[str, Any], forms: Forms = FORMS, peer: str = "192.0.2.1"
) -> list[Response]:
    """Answers to calls of one client."""
    app = create(replace(retour.services(), forms=forms))

    async def all_of_them() -> list[Response]:
        transport = ASGITransport(app, client=(peer, 1234))
        async with AsyncClient(transport=transport, base_url="http://retour.test") as client:
            return [
                await client.get(
                    "/v1/suggest", params={"address": call["address"]}, headers=call.get("headers", {})
                )
                for call in calls
            ]

    return asyncio.run(all_of_them())


def plain(answer: Response) -> dict[str, str]:
    """Its headers but for how often one may still ask."""
    return {name: value for name, value in answer.headers.items() if name != "ratelimit"}


def test_a_page_that_the_settings_name_asks_without_a_key(retour: Installation) -> None:
    (answer,) = asks(retour, {"address": "Ann@gmial.com", "headers": {"origin": SHOP}})
    assert answer.status_code == 200
    told = answer.json()
    assert (told["rfc"], told["practical"], told["suggestion"]) == ("valid", "warn", "Ann@gmail.com")
    assert told["odds"] >= 20
    assert "squat" in told["reasons"]
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert answer.headers["vary"] == "Origin"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "origin", [None, "https://other.example", "null", "https://shop.example.evil.example"]
)
def test_nobody_else_does(retour: Installation, origin: str | None) -> None:
    headers = {} if origin is None else {"origin": origin}
    (answer,) = asks(retour, {"address": "ann@shop.de", "headers": headers})
    assert answer.status_code == 401
    assert "access-control-allow-origin" not in answer.headers
    (answer,) = asks(retour, {"address": "ann@shop.de", "headers": {"origin": SHOP}}, forms=Forms())
    assert answer.status_code == 401


def test_a_client_may_ask_so_often(retour: Installation) -> None:
    call = {"address": "ann@shop.de", "headers": {"origin": SHOP}}
    assert [each.status_code for each in asks(retour, call, call, call)] == [200, 200, 429]
    seen = [
        {**call, "headers": {"origin": SHOP, "x-forwarded-for": f"6.6.6.6, 192.0.2.{last}"}}
        for last in range(4)
    ]
    assert [each.status_code for each in asks(retour, *seen, peer="127.0.0.1")] == [200] * 4
    assert [each.status_code for each in asks(retour, *seen)] == [
        200,
        200,
        429,
        429,
    ]  # only a proxy is believed


def test_all_addresses_of_one_line_are_one_client(retour: Installation) -> None:
    def through_a_proxy(*seen: str) -> list[int]:
        headers = [{"origin": SHOP, "x-forwarded-for": each} for each in seen]
        calls = [{"address": "ann@shop.de", "headers": each} for each in headers]
        return [each.status_code for each in asks(retour, *calls, peer="127.0.0.1")]

    assert through_a_proxy("2001:db8::1", "2001:db8::2:1", "2001:db8:0:0:ffff::9") == [200, 200, 429]
    assert through_a_proxy("2001:db8::1", "2001:db8::1", "2001:db8:0:1::1") == [200] * 3
    assert through_a_proxy("::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2") == [200, 200, 429, 200]
    assert through_a_proxy("unknown", "unknown", "unknown") == [200, 200, 429]


def test_whether_an_address_is_known_or_stopped_is_not_told(retour: Installation) -> None:
    retour.bounce("zoe@b.example")
    assert (
        retour.ask("GET", "/v1/check", "demo-member", params={"address": "zoe@b.example"}).json()["why"]
        == "hard"
    )
    key = {"authorization": f"Bearer {retour.keys['demo-member']}"}
    for headers in ({"origin": SHOP}, key):
        stopped, unknown = asks(
            retour,
            {"address": "zoe@b.example", "headers": headers},
            {"address": "zac@b.example", "headers": headers},
        )
        assert stopped.json() | {"address": ""} == unknown.json() | {"address": ""}
        assert plain(stopped) == plain(unknown)


@pytest.mark.parametrize(
    ("address", "rfc"),
    [
        ("no address", "invalid"),
        ("a@" + "b" * 5000, "invalid"),
        ("ann@intranet", "valid"),
    ],
)
def test_no_string_is_too_odd(retour: Installation, address: str, rfc: str) -> None:
    (answer,) = asks(retour, {"address": address, "headers": {"origin": SHOP}})
    assert answer.status_code == 200
    assert answer.json()["rfc"] == rfc


def test_nothing_is_asked_about_nothing(retour: Installation) -> None:
    (answer,) = asks(retour, {"address": " ", "headers": {"origin": SHOP}})
    assert answer.status_code == 422
    assert answer.json()["field"] == "address"


def test_a_space_that_somebody_typed_is_no_plus(retour: Installation) -> None:
    app = create(replace(retour.services(), forms=FORMS))

    async def told() -> list[str]:
        transport = ASGITransport(app, client=("192.0.2.1", 1234))
        async with AsyncClient(transport=transport, base_url="http://retour.test") as client:
            queries = ("ann%20lee@b.example", "ann+lee@b.example", "ann%2Blee@b.example")
            answers = [
                await client.get(f"/v1/suggest?address={each}", headers={"origin": f"{SHOP}"})
                for each in queries
            ]
        return [answer.json().get("address", "") for answer in answers]

    assert asyncio.run(told()) == ["ann lee@b.example", "ann+lee@b.example", ""]
