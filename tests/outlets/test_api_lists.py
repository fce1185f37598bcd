"""Suppression lists in and out, over the API: what is stopped, what is not, what an undo gives back."""

import csv
import io
from typing import Any

import pytest

from outlets.conftest import Installation
from retour.address import normalise
from retour.flow.imports import BATCH
from retour.instants import DAY, text
from retour.model import Event, EventKind, Reason

NONE = {"rows": 0, "import": 0, "complaint": 0, "unsubscribe": 0}
NONE |= {"known": 0, "restored": 0, "repeated": 0, "defects": 0}


def imported(
    retour: Installation, content: str, form: str = "csv", key: str = "demo-manager", **query: Any
) -> Any:
    answer = retour.ask(
        "POST", "/v1/suppressions/import", key, params={"format": form, **query}, content=content.encode()
    )
    assert answer.status_code == (200 if "dry_run" in query else 201), answer.text
    return answer.json()


def counted(made: Any) -> dict[str, int]:
    return {name: count for name, count in made["counts"].items() if count}


def state(retour: Installation, address: str, account: str = "demo") -> Any:
    answer = retour.ask("GET", f"/v1/addresses/{address}", f"{account}-member")
    return answer.json()["state"] if answer.is_success else {"state": "valid", "causes": []}


def decision(retour: Installation, address: str, kind: str = "mailing") -> str:
    asked = {"address": address, "kind": kind}
    return str(retour.ask("GET", "/v1/check", params=asked).json()["decision"])


LIST = """address,cause,since,note
ann@b.example,complaint,2024-09-01T00:00:00Z,
bob@b.example,hard,,550 5.1.1
cy@b.example,unsubscribe,2024-09-01T00:00:00Z,
Ann@B.EXAMPLE,complaint,,
ann@b.example,complaint,,
nobody,hard,,
dee@b.example,colour,,
"""


def test_a_list_stops_what_is_on_it_and_tells_every_line_that_it_left_out(retour: Installation) -> None:
    made = imported(retour, LIST)
    assert counted(made) == {
        "rows": 7, "complaint": 2, "import": 1, "unsubscribe": 1, "repeated": 1, "defects": 2,
    }  # fmt: skip
    assert [(each["line"], each["code"]) for each in made["defects"]] == [
        (7, "address_no_at"),
        (8, "no_cause"),
    ]
    assert all(each["told"] for each in made["defects"])
    assert state(retour, "bob@b.example")["causes"] == ["import"]
    assert state(retour, "ann@b.example")["causes"] == ["complaint"]
    assert state(retour, "ann@b.example")["since"] == "2024-09-01T00:00:00Z"
    assert decision(retour, "cy@b.example") == "stop"
    assert decision(retour, "cy@b.example", "system") == "send"
    life = retour.ask("GET", "/v1/addresses/bob@b.example").json()
    assert life["events"][0]["note"] == f"550 5.1.1 (import {made['id']}, line 3)"
    assert life["events"][0]["actor"] == "key demo-manager"


def test_defects_are_told_in_german(retour: Installation) -> None:
    answer = retour.ask(
        "POST", "/v1/suppressions/import?format=csv", "demo-manager", content=b"address\nnobody\n",
        headers={"Accept-Language": "de"},
    )  # fmt: skip
    assert "keine Adresse" in answer.json()["defects"][0]["told"]


def test_a_dry_run_counts_as_the_real_one_and_does_nothing(retour: Installation) -> None:
    tried = imported(retour, LIST, dry_run="true")
    assert (tried["id"], tried["dry_run"]) == (None, True)
    assert state(retour, "bob@b.example")["state"] == "valid"
    assert retour.ask("GET", "/v1/suppressions/imports").json()["imports"] == []
    assert imported(retour, LIST)["counts"] == tried["counts"]


def test_the_same_list_every_night_changes_nothing_more(retour: Installation) -> None:
    imported(retour, LIST)
    before = retour.ask("GET", "/v1/addresses/ann@b.example").json()
    again = imported(retour, LIST)
    assert counted(again) == {"rows": 7, "known": 4, "repeated": 1, "defects": 2}
    assert retour.ask("GET", "/v1/addresses/ann@b.example").json() == before


def test_an_import_revives_nobody(retour: Installation) -> None:
    retour.bounce("dead@b.example")
    imported(retour, "address\nann@b.example\n")
    for content in ("address\n", "address\nbob@b.example\n", "address,cause\ndead@b.example,unsubscribe\n"):
        imported(retour, content)
    assert state(retour, "dead@b.example")["causes"] == ["hard"]
    assert state(retour, "ann@b.example")["state"] == "invalid"


def test_what_was_restored_after_the_date_of_the_list_stays_restored(retour: Installation) -> None:
    retour.bounce("ann@b.example")
    retour.clock.instant += DAY
    body = {"addresses": ["ann@b.example"], "reason": "17"}
    retour.ask("POST", "/v1/restores", "demo-support", json=body)
    old, new = text(retour.clock.now() - DAY), text(retour.clock.now() + DAY)
    retour.clock.instant += 2 * DAY
    assert counted(imported(retour, f"address,since\nann@b.example,{old}\n")) == {"rows": 1, "restored": 1}
    assert decision(retour, "ann@b.example") == "send"
    assert counted(imported(retour, f"address,since\nann@b.example,{new}\n")) == {"rows": 1, "import": 1}
    assert decision(retour, "ann@b.example") == "stop"


