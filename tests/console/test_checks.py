"""A list is checked, corrected by domain, imported and taken back; what came back is compared."""

import socket
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from console.installation import Console, follow, log_in, looking
from console.sound import faults
from core.workbooks import workbook
from story import patient
from story.waiting import eventually

pytestmark = pytest.mark.engine("chromium")
MANAGER = "manager@shop.example"
UNDO = "a:has-text('Undo this import')"
ROWS = (
    "mail;name\nann@b-firm.de;Ann\nbob@gmial.com;Bob\ncy@hotmial.com;Cy\ndi (at) b-firm.de;Di\n"
    "unknown@b.example;Gone\n<script>alert(1)</script>@b.de;Eve\nann@b-firm.de;Ann\n+cmd@b-firm.de;Fay\n"
)


def written(tmp_path: Path, rows: str = ROWS, name: str = "customers.csv") -> Path:
    file = tmp_path / name
    file.write_text(rows)
    return file


def checked(page: Page, console: Console, file: Path) -> str:
    """Upload a list by the form; the page of its check, done."""
    page.goto(f"{console.url}/a/shop/checks/new/")
    page.set_input_files("[name=list]", file)
    page.click("text=Check this list")
    expect(page.locator("h1")).to_have_text(file.name)
    url = page.url.partition("#")[0]

    def done() -> bool:
        page.goto(url)
        return page.locator(".piles").count() == 1

    eventually(done, "the check", console.story)
    return url


def proposal(page: Page, what: str) -> Locator:
    """The row with a decision about this."""
    decided = page.locator("tr", has=page.locator("form.pair"))
    return decided.filter(has=page.locator("th", has_text=what))


def ask_until_done(page: Page, console: Console, url: str, selector: str) -> None:
    def shown() -> bool:
        page.goto(url)
        return page.locator(selector).count() > 0

    eventually(shown, selector, console.story)


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_a_list_goes_from_upload_to_import_and_back(
    console: Console, browser: Browser, tmp_path: Path, javascript: bool
) -> None:
    name = f"spring {javascript}"
    with looking(browser, java_script_enabled=javascript) as page:
        log_in(page, console.url, MANAGER)
        url = checked(page, console, written(tmp_path))
        expect(page.locator(".lead")).to_contain_text("8 rows were checked")
        row = proposal(page, "gmial.com")
        row.get_by_role("button", name="Accept").click()
        expect(page.locator("[role=status]")).to_contain_text("Accepted: gmial.com.")
        row = proposal(page, "hotmial.com")
        follow(page, row.get_by_role("button", name="Leave"))
        expect(row).to_contain_text("left as it is")
        row = proposal(page, "the @, or a sign, was written in words")
        follow(page, row.get_by_role("button", name="Accept"))
        page.fill("[name=new_list]", name)
        follow(page, "button:has-text('Import 5 rows')")
        ask_until_done(page, console, url, UNDO)
        expect(page.locator("main")).to_contain_text("5 addresses were imported; new on the list: 5")
        lists = {each["name"]: each for each in console.ask("GET", "/v1/contact-lists")["lists"]}
        on = console.ask("GET", "/v1/contacts", params={"list": lists[name]["id"]})["contacts"]
        assert {each["address"] for each in on} == {
            *("ann@b-firm.de", "bob@gmail.com", "cy@hotmial.com", "di@b-firm.de", "+cmd@b-firm.de")
        }
        follow(page, "text=Count what came back")
        ask_until_done(page, console, url, "text=nobody was written to yet")
        follow(page, UNDO)
        expect(page.locator("main")).to_contain_text(f"It was put onto the list “{name}”.")
        follow(page, "button:has-text('Undo this import')")
        expect(page.locator("[role=status]")).to_contain_text("The import is being undone.")
        ask_until_done(page, console, url, "text=Addresses taken off the list: 5")
        assert page.locator(UNDO).count() == 0


