"""Whoever is erased stands neither in lists that were checked, nor in what is judged or known afterwards."""

import io
import json
import os
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.core.signing import TimestampSigner

from outlets.conftest import Installation
from outlets.test_erasures import ANN, MAIL, arrival, check, erased, everywhere, where
from outlets.test_segments import Told, told
from retour.chain import Line, verify
from retour.flow.listcheck.erasing import CheckedLists
from retour.flow.outbox import Message
from retour.flow.traces import Traces
from retour.identity import told_id
from retour.ports import Record
from retour.stores.sqlite.people import ConsoleFile
from retour.stores.sqlite.sessions import SqliteConsole

__all__ = ["told"]

ROWS = 'name;email;note\n{0}\n"Lee; Ann";Ann.Lee@b.example;"two\nlines"\nBob;bob@b.example;x "y\n'
SPELLED = 'Ann;"ann.lee (at) b.example";\n'


def list_of(encoding: str) -> bytes:
    return (ROWS.format("Eve;eve@b.example;") + SPELLED).encode(encoding)


def workbook() -> bytes:
    """A workbook of one sheet, as small as they may be."""
    cells = "".join(
        f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>{each}</t></is></c></row>'
        for n, each in enumerate(["email", ANN, "bob@b.example", "eve@b.example"], 1)
    )
    main, rel = (
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://schemas.openxmlformats.org",
    )
    kind = f"{rel}/officeDocument/2006/relationships"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{kind}"><sheets>'
            '<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        file.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{rel}/package/2006/relationships">'
            f'<Relationship Id="r1" Type="{kind}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        )
        file.writestr(
            "xl/worksheets/sheet1.xml",
            f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
        )
    return made.getvalue()


def checked(retour: Installation, content: bytes, account: str = "demo") -> str:
    answer = retour.ask("POST", "/v1/list-checks", f"{account}-manager", content=content)
    assert answer.status_code == 202, answer.text
    retour.do_jobs()
    id: str = answer.json()["id"]
    job = retour.ask("GET", f"/v1/jobs/{id}", f"{account}-manager").json()
    assert job["state"] == "done", job
    return id


def stands(room: Path) -> list[str]:
    """Files in which something of her is left."""
    hers = [b"ann.lee", "ann.lee".encode("utf-16-le"), b"lee; ann"]
    files = [path for path in sorted(room.rglob("*")) if path.is_file()]
    return [path.name for path in files if any(each in path.read_bytes().lower() for each in hers)]


@pytest.mark.parametrize("content", [list_of("utf-8"), list_of("utf-16"), workbook()])
def test_lists_that_were_checked_name_her_no_more(told: Told, content: bytes) -> None:
    retour = told.retour
    id = checked(retour, content)
    other = checked(retour, content, "other")
    place = retour.list_room / id
    bob = ["bob@b.example", True, 7, ["Bob", "{}", 5, 5]]
    noted = [ANN, "bob@b.example"], [[ANN, True, 7, None], bob, ["eve@b.example", True, 7, [ANN, "{}", 5, 5]]]
    (place / "import.jsonl").write_text("".join(json.dumps(line) + "\n" for line in noted))
    assert {"list", "import.jsonl", "report.json", "report.de.html"} & set(stands(place)) > {"report.json"}
    assert any(name.endswith(".csv") for name in stands(place))
    erased(retour)
    assert stands(place) == []
    assert not (place / "list").exists()
    left = [json.loads(line) for line in (place / "import.jsonl").read_text().splitlines()]
    assert left == [["bob@b.example"], [bob]]
    rows = "".join(path.read_text() for path in (place / "results").glob("*.csv"))
    assert ("bob@b.example" in rows, "eve@b.example" in rows) == (True, True)
    page = retour.ask("GET", f"/v1/list-checks/{id}/files/report.en.html", "demo-manager")
    assert page.is_success
    assert stands(retour.list_room / other) != []


def test_a_list_that_cannot_be_checked_goes_as_a_whole(told: Told) -> None:
    retour = told.retour
    asked = retour.ask("POST", "/v1/list-checks", "demo-manager", content=b"%PDF " + list_of("utf-16")).json()
    retour.do_jobs()
    assert retour.ask("GET", f"/v1/jobs/{asked['id']}", "demo-manager").json()["state"] == "failed"
    assert stands(retour.list_room) != []
    erased(retour)
    assert stands(retour.list_room) == []


