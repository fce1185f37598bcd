"""The relay under TLS, on both sides."""

import asyncio
import smtplib
import ssl
from base64 import b64encode
from pathlib import Path

import pytest

from outlets.certificate import contexts
from outlets.relaying import MESSAGE, Relaying, greeted
from outlets.sink import Sink
from outlets.test_relay import told


def test_a_password_under_tls(tmp_path: Path) -> None:
    server, client = contexts(tmp_path)

    async def story(relay: Relaying) -> None:
        def send() -> None:
            with smtplib.SMTP("127.0.0.1", relay.port, timeout=120) as smtp:
                smtp.starttls(context=client)
                smtp.login("shop", relay.keys["shop"])
                smtp.sendmail("a@shop.test", ["ann@b.test"], MESSAGE)

        await asyncio.to_thread(send)
        ((_, _, content),) = relay.sink.taken
        assert b"with ESMTPSA id rt-" in content

    told(story, server_tls=server)


@pytest.mark.parametrize("at_once", [True, False])
def test_commands_in_clear_behind_starttls_end_the_connection(tmp_path: Path, at_once: bool) -> None:
    server, _ = contexts(tmp_path)

    async def story(relay: Relaying) -> None:
        raw = await greeted(relay)
        await raw.say(b"EHLO x\r\n")
        if at_once:
            assert (await raw.say(b"STARTTLS\r\nNOOP\r\n"))[0].startswith("554 5.5.1 ")
        else:
            assert (await raw.say(b"STARTTLS\r\n"))[0].startswith("220 ")
            raw.writer.write(b"NOOP\r\n")  # where a handshake should begin
            assert not (await raw.reader.read()).startswith(b"250")
        await raw.close()

    told(story, server_tls=server)


def test_the_next_server_under_tls_with_a_login(tmp_path: Path) -> None:
    server, client = contexts(tmp_path)
    sink = Sink(tls=server, login=b64encode(b"\0retour\0geheim").decode())

    async def story(relay: Relaying) -> None:
        assert await relay.submit() == (250, "", {})
        assert sink.commands[:3] == ["EHLO relay.test", "STARTTLS", "EHLO relay.test"]

    told(
        story,
        sink,
        next={"tls": "starttls", "context": client, "login": "retour", "password": "geheim"},
    )


def test_a_next_server_that_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    server, _ = contexts(tmp_path)
    sink = Sink(tls=server)

    async def story(relay: Relaying) -> None:
        code, words, _ = await relay.submit()
        assert (code, words[:5]) == (451, "4.4.1")
        assert sink.taken == []

    told(story, sink, next={"tls": "starttls", "context": ssl.create_default_context()})


def test_a_wrong_login_at_the_next_server_is_our_fault_and_nobody_s_bounce() -> None:
    sink = Sink(login="something else")

    async def story(relay: Relaying) -> None:
        assert (await relay.submit())[0] == 451

    told(story, sink, next={"login": "retour", "password": "wrong"})
