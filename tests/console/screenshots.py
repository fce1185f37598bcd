"""Pictures of the console with made-up data: `scripts/screenshots`."""

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

from console.conftest import CHROMIUM
from console.installation import Console, choose_password, follow, looking
from story.waiting import eventually

BOUNCES = {
    "ann.w1lson@gmx.example": "550 5.1.1 <ann.w1lson@gmx.example>: Recipient address rejected: User unknown",
    "ben@studio.example": "452 4.2.2 The email account that you tried to reach is over quota",
    "carla@shop.example": "550 5.7.1 Message blocked: sending IP listed by zen.blocklist.example",
    "dora@old-firm.example": "550 5.2.1 The mailbox is disabled",
    "emil@news.example": "552 5.3.4 Message size exceeds fixed limit",
    "frida@mail.example": "554 5.7.1 This message was classified as spam",
}
AT = (
    *(("gmail.com",) * 9 + ("gmx.de",) * 7 + ("web.de",) * 5 + ("t-online.de",) * 4 + ("b-firm.de",) * 6),
    *("gmial.com", "gmial.com", "hotmial.com", "t-onlin.de", "mailinator.com"),
)
LIST = "Name;Email\n" + "".join(f"Contact {n};contact.{n}@{AT[n % len(AT)]}\n" for n in range(2400))
LIST += "Ann;ann (at) b-firm.de\nBob;b-firm.de\nCy;contact.7@gmail.com\n"
SEEN = "ann.w1lson@gmx.example"
SAID = (
    *(("550 5.1.1 user unknown",) * 5 + ("452 4.2.2 mailbox full",) * 3 + ("550 5.2.1 disabled",) * 2),
    *("554 5.7.1 message classified as spam", "451 4.3.0 try again later"),
)
WHERE = ("gmail.com",) * 6 + ("gmx.de", "web.de", "t-online.de", "hotmail.com", "gmail.com", "gmx.de")


def checked(page: Page, made: Console, picture: Path) -> None:
    """The check of a list, some of it decided."""
    id = made.ask("POST", "/v1/list-checks", params={"name": "Spring fair.csv"}, content=LIST.encode())["id"]
    eventually(lambda: made.ask("GET", f"/v1/jobs/{id}")["state"] == "done", "the check", made.story)
    page.goto(f"{made.url}/a/shop/checks/{id}/")
    follow(page, page.get_by_role("button", name="Accept gmial.com"))
    page.goto(f"{made.url}/a/shop/checks/{id}/")
    page.screenshot(path=picture, full_page=True, clip={"x": 0, "y": 0, "width": 1280, "height": 1180})


def later(page: Page, made: Console, folder: Path) -> None:
    """What shows more once there are more bounces: charts, the review, a what-if, and the restore desk."""
    for number, said in enumerate(SAID * 2):
        domain = WHERE[number * 5 % len(WHERE)]
        made.bounce(f"reader.{number}@{domain}", said, sender="news@shop.example", campaign="May news")
    for address in ("kim@gmial.com", "lea@hotmial.com"):
        made.bounce(address, "550 5.1.1 user unknown", sender="news@shop.example", campaign="May news")
    done = "The contact emptied the mailbox and answered us from it this morning."
    asked = made.ask("POST", "/v1/requests", json={"addresses": ["dora@old-firm.example"], "done": done})[
        "id"
    ]
    wanted = {"settings": {"soft_threshold": 1, "min_days": 0}, "expected": 1}
    job = made.ask("POST", "/v1/policy/what-if", json=wanted)["id"]
    eventually(lambda: made.ask("GET", f"/v1/jobs/{job}")["state"] == "done", "the what-if", made.story)
    pages = {
        "reasons": "/a/shop/charts/reasons/",
        "review": "/a/shop/review/",
        "what-if": f"/a/shop/settings/what-if/{job}/",
        "desk": f"/desk/shop/{asked}/",
    }
    for name, path in pages.items():
        page.goto(made.url + path)
        page.screenshot(path=folder / f"{name}.png")


def main(folder: Path) -> None:
    """Write the pictures."""
    with TemporaryDirectory() as place, sync_playwright() as playwright:
        made = Console(Path(place))
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        try:
            for address, said in BOUNCES.items():
                made.bounce(address, said, sender="news@shop.example")
            for theme in ("light", "dark"):
                size = {"width": 1280, "height": 860}
                with looking(browser, viewport=size, color_scheme=theme) as page:
                    if theme == "light":
                        choose_password(page, made.first_link, "support@retour.example")
                    else:
                        choose_password(page, made.invited("ann@shop.example", "--account", "shop"))
                    if theme == "light":
                        checked(page, made, folder / "list-check.png")
                    page.goto(f"{made.url}/a/shop/")
                    page.screenshot(path=folder / f"bounces-{theme}.png")
                    if theme == "light":
                        page.goto(f"{made.url}/a/shop/data/?campaign=May+news")
                        page.screenshot(path=folder / "data.png")
                        page.goto(f"{made.url}/a/shop/address/{SEEN}/")
                        page.screenshot(path=folder / "address.png")
                        follow(page, ".timeline li.bounce a")
                        page.click("details.technical summary")
                        page.evaluate("scrollTo(0, 0)")  # the navigation stays beside what is seen
                        page.screenshot(path=folder / "details.png", full_page=True)
                        later(page, made, folder)
        finally:
            browser.close()
            made.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
