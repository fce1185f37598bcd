"""What is shown, as a file, and many contacts deleted at once: exactly those whom somebody has seen."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest

from outlets.conftest import Installation
from outlets.test_segments import Told, told
from retour.flow.listcheck.workbook import open_workbook

__all__ = ["told"]
LIKE_A_FORMULA = "=cmd|' /C calc'!A0"


def as_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def as_workbook(content: bytes) -> list[list[str]]:
    book = open_workbook(io.BytesIO(content))
    return list(book.rows(book.sheets[0]))


@pytest.mark.parametrize("route", ["/v1/bounces/export", "/v1/data/export"])
def test_the_same_rows_in_both_forms(retour: Installation, told: Told, route: str) -> None:
    for number in range(3):
        told.bounce(f"ann{number}@b.example", campaign=LIKE_A_FORMULA)
    lines = as_csv(retour.ask("GET", route).content)
    answer = retour.ask("GET", route, params={"format": "xlsx"})
    head, *rows = as_workbook(answer.content)
    assert answer.headers["content-disposition"] == 'attachment; filename="bounces.xlsx"'
    assert len(head) == len(lines[0])
    assert [line["address"] for line in lines] == [row[0] for row in rows]
    assert {line["campaign"] for line in lines} == {f"'{LIKE_A_FORMULA}"}
    assert {row[head.index("Email")] for row in rows} == {LIKE_A_FORMULA}


def test_a_workbook_is_written_for_its_reader(retour: Installation, told: Told) -> None:
    told.bounce("jörg@b.example", campaign="Frühling", subject="Grüße", sender="news@shop.example")
    german = {"Accept-Language": "de", "Time-Zone": "Asia/Kolkata"}
    (line,) = as_csv(retour.ask("GET", "/v1/bounces/export", headers=german).content)
    assert (line["state"], line["reason"], line["kind"]) == ("invalid", "address_unknown", "mailing")
    workbook = retour.ask("GET", "/v1/bounces/export", params={"format": "xlsx"}, headers=german)
    head, row = as_workbook(workbook.content)
    seen = dict(zip(head, row, strict=True))
    assert (seen["Adresse"], seen["E-Mail"], seen["Betreff"]) == ("jörg@b.example", "Frühling", "Grüße")
    assert (seen["Status"], seen["Bounce-Typ"], seen["Ursache"]) == ("gestoppt", "Hard", "Adresse unbekannt")
    assert (seen["Art der Mail"], seen["Absender"]) == ("Mailing", "news@shop.example")
    there = datetime.fromisoformat(line["at"]) + timedelta(hours=5, minutes=30)
    assert seen["Bounce am (Asia/Kolkata)"] == f"{there:%Y-%m-%d %H:%M:%S}"


def test_an_address_stands_there_as_its_sender_wrote_it_too(retour: Installation, told: Told) -> None:
    told.bounce("wwislon@gmail.com", written="W.Wislon@gmail.com")
    (line,) = as_csv(retour.ask("GET", "/v1/bounces/export").content)
    assert (line["address"], line["recipient"]) == ("wwislon@gmail.com", "W.Wislon@gmail.com")
    file = retour.ask("GET", "/v1/bounces/export", params={"format": "xlsx"}).content
    head, row = as_workbook(file)
    assert dict(zip(head, row, strict=True))["Written by the sender as"] == "W.Wislon@gmail.com"


def test_a_zone_that_nobody_knows_is_utc(retour: Installation, told: Told) -> None:
    told.bounce("ann@b.example")
    asked = {"Time-Zone": "Nowhere/Land"}
    head, *_ = as_workbook(
        retour.ask("GET", "/v1/data/export", params={"format": "xlsx"}, headers=asked).content
    )
    assert head == [
        *("Address", "Bounced (UTC)", "Bounce type", "Reason", "Code", "Email"),
        "What the server said",
    ]


def test_an_export_holds_what_its_filters_mean(retour: Installation, told: Told) -> None:
    told.bounce("ann@b.example", campaign="spring")
    told.bounce("bob@b.example", campaign="summer")
    lines = as_csv(retour.ask("GET", "/v1/bounces/export", params={"campaign": "summer"}).content)
    assert [line["address"] for line in lines] == ["bob@b.example"]
    assert lines[0]["explanation"]


def test_the_ledger_is_a_workbook_too(retour: Installation, told: Told) -> None:
    told.bounce("ann@b.example")
    lines = as_csv(retour.ask("GET", "/v1/ledger/export").content)
    head, *rows = as_workbook(retour.ask("GET", "/v1/ledger/export", params={"format": "xlsx"}).content)
    assert head == list(lines[0])
    places = [head.index(name) for name in head if name != "at"]
    assert [[row[place] for place in places] for row in rows] == [
        [line[head[place]] for place in places] for line in lines
    ]


def test_a_list_of_contacts_is_a_file(retour: Installation) -> None:
    people = [
        {"address": f"ann{n}@b.example", "name": "=Jörg", "attributes": {"city": "Graz"}} for n in (1, 2)
    ]
    made = retour.ask("POST", "/v1/contact-lists", "demo-manager", json={"name": "Spring"}).json()["id"]
    retour.ask("POST", "/v1/contacts", "demo-manager", json={"contacts": people[:1], "list": made})
    retour.ask("POST", "/v1/contacts", "demo-manager", json={"contacts": people[1:]})
    lines = as_csv(retour.ask("GET", "/v1/contacts/export").content)
    assert [(each["address"], each["name"]) for each in lines] == [
        ("ann1@b.example", "'=Jörg"),
        ("ann2@b.example", "'=Jörg"),
    ]
    assert lines[0]["attributes"] == '{"city":"Graz"}'
    asked = {"list": made, "format": "xlsx"}
    answer = retour.ask("GET", "/v1/contacts/export", params=asked, headers={"Accept-Language": "de"})
    assert as_workbook(answer.content) == [
        ["Adresse", "Name", "Merkmale", "Mailings"],
        ["ann1@b.example", "=Jörg", '{"city":"Graz"}', "gehen hinaus"],
    ]
    assert retour.ask("GET", "/v1/contacts/export", params={"list": "none"}).status_code == 404


def deletion(retour: Installation, body: dict[str, Any], **query: Any) -> Any:
    return retour.ask("POST", "/v1/contacts/deletions", "demo-manager", json=body, params=query)


FILTER = {"from": {"bounces": {"campaign": "spring"}}}


def test_a_filter_deletes_only_as_many_as_were_seen(retour: Installation, told: Told) -> None:
    told.bounce("ann@b.example")
    seen = deletion(retour, FILTER, dry_run=True).json()
    assert (seen["count"], seen["job"]) == (1, None)
    told.bounce("bob@b.example")
    refused = deletion(retour, FILTER | {"count": 1})
    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/count_changed"
    uncounted = deletion(retour, FILTER)
    assert (uncounted.status_code, uncounted.json()["field"]) == (422, "count")
    assert retour.desk.jobs.listed("demo", 10) == []
    assert deletion(retour, FILTER | {"count": 2}).json()["count"] == 2


def test_neither_both_ways_nor_none(retour: Installation) -> None:
    assert deletion(retour, {}).status_code == 422
    assert deletion(retour, FILTER | {"addresses": ["ann@b.example"]}).status_code == 422
