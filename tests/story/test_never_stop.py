"""`retour never-stop` against a running server, and where else its warning is seen."""

from pathlib import Path

from typer.testing import CliRunner, Result

from retour.cli import app
from story import patient
from story.server import Server


def test_the_warning_stays_wherever_the_account_is_shown(tmp_path: Path) -> None:
    server = Server(tmp_path)
    with server.running():
        where = {"RETOUR_URL": f"http://127.0.0.1:{server.ports['api']}", "RETOUR_KEY": server.key}

        def said(*arguments: str, exits: int = 0) -> Result:
            result = CliRunner().invoke(app, ["never-stop", *arguments], env=where)
            assert result.exit_code == exits, result.output
            return result

        assert said("list").stderr == "The list is empty.\n"
        made = said("add", "boss@shop.example")
        assert made.stdout == "boss@shop.example is never stopped from now on.\n"
        assert made.stderr.startswith("One entry is never stopped")
        assert "boss@shop.example  since 20" in said("list", "--lang", "de").stdout.replace("seit", "since")
        assert "stop nobody" in said("add", "gmail.com", exits=2).stderr
        assert 'retour_never_stop{account="shop"} 1.0' in server.metrics()
        config = ["account", "list", "--config", str(server.config)]
        shown = CliRunner().invoke(app, config)
        assert shown.exception is None, repr(shown.exc_info)
        assert "One entry is never stopped" in shown.stderr
        server.ask("POST", "/v1/sends", {"recipient": "boss@shop.example"})
        sent = CliRunner().invoke(app, ["send", "boss@shop.example", "--smtp", "127.0.0.1:1"], env=where)
        assert "Warning" not in sent.stderr  # nothing would stop it
        content = b"boss@shop.example\n"
        patient.post(
            f"{where['RETOUR_URL']}/v1/suppressions/import?format=csv",
            content=content,
            headers={"Authorization": f"Bearer {server.key}"},
        )
        sent = CliRunner().invoke(app, ["send", "boss@shop.example", "--smtp", "127.0.0.1:1"], env=where)
        assert "without it the answer would be stop" in sent.stderr
        assert said("remove", "boss@shop.example").stderr == ""
        assert "retour_never_stop{" not in server.metrics()
