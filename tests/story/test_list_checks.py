"""A list is checked by the server before it is imported (K30-K33), by staff too; imported, and undone."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.workbooks import workbook
from retour.flow.listcheck.workbook import open_workbook
from story.server import Server
from story.waiting import eventually

ROWS = (
    "mail;name\nann@b-firm.de;Ann\nbob@gmial.com;Bob\nstopped@b-firm.de;Sue\n"
    "info.example.com;No\nann@b-firm.de;Ann\n"
)

PEOPLE = [(f"ann{number}@b-firm.de",) for number in range(3)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("checks")).running() as made:
        yield made


class Caller:
    """Somebody with a key."""

    def __init__(self, server: Server, key: str, account: str | None = None) -> None:
        self.url, self.key = f"http://127.0.0.1:{server.ports['api']}", key
        self.account = {} if account is None else {"account": account}

    def ask(self, method: str, path: str, status: int = 200, **more: Any) -> httpx.Response:
        params = {**self.account, **more.pop("params", {})}
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = httpx.request(method, self.url + path, params=params, headers=headers, timeout=120, **more)
        assert answer.status_code == status, answer.text
        return answer

    def done(self, job: str, state: str = "done") -> Any:
        def look() -> Any:
            told = self.ask("GET", f"/v1/jobs/{job}").json()
            return told if told["state"] in ("done", "failed", "cancelled") else None

        told = eventually(look, f"job {job}")
        assert told["state"] == state, told
        return told

    def checked(self, content: bytes, **params: str) -> str:
        made = self.ask("POST", "/v1/list-checks", 202, content=content, params=params).json()
        assert made["kind"] == "list_check"
        return str(self.done(made["id"])["id"])

    def on(self, contact_list: str) -> set[str]:
        told = self.ask("GET", "/v1/contacts", params={"list": contact_list}).json()
        return {each["address"] for each in told["contacts"]}


@pytest.fixture(scope="module")
def shop(server: Server) -> Caller:
    caller = Caller(server, server.key)
    content = b"address,cause\nstopped@b-firm.de,complaint\n"
    caller.ask("POST", "/v1/suppressions/import", 201, content=content, params={"format": "csv"})
    return caller


def test_a_list_is_checked_and_its_files_are_fetched(shop: Caller) -> None:
    id = shop.checked(ROWS.encode(), name="customers.csv")
    report = shop.ask("GET", f"/v1/list-checks/{id}/files/report.json").json()
    assert report["list"]["name"] == "customers.csv"
    assert report["piles"] == {"kept": 1, "corrected": 1, "questioned": 0, "dropped": 3}
    assert report["forecast"]["basis"] == "few"
    dropped = shop.ask("GET", f"/v1/list-checks/{id}/files/dropped.csv").text
    assert "suppressed complained" in dropped
    book = shop.ask("GET", f"/v1/list-checks/{id}/files/corrected.xlsx").content
    found = open_workbook(io.BytesIO(book))
    (head, row) = found.rows(found.sheets[0])
    assert (head[0], row[0], row[1]) == ("retour_row", "3", "bob@gmial.com")
    page = shop.ask("GET", f"/v1/list-checks/{id}/files/report.de.html")
    assert "Was jetzt zu tun ist" in page.text
    assert re.search(r"Geprüft am \d+\. \w+ \d{4}, \d\d:\d\d \(UTC\)<", page.text)
    named = "ein bekannter Doppelgänger eines Mailanbieters: er gehört Fremden, und Mail kann dort ankommen"
    assert f"<span>{named}</span>" in page.text  # in full, however long
    assert "sandbox" in page.headers["content-security-policy"]
    shop.ask("GET", f"/v1/list-checks/{id}/files/progress.jsonl", 404)
    shop.ask("GET", f"/v1/list-checks/{id}/files/..%2Flist", 404)


def test_what_was_kept_is_imported_and_taken_back(shop: Caller) -> None:
    target = shop.ask("POST", "/v1/contact-lists", 201, json={"name": "spring"}).json()["id"]
    shop.ask("POST", f"/v1/contact-lists/{target}/contacts", json={"add": ["ann@b-firm.de"]})
    id = shop.checked(
        ROWS.replace("ann@b-firm.de;Ann\nbob", "ann@b-firm.de;Ann\ncy@b-firm.de;Cy\nbob").encode()
    )
    body = {"list": target, "accept": ["gmial.com"]}
    made = shop.ask("POST", f"/v1/list-checks/{id}/imports", 202, json=body).json()["id"]
    told = shop.done(made)["result"]
    assert (told["addresses"], told["added"]) == (3, 2)  # bob may be a contact of another test
    assert shop.on(target) == {"ann@b-firm.de", "cy@b-firm.de", "bob@gmail.com"}
    asked = shop.ask("GET", "/v1/check", params={"address": "stopped@b-firm.de"}).json()
    assert asked["decision"] == "stop"
    undone = shop.ask("POST", f"/v1/list-imports/{made}/undo", 202).json()["id"]
    back = shop.done(undone)["result"]
    assert (back["taken_off"], back["removed"], back["left"]) == (2, told["made"], 0)
    assert shop.on(target) == {"ann@b-firm.de"}
    shop.ask("GET", "/v1/contacts/cy@b-firm.de", 404)


PEOPLE = (
    "Nachname:Vorname:E-Mail:Ort:Notiz\n"
    "Archer:Amy:Amy.Archer+news@gmail.com:Graz:\n"
    "Berg:Bob:berg@b-firm.de:=Wien:\n"
    f"Cox:Cy:cox@b-firm.de:Bonn:{'x' * 9000}\n"
)


def test_names_and_columns_come_along_and_what_is_known_stays_as_it_is(shop: Caller) -> None:
    target = shop.ask("POST", "/v1/contact-lists", 201, json={"name": "people"}).json()["id"]
    shop.ask("PUT", "/v1/contacts/berg@b-firm.de", json={"address": "berg@b-firm.de", "name": "Robert"})
    id = shop.checked(PEOPLE.encode())
    made = shop.ask("POST", f"/v1/list-checks/{id}/imports", 202, json={"list": target}).json()["id"]
    result = shop.done(made)["result"]
    names = ("addresses", "added", "made", "filled", "cut", "differing")
    assert [result[name] for name in names] == [3, 3, 2, 1, 1, 1]
    told = shop.ask("GET", "/v1/contacts", params={"list": target}).json()["contacts"]
    written = "Amy.Archer+news@gmail.com"
    assert [(each["address"], each["name"], each["attributes"]) for each in told] == [
        (
            "amyarcher@gmail.com",
            "Amy Archer",
            {"Nachname": "Archer", "Vorname": "Amy", "E-Mail": written, "Ort": "Graz"},
        ),
        ("berg@b-firm.de", "Robert", {"Nachname": "Berg", "Vorname": "Bob", "Ort": "=Wien"}),
        ("cox@b-firm.de", "Cy Cox", {"Nachname": "Cox", "Vorname": "Cy", "Ort": "Bonn"}),
    ]


MENDED = (
    "mail;name\nann@b-firm.de;Ann\nbob@gmial.com;Bob\ncy@gmial.com;Cy\ndi (at) b-firm.de;Di\n"
    "ed@b-firm.de, eva@b-firm.de;Ed\nfay@hotmial.com;Fay\n"
)


def test_proposals_are_decided_by_domain_and_by_form(shop: Caller) -> None:
    id = shop.checked(MENDED.encode())
    path = f"/v1/list-checks/{id}"
    told = shop.ask("GET", path).json()
    assert told["job"]["result"]["piles"]["corrected"] == 5
    assert told["job"]["stage"] == "look"
    domains = [(each["domain"], each["suggestion"], each["rows"]) for each in told["proposals"]["domains"]]
    assert domains == [("gmial.com", "gmail.com", 2), ("hotmial.com", "hotmail.com", 1)]
    forms = [(each["form"], each["rows"]) for each in told["proposals"]["forms"]]
    assert forms == [("at_spelled", 1), ("several_in_cell", 1)]
    body = {"domains": {"gmial.com": True, "hotmial.com": False}, "forms": {"several_in_cell": True}}
    decided = shop.ask("PUT", f"{path}/decisions", json=body).json()
    assert decided["accepted"] == 3
    assert decided["domains"][1]["decision"]["accepted"] is False
    assert decided["domains"][0]["decision"]["by"].startswith("key ")
    target = shop.ask("POST", "/v1/contact-lists", 201, json={"name": "decided"}).json()["id"]
    wrong = shop.ask("POST", f"{path}/imports", 409, json={"list": target, "rows": 1})
    assert wrong.json()["type"] == "/problems/list_rows_differ"
    assert decided["importable"] == 5  # hotmial.com was left: it is imported as it stands
    made = shop.ask("POST", f"{path}/imports", 202, json={"list": target, "rows": 5}).json()["id"]
    shop.done(made)
    assert shop.on(target) == {
        *("ann@b-firm.de", "bob@gmail.com", "cy@gmail.com", "ed@b-firm.de", "eva@b-firm.de"),
        "fay@hotmial.com",
    }
    shop.ask("PUT", f"{path}/decisions", json={"domains": {"gmial.com": None}})
    open_again = shop.ask("GET", path).json()
    assert open_again["proposals"]["accepted"] == 1
    assert [each["job"]["id"] for each in open_again["imports"]] == [made]


def test_a_corrected_file_comes_back_the_same_way(shop: Caller) -> None:
    rows = "adr;name\nann@b-firm.de;Ann\nbob@gmial.com;Bob\ncy@hotmial.com;Cy\n"
    id = shop.checked(rows.encode())
    corrected = shop.ask("GET", f"/v1/list-checks/{id}/files/corrected.csv").content.decode("utf-8-sig")
    mended = corrected.replace(
        ";bob@gmial.com;Bob", ";bob@gmail.com;Bob"
    )  # by hand, in the list's own column
    again = shop.ask("GET", f"/v1/list-checks/{shop.checked(mended.encode())}").json()
    assert again["report"]["list"]["column_name"] == "adr"
    assert again["job"]["result"]["piles"] == {"kept": 1, "corrected": 1, "questioned": 0, "dropped": 0}
    path = f"/v1/list-checks/{again['job']['id']}"
    (kept,) = shop.ask("GET", f"{path}/rows", params={"pile": "kept"}).json()["rows"]
    assert (kept["row"], kept["address"], kept["suggestion"]) == (2, "bob@gmail.com", "")
    target = shop.ask("POST", "/v1/contact-lists", 201, json={"name": "come back"}).json()["id"]
    shop.done(shop.ask("POST", f"{path}/imports", 202, json={"list": target}).json()["id"])
    assert shop.on(target) == {"bob@gmail.com"}


def test_the_rows_of_a_reason_are_read_page_by_page(shop: Caller) -> None:
    id = shop.checked(MENDED.encode())
    query: dict[str, Any] = {"pile": "corrected", "reason": "squat", "limit": 2}
    first = shop.ask("GET", f"/v1/list-checks/{id}/rows", params=query).json()
    assert [(row["row"], row["address"]) for row in first["rows"]] == [
        (3, "bob@gmial.com"),
        (4, "cy@gmial.com"),
    ]
    second = shop.ask("GET", f"/v1/list-checks/{id}/rows", params={**query, "after": first["next"]}).json()
    assert [row["suggestion"] for row in second["rows"]] == ["fay@hotmail.com"]
    assert second["next"] is None
    query = {"pile": "corrected", "domain": "hotmial.com"}
    of_domain = shop.ask("GET", f"/v1/list-checks/{id}/rows", params=query).json()
    assert [row["row"] for row in of_domain["rows"]] == [7]


def test_what_came_back_is_compared_with_the_forecast(shop: Caller) -> None:
    rows = "".join(f"c{number}@outcome-firm.de\n" for number in range(6))
    id = shop.checked(rows.encode())
    forecast = shop.ask("GET", f"/v1/list-checks/{id}/files/report.json").json()["forecast"]
    target = shop.ask("POST", "/v1/contact-lists", 201, json={"name": "compared"}).json()["id"]
    made = shop.ask("POST", f"/v1/list-checks/{id}/imports", 202, json={"list": target}).json()["id"]
    shop.done(made)
    before = shop.ask("POST", f"/v1/list-imports/{made}/outcome", 202).json()["id"]
    nobody = shop.done(before)["result"]
    assert (nobody["looked"], nobody["mailed"], nobody["hard_rate"]) == (6, 0, None)
    assert nobody["hard_verdict"] == "nobody"
    for number in range(4):
        shop.ask("POST", "/v1/sends", 201, json={"recipient": f"c{number}@outcome-firm.de"})
    content = b"address,cause\nc0@outcome-firm.de,hard\n"
    shop.ask("POST", "/v1/suppressions/import", 201, content=content, params={"format": "csv"})
    after = shop.ask("POST", f"/v1/list-imports/{made}/outcome", 202).json()["id"]
    told = shop.done(after)["result"]
    assert (told["looked"], told["mailed"]) == (6, 4)
    assert told["hard_forecast"]["rate"] == forecast["hard"]["rate"]
    assert told["hard_forecast"]["high"] > forecast["hard"]["high"]  # of fewer addresses, chance more
    shown = shop.ask("GET", f"/v1/list-checks/{id}").json()["imports"][0]
    assert shown["outcome"]["id"] == after


def test_only_validators_of_the_settings_are_asked(shop: Caller) -> None:
    refused = shop.ask("POST", "/v1/list-checks", 422, content=b"a@b.de\n", params={"validator": "costly"})
    assert refused.json()["type"] == "/problems/validator_unknown"
    assert shop.ask("GET", "/v1/list-checks").json()["possible"]["validators"] == []


def test_support_checks_a_list_for_an_account_and_hands_over_the_report(server: Server, shop: Caller) -> None:
    staff = Caller(server, server.command("key", "add", "--role", "support"), "shop")
    id = staff.checked(ROWS.encode())
    assert "stopped@b-firm.de" in staff.ask("GET", f"/v1/list-checks/{id}/files/dropped.csv").text
    mine = shop.ask("GET", "/v1/jobs", params={"kind": "list_check"}).json()["jobs"]
    assert id in {job["id"] for job in mine}
    assert shop.ask("GET", f"/v1/list-checks/{id}/files/report.json").json()["rows"] == 5


def test_what_cannot_be_read_fails_with_what_to_do(shop: Caller) -> None:
    made = shop.ask("POST", "/v1/list-checks", 202, content=b"a;b\n1;2\n").json()["id"]
    problem = shop.done(made, "failed")["problem"]
    assert problem["code"] == "list_no_column"
    assert problem["told"]
    shop.ask("GET", f"/v1/list-checks/{made}/files/report.json", 404)


def test_what_cannot_be_read_names_what_was_found(shop: Caller) -> None:
    rows = b"Name;Mail\nAnn;ann@b-firm.de\n"
    made = shop.ask("POST", "/v1/list-checks", 202, content=rows, params={"column": "E-Mail"}).json()["id"]
    problem = shop.done(made, "failed")["problem"]
    assert (problem["code"], "Name, Mail" in problem["told"]) == ("list_no_such_column", True)


def test_a_list_is_read_in_the_encoding_that_was_named(shop: Caller) -> None:
    rows = "mail;name\nann@b-firm.de;PÖHL\n".encode("cp850")
    id = shop.checked(rows, encoding="ibm850")
    assert "PÖHL" in shop.ask("GET", f"/v1/list-checks/{id}/files/kept.csv").text
    listed = shop.ask("GET", f"/v1/list-checks/{id}/files/report.json").json()["list"]
    assert (listed["encoding"], listed["encoding_sure"]) == ("cp850", True)
    refused = shop.ask("POST", "/v1/list-checks", 422, content=rows, params={"encoding": "klingon"}).json()
    assert (refused["type"], refused["field"]) == ("/problems/encoding_unknown", "encoding")


def test_the_sheet_that_was_named_is_checked(shop: Caller) -> None:
    book = workbook({"People": [("mail",), *PEOPLE], "More": [("mail",), ("bob@b-firm.de",)]})
    listed = shop.ask("GET", f"/v1/list-checks/{shop.checked(book)}").json()["report"]["list"]
    assert (listed["sheet"], listed["other_sheets"]) == ("People", ["More"])
    id = shop.checked(book, sheet="more")
    assert "bob@b-firm.de" in shop.ask("GET", f"/v1/list-checks/{id}/files/kept.csv").text
    made = shop.ask("POST", "/v1/list-checks", 202, content=book, params={"sheet": "Peple"}).json()["id"]
    problem = shop.done(made, "failed")["problem"]
    assert (problem["code"], "People, More" in problem["told"]) == ("list_no_such_sheet", True)


def test_files_that_nobody_needs_are_removed(server: Server, shop: Caller) -> None:
    id = shop.checked(ROWS.encode())
    room = Path(server.directory) / "data/list-checks" / id
    assert room.exists()
    shop.ask("DELETE", f"/v1/list-checks/{id}", 204)
    assert not room.exists()
    shop.ask("GET", f"/v1/list-checks/{id}/files/kept.csv", 404)
