"""Whoever is erased stands neither in lists that were checked, nor in what is judged or known afterwards."""

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from outlets.conftest import Installation
from outlets.test_erasures import ANN, MAIL, arrival, check, erased, where
from outlets.test_segments import Told, told
from retour.flow.listcheck.erasing import CheckedLists

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
    (place / "import.jsonl").write_text(json.dumps([ANN, "bob@b.example"]) + "\n")
    assert {"list", "import.jsonl", "report.json", "report.de.html"} & set(stands(place)) > {"report.json"}
    assert any(name.endswith(".csv") for name in stands(place))
    erased(retour)
    assert stands(place) == []
    assert not (place / "list").exists()
    assert json.loads((place / "import.jsonl").read_text()) == ["bob@b.example"]
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
