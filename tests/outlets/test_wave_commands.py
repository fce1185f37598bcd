"""`retour data`, `segments`, `waves` and `contacts` against a running server."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from retour.cli import app
from story.server import Server
from story.waiting import eventually


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("waves"))
    made.staff = [made.command("key", "add", "--role", "support") for _ in range(2)]
    with made.running():
        yield made


def said(server: Server, *arguments: str, key: str = "", status: int = 0) -> str:
    where = {"RETOUR_URL": f"http://127.0.0.1:{server.ports['api']}", "RETOUR_KEY": key or server.key}
    result = CliRunner().invoke(app, list(arguments), env=where)
    assert result.exit_code == status, result.output
    return result.output


def test_contacts_go_in_and_a_person_goes(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("address,name,city\nann@b.example,Ann,Graz\nbob@b.example,Bob,\n")
    assert "2 contacts kept, 2 of them new; 0 are" in said(server, "contacts", "import", str(file))
    assert "send  ann@b.example  Ann" in said(server, "contacts", "list")
    gone = said(server, "contacts", "erase", "ann@b.example", "--reason", "she asked", "--lang", "de")
    assert "nichts bleibt" in gone
    assert "nothing stays" in said(server, "contacts", "delete", "bob@b.example")
    assert said(server, "contacts", "list") == ""


def test_a_question_is_saved_and_made_a_list(server: Server) -> None:
    made = said(server, "segments", "save", "full", "--where", "reason=mailbox_full")
    assert "segment full: 0 bounces" in made
    assert "full: 0 bounces  (reason=mailbox_full)" in said(server, "segments", "list")
    assert "0 Bounces" in said(server, "data", "--segment", "full", "--lang", "de")
    assert said(server, "data", "--export").startswith("address,at,type")
    assert "everybody: 0 contacts" in said(server, "contacts", "save-list", "everybody", "--segment", "full")
    assert "everybody: 0 contacts" in said(server, "contacts", "lists")
    assert "is forgotten" in said(server, "segments", "drop", "full")
    assert "NAME=VALUE" in said(server, "data", "--where", "reason", status=2)


def test_a_wave_is_planned_applied_with_another_key_and_undone(server: Server) -> None:
    one, two = server.staff
    shop = ("--account", "shop")
    asked = ("--where", "provider=gmail", "--reason", "Gmail was at fault")
    planned = said(server, "waves", "plan", "restore", *asked, *shop, key=one)
    assert "0 addresses; 0 of them were active" in planned
    (id,) = re.findall(r"wave (\w+) is planned", planned)
    assert "asked for the wave" in said(
        server, "waves", "apply", id, "--count", "0", *shop, key=one, status=2
    )
    assert f"wave {id} is applied" in said(server, "waves", "apply", id, "--count", "0", *shop, key=two)
    assert f"{id}  " in said(server, "waves", "list", *shop, key=two)
    assert "applied" in said(server, "waves", "show", id, *shop, key=two)
    assert f"wave {id} is undone" in said(server, "waves", "undo", id, *shop, key=two)
    (id,) = re.findall(
        r"wave (\w+) is planned", said(server, "waves", "plan", "stop", *asked, *shop, key=one)
    )
    assert "is dropped" in said(server, "waves", "drop", id, *shop, key=two)


def test_a_replay_of_all_accounts_is_seen_applied_and_undone(server: Server) -> None:
    staff, _ = server.staff
    seen = said(server, "replay-groups", "types", key=staff)
    assert "Nothing would change." in seen
    assert "shop: looked at, not applied" in seen
    (id,) = re.findall(r"Its id is (\w+)\.", seen)
    listed = said(server, "replay-groups", "list", key=staff)
    assert re.search(
        rf"^{id}  \S+Z  types: looked at, not applied \(accounts: 1 of 1\); Nothing", listed, re.M
    )
    asked = ("--reason", "new rules")
    assert f"`retour replay-groups show {id}`" in said(
        server, "replay-groups", "apply", id, *asked, key=staff
    )

    def show() -> str:
        return said(server, "replay-groups", "show", id, "--lang", "de", key=staff)

    eventually(lambda: "shop: angewendet" in show(), "it to be applied", server.story)
    assert "accounts: 1" in said(server, "replay-groups", "undo", id, *asked, key=staff)
    eventually(lambda: "shop: zurückgenommen" in show(), "it to be undone", server.story)
    assert "nosuch" not in said(server, "replay-groups", "show", "nosuch", key=staff, status=2)
    for command in ("replay", "replay-groups"):
        told = said(server, command, "rules", "--file", "none.toml", key=staff, status=2)
        assert "The rules in none.toml cannot be read" in told
