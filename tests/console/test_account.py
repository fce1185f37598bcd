"""The account: people, keys shown once, webhooks with their log. Nobody gets in by another's link."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from console.installation import PASSWORD, Console, choose_password, follow, log_in, looking
from outlets.receiver import receiving, status
from story import patient
from story.waiting import eventually

pytestmark = pytest.mark.engine("chromium")
AXE = Axe()


def no_barrier(page: Page) -> None:
    assert [each["id"] for each in AXE.run(page).response["violations"]] == []


def invited(page: Page, console: Console, email: str, role: str = "member") -> str:
    """Invite somebody as whoever is logged in; returns the link."""
    page.goto(f"{console.url}/a/shop/team/")
    page.fill("[name=email]", email)
    page.select_option("[name=role]", role)
    follow(page, "form.narrow button.main")
    return page.locator(".once pre").inner_text()


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_somebody_new_is_invited_and_joins_once(console: Console, browser: Browser, javascript: bool) -> None:
    email = f"new-{javascript}@shop.example".lower()
    with looking(browser, java_script_enabled=javascript) as manager:
        log_in(manager, console.url, "manager@shop.example")
        link = invited(manager, console, email)
        if javascript:
            no_barrier(manager)
        manager.reload()  # the form is sent again: the first link ends, and another is shown
        link = manager.locator(".once pre").inner_text() if manager.locator(".once").count() else link
        with looking(browser, java_script_enabled=javascript) as guest:
            choose_password(guest, link)
            assert guest.url == f"{console.url}/a/shop/"
            assert guest.request.get(f"{console.url}/a/shop/keys/").status == 403
        assert patient.get(link).status_code == 404
        manager.goto(f"{console.url}/a/shop/team/")
        expect(manager.locator("table").first).to_contain_text(email)


def test_whoever_can_log_in_joins_after_a_login_alone(console: Console, browser: Browser, page: Page) -> None:
    """Who invites sees the link: it must not let them in as somebody else."""
    link = invited(page, console, "stranger@other.example")
    opened = patient.get(link).text
    assert "stranger@other.example" in opened
    assert 'name="password"' not in opened
    page.goto(link)  # as the manager who invited
    expect(page.locator("main")).to_contain_text("You are logged in as manager@shop.example.")
    with looking(browser) as stranger:
        stranger.goto(link)
        follow(stranger, "main a.button")
        stranger.fill("[name=login]", "stranger@other.example")
        stranger.fill("[name=password]", PASSWORD)
        follow(stranger, "form.narrow button.main")
        stranger.click("text=Join shop")
        expect(stranger.locator("[role=status]")).to_contain_text("You belong to shop now.")
        stranger.click(".switch summary")
        follow(stranger, ".switch a >> text=other")
        assert stranger.url == f"{console.url}/a/other/"
        page.goto(f"{console.url}/a/shop/team/")
        follow(page, "tr:has-text('stranger@other.example') a")
        page.click("button.danger")
        expect(page.locator("[role=status]")).to_contain_text("Saved.")
        assert stranger.request.get(f"{console.url}/a/shop/").status == 404


def test_an_invitation_that_is_withdrawn_is_good_no_more(console: Console, page: Page) -> None:
    link = invited(page, console, "nobody@shop.example")
    page.goto(f"{console.url}/a/shop/team/")
    page.click("tr:has-text('nobody@shop.example') button")
    expect(page.locator("[role=status]")).to_contain_text("no longer be used")
    assert patient.get(link).status_code == 404


def test_an_invitation_of_a_program_says_which_key_made_it(console: Console, page: Page) -> None:
    made = console.ask("POST", "/v1/invitations", json={"email": "by-key@shop.example"})
    page.goto(f"{console.url}/a/shop/team/")
    row = page.locator("tr:has-text('by-key@shop.example')")
    expect(row).to_contain_text(made["by"])
    assert patient.get(console.url + made["link"]).status_code == 200


def test_the_last_manager_stays(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/team/")
    follow(page, "tr:has-text('manager@shop.example') a")
    no_barrier(page)
    page.click("button.danger")
    expect(page.locator(".errors")).to_contain_text("last manager")


def test_a_key_that_two_revoke_is_revoked(console: Console, page: Page) -> None:
    made = console.ask("POST", "/v1/keys", json={"role": "member", "name": "Old shop"})
    with page.context.new_page() as other:
        for each in (page, other):
            each.goto(f"{console.url}/a/shop/keys/{made['id']}/revoke/")
        for each, told in ((page, "The key Old shop is revoked."), (other, "has revoked it already")):
            follow(each, "main form button")
            assert each.url == f"{console.url}/a/shop/keys/"
            expect(each.locator("[role=status]")).to_contain_text(told)


def test_a_key_is_shown_once_used_and_revoked(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/keys/")
    page.fill("[name=name]", "till")
    page.select_option("[name=role]", "member")
    follow(page, "form.narrow button.main")
    key = page.locator(".once pre").first.inner_text()
    no_barrier(page)
    api = f"http://127.0.0.1:{console.ports['api']}/v1/account"
    assert patient.get(api, headers={"Authorization": f"Bearer {key}"}).json()["name"] == "shop"
    page.goto(f"{console.url}/a/shop/keys/")
    assert key not in page.content()
    row = page.locator("tr:has-text('till')")
    expect(row).not_to_contain_text("not yet")
    follow(page, row.get_by_role("link"))
    no_barrier(page)
    page.click("button.danger")
    expect(page.locator("[role=status]")).to_contain_text("is revoked")
    assert patient.get(api, headers={"Authorization": f"Bearer {key}"}).status_code == 401


@pytest.mark.parametrize(
    ("path", "form", "made"),
    [
        ("keys", {"name": "sent twice", "role": "member"}, "tr:has-text('sent twice')"),
        ("webhooks", {"url": "http://127.0.0.1:9/twice"}, "tr:has-text('/twice')"),
    ],
)
def test_a_form_that_is_sent_twice_is_done_once(
    console: Console, page: Page, path: str, form: dict[str, str], made: str
) -> None:
    place = f"{console.url}/a/shop/{path}/"
    page.goto(place)
    hidden = page.locator("form.narrow input[type=hidden]").all()
    whole = {str(each.get_attribute("name")): each.input_value() for each in hidden} | form
    answers = [page.request.post(place, form=whole, headers={"Referer": place}) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 422]
    assert "This form was sent twice. It was done once." in answers[1].text()
    page.goto(place)
    assert page.locator(made).count() == 1


def test_a_double_click_sends_a_form_once(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/keys/")
    page.fill("[name=name]", "clicked twice")
    with page.expect_navigation():
        page.evaluate(
            "() => { const go = document.querySelector('form.narrow button.main'); go.click(); go.click(); }"
        )
    assert page.locator("section.once pre").count() == 2
    assert page.locator("tr:has-text('clicked twice')").count() == 1


def told(page: Page, hook: str) -> int:
    page.goto(hook)
    return page.locator("tr:has-text('delivered')").count()


def test_a_webhook_is_made_tested_rotated_told_again_and_removed(console: Console, page: Page) -> None:
    with receiving() as receiver:
        receiver.answer = status(204)
        page.goto(f"{console.url}/a/shop/webhooks/")
        page.fill("[name=url]", receiver.url())
        follow(page, "form.narrow button.main")
        first = page.locator(".once pre").inner_text()
        assert first.startswith("whsec_")
        follow(page, "text=Send it a test message")
        follow(page, "button[value=test]")
        eventually(lambda: len(receiver.heard) == 1, "the test message")
        hook = page.url
        eventually(lambda: told(page, hook), "the answer in the log")
        no_barrier(page)
        follow(page, "tbody th a")
        expect(page.locator("main")).to_contain_text("204")
        no_barrier(page)
        follow(page, "text=Send this message again")
        eventually(lambda: len(receiver.heard) == 2, "the message once more")
        assert len({heard.headers["webhook-id"] for heard in receiver.heard}) == 1
        follow(page, ".way a >> nth=1")
        follow(page, "button[value=rotate]")
        second = page.locator(".once pre").inner_text()
        assert second != first
        expect(page.locator("main")).to_contain_text("The previous secret still signs until")
        page.click("button[value=disable]")
        expect(page.locator("main")).to_contain_text("switched off by you")
        page.click("button[value=remove]")
        expect(page.locator("[role=status]")).to_contain_text("The webhook is removed.")


def test_what_a_webhook_did_not_hear_is_told_with_a_remedy_and_its_words_a_click_deeper(
    console: Console, page: Page
) -> None:
    with receiving() as receiver:
        page.goto(f"{console.url}/a/shop/webhooks/")
        page.fill("[name=url]", receiver.url("/silent"))
        page.click("form.narrow button.main")
        follow(page, page.get_by_text("Send it a test message"))
    follow(page, "button[value=test]")  # nobody listens there any more
    hook = page.url

    def failed() -> int:
        page.goto(hook)
        return page.locator("tbody").get_by_text("nothing listens at this host and port").count()

    eventually(failed, "an attempt that failed")
    expect(page.locator("main")).not_to_contain_text("Errno")
    no_barrier(page)
    follow(page, page.locator("tbody th a"))
    expect(page.get_by_text("Start its web server, or correct the URL.").first).to_be_visible()
    expect(page.get_by_text("Errno").first).not_to_be_visible()
    page.click("td summary")
    expect(page.get_by_text("Errno").first).to_be_visible()
    no_barrier(page)
    follow(page, page.locator(".way a").nth(1))
    follow(page, "button.danger")
    expect(page.locator("[role=status]")).to_contain_text("The webhook is removed.")


def test_a_webhook_to_a_closed_network_is_refused_beside_the_form(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/webhooks/")
    page.fill("[name=url]", "http://10.0.0.1/")
    follow(page, "form.narrow button.main")
    expect(page.locator(".errors")).not_to_be_empty()
    expect(page.locator("[name=url]")).to_have_value("http://10.0.0.1/")
    no_barrier(page)


def test_the_account_says_how_its_people_read(console: Console, browser: Browser, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/account/")
    expect(page.locator(".tabs a")).to_have_count(4)
    page.select_option("[name=zone]", "Asia/Tokyo")
    follow(page, "form.narrow button.main")
    with looking(browser) as member:
        log_in(member, console.url, "member@shop.example")
        expect(member.locator("footer")).to_contain_text("Asia/Tokyo")
        member.goto(f"{console.url}/a/shop/account/")
        assert member.locator("select").count() == 0
        expect(member.locator(".tabs a")).to_have_count(2)  # nothing that would only be refused
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)', member.content())
        assert token is not None
        form = {"csrfmiddlewaretoken": token[1], "zone": "UTC"}
        headers = {"Referer": console.url}
        answer = member.request.post(f"{console.url}/a/shop/account/", form=form, headers=headers)
        assert answer.status == 403


def test_what_the_api_refuses_is_marked_at_its_field_and_stays_there(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/keys/")
    field = page.locator("main [name=name]")
    field.evaluate("(field) => field.removeAttribute('maxlength')")
    field.fill("x" * 101)
    follow(page, "main button.main")
    expect(page.locator(".errors")).to_contain_text("Name: is too long (at most 100 characters)")
    expect(field).to_be_focused()
    expect(field).to_have_value("x" * 101)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_attribute("aria-describedby", re.compile(r"\brefused\b"))


def test_messages_are_sent_again_from_a_day_on_that_is_one(console: Console, page: Page) -> None:
    hook = console.ask("POST", "/v1/webhooks", json={"url": "http://127.0.0.1:9/days"})["id"]
    page.goto(f"{console.url}/a/shop/webhooks/{hook}/")
    page.fill("#h-since", "yesterday")
    follow(page, page.get_by_role("button", name="Send again", exact=True))
    expect(page.locator(".errors")).to_contain_text("“yesterday” is not a day.")
    expect(page.locator(".errors")).to_contain_text("Write a day as 3 May 2026")
    expect(page.locator("#h-since")).to_have_value("yesterday")
