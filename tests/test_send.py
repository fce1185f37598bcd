"""`retour send` and `retour address` without a server: a sentence with the remedy, and no stack trace."""

import pytest
from typer.testing import CliRunner

from retour.cli import app


@pytest.mark.parametrize("command", ["send", "address"])
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--api", "http://127.0.0.1:9"], "Is `retour serve` running?"),
        (["--api", "http://127.0.0.1:9", "--lang", "de"], "Läuft `retour serve`?"),
        (["--api", "ftp://retour.test"], "is no http address"),
    ],
    ids=["unreachable", "unreachable, German", "no URL"],
)
def test_what_goes_wrong_is_said_with_its_remedy(command: str, options: list[str], said: str) -> None:
    result = CliRunner().invoke(app, [command, "ann@b.example", "--key", "rk_none", *options])
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""
