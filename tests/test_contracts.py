"""The contracts hold, and a planted breach of each is found: a contract that cannot fail guards nothing."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")
RUFF = Path(sys.executable).with_name("ruff")
CONTRACTS = [
    contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
]

# Lines that break a contract: its name, the file that gets the line, the line. All are planted at once.
BREACHES: Sequence[tuple[str, str, str]] = [
    ("The walk", "ports.py", "import retour.stores"),
    ("The walk", "snapshot/table.py", "import retour.inlets"),
    ("The core is told", "lifecycle/fold.py", "import time"),
    ("The core is told", "vet/check.py", "import socket"),
    ("The walk", "vet/typos.py", "import retour.ports"),
    ("Parsing and classifying", "classify/__init__.py", "import retour.parse"),
    ("The stories", "flow/intake.py", "import retour.stores.memory"),
    ("The stories", "flow/lists/forms.py", "import retour.outlets.api"),
    ("Siblings", "outlets/postfix/answers.py", "import retour.outlets.api.access"),
    ("Siblings", "outlets/notify/courier.py", "import retour.outlets.relay"),
    ("Siblings", "inlets/one_click.py", "import retour.inlets.webhooks.app"),
    ("Siblings", "inlets/logtail/files.py", "import retour.inlets.pickup"),
    ("The hot path", "flow/check.py", "import retour.flow.judge"),
    ("The hot path", "outlets/postfix/socketmap.py", "import sqlite3"),
    ("What goes out", "outlets/relay/passage.py", "import retour.parse"),
    ("What goes out", "outlets/notify/lists.py", "import retour.stores.sqlite"),
    ("The gate in a program", "gate.py", "import retour.mime"),
    ("The client", "client/calls.py", "import retour.flow"),
    ("Only what is for Django", "gate.py", "import django"),
    ("The console", "console/asking.py", "import retour.stores"),
    ("The dialogue", "smtpd/session.py", "import retour.model"),
    ("The library", "flow/sends.py", "import typer"),
    ("The plain install", "cli/rules.py", "import msgspec"),
]


def linted(source: Path) -> str:
    """What lint-imports says of this copy of the package."""
    run = subprocess.run(
        [LINT_IMPORTS, "--config", ROOT / "pyproject.toml", "--no-cache"],
        capture_output=True,
        text=True,
        cwd=source,
        env={**os.environ, "PYTHONPATH": str(source), "COLUMNS": "300"},
    )
    assert "Contracts:" in run.stdout, run.stdout + run.stderr
    return run.stdout


def verdicts(told: str) -> Mapping[str, str]:
    """KEPT or BROKEN for each contract."""
    return {
        name: word
        for line in told.splitlines()
        for name, _, word in [line.partition(" (")[0].rpartition(" ")]  # "KEPT (1 ignored import)"
        if name in CONTRACTS
    }


def faults(told: str) -> Mapping[str, str]:
    """What is told of each contract that is broken."""
    _, _, broken = told.partition("\nBroken contracts\n")
    pieces = re.split(r"^(.+)\n-+\n", broken, flags=re.M)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said of a copy of the package with every breach in it."""
    source = tmp_path_factory.mktemp("planted")
    shutil.copytree(ROOT / "src/retour", source / "retour", ignore=shutil.ignore_patterns("__pycache__"))
    for _, file, line in BREACHES:
        with (source / "retour" / file).open("a", encoding="utf-8") as written:
            written.write(f"\n{line}\n")
    return linted(source)


def test_every_contract_is_kept() -> None:
    assert verdicts(linted(ROOT / "src")) == dict.fromkeys(CONTRACTS, "KEPT")


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_planted_breach_is_found(contract: str, planted: str) -> None:
    assert any(contract.startswith(name) for name, _, _ in BREACHES), (
        "a contract needs a breach that it finds"
    )
    assert verdicts(planted)[contract] == "BROKEN"


@pytest.mark.parametrize(("name", "file", "line"), BREACHES)
def test_each_planted_line_is_named(name: str, file: str, line: str, planted: str) -> None:
    told = next(told for contract, told in faults(planted).items() if contract.startswith(name))
    importer = "retour." + file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    assert f" {importer} -> {line.removeprefix('import ')} (" in told


@pytest.mark.parametrize(
    "breach",
    [
        "from email.policy import default\n\nprint(default)\n",
        "import email.policy\n\nprint(email.policy.default)\n",
        "import time\n\nprint(time.time())\n",
        "import os\n\nprint(os.environ)\n",
        "from datetime import UTC, datetime\n\nprint(datetime.now(UTC))\n",
        "from urllib.request import urlopen\n\nprint(urlopen)\n",
        "from xml.etree import ElementTree\n\nprint(ElementTree)\n",
    ],
)
def test_a_banned_call_is_found(breach: str) -> None:
    run = subprocess.run(
        [
            RUFF,
            "check",
            "--no-cache",
            "--select",
            "TID251",
            "--stdin-filename",
            "src/retour/parse/planted.py",
            "-",
        ],
        input=breach,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert run.returncode == 1, run.stdout + run.stderr
    assert "TID251" in run.stdout
