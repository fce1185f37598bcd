"""Logging in, passwords and second factors: our own pages and words, in both languages."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from console.installation import PASSWORD, Console, choose_password, follow, log_in, looking, opened
from console.sound import barriers, faults, sideways
from console.test_routes import token
from console.test_sign_on import one_time
from story import patient

pytestmark = pytest.mark.engine("chromium")
OWN = [
    "/sign/logout/",
    "/sign/password/change/",
    "/sign/mfa/",
    "/sign/mfa/totp/activate/",
    "/sign/sessions/",
    "/sign/social/",
]
BEFORE = [
    *("/sign/login/", "/sign/signup/", "/sign/inactive/", "/sign/confirm-email/forged/"),
    *(f"/sign/password/reset/{path}" for path in ("", "done/", "key/1-forged/", "key/done/")),
    *(f"/sign/social/login/{path}/" for path in ("cancelled", "error")),
]


@pytest.fixture
def person(console: Console, browser: Browser, request: pytest.FixtureRequest) -> str:
    """Somebody of the shop whom no other test knows."""
    email = f"p{abs(hash(request.node.nodeid))}@shop.example"
    with looking(browser) as page:
        choose_password(page, console.invited(email, "--account", "shop"))
    return email


def test_each_page_about_ones_login_is_sound(console: Console, browser: Browser, person: str) -> None:
    assert faults(console, browser, person, OWN) == []


@pytest.mark.parametrize("path", BEFORE)
def test_no_page_before_the_login_speaks_english_to_germans(console: Console, path: str) -> None:
    page = patient.get(console.url + path, headers={"Accept-Language": "de"}, follow_redirects=True)
    assert page.status_code in (200, 401)
    main = re.sub(r"(?s).*<main|<[^>]+>", " ", page.text)
    assert not re.search(r"(?i)\bbitte\b|\bthe\b|\byou\b|\bsign\b|\bpassword\b", main)


def test_a_wrong_password_is_told_in_our_words(console: Console) -> None:
    with patient.Client(base_url=console.url, headers={"Accept-Language": "de"}) as client:
        form = {"login": "manager@shop.example", "password": "wrong", "csrfmiddlewaretoken": token(client)}
        page = client.post("/sign/login/", data=form)
    assert "Adresse und Passwort gehören nicht zusammen." in page.text


def test_a_weak_password_is_refused_in_our_words(console: Console, browser: Browser) -> None:
    with looking(browser, locale="de") as page:
        page.goto(console.invited("weak@shop.example", "--account", "shop"))
        for weak, told in (("kurz", "zu kurz: mindestens 8 Zeichen"), ("password1", "zuerst erraten")):
            page.fill("[name=password]", weak)
            page.fill("[name=again]", weak)
            page.click("button.main")
            expect(page.locator(".errors")).to_contain_text(told)


def test_a_form_that_comes_back_has_our_labels_and_each_fault_at_its_field(
    console: Console, browser: Browser, person: str
) -> None:
    with looking(browser, locale="de") as page:
        log_in(page, console.url, person)
        page.goto(f"{console.url}/sign/password/change/")
        page.fill("[name=oldpassword]", "wrong")
        for name in ("password1", "password2"):
            page.fill(f"[name={name}]", "another long one, for tests")
        follow(page, "main button.main")
        told = "Das ist nicht das jetzige Passwort."
        expect(page.locator(".errors")).to_contain_text(f"Jetziges Passwort: {told}")
        expect(page.locator("#id_oldpassword_error")).to_have_text(told)
        expect(page.locator("[name=oldpassword]")).to_have_attribute(
            "aria-describedby", re.compile("id_oldpassword_error")
        )


def confirmed(page: Page) -> None:
    """Write the password once more, where it is asked for."""
    if page.locator("[name=password]").count():
        expect(page.locator("h1")).to_have_text("Sind Sie es noch?")
        page.fill("[name=password]", PASSWORD)
        follow(page, page.get_by_role("button", name="Weiter"))


def activated(page: Page, console: Console) -> str:
    """The secret of an app that is set up by the page for it."""
    page.goto(f"{console.url}/sign/mfa/")
    expect(page.locator(".sentence")).to_have_text(
        "Noch ist keine App eingerichtet: Zum Anmelden genügt Ihr Passwort."
    )
    follow(page, page.get_by_role("link", name="App einrichten"))
    confirmed(page)
    secret = page.locator("#authenticator_secret").input_value()
    page.fill("[name=code]", "000000" if one_time(secret) != "000000" else "111111")
    page.get_by_role("button", name="Einrichten").click()
    expect(page.locator(".errors")).to_contain_text("Dieser Code stimmt nicht")
    secret = page.locator("#authenticator_secret").input_value()
    page.fill("[name=code]", one_time(secret))
    page.get_by_role("button", name="Einrichten").click()
    expect(page.locator("#status")).to_contain_text("Der zweite Faktor ist eingerichtet.")
    return secret


@pytest.mark.parametrize("script", [True, False])
def test_a_second_factor_is_set_up_used_and_removed(
    console: Console, browser: Browser, person: str, script: bool
) -> None:
    with opened(browser, locale="de", java_script_enabled=script) as page:
        log_in(page, console.url, person)
        activated(page, console)
        page.goto(f"{console.url}/sign/mfa/recovery-codes/")
        code = page.locator("#codes").inner_text().split()[0]
        expect(page.get_by_text("10 Codes sind übrig.")).to_be_visible()
        page.context.clear_cookies()
        log_in(page, console.url, person)
        expect(page.locator("h1")).to_have_text("Zweiter Faktor")
        page.fill("[name=code]", "wrong")
        page.get_by_role("button", name="Anmelden").click()
        expect(page.locator(".errors")).to_contain_text("Dieser Code stimmt nicht")
        page.fill("[name=code]", code)
        follow(page, page.get_by_role("button", name="Anmelden"))
        assert page.url == f"{console.url}/a/shop/"
        page.goto(f"{console.url}/sign/mfa/")
        expect(page.get_by_text("9 Codes sind übrig.")).to_be_visible()
        follow(page, page.get_by_role("link", name="Neue Codes machen"))
        confirmed(page)
        page.get_by_role("button", name="Neue Codes machen").click()
        expect(page.locator("#status")).to_contain_text("Ihre Wiederherstellungscodes sind da.")
        page.goto(f"{console.url}/sign/mfa/")
        follow(page, page.get_by_role("link", name="App entfernen"))
        confirmed(page)
        page.get_by_role("button", name="App entfernen").click()
        expect(page.locator("#status")).to_contain_text("Der zweite Faktor ist entfernt.")


def test_pages_of_a_second_factor_are_sound(console: Console, browser: Browser, person: str) -> None:
    with opened(browser, locale="de") as page:
        log_in(page, console.url, person)
        activated(page, console)
        page.set_viewport_size({"width": 320, "height": 640})
        for path in ("", "recovery-codes/", "recovery-codes/generate/", "totp/deactivate/"):
            page.goto(f"{console.url}/sign/mfa/{path}")
            assert [*barriers(page), sideways(page)] == [0], path
            assert not re.search(r"(?i)\bbitte\b|\bthe\b|\byou\b", page.locator("main").inner_text())


def test_a_password_is_changed_and_logging_out_is_asked_for(
    console: Console, browser: Browser, person: str
) -> None:
    with looking(browser) as page:
        log_in(page, console.url, person)
        page.goto(f"{console.url}/sign/password/change/")
        page.fill("[name=oldpassword]", PASSWORD)
        for name in ("password1", "password2"):
            page.fill(f"[name={name}]", "another long one, for tests")
        page.click("button.main")
        expect(page.locator("#status")).to_contain_text("Your password is changed.")
        page.goto(f"{console.url}/sign/logout/")
        page.get_by_role("main").get_by_role("button", name="Log out").click()
        expect(page.locator("#status")).to_contain_text("You are logged out.")
        log_in(page, console.url, person, "another long one, for tests")
        assert page.url == f"{console.url}/a/shop/"


LACKING = {
    ("totp/deactivate/", "en"): "There is no app to remove",
    ("totp/deactivate/", "de"): "Es ist keine App zu entfernen",
    ("recovery-codes/", "en"): "There are no recovery codes",
    ("recovery-codes/", "de"): "Es gibt keine Wiederherstellungscodes",
    ("recovery-codes/download/", "de"): "Es gibt keine Wiederherstellungscodes",
}


@pytest.mark.parametrize(("path", "language"), LACKING)
def test_who_has_no_app_is_told_so_where_one_is_set_up(
    console: Console, browser: Browser, person: str, path: str, language: str
) -> None:
    with looking(browser, locale=language, java_script_enabled=False) as page:
        log_in(page, console.url, person)
        page.goto(f"{console.url}/sign/mfa/{path}")
        assert page.url == f"{console.url}/sign/mfa/"
        expect(page.locator("#status")).to_contain_text(LACKING[path, language])
        page.set_viewport_size({"width": 320, "height": 640})
        assert sideways(page) == 0


def test_an_app_that_was_removed_elsewhere_meanwhile_is_no_page_that_is_missing(
    console: Console, browser: Browser, person: str
) -> None:
    with looking(browser, locale="de") as page:
        log_in(page, console.url, person)
        activated(page, console)
        page.goto(f"{console.url}/sign/mfa/totp/deactivate/")
        with page.context.expect_page() as opening:
            page.evaluate("window.open(location.href)")
        other = opening.value
        follow(other, other.get_by_role("button", name="App entfernen"))
        follow(page, page.get_by_role("button", name="App entfernen"))
        assert page.url == f"{console.url}/sign/mfa/"
        expect(page.locator("#status")).to_contain_text("Es ist keine App zu entfernen")
