"""The relay as the settings make it, over a data directory, with ports."""

import asyncio
import re
import smtplib
import ssl
import tomllib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from outlets.certificate import contexts, written
from outlets.sink import Sink
from retour import dataplane, secret, wiring
from retour.dataplane import Ports
from retour.instants import DAY
from retour.lifecycle import preset
from retour.model import Event, EventKind, Reason, Role
from retour.ports import Key
from retour.settings import Settings
from retour.wiring import House, StartError

PAGE = Path(__file__).parents[2] / "docs/relay.md"
QUIET: dict[str, Any] = {
    "api": {"port": 0},
    "smtp": {"enabled": False},
    "lmtp": {"enabled": False},
    "postfix": {"listeners": [], "more_url": "https://more.example"},
}


def settings(directory: Path, **relay: Any) -> Settings:
    relay = {"enabled": True, "port": 0, **relay}
    return Settings.model_validate({"data_dir": directory / "data", "relay": relay, **QUIET})


def told(chosen: Settings, sink: Sink, story: Callable[[House, Ports, str], Awaitable[None]]) -> None:
    """Tell a story of a house with the account `shop`, in which gone@b.test is stopped; the key is given."""

    async def run() -> None:
        async with sink:
            following = chosen.relay.next.model_copy(update={"port": sink.port})
            relay = chosen.relay.model_copy(update={"next": following})
            house = wiring.build(chosen.model_copy(update={"relay": relay}))
            try:
                key = peopled(house)
                async with dataplane.running(house) as ports:
                    await story(house, ports, key)
            finally:
                house.close()

    asyncio.run(run())


def peopled(house: House) -> str:
    now, key = house.clock.now(), secret.new()
    house.store.accounts.add_account("shop", "return.test", preset("default"), now)
    house.store.accounts.add_key(Key("shop", "shop", Role.MEMBER), secret.digest(key), now)
    stopped = Event(
        bytes(16),
        EventKind.BOUNCE,
        now,
        Reason.MAILBOX_DISABLED,
        "5.2.1",
        account="shop",
        address="gone@b.test",
    )
    house.store.ledger.record([stopped], now)
    house.load()
    return key


def send(ports: Ports, key: str, recipient: str) -> tuple[int, str]:
    assert ports.relay is not None
    with smtplib.SMTP("127.0.0.1", ports.relay, timeout=120) as smtp:
        smtp.login("shop", key)
        try:
            smtp.sendmail("a@shop.test", recipient, b"Subject: x\r\n\r\nx\r\n")
        except smtplib.SMTPRecipientsRefused as refused:
            code, words = refused.recipients[recipient]
            return code, words.decode()
    return 250, ""


def tallied(house: House) -> list[tuple[str, str, int]]:
    now = house.clock.now()
    tallies = house.store.tallies.of("shop", now - DAY, now)
    return [(tally.kind, tally.domain, tally.times) for tally in tallies]


def test_a_refusal_has_the_words_of_the_policy_service_and_is_counted_on_disk(tmp_path: Path) -> None:
    sink = Sink()

    async def story(house: House, ports: Ports, key: str) -> None:
        for _ in range(2):
            code, words = await asyncio.to_thread(send, ports, key, "gone@b.test")
            assert code == 550
            expected = r"5\.7\.1 Sending to this recipient is stopped \(mailbox disabled since [0-9-]{10}\)"
            assert re.fullmatch(rf"{expected} \[retour:stopped\] https://more\.example", words)
        assert tallied(house) == [("avoided", "b.test", 2)]
        assert 'retour_sends_avoided_total{account="shop"} 2.0' in house.metrics.text().decode()
        assert sink.taken == []

    told(settings(tmp_path), sink, story)


@pytest.mark.parametrize(
    ("relay", "dropped"),
    [
        ({"stopped": "drop"}, True),
        ({"accounts": {"shop": "drop"}}, True),
        ({"stopped": "drop", "accounts": {"shop": "refuse"}}, False),
    ],
)
def test_the_settings_choose_what_becomes_of_a_stopped_recipient(
    tmp_path: Path, relay: dict[str, Any], dropped: bool
) -> None:
    sink = Sink()

    async def story(house: House, ports: Ports, key: str) -> None:
        code, _ = await asyncio.to_thread(send, ports, key, "gone@b.test")
        assert code == (250 if dropped else 550)
        assert sink.taken == []
        assert tallied(house) == [("avoided", "b.test", 1)]

    told(settings(tmp_path, **relay), sink, story)


def test_tls_from_the_first_octet(tmp_path: Path) -> None:
    certificate, key_file = written(tmp_path)
    trust = ssl.create_default_context(cafile=str(certificate))
    chosen = settings(tmp_path, tls="implicit", certificate=certificate, certificate_key=key_file)
    sink = Sink()

    async def story(house: House, ports: Ports, key: str) -> None:
        def over_tls() -> None:
            assert ports.relay is not None
            with smtplib.SMTP_SSL("127.0.0.1", ports.relay, timeout=120, context=trust) as smtp:
                smtp.login("shop", key)
                smtp.sendmail("a@shop.test", "ann@b.test", b"Subject: x\r\n\r\nx\r\n")

        await asyncio.to_thread(over_tls)
        ((sender, _, _),) = sink.taken
        assert "@return.test>" in sender

    told(chosen, sink, story)


@pytest.mark.parametrize(("lang", "words"), [("en", "cannot be used as"), ("de", "kann nicht als")])
def test_files_that_cannot_be_used_are_named(tmp_path: Path, lang: str, words: str) -> None:
    contexts(tmp_path)
    (tmp_path / "junk.pem").write_text("no certificate\n")
    unusable: list[dict[str, Any]] = [
        {"certificate": tmp_path / "none.pem", "certificate_key": tmp_path / "key.pem"},
        {"certificate": tmp_path / "junk.pem", "certificate_key": tmp_path / "key.pem"},
        {"next": {"tls": "starttls", "ca_file": tmp_path / "junk.pem"}},
        {"next": {"tls": "starttls", "ca_file": tmp_path / "none.pem"}},
    ]
    for number, relay in enumerate(unusable):
        with pytest.raises(StartError) as raised:
            told(settings(tmp_path / str(number), **relay), Sink(), never)
        assert words in raised.value.told(lang)
        assert re.search(r"(junk|none)\.pem", raised.value.told(lang))


async def never(house: House, ports: Ports, key: str) -> None:
    raise AssertionError("it has started")


def test_the_lines_on_the_page_are_settings() -> None:
    (lines,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    chosen = Settings.model_validate(tomllib.loads(lines))
    assert (chosen.relay.enabled, chosen.relay.next.port) == (True, 25)


def test_a_password_is_never_shown(tmp_path: Path) -> None:
    chosen = settings(tmp_path, next={"login": "retour", "password": "geheim"})
    assert "geheim" not in repr(chosen)
