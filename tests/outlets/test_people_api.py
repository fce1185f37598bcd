"""Members, invitations and saved views by the API: who may what, what is never told, what the ledger has."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from outlets.conftest import Installation
from retour.instants import DAY
from retour.model import Role
from retour.outlets.api.app import create
from retour.ports.people import LastManagerError, PersonChange
from retour.secret import digest, new
from retour.wiring.console import DATABASE

SPEAKS = {"Retour-Account": "demo", "Retour-Role": "member"}
ANN = SPEAKS | {"Retour-Person": "member%40demo.example"}
BOB = SPEAKS | {"Retour-Person": "manager%40demo.example", "Retour-Role": "manager"}


@pytest.fixture
def shop(retour: Installation) -> Installation:
    """With people, what the command line did with them told, and a console that speaks for them."""
    retour.have_people()
    retour.keys["console"] = new()
    retour.app.state.services = create(retour.services()).state.services
    object.__setattr__(retour.app.state.services, "console", digest(retour.keys["console"]))
    people = retour.services().people
    assert people is not None
    for each in people.standings():
        people.told(each.name)
    return retour


def file_of(shop: Installation) -> Path:
    return Path(shop.directory_of_data.name) / DATABASE


def rows(shop: Installation, question: str) -> list[Any]:
    with closing(sqlite3.connect(file_of(shop))) as db:
        return db.execute(question).fetchall()


def people(shop: Installation, **query: Any) -> list[tuple[str, str]]:
    found = shop.ask("GET", "/v1/people", params=query).json()["people"]
    return [(each["email"], each["role"]) for each in found]


def id_of(shop: Installation, email: str, account: str = "demo") -> int:
    found = shop.ask("GET", "/v1/people", f"{account}-member").json()["people"]
    return next(int(each["id"]) for each in found if each["email"] == email)


def lines(shop: Installation, account: str = "demo") -> list[tuple[str, str, str]]:
    """What the ledger has of people, the first first."""
    found = shop.ask("GET", "/v1/ledger?cause=people", f"{account}-member").json()["lines"]
    return [(each["before"], each["after"], each["actor"]) for each in found][::-1]


def invite(shop: Installation, email: str, key: str = "demo-manager", **more: Any) -> Any:
    return shop.ask("POST", "/v1/invitations", key, json={"email": email, **more})


def test_members_are_listed_by_address_in_pages_and_by_filters(shop: Installation) -> None:
    assert people(shop) == [("manager@demo.example", "manager"), ("member@demo.example", "member")]
    first = shop.ask("GET", "/v1/people?limit=1").json()
    assert people(shop, after=first["next"]) == [("member@demo.example", "member")]
    assert people(shop, role="manager") == [("manager@demo.example", "manager")]
    assert people(shop, search="MEMB") == [("member@demo.example", "member")]
    assert people(shop, search="%") == []
    one = shop.ask("GET", f"/v1/people/{id_of(shop, 'member@demo.example')}").json()
    assert {**one, "id": 0} == {
        "id": 0, "email": "member@demo.example", "role": "member", "second_factor": False, "login_at": None
    }  # fmt: skip


def test_what_somebody_logs_in_with_is_in_no_answer(shop: Installation) -> None:
    secret = invite(shop, "new@shop.example").json()["link"].split("/")[-2]
    hidden = [value for table in ("people_link", "people_invitation") for value in digests(shop, table)]
    hidden += [password for (password,) in rows(shop, "SELECT password FROM people_person")]
    assert len(hidden) == 11
    for path in ("/v1/people", "/v1/invitations", "/v1/views", "/v1/ledger?cause=people"):
        told = shop.ask("GET", path, "demo-manager").text
        assert not [each for each in [*hidden, secret] if each in told], path
        assert "eve@retour.example" not in told  # staff is in no account's list


def digests(shop: Installation, table: str) -> list[str]:
    return [digest for (digest,) in rows(shop, f"SELECT digest FROM {table}")]


def test_another_role_and_an_end_stand_in_the_ledger_under_the_key(shop: Installation) -> None:
    path = f"/v1/people/{id_of(shop, 'member@demo.example')}"
    assert shop.ask("PUT", path, "demo-manager", json={"role": "manager"}).json()["role"] == "manager"
    assert shop.ask("PUT", path, "demo-manager", json={"role": "manager"}).status_code == 200  # known
    assert shop.ask("DELETE", path, "demo-manager").status_code == 204
    assert shop.ask("DELETE", path, "demo-manager").json()["type"] == "/problems/person_unknown"
    assert lines(shop) == [
        ("member member@demo.example", "manager member@demo.example", "key demo-manager"),
        ("manager member@demo.example", "gone member@demo.example", "key demo-manager"),
    ]
    assert people(shop) == [("manager@demo.example", "manager")]
    assert lines(shop, "other") == []


@pytest.mark.parametrize("how", [{"json": {"role": "member"}}, {}], ids=["PUT", "DELETE"])
def test_the_last_manager_stays(shop: Installation, how: dict[str, Any]) -> None:
    path = f"/v1/people/{id_of(shop, 'manager@demo.example')}"
    answer = shop.ask("PUT" if how else "DELETE", path, "demo-manager", **how)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/last_manager")
    assert ("manager@demo.example", "manager") in people(shop)
    assert lines(shop) == []


def test_of_two_managers_who_leave_at_once_one_stays(shop: Installation) -> None:
    """Each looks whether the other is there, and takes its turn with the other."""
    path = f"/v1/people/{id_of(shop, 'member@demo.example')}"
    assert shop.ask("PUT", path, "demo-manager", json={"role": "manager"}).is_success
    known = shop.services().people
    assert known is not None

    def leave(id: int) -> bool:
        try:
            return known.remove("demo", id, "key x", shop.clock.now())
        except LastManagerError:
            return False

    ids = [id_of(shop, email) for email in ("manager@demo.example", "member@demo.example")]
    with ThreadPoolExecutor() as pool:
        assert sorted(pool.map(leave, ids)) == [False, True]
    assert len(people(shop, role="manager")) == 1


@pytest.mark.parametrize("role", ["support", "admin", "owner", ""])
@pytest.mark.parametrize("key", ["demo-manager", "demo-support", "admin"])
def test_no_key_makes_staff(shop: Installation, key: str, role: str) -> None:
    where = {"account": "demo"}
    path = f"/v1/people/{id_of(shop, 'member@demo.example')}"
    assert shop.ask("PUT", path, key, params=where, json={"role": role}).status_code == 422
    body = {"email": "mallory@b.example", "role": role}
    assert shop.ask("POST", "/v1/invitations", key, params=where, json=body).status_code == 422
    more = body | {"role": "member", "staff_role": "admin"}
    assert shop.ask("POST", "/v1/invitations", key, params=where, json=more).status_code == 422
    staff = rows(shop, "SELECT email FROM people_person WHERE staff_role <> ''")
    assert staff == [("eve@retour.example",)]
    assert rows(shop, "SELECT count(*) FROM people_invitation") == [(0,)]


def test_an_invitation_is_shown_once_and_kept_as_a_digest(shop: Installation) -> None:
    answer = invite(shop, "new@shop.example", role="manager")
    made = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    (path, invited, secret, end) = made["link"].split("/")
    assert (path, invited, end) == ("", "invited", "")
    assert digests(shop, "people_invitation") == [sha256(secret.encode()).hexdigest()]
    (listed,) = shop.ask("GET", "/v1/invitations", "demo-manager").json()["invitations"]
    assert listed == {name: value for name, value in made.items() if name != "link"}
    assert listed["by"] == "key demo-manager"
    assert lines(shop) == [("", "invited_manager new@shop.example", "key demo-manager")]


def test_a_repeated_invitation_is_never_answered_with_its_link_again(shop: Installation) -> None:
    body, headers = {"email": "new@shop.example"}, {"Idempotency-Key": "7"}
    first = shop.ask("POST", "/v1/invitations", "demo-manager", json=body, headers=headers)
    again = shop.ask("POST", "/v1/invitations", "demo-manager", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 409)
    assert again.json()["type"] == "/problems/repeat_secret"
    assert len(digests(shop, "people_invitation")) == 1


def test_another_invitation_to_the_same_address_ends_the_first(shop: Installation) -> None:
    invite(shop, "new@shop.example")
    before = digests(shop, "people_invitation")
    invite(shop, "New@shop.example", role="manager")
    assert digests(shop, "people_invitation") != before
    (left,) = shop.ask("GET", "/v1/invitations", "demo-manager").json()["invitations"]
    assert left["role"] == "manager"


def test_an_invitation_ends_by_itself_and_by_hand(shop: Installation) -> None:
    path = f"/v1/invitations/{invite(shop, 'new@shop.example').json()['id']}"
    assert shop.ask("DELETE", path, "demo-manager").status_code == 204
    assert shop.ask("DELETE", path, "demo-manager").json()["type"] == "/problems/invitation_unknown"
    assert lines(shop)[-1] == ("invited_member new@shop.example", "gone new@shop.example", "key demo-manager")
    late = f"/v1/invitations/{invite(shop, 'late@shop.example').json()['id']}"
    shop.clock.instant += 7 * DAY
    assert shop.ask("GET", "/v1/invitations", "demo-manager").json()["invitations"] == []
    assert shop.ask("DELETE", late, "demo-manager").status_code == 404


@pytest.mark.parametrize(
    "email", ["", "nobody", "a@b@c.example", "a\r\n@b.example", "ü@b.example", "@b.example"]
)
def test_what_nobody_could_log_in_with_is_not_invited(shop: Installation, email: str) -> None:
    answer = invite(shop, email)
    assert (answer.status_code, answer.json()["field"]) == (422, "email")


def test_who_belongs_already_is_not_invited_and_of_others_nothing_is_told(shop: Installation) -> None:
    assert invite(shop, "Member@demo.example").json()["type"] == "/problems/belongs_already"
    strangers = [invite(shop, email).status_code for email in ("member@other.example", "no@one.example")]
    assert strangers == [201, 201]  # whoever has an account elsewhere looks like nobody


def test_five_hundred_invitations_wait_at_most(shop: Installation) -> None:
    with closing(sqlite3.connect(file_of(shop))) as db:
        new = [(f"a{n}@b.example", f"{n}", "2999-01-01 00:00:00") for n in range(500)]
        db.executemany(
            "INSERT INTO people_invitation (account, email, role, by, digest, made_at, ends_at)"
            " VALUES ('demo', ?1, 'member', 'x', ?2, '2000-01-01 00:00:00', ?3)",
            new,
        )
        db.commit()
    assert invite(shop, "one@more.example").json()["type"] == "/problems/too_many_invitations"
    assert invite(shop, "a7@b.example").status_code == 201  # in the place of the first


def test_what_the_ledger_could_not_take_is_told_with_the_next_change(
    shop: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(type(shop.store.acts), "note", full)
        assert invite(shop, "one@shop.example").status_code == 201
    assert lines(shop) == []
    invite(shop, "two@shop.example")
    assert [after for _, after, _ in lines(shop)] == [
        "invited_member one@shop.example", "invited_member two@shop.example",
    ]  # fmt: skip


def test_a_change_that_both_tell_stands_there_once(shop: Installation) -> None:
    invite(shop, "new@shop.example")
    (line,) = shop.ask("GET", "/v1/ledger?cause=people").json()["lines"]
    known = shop.services().people
    assert known is not None
    assert known.standings() == []
    change = PersonChange("7", "demo", shop.clock.now(), "key x", "", "member a@b.example")
    body = {"id": "7", "account": "demo", "at": line["at"], "by": "key x", "before": None,
            "after": {"standing": "member", "person": "a@b.example"}}  # fmt: skip
    from retour.outlets.api.people import note

    note(shop.store, change)
    assert shop.ask("POST", "/v1/people/changes", "console", json=body, headers=BOB).status_code == 201
    assert len(lines(shop)) == 2


def view(shop: Installation, key: str = "demo-manager", **more: Any) -> Any:
    headers = more.pop("headers", {})
    body = {"name": "hard ones", "query": "?type=hard&after=x".removeprefix("?"), **more}
    return shop.ask("POST", "/v1/views", key, json=body, headers=headers)


def test_a_shared_view_is_seen_by_all_and_changed_by_managers(shop: Installation) -> None:
    made = view(shop).json()
    assert made | {"id": 0} == {
        "id": 0, "page": "overview", "name": "hard ones", "query": "type=hard", "shared": True
    }  # fmt: skip
    assert shop.ask("GET", "/v1/views").json()["views"] == [made]
    assert shop.ask("GET", "/v1/views", "other-member").json()["views"] == []
    path = f"/v1/views/{made['id']}"
    for method, body in (("PUT", {"name": "x"}), ("DELETE", None)):
        assert shop.ask(method, path, "demo-member", json=body).json()["type"] == "/problems/role_too_low"
    after = shop.ask("PUT", path, "demo-manager", json={"query": "type=soft"}).json()
    assert after == made | {"query": "type=soft"}
    assert view(shop).json() == made  # the same name: in its place
    assert shop.ask("DELETE", path, "demo-manager").json() == made
    assert shop.ask("DELETE", path, "demo-manager").status_code == 404


def test_ones_own_view_is_nobody_elses(shop: Installation) -> None:
    assert view(shop, shared=False).json()["type"] == "/problems/view_of_nobody"
    assert view(shop, "console", headers=ANN).json()["type"] == "/problems/role_too_low"
    made = view(shop, "console", headers=ANN, shared=False).json()
    path = f"/v1/views/{made['id']}"
    assert shop.ask("GET", "/v1/views", "console", headers=ANN).json()["views"] == [made]
    for key, headers in (("demo-manager", {}), ("console", BOB)):
        assert shop.ask("GET", "/v1/views", key, headers=headers).json()["views"] == []
        for method, body in (("PUT", {"name": "x"}), ("DELETE", None)):
            assert shop.ask(method, path, key, json=body, headers=headers).status_code == 404
    named = shop.ask("PUT", path, "console", json={"name": "mine"}, headers=ANN).json()
    assert named == made | {"name": "mine"}
    assert shop.ask("DELETE", path, "console", headers=ANN).json() == named


def test_two_views_of_a_name_are_refused_and_so_are_too_many(shop: Installation) -> None:
    view(shop, name="one")
    two = view(shop, name="two").json()["id"]
    answer = shop.ask("PUT", f"/v1/views/{two}", "demo-manager", json={"name": "one"})
    assert answer.json()["type"] == "/problems/view_taken"
    with closing(sqlite3.connect(file_of(shop))) as db:
        new = [(f"n{n}",) for n in range(98)]
        db.executemany(
            "INSERT INTO looking_view (account, page, name, query) VALUES ('demo', 'overview', ?, '')", new
        )
        db.commit()
    assert view(shop, name="one more").json()["type"] == "/problems/too_many_views"
    assert view(shop, name="two").status_code == 201


@pytest.mark.parametrize(
    "body", [{"name": " "}, {"name": "x" * 101}, {"query": "x" * 2001}, {"page": "keys"}]
)
def test_a_view_that_cannot_be_kept_is_refused(shop: Installation, body: dict[str, str]) -> None:
    assert view(shop, **body).status_code == 422


@pytest.mark.parametrize("path", ["/v1/people", "/v1/invitations", "/v1/views"])
def test_without_a_console_there_are_none(shop: Installation, path: str) -> None:
    object.__setattr__(shop.app.state.services, "people", None)
    object.__setattr__(shop.app.state.services, "views", None)
    answer = shop.ask("GET", path, "demo-manager")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/console_off")


def test_before_a_console_has_begun_one_is_told_to_wait(retour: Installation) -> None:
    answer = retour.ask("GET", "/v1/people")
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/store_down")
    assert answer.headers["retry-after"]


ACCEPT = """
import sys
from pathlib import Path
from retour.console.people import desk
desk.open_people(Path(sys.argv[1]))
from retour.console.people import invitations
from retour.console.people.models import Membership
found = invitations.found(sys.argv[2])
invitations.begin(found, "a long one, for tests")
print(*Membership.objects.filter(account="demo").values_list("person__email", "role"))
"""


def test_the_console_takes_what_the_api_made(shop: Installation) -> None:
    shop.clock.instant = 40_000 * DAY  # ahead of the console's own clock
    secret = invite(shop, "new@shop.example", role="manager").json()["link"].split("/")[-2]
    command = [sys.executable, "-c", ACCEPT, str(file_of(shop)), secret]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "('new@shop.example', 'manager')" in run.stdout
    assert ("new@shop.example", Role.MANAGER.value) in people(shop)
    invite(shop, "next@shop.example")
    assert (
        "invited_manager new@shop.example",
        "manager new@shop.example",
        "person new@shop.example",
    ) in lines(shop)