@pytest.mark.parametrize("since", ["1999-01-01T00:00:00Z", "9999-01-01T00:00:00Z"])
def test_a_date_beyond_all_history_stops_all_the_same(retour: Installation, since: str) -> None:
    imported(retour, f"address,since\nann@b.example,{since}\n")
    assert decision(retour, "ann@b.example") == "stop"


def test_an_undo_gives_back_what_only_the_import_stopped(retour: Installation) -> None:
    retour.bounce("dead@b.example")
    made = imported(retour, "dead@b.example\nann@b.example\n")
    assert counted(made) == {"rows": 2, "import": 2}
    path = f"/v1/suppressions/imports/{made['id']}"
    tried = retour.ask("DELETE", f"{path}?dry_run=true", "demo-manager").json()
    assert (tried["withdrawn"], tried["freed"], tried["dry_run"]) == (2, 1, True)
    assert decision(retour, "ann@b.example") == "stop"
    done = retour.ask("DELETE", path, "demo-manager").json()
    assert (done["withdrawn"], done["freed"]) == (2, 1)
    assert decision(retour, "ann@b.example") == "send"
    assert state(retour, "dead@b.example")["causes"] == ["hard"]
    again = retour.ask("DELETE", path, "demo-manager").json()
    assert (again["withdrawn"], again["freed"]) == (0, 0)
    (listed,) = retour.ask("GET", "/v1/suppressions/imports").json()["imports"]
    assert listed["undone_at"] == text(retour.clock.now())
    assert counted(imported(retour, "ann@b.example\n")) == {"rows": 1, "import": 1}
    assert decision(retour, "ann@b.example") == "stop"


def test_a_complaint_after_an_undone_import_stops(retour: Installation) -> None:
    made = imported(retour, "address,cause\nann@b.example,complaint\n")
    retour.ask("DELETE", f"/v1/suppressions/imports/{made['id']}", "demo-manager")
    now = retour.clock.now()
    complaint = Event(b"c" * 16, EventKind.COMPLAINT, now, account="demo", address="ann@b.example")
    retour.bus.publish(retour.store.ledger.record([complaint], now))
    assert state(retour, "ann@b.example")["causes"] == ["complaint"]


def test_a_list_of_many_batches_is_counted_once_and_undone_whole(retour: Installation) -> None:
    count = 2 * BATCH + 7
    content = "".join(f"a{n}@b.example\n" for n in (*range(count), 0, BATCH))
    made = imported(retour, content)
    assert counted(made) == {"rows": count + 2, "import": count, "repeated": 2}
    assert retour.table.rows == count
    done = retour.ask("DELETE", f"/v1/suppressions/imports/{made['id']}", "demo-manager").json()
    assert (done["withdrawn"], done["freed"]) == (count, count)
    assert retour.ask("GET", "/v1/suppressions?limit=500").json()["suppressions"] == []


def test_an_import_repeated_with_its_key_is_one_import(retour: Installation) -> None:
    content = "".join(f"a{n}@b.example\n" for n in range(120_000)).encode()  # above what is held in memory
    answers = [
        retour.ask("POST", "/v1/suppressions/import?format=csv", "demo-manager", content=content,
                   headers={"Idempotency-Key": "one"})
        for _ in range(2)
    ]  # fmt: skip
    assert answers[0].json()["counts"]["import"] == 120_000
    assert answers[0].content == answers[1].content
    assert len(retour.ask("GET", "/v1/suppressions/imports").json()["imports"]) == 1


def test_only_the_routes_of_lists_take_long_bodies(retour: Installation) -> None:
    long = b"address\n" + b"ann@b.example\n" * 80_000
    assert retour.ask("POST", "/v1/suppressions/import?format=csv", "demo-manager", content=long).is_success
    assert retour.ask("POST", "/v1/keys", "demo-manager", content=long).status_code == 413


def test_a_form_that_is_none_is_refused_with_those_there_are(retour: Installation) -> None:
    for method, path in (("POST", "import"), ("GET", "export")):
        answer = retour.ask(method, f"/v1/suppressions/{path}?format=xls", "demo-manager")
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/form_unknown")
        assert "sendgrid-bounces" in answer.json()["remedy"]


def test_an_export_is_imported_elsewhere(retour: Installation) -> None:
    retour.bounce("dead@b.example")
    retour.bounce("full@b.example", Reason.MAILBOX_FULL)
    imported(retour, LIST)
    for form, expected in (("csv", 4), ("jsonl", 4), ("ses", 3), ("postmark", 4), ("mailgun-bounces-csv", 2)):
        file = retour.ask("GET", f"/v1/suppressions/export?format={form}")
        assert "attachment" in file.headers["content-disposition"]
        made = imported(retour, file.text, form, "other-manager", dry_run="true")
        assert made["counts"]["rows"] == expected + (form in ("csv", "jsonl", "ses", "postmark"))
        assert made["counts"]["defects"] == 0