def test_an_import_that_was_cancelled_is_undone_on_its_page(
    console: Console, browser: Browser, tmp_path: Path
) -> None:
    rows = "mail\n" + "".join(f"half{n}@b-firm.de\n" for n in range(60_000))
    with looking(browser) as page:
        log_in(page, console.url, MANAGER)
        url = checked(page, console, written(tmp_path, rows, "half.csv"))
        check = url.rstrip("/").rpartition("/")[2]
        target = console.ask("POST", "/v1/contact-lists", json={"name": "half"})["id"]
        made = console.ask("POST", f"/v1/list-checks/{check}/imports", json={"list": target})["id"]
        eventually(lambda: console.ask("GET", f"/v1/jobs/{made}")["done"] > 0, "a batch", console.story)
        console.ask("POST", f"/v1/jobs/{made}/cancel")
        ask_until_done(page, console, url, UNDO)
        done = console.ask("GET", f"/v1/jobs/{made}")
        assert (done["state"], 0 < done["done"] < 60_000) == ("cancelled", True)
        expect(page.locator("#imports ~ section")).to_contain_text(f"{done['done']:,} rows were imported")
        follow(page, UNDO)
        follow(page, "button:has-text('Undo this import')")
        ask_until_done(page, console, url, f"text=Addresses taken off the list: {done['done']:,}")
        assert console.ask("GET", "/v1/contacts", params={"list": target})["contacts"] == []
        assert page.locator(UNDO).count() == 0


def test_an_import_onto_a_name_that_is_taken_says_so_beside_its_form_and_is_done_once(
    console: Console, browser: Browser, tmp_path: Path
) -> None:
    console.ask("POST", "/v1/contact-lists", json={"name": "Taken"})
    with looking(browser) as page:
        log_in(page, console.url, MANAGER)
        url = checked(page, console, written(tmp_path))
        page.fill("[name=new_list]", "Taken")
        follow(page, "form:has([name=new_list]) button")
        expect(page.locator(".errors")).to_contain_text("a list of this name")
        expect(page.locator("[name=new_list]")).to_have_value("Taken")
        form = page.locator("form:has([name=new_list])")
        sent = {
            str(each.get_attribute("name")): each.input_value()
            for each in form.locator("input[type=hidden]").all()
        }
        for rows, answer in (("1", 422), (sent["rows"], 200), (sent["rows"], 200)):
            body = {**sent, "rows": rows, "new_list": "Not taken", "once": f"{sent['once'][:8]}{rows}"}
            made = page.request.post(f"{url}import/", form=body, headers={"Referer": url})
            assert made.status == answer
        names = [each["name"] for each in console.ask("GET", "/v1/contact-lists")["lists"]]
        assert names.count("Not taken") == 1
        page.goto(url)
        expect(page.locator("#imports ~ section")).to_have_count(1)


def test_a_list_that_is_sent_twice_is_checked_once(console: Console, page: Page) -> None:
    place = f"{console.url}/a/shop/checks/new/"
    page.goto(place)
    hidden = page.locator("form.narrow input[type=hidden]").all()
    form = {str(each.get_attribute("name")): each.input_value() for each in hidden}

    def sent(rows: str) -> str:
        file = {"name": "twice.csv", "mimeType": "text/csv", "buffer": rows.encode()}
        return page.request.post(place, multipart={**form, "list": file}, headers={"Referer": place}).url

    first = sent("ann@b-firm.de\n")
    assert sent("ann@b-firm.de\n") == first
    assert sent("ann@b-firm.de\nben@b-firm.de\n") != first  # another list is another check


def test_all_that_are_open_are_accepted_as_they_were_seen(
    console: Console, page: Page, tmp_path: Path
) -> None:
    url = checked(page, console, written(tmp_path))
    id = url.rstrip("/").rpartition("/")[2]
    body = {"domains": {"gmial.com": False}}
    console.ask("PUT", f"/v1/list-checks/{id}/decisions", json=body)  # somebody else, meanwhile
    follow(page, "button:has-text('Accept all that are open (2 rows)')")
    expect(page.locator("#status")).to_contain_text("Somebody has decided meanwhile")
    follow(page, "button:has-text('Accept the one that is open (1 row)')")
    decided = console.ask("GET", f"/v1/list-checks/{id}")["proposals"]["domains"]
    assert {each["domain"]: each["decision"]["accepted"] for each in decided} == {
        "gmial.com": False,
        "hotmial.com": True,
    }
    assert {each["decision"]["by"] for each in decided} >= {f"person {MANAGER}"}


def test_every_number_of_a_reason_leads_to_its_rows(console: Console, page: Page, tmp_path: Path) -> None:
    checked(page, console, written(tmp_path))
    assert page.locator("table:has(#reasons-caption) code").count() == 0  # the words suffice
    follow(page, "a.chip:has-text('dropped') >> nth=0")
    expect(page.locator("h1")).to_contain_text("dropped: ")
    page.goto(page.url.partition("&")[0])
    expect(page.locator("tbody")).to_contain_text("<script>alert(1)</script>@b.de")
    expect(page.locator("tbody tr", has_text="unknown@b.example")).to_contain_text("stopped")
    assert page.locator("main script").count() == 0


