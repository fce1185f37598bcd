"""Logging in by another (a real OpenID Connect server), second factors that are asked for, sessions."""

import base64
import hashlib
import hmac
import struct
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from console.installation import PASSWORD, Console, choose_password, follow, log_in, looking, opened
from console.issuer import Issuer, issuing

pytestmark = pytest.mark.engine("chromium")
ADMIN = "admin@retour.example"


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with issuing() as made:
        yield made


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory, browser: Browser, issuer: Issuer) -> Iterator[Console]:
    more = f"""second_factor = "staff"
[console.oidc]
issuer = "{issuer.url}"
client_id = "retour"
client_secret = "a secret of both"
name = "Shop login"
"""
    made = Console(tmp_path_factory.mktemp("sign-on"), more)
    try:
        with looking(browser) as page:
            choose_password(page, made.first_link, ADMIN)
            for name in ("ann", "ben", "cleo", "dora"):
                page.context.clear_cookies()
                choose_password(page, made.invited(f"{name}@shop.example", "--account", "shop"))
        yield made
    finally:
        made.stop()


def sign_on(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/sign/login/")
    follow(page, "text=Log in with Shop login")


def is_out(page: Page, console: Console) -> bool:
    return "/sign/login/" in page.request.get(f"{console.url}/a/shop/").url


def cookie(page: Page, name: str) -> str:
    return next((each["value"] for each in page.context.cookies() if each["name"] == name), "")


def test_a_person_logs_in_by_another_with_state_nonce_and_proof_of_the_code(
    console: Console, browser: Browser, issuer: Issuer
) -> None:
    issuer.person("ann@shop.example")
    with looking(browser) as page:
        page.goto(f"{console.url}/a/shop/team/")  # where the login leads back to
        follow(page, "text=Log in with Shop login")
        page.wait_for_url(f"{console.url}/a/shop/team/")
        expect(page.locator(".menu summary").last).to_contain_text("ann@shop.example")
        assert issuer.asked["code_challenge_method"] == "S256"
        assert len(issuer.asked["state"]) >= 16
        assert len(issuer.asked["nonce"]) >= 24
        assert issuer.asked["redirect_uri"] == f"{console.url}/sign/oidc/company/login/callback/"
    with looking(browser) as page:  # whoever knew the password of before is out
        log_in(page, console.url, "ann@shop.example")
        assert is_out(page, console)
        sign_on(page, console)
        page.wait_for_url(f"{console.url}/a/shop/")


@pytest.mark.parametrize(
    ("email", "verified", "claims"),
    [
        ("nobody@shop.example", True, {}),
        ("ben@shop.example", False, {}),
        ("ben@shop.example", True, {"nonce": "of another request"}),
        ("ben@shop.example", True, {"sub": "somebody else"}),
        ("ben@shop.example", True, {"aud": "another program"}),
        ("ben@shop.example", True, {"iss": "https://evil.example"}),
        ("ben@shop.example", True, {"exp": 1}),
    ],
    ids=["not invited", "not verified", "nonce", "subject", "audience", "issuer", "ended"],
)
def test_nobody_else_gets_in(
    console: Console, browser: Browser, issuer: Issuer, email: str, verified: bool, claims: dict[str, object]
) -> None:
    people = console.command("person", "list")
    issuer.person(email, verified)
    issuer.claims = claims
    with opened(browser) as page:  # a refusal is answered with 401, which a browser complains of
        sign_on(page, console)
        page.wait_for_load_state()
        assert page.url.startswith(console.url)
        assert is_out(page, console)
    assert console.command("person", "list") == people


def test_an_answer_that_nobody_asked_for_is_refused(console: Console, browser: Browser) -> None:
    with opened(browser) as page:
        page.goto(f"{console.url}/sign/oidc/company/login/callback/?code=the-code&state=forged")
        assert is_out(page, console)


def test_a_session_is_new_after_the_login(console: Console, browser: Browser) -> None:
    with looking(browser) as page:
        log_in(page, console.url, "cleo@shop.example")
        first = cookie(page, "retour_session")
        page.goto(f"{console.url}/sign/logout/")
        follow(page, "main button")
        log_in(page, console.url, "cleo@shop.example")
        assert first != cookie(page, "retour_session") != ""
        fixed = {"name": "retour_session", "value": "f" * 32, "url": console.url}
        page.context.clear_cookies()
        page.context.add_cookies([fixed])
        log_in(page, console.url, "cleo@shop.example")
        assert cookie(page, "retour_session") != "f" * 32


def test_everybody_sees_their_sessions_and_ends_the_others(console: Console, browser: Browser) -> None:
    with looking(browser) as here, looking(browser) as there:
        for page in (there, here):
            log_in(page, console.url, "dora@shop.example")
        assert not is_out(there, console)
        here.goto(f"{console.url}/sign/sessions/")
        assert here.locator("tbody tr").count() >= 2
        expect(here.locator("tbody tr:has-text('this one')")).to_have_count(1)
        here.click("button.danger")
        expect(here.locator("tbody tr")).to_have_count(1)
        assert is_out(there, console)
        assert not is_out(here, console)


def test_staff_gets_to_nothing_before_a_second_factor(console: Console, browser: Browser) -> None:
    with looking(browser) as page:
        log_in(page, console.url, ADMIN)
        for path in ("/", "/a/shop/", "/desk/", "/preferences/"):
            page.goto(console.url + path)
            assert "/sign/" in page.url, path
        expect(page.locator("[role=status]")).to_contain_text("needs a second factor")
        if page.locator("[name=password]").count():  # it is asked once more before
            page.fill("[name=password]", PASSWORD)
            follow(page, "main button")
        secret = page.locator("#authenticator_secret").input_value()
        page.fill("[name=code]", one_time(secret))
        follow(page, "main form button")
        page.goto(f"{console.url}/")
        assert page.url == f"{console.url}/"
        page.context.clear_cookies()
        log_in(page, console.url, ADMIN)  # from now on the code is asked for
        assert "/sign/mfa/authenticate/" in page.url


def one_time(secret: str) -> str:
    """The code of an authenticator app (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    place = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[place : place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"
