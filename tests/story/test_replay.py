"""What-if and replay of a running server, by command: read by processes of their own."""

import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from contract.test_replay import RULE
from retour.cli import app
from story.reports import report
from story.server import Server
from story.waiting import eventually

FLOWN = "ann has flown the nest"
UNPARSED = f"""
[[rule]]
id = "own.flown"
reason = "address_unknown"
source = "our queue of 3 May"
phrases = ["has flown the nest"]
samples = ["{FLOWN}"]
unparsed = true
"""
ODD, FULL = "550 5.0.0 frobnicated by the quux of zork", "552 5.2.2 mailbox is full"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("replay"))
    with made.running():
        yield made


def bounce(server: Server, address: str, words: str) -> None:
    to = server.return_address(address)
    mail = report(to, address, words, prose=words).encode()
    with smtplib.LMTP("127.0.0.1", server.ports["lmtp"]) as lmtp:
        lmtp.sendmail("", [to], mail)
    server.bounced(address)


def said(server: Server, key: str, *arguments: str, exits: int = 0) -> str:
    where = {"RETOUR_URL": f"http://127.0.0.1:{server.ports['api']}", "RETOUR_KEY": key}
    result = CliRunner().invoke(app, list(arguments), env=where)
    assert result.exit_code == exits, f"{result.output}\n{server.story()}"
    return result.output


def decision(server: Server, address: str) -> str:
    told: str = server.ask("GET", f"/v1/check?address={address}")["decision"]
    return told


def test_settings_are_looked_at_and_then_saved(server: Server) -> None:
    """E16-E23, N3."""
    bounce(server, "full@gmail.com", FULL)
    told = said(server, server.key, "policy", "what-if", "preset=kwiga", "reset_after=30")
    assert "would become invalid: 1, of them active within 90 days: 0" in told
    assert "mailbox_full 1" in told
    assert "gmail 1" in told
    assert "for example: full@gmail.com" in told
    assert decision(server, "full@gmail.com") == "send"
    told = said(server, server.key, "policy", "what-if", "preset=kwiga", "--lang", "de")
    assert "würden ungültig: 1" in told
    body = {"settings": {"preset": "kwiga", "reset_after": 30}, "expected": 1}
    server.ask("PUT", "/v1/policy", body)
    assert decision(server, "full@gmail.com") == "stop"
    eventually(lambda: ": all " in said(server, server.key, "policy", "progress"), "the states")
    assert "Nobody has come back" in said(server, server.key, "policy", "effects", "--by", "month")


def test_a_rule_is_tried_on_the_past_applied_and_undone(server: Server, tmp_path: Path) -> None:
    """N2."""
    bounce(server, "odd@b.example", ODD)
    before = server.life("odd@b.example")
    assert before is not None
    staff = server.command("key", "add", "--role", "support")
    file = tmp_path / "own.toml"
    file.write_text(RULE.format(reason="address_unknown"))
    shop = ("--account", "shop")
    assert "403" in said(server, server.key, "replay", "rules", "--file", str(file), exits=2)
    told = said(server, staff, "replay", "rules", "--file", str(file), *shop)
    assert "undetermined > address_unknown (own-quux) 1" in told
    assert "for example: odd@b.example" in told
    id = told.strip().rpartition(" ")[2].rstrip(".")
    assert decision(server, "odd@b.example") == "send"
    assert said(server, staff, "replay", "show", id, *shop) in told
    told = said(server, staff, "replay", "apply", id, "--reason", "the owner says so", *shop)
    assert f"The replay {id} is applied: 1 judgements." in told
    assert decision(server, "odd@b.example") == "stop"
    told = said(server, staff, "replay", "undo", id, "--reason", "he was wrong", *shop, "--lang", "de")
    assert "zurückgenommen: 1" in told
    after = server.life("odd@b.example")
    assert after is not None
    assert after["state"] == before["state"]
    assert "Nothing would change." in said(server, staff, "replay", "rules", *shop)
    assert server.faults() == 0


def test_what_was_not_understood_is_tried_applied_and_undone_as_well(server: Server, tmp_path: Path) -> None:
    """A replay takes in what its rules understand of the queue, and gives it back."""
    to = server.return_address("flown@b.example")
    mail = f"From: robot@b.example\r\nTo: {to}\r\nSubject: hm\r\n\r\n{FLOWN}\r\n".encode()
    with smtplib.LMTP("127.0.0.1", server.ports["lmtp"]) as lmtp:
        lmtp.sendmail("robot@b.example", [to], mail)
    staff = server.command("key", "add", "--role", "support")
    eventually(lambda: server.command("unparsed", "list"), "the queue")
    file = tmp_path / "own.toml"
    file.write_text(UNPARSED)
    asked = ("replay", "rules", "--account", "shop")
    assert "Nothing would change." in said(server, staff, *asked)
    told = said(server, staff, *asked, "--file", str(file))
    assert "1 that were not understood when they came would be" in told
    assert "address_unknown 1" in told
    assert "would become invalid: 1" in told
    told = said(server, staff, *asked, "--file", str(file), "--lang", "de")
    assert "1 Eingänge, die bei ihrer Ankunft nicht verstanden wurden" in told
    assert decision(server, "flown@b.example") == "send"
    id = told.partition("Ihre Kennung ist ")[2].partition(".")[0]
    shop = ("--account", "shop", "--reason", "request 17")
    assert f"The replay {id} is applied: 1 judgements." in said(server, staff, "replay", "apply", id, *shop)
    assert decision(server, "flown@b.example") == "stop"
    assert "Nothing would change." in said(server, staff, *asked, "--file", str(file))
    assert server.command("unparsed", "list"), "the rules are not in use"
    assert f"The replay {id} is undone" in said(server, staff, "replay", "undo", id, *shop)
    assert decision(server, "flown@b.example") == "send"
    server.command("account", "add", "other", "--return-domain", "return.other.test")
    told = said(server, staff, "replay", "rules", "--account", "other", "--file", str(file))
    assert "Nothing would change." in told
    assert "not understood" not in told  # it is nobody else's queue


def test_what_is_written_wrong_is_named(server: Server, tmp_path: Path) -> None:
    assert "name=value" in said(server, server.key, "policy", "what-if", "soft_threshold", exits=2)
    missing = str(tmp_path / "no.toml")
    assert "no.toml" in said(server, server.key, "replay", "rules", "--file", missing, exits=2)
    told = said(server, server.key, "replay", "types", "--version", "99", exits=2)
    assert "422" in told
    assert "GET /v1/policy/versions" in told  # what to do about it