def test_a_reason_that_is_a_formula_does_not_run_in_a_table(retour: Installation) -> None:
    imported(
        retour, 'address,note\n=cmd@b.example,"=HYPERLINK(""http://x.example"")"\n+x@b.example,@SUM(A1)\n'
    )
    file = retour.ask("GET", "/v1/suppressions/export?format=csv")
    fields = [field for row in csv.reader(io.StringIO(file.text)) for field in row]
    assert "'=cmd@b.example" in fields
    assert not [field for field in fields if field[:1] in tuple("=+-@\t\r") and field]
    assert counted(imported(retour, file.text, key="other-manager")) == {"rows": 2, "import": 2}
    assert state(retour, "%3Dcmd@b.example", "other")["state"] == "invalid"


# --- the list itself --------------------------------------------------------------------------------------


def listed(retour: Installation, **filters: Any) -> list[str]:
    answer = retour.ask("GET", "/v1/suppressions", params=filters)
    assert answer.status_code == 200, answer.text
    return [row["address"] for row in answer.json()["suppressions"]]


@pytest.fixture
def full(retour: Installation) -> Installation:
    retour.bounce("dead@b.example")
    retour.bounce("soft@b.example", Reason.MAILBOX_FULL)
    retour.clock.instant += DAY
    retour.bounce("gone@gmail.com", Reason.MAILBOX_DISABLED)
    imported(
        retour, "address,cause\nann@c.example,complaint\nbob@c.example,unsubscribe\ndead@b.example,hard\n"
    )
    retour.bounce("other@b.example", account="other")
    return retour


def test_the_list_has_all_that_is_not_plainly_written_to(full: Installation) -> None:
    assert listed(full) == ["dead@b.example", "ann@c.example", "bob@c.example", "gone@gmail.com"]
    rows = full.ask("GET", "/v1/suppressions").json()["suppressions"]
    assert rows[0]["reason"] == "address_unknown"
    assert rows[0]["state"]["causes"] == ["hard", "import"]
    assert rows[2]["unsubscribed_at"] == text(full.clock.now())
    assert rows[3]["provider"] == "gmail"


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"state": "invalid"}, ["dead", "ann", "gone"]),
        ({"state": "unsubscribed"}, ["bob"]),
        ({"state": "held"}, []),
        ({"cause": "complaint"}, ["ann"]),
        ({"cause": "import"}, ["dead"]),
        ({"reason": "mailbox_disabled"}, ["gone"]),
        ({"domain": "C.example"}, ["ann", "bob"]),
        ({"provider": "gmail"}, ["gone"]),
        ({"provider": "gmail", "domain": "b.example"}, []),
        ({"search": "@b.example"}, ["dead"]),
        ({"search": "ANN@c.example"}, []),
        ({"search": "ann@c.example"}, ["ann"]),
        ({"search": "bo"}, ["bob"]),
        ({"search": "x@@"}, []),
    ],
)
def test_the_list_is_filtered(full: Installation, filters: dict[str, str], found: list[str]) -> None:
    assert [address.partition("@")[0] for address in listed(full, **filters)] == found


def test_the_list_is_filtered_by_time(full: Installation) -> None:
    now = full.clock.now()
    assert listed(full, until=text(now)) == ["dead@b.example"]
    assert listed(full, since=text(now)) == ["ann@c.example", "gone@gmail.com"]
    assert full.ask("GET", "/v1/suppressions?since=yesterday").status_code == 422


@pytest.mark.parametrize("cursor", ["x", "b.example", "b.example -1", "b.example x", " "])
def test_a_cursor_that_was_never_given_out_is_refused(full: Installation, cursor: str) -> None:
    answer = full.ask("GET", "/v1/suppressions", params={"after": cursor})
    assert (answer.status_code, answer.json()["field"]) == (422, "after")


@pytest.mark.parametrize("filters", [{}, {"state": "invalid"}, {"domain": "b.example"}, {"search": "a1"}])
@pytest.mark.parametrize("limit", [1, 7, 500])
def test_pages_miss_nothing_and_repeat_nothing(
    retour: Installation, filters: dict[str, str], limit: int
) -> None:
    addresses = [f"a{n}@{'b' if n % 3 else 'c'}.example" for n in range(60)]
    for address in addresses:
        retour.bounce(address)
        retour.bounce(f"ok{address}", Reason.MAILBOX_FULL)
    whole = listed(retour, limit=500, **filters)
    found: list[str] = []
    after = None
    while True:
        asked = {"limit": limit, **filters, **({"after": after} if after else {})}
        page = retour.ask("GET", "/v1/suppressions", params=asked).json()
        found += [row["address"] for row in page["suppressions"]]
        after = page["next"]
        if after is None:
            break
    assert found == whole
    assert len(set(found)) == len(found) > 5
    assert all(normalise(address) == address for address in found)
