"""`retour suppressions` against a running server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from retour.cli import app
from story.server import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("lists")).running() as made:
        yield made


def said(server: Server, *arguments: str, fed: bytes = b"", status: int = 0) -> str:
    where = {"RETOUR_URL": f"http://127.0.0.1:{server.ports['api']}", "RETOUR_KEY": server.key}
    result = CliRunner().invoke(app, ["suppressions", *arguments], env=where, input=fed)
    assert result.exit_code == status, result.output
    return result.output


def test_a_list_goes_in_is_looked_at_and_is_taken_back(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("address,cause\nann@b.example,complaint\nbob@b.example,\nnobody,\n")
    tried = said(server, "import", str(file), "--dry-run", status=1)
    assert "3 lines: 1 stopped, 1 complained" in tried
    assert f"{file}:4:" in tried
    assert "nothing was done" in tried
    assert said(server, "imports") == "no imports yet\n"
    made = said(server, "import", str(file), "--lang", "de", status=1)
    assert "3 Zeilen: 1 gestoppt, 1 beschwert" in made
    id = made.partition("Import ")[2][:16]
    assert said(server, "imports").startswith(id)
    exported = said(server, "export", "--format", "jsonl")
    assert '"address": "ann@b.example", "cause": "complaint"' in exported
    assert said(server, "import", "-", "--format", "jsonl", fed=exported.encode()).startswith(
        "2 lines: 0 stopped"
    )
    assert "2 addresses could" in said(server, "undo", id, "--dry-run")
    assert "2 addresses may" in said(server, "undo", id)
    assert said(server, "export").splitlines() == ["address,cause,since,note"]


def test_what_goes_wrong_is_told(server: Server, tmp_path: Path) -> None:
    assert "No such file" in said(server, "import", str(tmp_path / "none"), status=2)
    assert "no form" in said(server, "export", "--format", "xls", status=2)
    assert "no import" in said(server, "undo", "x", status=2)
