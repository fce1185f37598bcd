"""Files that are no lists, and names that are no names: each is answered, and nothing of it stays."""

import io
import zipfile

import httpx
import pytest

from console.forms import token
from console.installation import SESSION, Console
from story import patient
from story.waiting import eventually

pytestmark = pytest.mark.engine("chromium")
MIB = 1024 * 1024
OUTSIDE = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet><c><v>&e;</v></c></worksheet>'


def packed(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(name, content)
    return file.getvalue()


FILES = {
    "bomb.zip": packed("list.csv", b"a@b.example\n" * (4 * MIB)),
    "nested.zip": packed("inner.zip", packed("list.csv", b"a@b.example\n")),
    "outside.zip": packed("../../../x.csv", b"a@b.example\n"),
    "entity.xlsx": packed("xl/worksheets/sheet1.xml", OUTSIDE),
    "empty.csv": b"",
    "blank.csv": b"\n\n \n",
    "head.csv": b"email\n",
    "nul.csv": b"a@b.example\x00\n" * 3,
}
NAMES = ["../../x.csv", "C:\\x.csv", "x" * 400 + ".csv", "a\u202egnp.csv", "<b>.csv", "/etc/passwd", "."]


@pytest.fixture(scope="module")
def client(console: Console) -> httpx.Client:
    found = patient.Client(base_url=console.url)
    found.cookies.set(SESSION, str(console.session_of("manager@shop.example")))
    return found


def upload(client: httpx.Client, name: str, content: bytes) -> httpx.Response:
    page = "/a/shop/checks/new/"
    form = {"csrfmiddlewaretoken": token(client, page), "once": "", "column": ""}
    return client.post(page, data=form, files={"list": (name, content, "image/png")}, follow_redirects=True)


def ended(console: Console) -> bool:
    return all(each["state"] in ("done", "failed") for each in console.ask("GET", "/v1/jobs")["jobs"])


@pytest.mark.parametrize("name", FILES)
def test_what_is_no_list_breaks_nothing_and_leaves_nothing(
    console: Console, client: httpx.Client, name: str
) -> None:
    answer = upload(client, name, FILES[name])
    assert answer.status_code in (200, 422), answer.text
    eventually(lambda: ended(console), "the check", console.story)
    after = client.get(str(answer.url)).text if answer.status_code == 200 else answer.text
    assert "root:" not in after
    assert "Traceback" not in console.story()
    assert list((console.directory / "data/uploads").iterdir()) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_file_is_no_path(console: Console, client: httpx.Client, name: str) -> None:
    before = {each for each in console.directory.parent.rglob("*x.csv*") if each.is_file()}
    answer = upload(client, name, b"email\nann@b-firm.de\n")
    assert answer.status_code in (200, 422), answer.text
    eventually(lambda: ended(console), "the check", console.story)
    assert {each for each in console.directory.parent.rglob("*x.csv*") if each.is_file()} == before
    assert client.get("/a/shop/checks/").status_code == 200
    assert "\u202e" not in client.get("/a/shop/checks/").text
