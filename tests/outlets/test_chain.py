"""An exported ledger holds together, until somebody changes it."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from outlets.conftest import Installation
from retour.cli import app


@pytest.fixture
def exported(retour: Installation, tmp_path: Path) -> Path:
    for n in range(5):
        retour.bounce(f"a{n}@b.example")
    retour.bounce("z@b.example", account="other")
    body = {"addresses": ["a1@b.example"], "reason": "request 7"}
    assert retour.ask("POST", "/v1/restores", "demo-support", json=body).status_code == 201
    file = tmp_path / "ledger.jsonl"
    file.write_bytes(retour.ask("GET", "/v1/ledger/export", params={"format": "jsonl"}).content)
    return file


def verified(file: Path, *more: str) -> Result:
    return CliRunner().invoke(app, ["ledger", "verify", str(file), *more])


def changed(file: Path, change: Callable[[list[dict[str, Any]]], object]) -> Path:
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    change(rows)
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    return file


def test_an_export_holds_together(exported: Path) -> None:
    found = verified(exported)
    assert found.exit_code == 0
    assert "6 lines hold together, from the first there was" in found.stdout
    assert "6 Zeilen halten zusammen" in verified(exported, "--lang", "de").stdout


def test_it_can_be_verified_with_nothing_of_retour(exported: Path) -> None:
    rows = [json.loads(line) for line in exported.read_text("utf-8").splitlines()][::-1]
    before = "0" * 64
    for row in rows:
        names = ("number", "at", "who", "actor", "before", "after", "cause", "event", "policy")
        line = json.dumps([row[name] for name in names], separators=(",", ":"))
        assert sha256(f"{before}\n{line}".encode()).hexdigest() == row["link"]
        before = row["link"]
    assert len(rows) == 6
    assert all(row["address"] not in json.dumps(row["who"]) for row in rows)


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows[2].update(after="valid"),
        lambda rows: rows[2].update(at="2020-01-01T00:00:00Z"),
        lambda rows: rows[2].update(who="00" * 16),
        lambda rows: rows.pop(2),
        lambda rows: rows.insert(2, {**rows[2], "number": 10**6}),
    ],
)
def test_what_was_changed_left_out_or_put_in_is_found(
    exported: Path, change: Callable[[list[dict[str, Any]]], object]
) -> None:
    found = verified(changed(exported, change))
    assert found.exit_code == 1
    assert "does not follow from line" in found.stderr


def test_an_erased_address_breaks_nothing_and_a_part_is_called_a_part(exported: Path) -> None:
    found = verified(changed(exported, lambda rows: [row.update(address="") for row in rows]))
    assert (found.exit_code, found.stderr) == (0, "")
    found = verified(changed(exported, lambda rows: rows.pop()))
    assert "5 lines hold together" in found.stdout
    assert "what stood before them is not in the file" in found.stdout


def test_lines_from_before_the_chain_are_told(exported: Path) -> None:
    def unlink(rows: list[dict[str, Any]]) -> None:
        rows[-1]["link"] = ""

    assert "1 lines up to" in verified(changed(exported, unlink)).stdout


NO_LEDGERS = [("{}", "no export"), ("[1]", "no export"), ("?", "no export"), ("", "nothing to verify")]


@pytest.mark.parametrize(("content", "said"), NO_LEDGERS)
def test_a_file_that_is_no_ledger_is_named(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text(content)
    found = verified(file)
    assert (found.exit_code, said in found.stderr, str(file) in found.stderr) == (1, True, True)
    assert "could not be read" in verified(tmp_path / "nowhere").stderr
