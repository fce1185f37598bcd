"""A mistyped address from its bounce to the right one that its contact confirms (K29, E9, N9)."""

import socket
from pathlib import Path

from typer.testing import CliRunner

from retour.cli import app
from story import patient
from story.server import Server
from story.waiting import eventually, free_port, listening

OLD, NEW = "w.wislon@b.example", "w.wilson@b.example"


def test_a_slip_is_suggested_corrected_confirmed_and_mailed(tmp_path: Path) -> None:
    port = free_port()
    settings = f'[webhooks]\nport = {port}\nconfirm = true\npublic_url = "https://hooks.shop.example"\n'
    with Server(tmp_path, settings).running() as server:
        eventually(lambda: listening(port), "the public port", server.story)
        asked = {"address": OLD, "name": "Wendy Wilson"}
        (meant,) = server.ask("POST", "/v1/corrections/suggest", asked)["suggestions"]
        assert (meant["address"], meant["hints"][0]["hint"]) == (NEW, "name")

        wish = {"old": OLD, "new": meant["address"], "reason": "told by phone"}
        made = server.ask("POST", "/v1/corrections", wish)
        assert server.ask("GET", f"/v1/check?address={NEW}")["decision"] == "hold"
        assert made["url"] in made["letters"]["en"]["text"]
        assert made["url"] in made["letters"]["de"]["text"]

        path = made["url"].removeprefix("https://hooks.shop.example")
        with patient.Client(base_url=f"http://127.0.0.1:{port}") as reader:
            assert reader.get(path).status_code == 200  # the scanner of a mail server
            assert server.ask("GET", f"/v1/check?address={NEW}")["decision"] == "hold"
            server.stop()
            server.start()  # a link outlives a restart
            eventually(lambda: listening(port), "the public port", server.story)
            pressed = reader.post(path, data={"confirm": "yes"}, headers={"Accept-Language": "de"})
            assert (pressed.status_code, "ist bestätigt" in pressed.text) == (200, True)
            assert reader.post(path, data={"confirm": "yes"}).status_code == 404
        assert server.ask("GET", f"/v1/check?address={NEW}")["decision"] == "send"
        life = server.ask("GET", f"/v1/addresses/{NEW}")
        assert [each["stand"] for each in life["corrections"]] == ["confirmed"]


def test_somebody_who_was_there_after_the_bounce_speaks_against_it(tmp_path: Path) -> None:
    """N7."""
    with Server(tmp_path).running() as server:
        server.ask("POST", "/v1/sends", {"recipient": NEW})
        signs = [{"kind": "login", "address": NEW}, {"kind": "open", "address": NEW}]
        assert server.ask("POST", "/v1/engagements", signs)["taken"] == 2
        shown = server.ask("GET", f"/v1/addresses/{NEW}")["engagements"]
        assert [(each["kind"], each["after_bounce"]) for each in shown] == [("login", False), ("open", False)]


def test_sends_that_postfix_and_a_program_were_told_to_spare_stand_in_the_rates(tmp_path: Path) -> None:
    """K22, over the policy service and the check."""
    with Server(tmp_path).running() as server:
        where = {"RETOUR_URL": f"http://127.0.0.1:{server.ports['api']}", "RETOUR_KEY": server.key}
        told = CliRunner().invoke(app, ["suppressions", "import", "-"], env=where, input=b"ann@gmail.com\n")
        assert told.exit_code == 0, told.output
        sender = server.return_address("ann@gmail.com")
        asked = (
            f"request=smtpd_access_policy\nprotocol_state=RCPT\nsender={sender}\nrecipient=ann@gmail.com\n\n"
        )
        for _ in range(2):
            with socket.create_connection(("127.0.0.1", server.ports["policy"]), 120) as policy:
                policy.sendall(asked.encode())
                assert b"550" in policy.recv(1000)
            assert server.ask("GET", "/v1/check?address=ann@gmail.com")["decision"] == "stop"
        server.stop()
        server.start()  # what was counted in memory is written down at the end
        (row,) = server.ask("GET", "/v1/rates?by=provider")["rates"]
        assert (row["of"], row["sent"], row["bounces"]) == ("gmail", 1, 0)
        assert row["avoided"] == {"relay": 0, "policy": 1, "check": 1, "total": 2}