def test_what_is_wrong_with_how_a_list_is_written_is_on_the_page(
    console: Console, browser: Browser, page: Page, tmp_path: Path
) -> None:
    url = checked(page, console, written(tmp_path, 'mail;name\nann@b-firm.de;"Ann\nbob@b-firm.de;B\0b\n'))
    flaws = page.locator(".flaws li")
    expect(flaws).to_have_count(2)
    expect(flaws.nth(0)).to_contain_text("The quotation marks of row 2")
    expect(flaws.nth(1)).to_contain_text("One NUL octet was taken out of row 3")
    assert faults(console, browser, MANAGER, [url.removeprefix(console.url)]) == []


def test_files_are_saved_with_the_guard_against_formulas(
    console: Console, page: Page, tmp_path: Path
) -> None:
    checked(page, console, written(tmp_path))
    with page.expect_download() as download:
        page.click("tr:has-text('kept') >> nth=0 >> text=CSV")
    assert "'+cmd@b-firm.de" in download.value.path().read_text("utf-8-sig")
    with page.expect_download() as download:
        page.click("tr:has-text('kept') >> nth=0 >> text=XLSX")
    assert download.value.path().read_bytes().startswith(b"PK")
    with page.expect_download() as download:
        page.click("text=Report in German")
    assert "Was jetzt zu tun ist" in download.value.path().read_text("utf-8")


def test_a_long_list_is_taken_and_only_there(console: Console, page: Page, tmp_path: Path) -> None:
    rows = "".join(f"ann.lee.number.{number}@long-list-firm.de\n" for number in range(80_000))
    checked(page, console, written(tmp_path, rows, "long.csv"))
    expect(page.locator(".lead")).to_contain_text("80,000 rows were checked")
    assert list((console.directory / "data/uploads").iterdir()) == []


def test_more_than_the_settings_allow_is_not_read(console: Console, page: Page) -> None:
    """By what a request says of its length, before any of it is kept."""
    port, cookies = console.ports["console"], page.context.cookies()
    told = "; ".join(f"{each['name']}={each['value']}" for each in cookies)
    for path, length, status in (
        ("/a/shop/checks/new/", 2 * 1024**3, b"413"),
        ("/preferences/", 65 * 1024**2, b"413"),
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=120) as line:
            line.sendall(
                f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {told}\r\n"
                f"Content-Length: {length}\r\n\r\n".encode()
            )
            assert status in line.recv(200).split(b"\r\n")[0], path


def test_a_form_that_is_too_long_is_answered_with_a_page_that_names_the_remedy(console: Console) -> None:
    sent = b"x" * (65 * 1024**2)
    answer = httpx.post(f"{console.url}/sign/login/", files={"file": sent}, timeout=120)
    assert answer.status_code == 413
    assert "At most 64 MB go through this form" in answer.text
    assert "Content-Security-Policy" in answer.headers
    of_list = patient.get(f"{console.url}/too-long/a/shop/checks/new/", headers={"Accept-Language": "de"})
    assert "Durch dieses Formular gehen höchstens 1024 MB" in of_list.text
    assert 'href="/a/shop/checks/new/"' in of_list.text
    assert "evil" not in patient.get(f"{console.url}/too-long//evil.example/a/").text  # leads nowhere else


def test_a_file_that_is_too_long_is_not_even_sent(console: Console, page: Page, tmp_path: Path) -> None:
    page.goto(f"{console.url}/a/shop/checks/new/")
    page.locator("[name=list]").evaluate("(field) => { field.dataset.most = 10; }")
    page.set_input_files("[name=list]", written(tmp_path))
    page.click("form.narrow button.main")
    told = page.locator("[name=list]").evaluate("(field) => field.validationMessage")
    assert told == "This file has more than 1024 MB. Split it into several, and check each."
    expect(page).to_have_url(f"{console.url}/a/shop/checks/new/")


