"""The contracts hold, and a planted breach of each is found: a contract that cannot fail guards nothing."""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
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

# A line that breaks each contract, and the file that it is put into.
BREACHES: Mapping[str, tuple[str, str]] = {
    "The walk": ("ports.py", "import retour.stores"),
    "The core is told": ("lifecycle/fold.py", "import time"),
    "Parsing and classifying": ("classify/__init__.py", "import retour.parse"),
    "The stories": ("flow/intake.py", "import retour.stores.memory"),
    "Siblings": ("outlets/postfix/answers.py", "import retour.outlets.api.access"),
    "The hot path": ("flow/check.py", "import retour.flow.judge"),
    "Only what is for Django": ("gate.py", "import django"),
    "The dialogue": ("smtpd/session.py", "import retour.model"),
    "The library": ("flow/sends.py", "import typer"),
    "The plain install": ("cli/rules.py", "import msgspec"),
}


def verdicts(source: Path) -> Mapping[str, str]:
    """KEPT or BROKEN for each contract, as lint-imports finds it in this copy of the package."""
    run = subprocess.run(
        [LINT_IMPORTS, "--config", ROOT / "pyproject.toml", "--no-cache"],
        capture_output=True,
        text=True,
        cwd=source,
        env={**os.environ, "PYTHONPATH": str(source), "COLUMNS": "300"},
    )
    found = {
        name: word
        for line in run.stdout.splitlines()
        for name, _, word in [line.rpartition(" ")]
        if name in CONTRACTS
    }
    assert found, run.stdout + run.stderr
    return found


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The verdicts on a copy of the package with every breach in it."""
    source = tmp_path_factory.mktemp("planted")
    shutil.copytree(ROOT / "src/retour", source / "retour", ignore=shutil.ignore_patterns("__pycache__"))
    for file, line in BREACHES.values():
        with (source / "retour" / file).open("a", encoding="utf-8") as written:
            written.write(f"\n{line}\n")
    return verdicts(source)


def test_every_contract_is_kept() -> None:
    assert verdicts(ROOT / "src") == dict.fromkeys(CONTRACTS, "KEPT")


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_planted_breach_is_found(contract: str, planted: Mapping[str, str]) -> None:
    assert any(contract.startswith(name) for name in BREACHES), "a contract needs a breach that it finds"
    assert planted[contract] == "BROKEN"


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
