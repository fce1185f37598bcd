"""List-Unsubscribe in one click (RFC 8058), over the real application and a real store."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from inlets.hooked import Hooked, hooked
from inlets.senders import Request
from retour import return_address
from retour.flow.sends import Draft, Registered, register
from retour.identity import SendIds
from retour.instants import DAY
from retour.lifecycle import preset
from retour.model import Answer, Event, EventKind, MailKind
from retour.settings import Settings, SettingsError, load
from retour.wiring.one_click import unsubscribe_url

ANN = "ann@b.example"
CLICK = Request(b"List-Unsubscribe=One-Click", {"Content-Type": "application/x-www-form-urlencoded"})
URL = "https://hooks.example"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Hooked]:
    with hooked(tmp_path / "data", {}, unsubscribe=True) as made:
        for name in ("shop", "inn"):
            made.house.store.accounts.add_account(
                name, f"return.{name}.test", preset("default"), made.house.clock.now() - 400 * DAY
            )
        made.house.load()
        yield made


def sent(house: Hooked, kind: MailKind = MailKind.MAILING, account: str = "shop") -> Registered:
    known, now = house.house, house.house.clock.now()
    owner = next(each for each in known.store.accounts.accounts() if each.name == account)
    (made,) = register([Draft(ANN, kind)], owner, known.store.sends, known.keys.keyring, SendIds(), now - DAY)
    assert isinstance(made, Registered)
    return made


def url(house: Hooked, made: Registered) -> str | None:
    known = house.house
    owner = next(each for each in known.store.accounts.accounts() if each.name == made.send.account)
    return unsubscribe_url(known, owner, made.send, known.clock.now())


def path(house: Hooked, made: Registered) -> str:
    found = url(house, made)
    assert found is not None
    assert found.startswith(f"{URL}/unsubscribe/rt-")
    return found.removeprefix(URL)


def answers(house: Hooked, account: str = "shop") -> dict[MailKind, Answer]:
    table, now = house.house.table, house.house.clock.now()
    return {kind: table.decision(account, ANN, kind, now).answer for kind in MailKind}


def events(house: Hooked) -> list[Event]:
    life = house.house.store.ledger.life("shop", ANN, house.house.clock.now())
    return list(life.events) if life else []


def test_one_click_ends_mailings_to_the_address_of_the_send_and_is_durable(house: Hooked) -> None:
    made = sent(house)
    for _ in range(3):
        answer = house.post(CLICK, path(house, made))
        assert (answer.status_code, answer.headers["Content-Language"]) == (200, "en")
        assert "You are unsubscribed" in answer.text
    assert answers(house) == {
        MailKind.MAILING: Answer.STOP,
        MailKind.AUTOMATION: Answer.STOP,
        MailKind.SYSTEM: Answer.SEND,
    }
    (event,) = events(house)
    assert (event.kind, event.send, event.actor) == (EventKind.UNSUBSCRIBE, made.send.id, "one-click")
    assert set(answers(house, "inn").values()) == {Answer.SEND}


def test_a_get_changes_nothing_and_shows_a_button_that_does(house: Hooked) -> None:
    place = path(house, sent(house))
    for method in ("GET", "HEAD"):
        page = house.post(Request(b"", {"Accept-Language": "de-AT,de;q=0.9"}), place, method)
        assert (page.status_code, page.headers["Content-Language"]) == (200, "de")
    shown = house.post(Request(b""), place, "GET").text
    assert 'method="post"' in shown
    assert "<script" not in shown
    assert set(answers(house).values()) == {Answer.SEND}
    assert events(house) == []
    name, value = re.findall(r'name="([^"]+)" value="([^"]+)"', shown)[0]
    assert house.post(Request(f"{name}={value}".encode()), place).status_code == 200
    assert answers(house)[MailKind.MAILING] is Answer.STOP


MULTIPART = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'


def test_a_form_in_parts_is_as_good(house: Hooked) -> None:
    assert house.post(Request(MULTIPART), path(house, sent(house))).status_code == 200
    assert answers(house)[MailKind.MAILING] is Answer.STOP


@pytest.mark.parametrize("body", [b"", b"x=y", b"List-Unsubscribe=No", b"{}", b"[" * 9999, b"a" * 99_999])
def test_a_post_that_does_not_ask_for_it_changes_nothing(house: Hooked, body: bytes) -> None:
    answer = house.post(Request(body), path(house, sent(house)))
    assert (answer.status_code, events(house)) == (400, [])


def test_a_token_that_is_not_ours_or_of_another_purpose_is_unknown(house: Hooked) -> None:
    made, other = sent(house), sent(house, account="inn")
    good = path(house, made)
    bounce = made.return_address.partition("@")[0]
    for token in (
        bounce,  # who can bounce cannot unsubscribe
        good[-43:-1] + ("a" if good[-1] != "a" else "b"),
        "",
        "rt-",
        "x" * 5000,
        "%00",
        path(house, other)[-43:-20] + good[-20:],
    ):
        assert house.post(CLICK, f"/unsubscribe/{token}").status_code == 404, token
    assert events(house) == []
    local = good.removeprefix("/unsubscribe/")
    keyring = house.house.keys.keyring
    assert return_address.verify(keyring, local, "return.shop.test") is None  # nor the other way round


def test_who_subscribed_again_can_unsubscribe_again(house: Hooked) -> None:
    place = path(house, sent(house))
    house.post(CLICK, place)
    at = house.house.clock.now()
    again = Event(b"r" * 16, EventKind.RESUBSCRIBE, at, account="shop", address=ANN)
    house.house.store.ledger.record([again], at)
    assert answers(house)[MailKind.MAILING] is Answer.SEND
    assert house.post(CLICK, place).status_code == 200
    assert answers(house)[MailKind.MAILING] is Answer.STOP


def test_nobody_unsubscribes_from_system_mail(house: Hooked) -> None:
    assert url(house, sent(house, MailKind.SYSTEM)) is None


def test_when_the_store_is_away_nothing_is_promised(house: Hooked) -> None:
    place = path(house, sent(house))
    house.house.store.close()
    assert house.post(CLICK, place).status_code == 503


def test_it_is_off_until_it_is_switched_on_with_an_https_url(tmp_path: Path) -> None:
    with hooked(tmp_path / "data", {}) as house:
        assert house.post(CLICK, "/unsubscribe/rt-x").status_code == 404
        assert Settings().webhooks.unsubscribe is False
    file = tmp_path / "retour.toml"
    file.write_text('[webhooks]\nunsubscribe = true\npublic_url = "http://x.example"\n', "utf-8")
    with pytest.raises(SettingsError, match="https"):
        load(file)
