"""Who may look at what; links that are good once; what every answer carries."""

import pytest
from playwright.sync_api import Browser, expect

from console.installation import PASSWORD, Console, choose_password, log_in, looking
from story import patient

pytestmark = pytest.mark.engine("chromium")
OF_SHOP = [
    "/a/shop/",
    "/a/shop/bounces.csv",
    "/a/shop/requests/",
    "/a/shop/requests/ask/",
    "/a/shop/requests/0/",
    "/a/shop/rates/days/",
    "/a/shop/jobs/",
    "/a/shop/jobs/0/",
    *(f"/a/shop/settings/{path}" for path in ("", "history/", "effects/", "never-stop/", "what-if/0/")),
    "/a/shop/address/unknown@b.example/",
    "/a/shop/address/unknown@b.example/event/00/",
]
OF_ALL = [
    "/",
    "/desk/",
    "/desk/shop/0/",
    "/preferences/",
    "/components/",
    "/sign/mfa/",
    "/sign/password/change/",
]


@pytest.mark.parametrize("path", [*OF_SHOP, *OF_ALL])
def test_without_a_login_there_is_nothing_but_the_login(console: Console, path: str) -> None:
    answer = patient.get(console.url + path)
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("/sign/login/?next=")


def test_another_accounts_people_find_nothing(console: Console, browser: Browser) -> None:
    with looking(browser) as page:
        log_in(page, console.url, "stranger@other.example")
        for path in (*OF_SHOP, "/components/", "/a/nowhere/"):
            answer = page.request.get(console.url + path)
            assert (path, answer.status) == (path, 404)
            assert "unknown@b.example" not in answer.text()


def test_staff_sees_every_account(console: Console, browser: Browser) -> None:
    with looking(browser) as page:
        log_in(page, console.url, "support@retour.example")
        expect(page.locator(".cards a")).to_have_text(["other", "shop"])
        assert page.request.get(f"{console.url}/a/shop/").status == 200
        assert page.request.get(f"{console.url}/components/").status == 200


def test_a_link_is_good_once(console: Console, browser: Browser) -> None:
    link = console.invited("once@shop.example", "--account", "shop")
    renewed = console.url + console.command("person", "link", "once@shop.example")
    assert patient.get(link).status_code == 404
    with looking(browser) as page:
        choose_password(page, renewed)
        assert page.url == f"{console.url}/a/shop/"
    assert patient.get(renewed).status_code == patient.get(f"{console.url}/first/forged/").status_code == 404


def test_whoever_is_removed_is_out_at_once(console: Console, browser: Browser) -> None:
    with looking(browser) as page:
        choose_password(page, console.invited("brief@shop.example", "--account", "shop"))
        console.command("person", "remove", "brief@shop.example")
        page.goto(f"{console.url}/a/shop/")
        assert "/sign/login/" in page.url


def test_whoever_chooses_a_password_is_told_the_rule_before(console: Console) -> None:
    answer = patient.get(console.invited("rule@shop.example", "--account", "shop"))
    assert "at least eight characters" in answer.text


def test_nobody_signs_up_by_themselves(console: Console) -> None:
    answer = patient.get(f"{console.url}/sign/signup/")
    assert 'name="password1"' not in answer.text


def test_wrong_passwords_are_refused_and_soon_no_more_are_heard(console: Console) -> None:
    said = set()
    with patient.Client(base_url=console.url) as client:
        for _ in range(8):
            token = client.get("/sign/login/").text.partition('name="csrfmiddlewaretoken" value="')[2][:64]
            form = {"csrfmiddlewaretoken": token, "login": "guessed@shop.example", "password": PASSWORD}
            said.add("/a/shop" in client.post("/sign/login/", data=form, follow_redirects=True).text)
        last = client.post("/sign/login/", data=form)
    assert said == {False}
    assert last.status_code in (200, 429)
    assert "too many" in last.text.lower()


def test_without_mail_no_mail_is_promised(console: Console) -> None:
    page = patient.get(f"{console.url}/sign/password/reset/")
    assert page.status_code == 200
    assert "Ask your administrator for a new link." in page.text
    assert 'name="email"' not in page.text


def test_a_post_from_elsewhere_is_refused(console: Console) -> None:
    form = {"login": "manager@shop.example", "password": PASSWORD}
    assert patient.post(f"{console.url}/sign/login/", data=form).status_code == 403


@pytest.mark.parametrize("path", ["/sign/login/", "/nothing/", "/static/console.css", "/first/forged/"])
def test_every_answer_carries_what_keeps_a_browser_safe(console: Console, path: str) -> None:
    headers = patient.get(console.url + path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "server" not in headers


def test_a_forged_host_is_refused(console: Console) -> None:
    answer = patient.get(f"{console.url}/sign/login/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