def test_whoever_knows_the_encoding_names_it(console: Console, page: Page, tmp_path: Path) -> None:
    file = tmp_path / "old.csv"
    file.write_bytes("mail;name\nann@b-firm.de;PÖHL\n".encode("cp850"))
    page.goto(f"{console.url}/a/shop/checks/new/")
    page.click("summary:has-text('More choices')")
    expect(page.locator("#c-encoding option").first).to_have_text("found by itself")
    page.select_option("#c-encoding", label="Western European (DOS 850)")
    page.set_input_files("[name=list]", file)
    follow(page, "text=Check this list")
    id = page.url.partition("#")[0].rstrip("/").rpartition("/")[2]
    eventually(lambda: console.ask("GET", f"/v1/jobs/{id}")["state"] == "done", "the check", console.story)
    assert console.ask("GET", f"/v1/list-checks/{id}")["report"]["list"]["encoding"] == "cp850"


def test_the_sheet_of_a_workbook_is_named_and_another_one_from_the_same_form(
    console: Console, page: Page, tmp_path: Path
) -> None:
    file = tmp_path / "people.xlsx"
    file.write_bytes(
        workbook({"People": [("mail",), ("ann@b-firm.de",)], "More": [("mail",), ("bob@b-firm.de",)]})
    )
    page.goto(f"{console.url}/a/shop/checks/new/")
    for sheet in ("More", "People"):  # the second by the form that the browser goes back to
        if page.locator("#c-sheet").is_hidden():
            page.click("summary:has-text('More choices')")
        page.fill("#c-sheet", sheet)
        page.set_input_files("[name=list]", file)
        follow(page, "text=Check this list")
        id = page.url.partition("#")[0].rstrip("/").rpartition("/")[2]
        eventually(
            lambda id=id: console.ask("GET", f"/v1/jobs/{id}")["state"] == "done", "the check", console.story
        )
        assert console.ask("GET", f"/v1/list-checks/{id}")["report"]["list"]["sheet"] == sheet
        page.go_back()


def test_what_is_no_list_says_so_and_what_to_do(console: Console, page: Page, tmp_path: Path) -> None:
    page.goto(f"{console.url}/a/shop/checks/new/")
    page.set_input_files("[name=list]", written(tmp_path, "a;b\n1;2\n", "none.csv"))
    page.click("text=Check this list")
    expect(page.locator(".status")).to_contain_text("No column looks like e-mail addresses", timeout=120_000)
    page.goto(f"{console.url}/a/shop/checks/new/")
    page.evaluate("document.querySelector('[name=list]').removeAttribute('required')")
    page.click("text=Check this list")
    expect(page.locator(".errors")).to_contain_text("Choose the file")


def test_staff_checks_for_an_account_and_its_people_find_it(
    console: Console, browser: Browser, tmp_path: Path
) -> None:
    with looking(browser) as page:
        log_in(page, console.url, "support@retour.example")
        page.goto(f"{console.url}/a/shop/checks/new/")
        expect(page.locator("main")).to_contain_text("You check for shop")
        url = checked(page, console, written(tmp_path, name="by staff.csv"))
        expect(page.locator("main")).to_contain_text("The people of shop find it here as well.")
    with looking(browser) as page:
        log_in(page, console.url, "member@shop.example")
        page.goto(f"{console.url}/a/shop/checks/")
        follow(page, "text=by staff.csv >> nth=0")
        assert page.url == url
        expect(page.locator("main")).to_contain_text("support@retour.example")
        expect(page.locator("button:has-text('Accept')")).to_have_count(0)
        expect(page.locator("text=Report in English")).to_have_count(1)


def test_a_check_is_removed_after_a_question_with_facts(console: Console, page: Page, tmp_path: Path) -> None:
    url = checked(page, console, written(tmp_path, name="brief.csv"))
    follow(page, "text=Remove this check")
    expect(page.locator("main")).to_contain_text("Nothing of it was imported.")
    follow(page, "button:has-text('Remove this check')")
    page.goto(url)
    expect(page.locator(".empty")).to_contain_text("The files of this check are gone")


def test_no_page_of_a_check_has_a_barrier(console: Console, browser: Browser, tmp_path: Path) -> None:
    with looking(browser) as page:
        log_in(page, console.url, MANAGER)
        url = checked(page, console, written(tmp_path)).removeprefix(console.url)
    paths = ["/a/shop/checks/", "/a/shop/checks/new/", url, f"{url}rows/?pile=corrected", f"{url}remove/"]
    assert faults(console, browser, MANAGER, paths) == []
    with looking(browser) as page:
        log_in(page, console.url, "stranger@other.example")
        page.goto(f"{console.url}/a/other/checks/")
        expect(page.locator(".empty")).to_contain_text("No list was checked yet")
