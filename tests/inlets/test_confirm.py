"""The page on which a contact confirms a corrected address, over the real application and a real store."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from inlets.hooked import Hooked, hooked
from inlets.senders import Request
from retour.flow.corrections import Made, Wish, correct
from retour.inlets.confirm import GUESSES, Guesses
from retour.instants import DAY, MINUTE
from retour.lifecycle import preset
from retour.model import Answer, EventKind, MailKind
from retour.settings import SettingsError, load
from retour.wiring.confirm import confirm_url

OLD, NEW = "w.wislon@b.example", "w.wilson@b.example"
PRESS = Request(b"confirm=yes", {"Content-Type": "application/x-www-form-urlencoded"})


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Hooked]:
    with hooked(tmp_path / "data", {}, confirm=True) as made:
        made.house.store.accounts.add_account(
            "shop", "return.shop.test", preset("default"), made.house.clock.now() - 400 * DAY
        )
        made.house.load()
        yield made


def corrected(house: Hooked, days: int = 7, ago: int = 0) -> str:
    """A correction; the path of its link."""
    known = house.house
    wish = Wish("shop", OLD, NEW, "told by phone", days=days)
    made = correct(wish, known.store, known.told, "key m", known.clock.now() - ago)
    assert isinstance(made, Made)
    assert made.token is not None
    url = confirm_url(known, made.token)
    assert url is not None
    assert url.startswith("https://hooks.example/confirm/")
    return url.removeprefix("https://hooks.example")


def decided(house: Hooked, address: str = NEW) -> tuple[Answer, str]:
    found = house.house.table.decision("shop", address, MailKind.MAILING, house.house.clock.now())
    return found.answer, found.why


def test_the_button_confirms_and_mail_goes_out(house: Hooked) -> None:
    place = corrected(house)
    assert decided(house) == (Answer.HOLD, "correction")
    shown = house.post(Request(b""), place, "GET").text
    name, value = re.findall(r'name="([^"]+)" value="([^"]+)"', shown)[0]
    answer = house.post(Request(f"{name}={value}".encode(), PRESS.headers), place)
    assert (answer.status_code, "the address is confirmed" in answer.text) == (200, True)
    assert decided(house) == (Answer.SEND, "")
    life = house.house.store.ledger.life("shop", NEW, house.house.clock.now())
    assert life is not None
    assert [(e.kind, e.actor) for e in life.events] == [
        (EventKind.CORRECTION, "key m"),
        (EventKind.CONFIRMATION, "confirmation"),
    ]
    assert [(record.before, record.after) for record in life.records] == [
        ("valid", "held"),
        ("held", "valid"),
    ]


def test_scanners_that_follow_links_confirm_nothing(house: Hooked) -> None:
    place = corrected(house)
    for method in ("GET", "HEAD"):
        assert house.post(Request(b""), place, method).status_code == 200
    assert house.post(Request(b""), place, "OPTIONS").status_code == 405
    assert decided(house)[0] is Answer.HOLD


def test_a_link_that_is_unknown_used_replaced_or_too_old_looks_the_same(house: Hooked) -> None:
    used = corrected(house)
    assert house.post(PRESS, used).status_code == 200
    old = corrected(house, days=1, ago=2 * DAY)
    replaced, working = corrected(house), corrected(house)
    never = "/confirm/" + "A" * 43
    dead = [used, old, replaced, never, "/confirm/", "/confirm/" + "x" * 900, "/confirm/%00%ff"]
    answers = [house.post(PRESS, place) for place in dead]
    assert {answer.status_code for answer in answers} == {404}
    assert len({(answer.text, str(sorted(answer.headers.items()))) for answer in answers}) == 1
    pages = {house.post(Request(b""), place, "GET").text for place in (*dead, working)}
    assert len(pages) == 1
    assert decided(house)[0] is Answer.HOLD


def test_no_page_names_an_address(house: Hooked) -> None:
    place = corrected(house)
    texts = [house.post(Request(b""), place, "GET").text, *(house.post(PRESS, place).text for _ in range(2))]
    assert all("b.example" not in text and "wilson" not in text for text in texts)


@pytest.mark.parametrize("body", [b"", b"x=y", b"confirm=no", b"{}", b"[" * 9999, b"a" * 99_999])
def test_a_post_that_does_not_press_the_button_changes_nothing(house: Hooked, body: bytes) -> None:
    place = corrected(house)
    assert house.post(Request(body), place).status_code == 400
    assert decided(house)[0] is Answer.HOLD


def test_who_guesses_has_to_wait(house: Hooked) -> None:
    place = corrected(house)
    answers = [house.post(PRESS, f"/confirm/{number}") for number in range(GUESSES + 2)]
    # The minute may end in between: then counting begins anew.
    assert {answer.status_code for answer in answers} <= {404, 429}
    waiting = [answer for answer in answers if answer.status_code == 429]
    assert all(answer.headers["retry-after"] == "60" for answer in waiting)
    assert house.post(Request(b""), place, "GET").status_code == 200


def test_guesses_are_counted_by_network_and_minute() -> None:
    now = [5 * MINUTE]
    guesses = Guesses(lambda: now[0])
    for _ in range(GUESSES):
        assert not guesses.too_many("a")
        guesses.note("a")
    assert (guesses.too_many("a"), guesses.too_many("b")) == (True, False)
    now[0] += MINUTE
    assert not guesses.too_many("a")


class Page(HTMLParser):
    """The tags of a page, and whether all that were opened are closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize(("wanted", "language"), [("de-CH,de;q=0.9", "de"), ("fr", "en"), ("", "en")])
def test_a_page_is_whole_in_its_language_and_asks_for_nothing_else(
    house: Hooked, wanted: str, language: str
) -> None:
    place = corrected(house)
    for answer in (
        house.post(Request(b"", {"Accept-Language": wanted}), place, "GET"),
        house.post(Request(PRESS.body, PRESS.headers | {"Accept-Language": wanted}), place),
    ):
        page = Page(answer.text)
        assert (page.open, page.tags[0]) == ([], ("html", {"lang": language}))
        assert answer.headers["content-language"] == language
        assert {"title", "main", "h1", "p"} <= {tag for tag, _ in page.tags}
        assert not {"script", "img", "link", "iframe", "a"} & {tag for tag, _ in page.tags}
        assert not any("style" in told or "src" in told or "href" in told for _, told in page.tags)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"


def test_when_the_store_is_away_nothing_is_promised(house: Hooked) -> None:
    place = corrected(house)
    house.house.store.close()
    assert house.post(PRESS, place).status_code == 503


def test_it_is_off_until_it_is_switched_on_with_an_https_url(tmp_path: Path) -> None:
    with hooked(tmp_path / "data", {}) as house:
        assert house.post(PRESS, "/confirm/x").status_code == 404
        assert confirm_url(house.house, "x") is None
    file = tmp_path / "retour.toml"
    file.write_text('[webhooks]\nconfirm = true\npublic_url = "http://x.example"\n', "utf-8")
    with pytest.raises(SettingsError, match="https"):
        load(file)
