"""Signs of life over the API and the command line: taken, counted once, shown beside the bounce."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from outlets.conftest import Installation
from retour.cli import app
from retour.instants import DAY, HOUR, MINUTE, text
from retour.ports import Sign
from story.server import Server

ANN, BOB = "ann@b.example", "bob@b.example"


def tell(retour: Installation, *signs: dict[str, Any], status: int = 200, **more: Any) -> Any:
    answer = retour.ask("POST", "/v1/engagements", json={"engagements": list(signs)}, **more)
    assert answer.status_code == status, answer.text
    return answer.json()


def latest(retour: Installation, address: str = ANN) -> Any:
    return retour.store.engagements.latest("demo", [address]).get(address, {})


def test_a_sign_after_the_bounce_stands_beside_it_and_changes_no_state(retour: Installation) -> None:
    now = retour.clock.now()
    tell(retour, {"kind": "open", "address": ANN, "at": text(now - DAY)})
    retour.bounce(ANN)
    before = retour.ask("GET", f"/v1/addresses/{ANN}").json()
    retour.clock.instant += HOUR
    tell(retour, {"kind": "login", "address": "ann@B.Example"})
    after = retour.ask("GET", f"/v1/addresses/{ANN}").json()
    assert before["engagements"] == [{"kind": "open", "at": text(now - DAY), "after_bounce": False}]
    assert after["engagements"] == [
        {"kind": "login", "at": text(now + HOUR), "after_bounce": True},
        *before["engagements"],
    ]
    assert (after["state"], after["decisions"]) == (before["state"], before["decisions"])
    assert after["state"]["state"] == "invalid"


def test_one_a_list_or_a_batch(retour: Installation) -> None:
    one = retour.ask("POST", "/v1/engagements", json={"kind": "open", "address": ANN})
    assert (one.status_code, one.json()) == (200, {"account": "demo", "taken": 1, "wrong": []})
    many = retour.ask("POST", "/v1/engagements", json=[{"kind": "click", "address": ANN}])
    assert many.json()["taken"] == 1
    assert set(latest(retour)) == {Sign.OPEN, Sign.CLICK}


def test_a_send_names_its_recipient_and_campaign(retour: Installation) -> None:
    body = {"recipient": "ann@B.example", "campaign": "May news"}
    send = retour.ask("POST", "/v1/sends", json=body).json()["send"]
    assert tell(retour, {"kind": "click", "send": send})["taken"] == 1
    assert set(latest(retour)) == {Sign.CLICK}
    (row,) = retour.ask("GET", "/v1/tallies").json()["tallies"]
    assert (row["kind"], row["domain"], row["campaign"], row["times"]) == (
        "clicked",
        "b.example",
        "May news",
        1,
    )


def test_what_is_told_again_counts_once(retour: Installation) -> None:
    at = text(retour.clock.now() - MINUTE)
    for _ in range(3):
        tell(retour, {"kind": "open", "address": ANN, "at": at}, {"kind": "reply", "address": ANN, "at": at})
    rows = retour.ask("GET", "/v1/tallies").json()["tallies"]
    assert {row["kind"]: row["times"] for row in rows} == {"opened": 1, "replied": 1}


def test_what_is_old_is_a_sign_and_no_longer_counted(retour: Installation) -> None:
    at = retour.clock.now() - 30 * DAY
    tell(retour, {"kind": "open", "address": ANN, "at": text(at)})
    assert latest(retour) == {Sign.OPEN: at}
    since = text(retour.clock.now() - 60 * DAY)
    assert retour.ask("GET", "/v1/tallies", params={"since": since}).json()["tallies"] == []


@pytest.mark.parametrize(
    ("sign", "field", "words"),
    [
        ({}, "address", "neither an address nor a send"),
        ({"address": "ann"}, "address", "no mail address"),
        ({"send": "17"}, "send", "no send of this id"),
        ({"send": "9" * 19}, "send", "no send of this id"),
        ({"send": "x"}, "send", "no send of this id"),
        ({"address": ANN, "at": "2124-01-01T00:00:00Z"}, "at", "future"),
        ({"address": ANN, "at": "1999-01-01T00:00:00Z"}, "at", "400 days"),
    ],
)
def test_what_is_wrong_is_told_and_the_others_are_taken(
    retour: Installation, sign: dict[str, Any], field: str, words: str
) -> None:
    answer = tell(retour, {"kind": "open", "address": BOB}, {"kind": "open", **sign})
    assert (answer["taken"], [each["place"] for each in answer["wrong"]]) == (1, [1])
    assert answer["wrong"][0]["field"] == field
    assert words in answer["wrong"][0]["fault"]
    assert answer["wrong"][0]["remedy"]
    assert set(latest(retour, BOB)) == {Sign.OPEN}
    alone = retour.ask("POST", "/v1/engagements", json={"kind": "open", **sign})
    assert (alone.status_code, alone.json()["field"]) == (422, field)


def test_a_send_to_another_address_or_of_another_account_is_no_sign(retour: Installation) -> None:
    own = retour.ask("POST", "/v1/sends", json={"recipient": ANN}).json()["send"]
    others = retour.ask("POST", "/v1/sends", "other-member", json={"recipient": ANN}).json()["send"]
    answer = tell(retour, {"kind": "open", "send": own, "address": BOB}, {"kind": "open", "send": others})
    assert [each["fault"].split()[0] for each in answer["wrong"]] == ["the", "there"]
    assert (latest(retour), latest(retour, BOB)) == ({}, {})


@pytest.mark.parametrize(
    ("sign", "field"),
    [
        ({"kind": "yawn", "address": ANN}, "engagements.0.kind"),
        ({"kind": "open", "address": ANN, "at": "yesterday"}, "engagements.0.at"),
        ({"kind": "open", "address": ANN, "mood": "good"}, "engagements.0.mood"),
        ({"kind": "open", "address": ANN, "account": "other"}, "account"),
    ],
)
def test_what_is_not_understood_refuses_the_call(
    retour: Installation, sign: dict[str, Any], field: str
) -> None:
    answer = tell(retour, sign, status=404 if field == "account" else 422)
    assert answer["field"] == field
    assert answer["remedy"]
    assert latest(retour) == {}


def test_too_many_and_two_accounts_are_refused(retour: Installation) -> None:
    signs = [{"kind": "open", "address": ANN}] * 10_001
    assert tell(retour, *signs, status=422)["type"] == "/problems/too_many"
    both = [{"kind": "open", "address": ANN, "account": name} for name in ("demo", "other")]
    assert tell(retour, *both, status=422)["field"] == "account"


def test_a_file_of_signs_by_the_command(tmp_path: Path) -> None:
    file = tmp_path / "signs.csv"
    file.write_text(
        "address,kind,at\nann@b.example,open,\nann@b.example,Login,\nbob,open,\nann@b.example,nod,\n"
    )
    with Server(tmp_path).running() as server:
        where = {"RETOUR_URL": f"http://127.0.0.1:{server.ports['api']}", "RETOUR_KEY": server.key}
        result = CliRunner().invoke(app, ["engagements", str(file)], env=where)
        assert result.exit_code == 1, result.output
        assert "2 signs were taken, 2 were not" in result.output
        assert f"{file}:4: it is no mail address" in result.output
        assert f"{file}:5: nod is no kind of sign" in result.output
        sheet = tmp_path / "sheet.csv"  # as a spreadsheet writes it where the comma stands in numbers
        sheet.write_text("Address; Kind\nann@b.example;reply\n", "utf-8-sig")
        of_sheet = CliRunner().invoke(app, ["engagements", str(sheet)], env=where)
        assert of_sheet.exit_code == 0, of_sheet.output
        sheet.write_text(f"address,kind,at\n{ANN},click,2026-11-20 09:00\n{ANN},click,\n{ANN},click,now\n")
        timed = CliRunner().invoke(app, ["engagements", str(sheet)], env=where)
        assert (timed.exit_code, "1 signs were taken, 2 were not" in timed.output) == (1, True), timed.output
        assert f"{sheet}:2: 2026-11-20 09:00 is no time with a zone" in timed.output
        missing = CliRunner().invoke(app, ["engagements", str(tmp_path / "none"), "--lang", "de"], env=where)
        assert (missing.exit_code, "kann nicht gelesen werden" in missing.output) == (2, True)
        (tmp_path / "bare.csv").write_text("mail\nann@b.example\n")
        bare = CliRunner().invoke(app, ["engagements", str(tmp_path / "bare.csv")], env=where)
        assert (bare.exit_code, "has no column address" in bare.output) == (2, True)
        registered = CliRunner().invoke(app, ["address", "ann@b.example"], env=where)
        assert "ann@b.example is valid" in registered.output
