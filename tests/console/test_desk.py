"""A marketer asks for an address, support approves with a reason, the marketer sees it (K25-K28)."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from console.conftest import ADMIN
from console.installation import Console, follow, log_in, looking, opened

pytestmark = pytest.mark.engine("chromium")
DEAD, OTHER = "returned@c.example", "kept@c.example"
AXE = Axe()


def no_barrier(page: Page) -> None:
    assert [each["id"] for each in AXE.run(page).response["violations"]] == []


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_a_marketer_asks_and_support_approves(console: Console, browser: Browser, javascript: bool) -> None:
    dead = f"{javascript}-{DEAD}".lower()
    console.bounce(dead, "550 5.1.1 user unknown")
    with looking(browser, java_script_enabled=javascript) as marketer:
        log_in(marketer, console.url, "manager@shop.example")
        marketer.goto(f"{console.url}/a/shop/address/{dead}/")
        follow(marketer, "text=Ask for the address back")
        expect(marketer.locator("[name=addresses]")).to_have_value(dead)
        marketer.fill("[name=done]", "The mailbox was made again; its owner answered us.")
        follow(marketer, "text=Send the request")
        expect(marketer.locator("h1")).to_contain_text("waiting for support")
        asked = marketer.url
        marketer.goto(f"{console.url}/a/shop/address/{dead}/")
        expect(marketer.locator(".status")).to_contain_text("has not answered yet. Asked on ")
        follow(marketer, "text=Look at the request")
        assert marketer.url == asked
        with looking(browser, java_script_enabled=javascript) as support:
            log_in(support, console.url, "support@retour.example")
            support.goto(f"{console.url}/desk/")
            follow(support, f"tr:has-text('{dead}') th a")
            expect(support.locator(".verdict strong")).not_to_be_empty()
            if javascript:
                no_barrier(support)
            support.fill("[name=reason]", "The mailbox answers again.")
            follow(support, "button[value=approve]")
            expect(support.locator("[role=status]")).to_contain_text("Decided.")
        marketer.goto(asked)
        expect(marketer.locator("h1")).to_contain_text("given back")
        expect(marketer.locator("main")).to_contain_text("The mailbox answers again.")
        marketer.goto(f"{console.url}/a/shop/address/{dead}/")
        expect(marketer.locator(".status .mark")).to_contain_text("fine")
        expect(marketer.locator(".timeline")).to_contain_text("support@retour.example")
        expect(marketer.locator(".status")).to_contain_text("Support gave this address back on ")
        expect(marketer.locator(".status")).to_contain_text(
            "It starts without old bounces. Reason: The mailbox answers again."
        )
        console.bounce(dead, "452 4.2.2 mailbox full")  # then it is no answer to what is seen any more
        marketer.reload()
        expect(marketer.locator(".status .mark")).to_contain_text("bounced")
        expect(marketer.locator(".status")).not_to_contain_text("Support gave")


def test_a_form_that_is_sent_twice_asks_once(console: Console, browser: Browser) -> None:
    address = f"double.{DEAD}"
    console.bounce(address, "550 5.1.1 user unknown")
    with looking(browser, java_script_enabled=False) as page:
        log_in(page, console.url, "manager@shop.example")
        form = f"{console.url}/a/shop/requests/ask/?address={address}"
        page.goto(f"{console.url}/a/shop/address/{address}/")
        follow(page, "text=Ask for the address back")
        fields = page.evaluate("Object.fromEntries(new FormData(document.querySelector('main form')))")
        asked = [
            page.request.post(
                page.url, form={**fields, "done": "They called."}, headers={"Referer": form}
            ).url
            for _ in range(2)
        ]
    assert asked[0] == asked[1]
    found = console.ask("GET", "/v1/requests", params={"status": "open", "order": "latest"})["requests"]
    assert sum(address in str(each) for each in found) == 1


def test_whoever_decides_second_sees_what_was_decided(console: Console, browser: Browser) -> None:
    address = f"both.{DEAD}"
    console.bounce(address, "550 5.1.1 user unknown")
    asked = console.ask("POST", "/v1/requests", json={"addresses": [address], "done": "They called us."})
    place = f"{console.url}/desk/shop/{asked['id']}/"
    with looking(browser, locale="de-DE") as one, looking(browser, locale="de-DE") as other:
        for page, email in ((one, "support@retour.example"), (other, ADMIN)):
            log_in(page, console.url, email)
            page.goto(place)
            expect(page.locator(".decision")).to_contain_text("lässt sich nicht rückgängig machen")  # before
            page.fill("[name=reason]", f"So sieht es {email}.")
        follow(one, "button[value=refuse]")
        follow(other, "button[value=approve]")
        told = other.locator(".errors")
        expect(told).to_contain_text("Über diese Anfrage ist inzwischen entschieden")
        expect(told).not_to_contain_text(asked["id"])
        expect(other.locator("main")).to_contain_text("So sieht es support@retour.example.")
        expect(other.locator("main form button")).to_have_count(0)
        one.goto(f"{console.url}/a/shop/address/{address}/")
        expect(one.locator(".status")).to_contain_text(
            "Der Support hat diese Adresse nicht freigegeben: So sieht es support@retour.example."
            " Sie können erneut anfragen, sobald sich etwas geändert hat."
        )


def test_who_withdraws_what_is_decided_is_led_back_to_it(console: Console, browser: Browser) -> None:
    address = f"late.{DEAD}"
    console.bounce(address, "550 5.1.1 user unknown")
    with opened(browser) as page:
        log_in(page, console.url, "manager@shop.example")
        asked = console.ask("POST", "/v1/requests", json={"addresses": [address], "done": "They called us."})
        place = f"{console.url}/a/shop/requests/{asked['id']}/"
        page.goto(place)
        console.ask("DELETE", f"/v1/requests/{asked['id']}")
        follow(page, "text=Withdraw the request")
        expect(page.locator("main .lead")).to_have_text("This request was decided meanwhile, or withdrawn.")
        follow(page, "text=Back to the page before")
        assert page.url == place


def test_what_the_api_refuses_is_said_beside_the_form(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/a/shop/requests/ask/?address=full@b.example")
    page.fill("[name=done]", "Nothing.")
    follow(page, "text=Send the request")
    expect(page.locator(".errors")).not_to_be_empty()
    expect(page.locator("[name=done]")).to_have_value("Nothing.")
    no_barrier(page)


def test_one_who_asked_in_error_withdraws(page: Page, console: Console) -> None:
    console.bounce(OTHER, "550 5.1.1 user unknown")
    page.goto(f"{console.url}/a/shop/requests/ask/?address={OTHER}")
    page.fill("[name=done]", "Nothing yet.")
    follow(page, "text=Send the request")
    follow(page, "text=Withdraw the request")
    expect(page.locator("h1")).to_contain_text("withdrawn")


def test_the_desk_is_for_staff_alone(page: Page, console: Console) -> None:
    for path in ("/desk/", "/desk/shop/0/"):
        answer = page.request.get(console.url + path)
        assert (path, answer.status) == (path, 404)