def test_what_belongs_to_no_job_is_removed(told: Told) -> None:
    retour = told.retour
    kept = checked(retour, list_of("utf-8"))
    for name, age in (("coming", 60), ("left", 7200)):
        (retour.list_room / name).mkdir()
        (retour.list_room / name / "list").write_bytes(b"ann.lee@b.example\n")
        then = retour.clock.now() / 1_000_000 - age
        for path in (retour.list_room / name / "list", retour.list_room / name):
            os.utime(path, (then, then))
    CheckedLists(retour.list_room, retour.desk.jobs).sweep(retour.clock.now())
    assert {path.name for path in retour.list_room.iterdir()} == {kept, "coming"}


def test_what_came_before_is_judged_first(told: Told) -> None:
    retour = told.retour
    retour.kept.put([arrival(retour, MAIL.format(to=ANN, words="").encode())])
    assert erased(retour) == {"kept_stopped": True}
    assert where(retour) == []
    retour.take_waiting()
    assert where(retour) == []
    assert check(retour) == "stop"


def test_what_is_never_judged_leaves_the_person_to_be_erased(told: Told) -> None:
    retour = told.retour
    retour.kept.put([arrival(retour, MAIL.format(to=ANN, words="").encode())])
    object.__setattr__(retour, "take_waiting", lambda: None)
    asked = retour.ask("POST", "/v1/erasures", "demo-manager", json={"address": ANN, "reason": "x"}).json()
    retour.do_jobs()
    job: Any = retour.ask("GET", f"/v1/jobs/{asked['id']}", "demo-manager").json()
    assert (job["state"], "inbox" in str(job["problem"])) == ("failed", True)


def test_she_is_on_no_list_of_what_is_never_stopped(told: Told) -> None:
    retour = told.retour
    told.bounce(ANN)
    settings = {"settings": {"never_stop": [ANN, "example.com"]}, "expected": 1}
    assert retour.ask("PUT", "/v1/policy", "demo-manager", json=settings).is_success
    retour.finish_rewriting()
    assert check(retour) == "send"
    erased(retour)
    assert "ann.lee" not in retour.ask("GET", "/v1/policy").text
    assert "ann.lee" not in retour.ask("GET", "/v1/never-stop").text
    retour.directory.refresh(retour.clock.now())
    assert check(retour) == "stop"
    assert retour.table.never_stopped() == {"demo": 1}


def line_by_line(retour: Installation) -> list[tuple[Line, str]]:
    answer = retour.ask("GET", "/v1/ledger/export", params={"format": "jsonl"})
    rows = [json.loads(line) for line in answer.text.splitlines()][::-1]
    return [(Line(**{name: row[name] for name in Line._fields}), row["link"]) for row in rows]


def test_whoever_acted_here_goes_as_a_contact_and_the_ledger_holds_as_before(told: Told) -> None:
    """Somebody who works here is on a list, too: no line of the ledger is changed for it."""
    retour, now = told.retour, told.retour.clock.now()
    everywhere(told)
    actor, role, id = f"person {ANN}", f"member {ANN}", told_id("member", "1")
    retour.store.acts.note(id, Record(0, now, "demo", "", actor, "", role, None, id, 0))
    told.bounce("new@b.example")
    before = line_by_line(retour)
    assert erased(retour) == {"kept_stopped": True, "ledger": 1}
    after = line_by_line(retour)
    assert after[: len(before)] == before
    assert verify(after).broken is None
    assert [line.actor for line, _ in after].count(actor) == 1


