"""A campaign that bounces too much, against the limits of providers, and what follows (K23, K24)."""

import smtplib
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from retour.cli import app
from story import patient
from story.reports import report
from story.server import Server
from story.waiting import eventually

LIMITS = [(1, "good"), (3, "watch"), (8, "high"), (15, "stop")]  # of 100 sends; and what that means

HARD, SOFT = "550 5.1.1 no such user here", "552 5.2.2 mailbox full"


def rows(server: Server, by: str) -> dict[str, Any]:
    return {row["of"]: row for row in server.ask("GET", f"/v1/rates?by={by}")["rates"]}


def rated(server: Server, bounces: int) -> dict[str, Any]:
    """What is said of Gmail, once it has refused so many."""

    def told() -> dict[str, Any] | None:
        row: dict[str, Any] = rows(server, "provider")["gmail"]
        return row if row["bounces"] >= bounces else None

    return eventually(told, f"{bounces} bounces", server.story)


def in_german(server: Server) -> str:
    return patient.get(
        f"http://127.0.0.1:{server.ports['api']}/v1/rates",
        headers={"Authorization": f"Bearer {server.key}", "Accept-Language": "de"},
    ).text


def test_bounces_of_a_campaign_are_rated_at_each_limit_and_outlive_the_server(tmp_path: Path) -> None:
    with Server(tmp_path).running() as server:
        wanted = [{"recipient": f"u{n}@gmail.com", "campaign": "may"} for n in range(100)]
        sends = server.ask("POST", "/v1/sends", {"sends": wanted})["sends"]
        told = set()
        back = 0
        for most, level in LIMITS:
            with smtplib.LMTP("127.0.0.1", server.ports["lmtp"]) as door:
                for send in sends[back:most]:
                    to, said = send["return_address"], SOFT if back % 3 == 2 else HARD
                    notice = report(to, send["recipient"], said)
                    for _ in range(2):  # the same notice again is no other bounce
                        door.sendmail("", to, notice)
                    back += 1
            row = rated(server, most)
            assert (row["bounces"], row["attempts"], row["basis"]) == (most, 100, "sent")
            assert row["rate"] == most / 100
            assert row["level"] == level
            told.add(row["told"].partition("bounced. ")[2])
        assert len(told) == len(LIMITS)  # each says in words of its own what happens if one goes on
        assert "paus" in row["told"]

        expected = {"hard": 10, "soft": 5, "block": 0}
        assert rows(server, "campaign")["may"]["types"] == expected
        server.stop()
        server.start()
        (total,) = rows(server, "total").values()
        days = rows(server, "day").values()  # two, about midnight
        assert total["types"] == expected
        assert sum(day["bounces"] for day in days) == 15
        german = in_german(server)
        assert "15,0" in german
        assert "verliert die Domain für Monate ihren Ruf" in german


def test_the_command_counts_each_filter_of_the_overview_under_the_others(tmp_path: Path) -> None:
    with Server(tmp_path).running() as server:
        where = {"RETOUR_URL": f"http://127.0.0.1:{server.ports['api']}", "RETOUR_KEY": server.key}
        result = CliRunner().invoke(app, ["counts"], env=where)
        assert "0 bounced addresses\nStatus: -\n" in result.output
        domains = ("gmail.com", "b.example", "gmail.com")
        sends = [{"recipient": f"a{n}@{domain}", "campaign": "May"} for n, domain in enumerate(domains)]
        for made in server.ask("POST", "/v1/sends", {"sends": sends})["sends"]:
            with smtplib.LMTP("127.0.0.1", server.ports["lmtp"]) as door:
                to, recipient = made["return_address"], made["recipient"]
                door.sendmail("", to, report(to, recipient, HARD))
        eventually(lambda: server.ask("GET", "/v1/counts")["addresses"] == 3, "bounces", server.story)

        def said(*asked: str, status: int = 0) -> str:
            result = CliRunner().invoke(app, ["counts", *asked], env=where)
            assert result.exit_code == status, result.output
            return result.output

        assert said("--provider", "gmail").splitlines() == [
            "2 bounced addresses", "Status: invalid 2", "State: invalid 2", "Bounce type: hard 2",
            "Reason: address_unknown 2", "Mail kind: mailing 2", "Provider: gmail 2, other 1",
        ]  # fmt: skip
        assert "3 Adressen mit Bounces" in said("--status", "invalid", "--lang", "de")
        assert "0 bounced addresses" in said("--type", "soft", "--campaign", "May")
        assert said("--campaigns") == "May: 3 addresses\n"
        assert "leave out --type" in said("--campaigns", "--type", "hard", status=2)
        assert "provider" in said("--provider", "nobody", status=2)
