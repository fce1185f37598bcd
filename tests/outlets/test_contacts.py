"""Contacts and lists of an account, and what is shown saved as a list, through the API."""

from typing import Any

import pytest

from outlets.conftest import Installation
from outlets.test_segments import Told, some, told
from retour.flow.contacts import MOST_OF_ATTRIBUTES
from retour.ports.contacts import DROPPED_KEPT_FOR

__all__ = ["told"]


def keep(retour: Installation, *addresses: str, **more: Any) -> Any:
    body = {"contacts": [{"address": each} for each in addresses], **more}
    answer = retour.ask("POST", "/v1/contacts", "demo-manager", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def listed(retour: Installation, id: str) -> list[str]:
    found = retour.ask("GET", "/v1/contacts", params={"list": id}).json()["contacts"]
    return [each["address"] for each in found]


def made(retour: Installation, name: str, **more: Any) -> Any:
    answer = retour.ask("POST", "/v1/contact-lists", "demo-manager", json={"name": name, **more})
    assert answer.status_code == 201, answer.text
    retour.do_jobs()
    return answer.json()


def test_a_contact_is_kept_read_and_changed(retour: Installation) -> None:
    body = {"address": "Ann@B.example", "name": "Ann Archer", "attributes": {"city": "Graz", "n": [1, None]}}
    kept = retour.ask("PUT", "/v1/contacts/Ann%40B.example", "demo-manager", json=body).json()
    assert (kept["address"], kept["name"], kept["attributes"]) == (
        "ann@b.example" if kept["address"].islower() else "Ann@b.example",
        "Ann Archer",
        {"city": "Graz", "n": [1, None]},
    )
    assert (kept["decision"], kept["lists"]) == ("send", [])
    assert retour.ask("GET", f"/v1/contacts/{kept['address']}", "other-member").status_code == 404
    other = {**body, "address": "bob@b.example"}
    refused = retour.ask("PUT", "/v1/contacts/Ann%40B.example", "demo-manager", json=other)
    assert (refused.status_code, refused.json()["field"]) == (422, "address")


def test_many_are_kept_at_once_and_who_is_stopped_is_told(retour: Installation) -> None:
    retour.bounce("bob@b.example")
    told = keep(retour, "ann@b.example", "bob@b.example")
    assert (told["contacts"], told["new"], told["stopped"]) == (2, 2, 1)
    assert keep(retour, "ann@b.example", "cid@b.example")["new"] == 1
    found = retour.ask("GET", "/v1/contacts").json()["contacts"]
    assert [(each["address"], each["decision"]) for each in found] == [
        ("ann@b.example", "send"),
        ("bob@b.example", "stop"),
        ("cid@b.example", "send"),
    ]
    page = retour.ask("GET", "/v1/contacts", params={"limit": 2}).json()
    rest = retour.ask("GET", "/v1/contacts", params={"limit": 2, "after": page["next"]}).json()
    assert [each["address"] for each in rest["contacts"]] == ["cid@b.example"]
    assert rest["next"] is None


def test_all_or_none_and_the_fault_names_its_place(retour: Installation) -> None:
    body = {"contacts": [{"address": "ann@b.example"}, {"address": "no address"}]}
    answer = retour.ask("POST", "/v1/contacts", "demo-manager", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, "contacts.1.address")
    large = {"contacts": [{"address": "a@b.example", "attributes": {"x": "y" * MOST_OF_ATTRIBUTES}}]}
    answer = retour.ask("POST", "/v1/contacts", "demo-manager", json=large)
    assert (answer.status_code, answer.json()["field"]) == (422, "contacts.0.attributes")
    nowhere = {"contacts": [{"address": "ann@b.example"}], "list": "nowhere"}
    answer = retour.ask("POST", "/v1/contacts", "demo-manager", json=nowhere)
    assert (answer.status_code, answer.json()["field"]) == (404, "list")
    assert retour.ask("GET", "/v1/contacts").json()["contacts"] == []


def test_lists_are_made_filled_renamed_and_forgotten(retour: Installation) -> None:
    first = made(retour, "first")
    keep(retour, "ann@b.example", list=first["id"])
    path = f"/v1/contact-lists/{first['id']}"
    body = {"add": ["bob@b.example", "ann@b.example"], "remove": ["cid@b.example"]}
    changed = retour.ask("POST", f"{path}/contacts", "demo-manager", json=body).json()
    assert (changed["added"], changed["removed"]) == (1, 0)
    assert listed(retour, first["id"]) == ["ann@b.example", "bob@b.example"]
    retour.ask("POST", f"{path}/contacts", "demo-manager", json={"remove": ["ann@b.example"]})
    assert listed(retour, first["id"]) == ["bob@b.example"]
    assert retour.ask("GET", "/v1/contacts/bob@b.example").json()["lists"] == ["first"]
    again = retour.ask("POST", "/v1/contact-lists", "demo-manager", json={"name": "first"})
    assert (again.status_code, again.json()["field"]) == (409, "name")
    second = made(retour, "second")
    taken = retour.ask("PUT", f"/v1/contact-lists/{second['id']}", "demo-manager", json={"name": "first"})
    assert taken.status_code == 409
    assert retour.ask("PUT", path, "demo-manager", json={"name": "one"}).json()["name"] == "one"
    assert retour.ask("DELETE", path, "demo-manager").json()["contacts"] == 1
    assert [each["name"] for each in retour.ask("GET", "/v1/contact-lists").json()["lists"]] == ["second"]
    assert len(retour.ask("GET", "/v1/contacts").json()["contacts"]) == 2


FROM: list[tuple[dict[str, Any], list[str]]] = [
    ({"data": {"code": "4.4.7"}}, ["dan@gmail.com"]),
    ({"data": {"reason": "mailbox_full"}}, ["bob@b.example", "cid@b.example"]),
    ({"segment": "full"}, ["bob@b.example", "cid@b.example"]),
    ({"bounces": {"status": "invalid", "provider": "gmail"}}, ["ann@gmail.com"]),
    (
        {"bounces": {"search": "@b.example", "since": "2024-10-01T00:00:00Z"}},
        ["bob@b.example", "cid@b.example"],
    ),
]


@pytest.mark.parametrize(("source", "expected"), FROM)
def test_what_is_shown_is_saved_as_a_list(told: Told, source: dict[str, Any], expected: list[str]) -> None:
    """E36."""
    some(told)
    retour = told.retour
    retour.ask("PUT", "/v1/segments/full", "demo-manager", json={"reason": "mailbox_full"})
    saved = made(retour, "saved", **{"from": source})
    assert saved["job"]["kind"] == "list_save"
    done = retour.ask("GET", f"/v1/jobs/{saved['job']['id']}").json()
    assert (done["state"], done["result"]) == ("done", {"list": saved["id"], "contacts": len(expected)})
    assert listed(retour, saved["id"]) == expected


def test_who_may_export_may_save_a_list_and_no_more(retour: Installation) -> None:
    """E36, and product.md: the marketer is a member."""
    retour.bounce("bob@b.example")

    def asked(**body: Any) -> Any:
        return retour.ask("POST", "/v1/contact-lists", "demo-member", json={"name": "x", **body})

    empty = asked()
    assert (empty.status_code, empty.json()["type"]) == (403, "/problems/role_too_low")
    saved = asked(**{"from": {"bounces": {"status": "invalid"}}})
    assert saved.status_code == 201
    retour.do_jobs()
    assert listed(retour, saved.json()["id"]) == ["bob@b.example"]
    path = f"/v1/contact-lists/{saved.json()['id']}"
    for method, place in (("PUT", path), ("DELETE", path), ("POST", f"{path}/contacts")):
        assert retour.ask(method, place, "demo-member", json={"name": "y"}).status_code == 403


@pytest.mark.parametrize(
    "source", [{}, {"data": {}, "segment": "x"}, {"segment": "nobody"}, {"data": {"since": "x"}}]
)
def test_a_list_of_nothing_that_can_be_understood_is_not_made(
    retour: Installation, source: dict[str, Any]
) -> None:
    answer = retour.ask("POST", "/v1/contact-lists", "demo-manager", json={"name": "x", "from": source})
    assert answer.status_code in (404, 422)
    assert answer.json()["remedy"]
    assert retour.ask("GET", "/v1/contact-lists").json()["lists"] == []


def test_a_dropped_list_is_taken_back_with_who_was_on_it(retour: Installation) -> None:
    keep(retour, "ann@b.example", "bob@b.example")
    id = made(retour, "Spring")["id"]
    path = f"/v1/contact-lists/{id}"
    retour.ask("POST", f"{path}/contacts", "demo-manager", json={"add": ["ann@b.example", "bob@b.example"]})
    assert retour.ask("DELETE", path, "demo-manager").json()["name"] == "Spring"
    assert retour.ask("GET", "/v1/contact-lists").json()["lists"] == []
    assert retour.ask("GET", "/v1/contacts/ann%40b.example").json()["lists"] == []
    assert retour.ask("PUT", path, "demo-manager", json={"name": "x"}).status_code == 404
    retour.ask("DELETE", "/v1/contacts/bob%40b.example", "demo-manager")
    retour.do_jobs()
    back = retour.ask("POST", f"{path}/take-back", "demo-manager").json()
    assert (back["id"], back["name"]) == (id, "Spring")
    assert listed(retour, id) == ["ann@b.example"]  # whoever was deleted meanwhile is on no list
    assert retour.ask("POST", f"{path}/take-back", "demo-manager").status_code == 404


def test_a_list_that_bears_the_name_meanwhile_keeps_it(retour: Installation) -> None:
    id = made(retour, "Spring")["id"]
    path = f"/v1/contact-lists/{id}"
    retour.ask("DELETE", path, "demo-manager")
    second = made(retour, "Spring")["id"]
    taken = retour.ask("POST", f"{path}/take-back", "demo-manager")
    assert taken.json()["type"] == "/problems/contact_list_taken"
    retour.ask("PUT", f"/v1/contact-lists/{second}", "demo-manager", json={"name": "Summer"})
    assert retour.ask("POST", f"{path}/take-back", "demo-manager").json()["name"] == "Spring"


def test_what_was_dropped_long_ago_goes_for_good_with_the_next(retour: Installation) -> None:
    old, new = made(retour, "old")["id"], made(retour, "new")["id"]
    retour.ask("DELETE", f"/v1/contact-lists/{old}", "demo-manager")
    retour.clock.instant += DROPPED_KEPT_FOR + 1
    retour.ask("DELETE", f"/v1/contact-lists/{new}", "demo-manager")
    assert retour.ask("POST", f"/v1/contact-lists/{old}/take-back", "demo-manager").status_code == 404
    assert retour.ask("POST", f"/v1/contact-lists/{new}/take-back", "demo-manager").status_code == 200