def test_of_others_only_her_name_goes(told: Told) -> None:
    """What is about somebody else stays, though it names her: sends she signed, contacts she looks after."""
    retour = told.retour
    bob = {"recipient": "bob@b.example", "sender": ANN, "subject": f"{ANN} writes"}
    assert retour.ask("POST", "/v1/sends", "demo-manager", json={"sends": [bob]}).is_success
    person = {"address": "bob@b.example", "attributes": {"looked after by": ANN}}
    retour.ask("POST", "/v1/contacts", "demo-manager", json={"contacts": [person]})
    slip = {"old": "bbo@b.example", "new": "bob@b.example", "reason": f"told to {ANN}"}
    link = retour.ask("POST", "/v1/corrections", "demo-manager", json=slip).json()["token"]
    notices = [
        json.dumps({"data": {"address": "bob@b.example", "actor": f"person {ANN}"}}),
        json.dumps({"data": {"address": ANN}}),
    ]
    now = retour.clock.now()
    for number, body in enumerate(notices):
        retour.desk.outbox.put([Message("hook:x", f"m{number}", "demo", "address.stopped", body, now)])
    told.bounce(ANN)
    assert erased(retour) == {"kept_stopped": True}
    assert where(retour) == []
    life = retour.store.ledger.life("demo", "bob@b.example", now)
    assert life is not None
    assert [(each.sender, each.subject) for each in life.sends] == [("***", "*** writes")]
    contact = retour.ask("GET", "/v1/contacts/bob@b.example").json()
    assert contact["attributes"] == {"looked after by": "***"}
    confirming = {"token": link}
    done = retour.ask("POST", "/v1/corrections/confirm", "demo-manager", json=confirming).json()
    assert done["confirmed"] is True
    waits = [message.body for message in retour.desk.outbox.due(now, {}, 10)]
    assert waits == ['{"data": {"address": "bob@b.example", "actor": "person ***"}}']


def test_no_view_or_session_of_the_console_names_her(told: Told) -> None:
    retour = told.retour
    told.bounce(ANN)
    signed = TimestampSigner(key="k", salt="s", fallback_keys=[])
    sessions = {
        "hers": signed.sign_object({"undo": {"fields": {"name": f"about {ANN} " * 9}}}, compress=True),
        "plain": signed.sign_object({"said": ANN}),
        "other": signed.sign_object({"said": "bob@b.example"}),
        "odd": "no session at all",
    }
    views = [
        ("demo", "all of Ann", "search=ann.lee%40b.example"),
        ("demo", f"for {ANN}", "status=invalid"),
        ("demo", "stopped", "status=invalid"),
        ("other", "theirs", "search=ann.lee%40b.example"),
    ]
    file = Path(retour.directory_of_data.name) / "console.sqlite3"
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE looking_view (id INTEGER PRIMARY KEY, account, name, query)")
        db.execute("CREATE TABLE django_session (session_key, session_data)")
        db.executemany("INSERT INTO looking_view (account, name, query) VALUES (?, ?, ?)", views)
        db.executemany("INSERT INTO django_session VALUES (?, ?)", sessions.items())
    erased(retour)
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("SELECT account, name FROM looking_view").fetchall() == [
            ("demo", "stopped"),
            ("other", "theirs"),
        ]
        left = [key for (key,) in db.execute("SELECT session_key FROM django_session")]
    assert left == ["other", "odd"]


def test_a_console_that_was_never_opened_holds_nobody(tmp_path: Path) -> None:
    file = tmp_path / "console.sqlite3"
    console = SqliteConsole(ConsoleFile(file))
    assert (console.scrub("demo", Traces(ANN), lambda rows: None), console.settle()) == (0, True)
    assert not file.exists()
    with closing(sqlite3.connect(file)) as db:
        db.execute("CREATE TABLE django_migrations (id)")
    assert (console.scrub("demo", Traces(ANN), lambda rows: None), console.settle()) == (0, True)


def test_who_signed_many_sends_is_taken_out_of_them_piece_by_piece(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retour.stores.sqlite.scrubbing._PAGE", 3)
    sends = [{"recipient": f"to{n}@b.example", "sender": ANN} for n in range(10)]
    assert told.retour.ask("POST", "/v1/sends", "demo-manager", json={"sends": sends}).is_success
    told.bounce(ANN)
    erased(told.retour)
    assert where(told.retour) == []
    for n in range(10):
        life = told.retour.store.ledger.life("demo", f"to{n}@b.example", told.retour.clock.now())
        assert life is not None
        assert [each.sender for each in life.sends] == ["***"]
