"""Whoever is erased stands nowhere any more: no table, no file, no page that was written before."""

import base64
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from outlets.conftest import KEYRING, Installation
from outlets.test_segments import Told, told
from retour.chain import Line, verify
from retour.flow.incident_acts import opening
from retour.flow.intake import take_in
from retour.flow.jobs import Course, EndingError
from retour.flow.judge import judge
from retour.flow.outbox import Message
from retour.flow.own_rules import RuleFile
from retour.flow.questions import roll
from retour.identity import arrival_id
from retour.model import Arrival, MailKind, Proof, Reason, StateName
from retour.ports import Outcome
from retour.ports.incidents import Incident
from retour.stores.rules_desk import readable

__all__ = ["told"]

ANN = "ann.lee@b.example"
TRACES = [
    b"ann.lee",
    b"ann=2elee",
    base64.b64encode(b"unknown user ann.lee@b.example")[4:-4],
    json.dumps("Ann.Lee@B.Example").lower()[1:-1].encode(),
]
MAIL = """\
From: MAILER-DAEMON@mx.example\r
To: bounces@demo.return.test\r
Subject: Undelivered\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary="B"\r
\r
--B\r
Content-Type: text/plain\r
Content-Transfer-Encoding: base64\r
\r
{words}\r
--B\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example\r
\r
Final-Recipient: rfc822; {to}\r
Action: failed\r
Status: 5.1.1\r
Diagnostic-Code: smtp; 550 5.1.1 <{to}> no such user\r
\r
--B--\r
"""


def arrival(
    retour: Installation, raw: bytes, account: str | None = "demo", inlet: str = "bounces"
) -> Arrival:
    id = arrival_id(inlet, raw, None)
    return Arrival(
        id, inlet, retour.clock.now(), raw, len(raw), "", "x@demo.return.test", Proof.TRUSTED, account
    )


def taken(retour: Installation, raw: bytes, account: str | None = "demo") -> Outcome:
    """What became of a mail."""
    now, to = retour.clock.now(), "ann.lee=b.example@demo.return.test"
    id = arrival_id("bounces", raw, None)
    came = Arrival(id, "bounces", now, raw, len(raw), "", to, Proof.TRUSTED, account)
    retour.kept.put([came])
    done = take_in([came], retour.store, KEYRING, judge, retour.clock.now())
    retour.bus.publish(done.changes)
    retour.kept.settle(done.outcomes, retour.clock.now())
    return done.outcomes[came.id]


def everywhere(told: Told) -> None:
    """Ann, in every place that can hold her."""
    retour = told.retour
    words = base64.encodebytes(b"unknown user ann.lee@b.example\n" * 5).decode()
    assert taken(retour, MAIL.format(to="Ann.Lee@b.example", words=words).encode()) is Outcome.JUDGED
    assert taken(retour, b"Subject: ??\r\n\r\nwhat about ann=2Elee=40b.example then\r\n") is Outcome.UNPARSED
    told.bounce("ann.lee@b.example", said="550 5.1.1 <ann.lee@b.example> unknown")
    told.bounce("bob@b.example", said="550 5.1.1 <bob@b.example> forwards to ann.lee@b.example")
    roll(retour.store.segments)
    person = {"address": ANN, "name": "Ann Lee", "attributes": {"mail": "Ann.Lee@b.example"}}
    made = retour.ask("POST", "/v1/contact-lists", "demo-manager", json={"name": "hers"}).json()
    retour.ask("POST", "/v1/contacts", "demo-manager", json={"contacts": [person], "list": made["id"]})
    sign = {"kind": "open", "address": ANN, "at": "2024-10-03T00:00:00Z"}
    assert retour.ask("POST", "/v1/engagements", "demo-manager", json=sign).is_success
    listed = b"address,note\nann.lee@b.example,asked to stop\n"
    format_ = {"format": "csv"}
    retour.ask("POST", "/v1/suppressions/import", "demo-manager", params=format_, content=listed)
    asked = {"addresses": [ANN], "done": "wrote to ann.lee@b.example"}
    retour.ask("POST", "/v1/requests", json=asked, headers={"Idempotency-Key": "one"})
    slip = {"old": ANN, "new": "annlee@b.example", "reason": "ann.lee@b.example told us by phone"}
    retour.ask("POST", "/v1/corrections", "demo-manager", json=slip)
    stop = {"addresses": [ANN], "reason": "she asked", "account": "demo"}
    retour.ask("POST", "/v1/stops", "staff", json=stop, headers={"Idempotency-Key": "two"})
    now = retour.clock.now()
    retour.desk.outbox.put([Message("hook:x", "m1", "demo", "address.stopped", json.dumps({"a": ANN}), now)])
    retour.have_people()
    for name, query in (
        ("hers", "search=Ann.Lee%40b.example"),
        ("ann.lee@b.example", ""),
        ("all", "type=hard"),
    ):
        view = {"name": name, "query": query}
        assert retour.ask("POST", "/v1/views", "demo-manager", json=view).is_success
    wave = {"act": "restore", "filter": {"domain": "b.example"}, "reason": "a wave", "account": "demo"}
    retour.ask("POST", "/v1/waves", "staff", json=wave)
    retour.do_jobs()


def where(retour: Installation) -> list[str]:
    """Every table, and every file, that holds a trace."""
    found = []
    for path in sorted(Path(retour.directory_of_data.name).iterdir()):
        content = path.read_bytes().lower()
        found += [f"{path.name}: {trace!r}" for trace in TRACES if trace.lower() in content]
        if path.suffix == ".sqlite3":
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
                names = [
                    name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
                ]
                for name in names:
                    rows = repr(db.execute(f'SELECT * FROM "{name}"').fetchall()).lower()
                    found += [f"{path.name}.{name}" for trace in ("ann.lee", "ann=2elee") if trace in rows]
    return found


def erased(retour: Installation, method: str = "POST", account: str = "demo", address: str = ANN) -> Any:
    key = f"{account}-manager"
    if method == "DELETE":
        answer = retour.ask("DELETE", f"/v1/contacts/{address}", key)
    else:
        body = {"address": address, "reason": "asked by letter"}
        answer = retour.ask("POST", "/v1/erasures", key, json=body, headers={"Idempotency-Key": "three"})
    assert answer.status_code == 202, answer.text
    assert address not in answer.text
    retour.do_jobs()
    job = retour.ask("GET", f"/v1/jobs/{answer.json()['id']}", key).json()
    assert job["state"] == "done", job
    return job["result"]


def check(retour: Installation, address: str = ANN) -> str:
    decision: str = retour.ask("GET", "/v1/check", params={"address": address}).json()["decision"]
    return decision


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_whoever_is_erased_stands_nowhere(told: Told, method: str) -> None:
    retour = told.retour
    everywhere(told)
    tables = {each.partition(".")[2] for each in where(retour) if ":" not in each}
    expected = {"sqlite3.evidence", "sqlite3.states", "sqlite3.contacts", "sqlite3.request_targets"}
    assert {
        "sqlite3.planned",
        "sqlite3.imported",
        "sqlite3.messages",
        "sqlite3.answers",
        "sqlite3.looking_view",
        *expected,
    } <= tables
    assert check(retour) == "stop"

    assert erased(retour, method) == {"kept_stopped": True}
    assert where(retour) == []
    assert [each["name"] for each in retour.ask("GET", "/v1/views").json()["views"]] == ["all"]
    assert check(retour) == "stop"
    assert check(retour, "bob@b.example") == "stop"
    ann = retour.ask("GET", f"/v1/addresses/{ANN}").json()
    assert (ann["erased"], ann["state"]["state"]) == (True, "invalid")
    assert [event["evidence"] for event in ann["events"] if event["evidence"]] == []
    bob = retour.ask("GET", "/v1/addresses/bob@b.example").json()
    assert bob["erased"] is False
    report = bob["events"][0]["evidence"]["report"]
    assert report["diagnostic"] == "550 5.1.1 <bob@b.example> forwards to ***"


def test_a_list_that_comes_again_does_not_mail_whoever_is_erased(told: Told) -> None:
    """E33: the keyed hash keeps a re-import from mailing it."""
    retour = told.retour
    everywhere(told)
    erased(retour, "DELETE")
    body = {"contacts": [{"address": ANN}, {"address": "new@b.example"}]}
    again = retour.ask("POST", "/v1/contacts", "demo-manager", json=body).json()
    assert (again["new"], again["stopped"]) == (2, 1)
    assert check(retour) == "stop"
    retour.table = type(retour.table)(b"pepper")  # a gate that starts anew
    retour.directory = type(retour.directory)(retour.store.accounts, retour.table)
    retour.directory.refresh(retour.clock.now())
    retour.table.apply(retour.store.ledger.standing(retour.clock.now()))
    now = retour.clock.now()
    assert retour.table.decision("demo", ANN, MailKind.MAILING, now).answer == "stop"
    assert retour.table.decision("demo", "new@b.example", MailKind.MAILING, now).answer == "send"


def test_support_can_still_give_it_back(told: Told) -> None:
    retour = told.retour
    told.bounce(ANN)
    erased(retour)
    body = {"addresses": [ANN], "reason": "she came back", "account": "demo"}
    assert retour.ask("POST", "/v1/restores", "staff", json=body).json()["changed"] == 1
    assert check(retour) == "send"


def test_of_whom_nothing_was_held_against_nothing_stays(told: Told) -> None:
    retour = told.retour
    told.bounce(ANN, Reason.MAILBOX_FULL, "4.2.2", "mailbox full")
    assert check(retour) == "send"
    assert erased(retour) == {"kept_stopped": False}
    assert where(retour) == []
    assert retour.ask("GET", f"/v1/addresses/{ANN}").status_code == 404
    with closing(sqlite3.connect(Path(retour.directory_of_data.name) / "retour.sqlite3")) as db:
        assert db.execute("SELECT count(*) FROM states").fetchone() == (0,)


def doubted(told: Told) -> Incident:
    """An incident holds what bounced."""
    retour = told.retour
    now = retour.clock.now()
    incident = Incident("i1", "demo", "b.example", 0, now, 0, "rate", 60, 0.5, 0.01)
    retour.store.incidents.keep(incident)
    retour.bus.publish(retour.store.ledger.record([opening(incident, ANN)], now))
    assert retour.store.ledger.state("demo", ANN, retour.clock.now()).state is StateName.HELD
    assert check(retour) == "hold"
    return incident


def held_by(retour: Installation) -> int:
    answer = retour.ask("GET", "/v1/incidents/i1/preview", "demo-member")
    count: int = answer.json()["count"]
    return count


def test_an_incident_that_held_whoever_is_erased_holds_nobody_and_keeps_nothing(told: Told) -> None:
    retour = told.retour
    told.bounce(ANN)
    doubted(told)
    assert held_by(retour) == 1
    assert erased(retour) == {"kept_stopped": False}
    assert (check(retour), held_by(retour), where(retour)) == ("send", 0, [])
    with closing(sqlite3.connect(Path(retour.directory_of_data.name) / "retour.sqlite3")) as db:
        assert db.execute("SELECT count(*) FROM states").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM events WHERE k <> zeroblob(16)").fetchone() == (0,)


def test_rules_that_name_whoever_is_erased_are_told_and_left_as_they_are(told: Told) -> None:
    """They belong to whoever runs Retour, and a rule that was changed behind their back would misjudge."""
    retour = told.retour
    names = RuleFile("own.toml", 'sample = "550 <Ann.Lee@B.example> is away"')
    retour.rule_files += [RuleFile("other.toml", 'sample = "550 <joann.lee@b.example>"'), names]
    told.bounce(ANN)
    assert erased(retour) == {"kept_stopped": True}
    assert "rules" not in retour.ask("GET", "/v1/jobs", "demo-manager").text
    seen = retour.ask("GET", "/v1/jobs?account=demo", "staff").json()["jobs"][0]
    assert seen["result"] == {"kept_stopped": True, "rules": ["own.toml"]}
    body = {"addresses": [ANN, "bob@b.example"]}
    made = retour.ask("POST", "/v1/contacts/deletions", "demo-manager", json=body).json()["job"]
    retour.do_jobs()
    job = retour.ask("GET", f"/v1/jobs/{made['id']}?account=demo", "staff").json()
    assert job["result"]["rules"] == ["own.toml"]
    retour.rule_files.remove(names)
    assert "rules" not in erased(retour, "DELETE")


def test_all_files_of_rules_are_searched_in_force_or_not(tmp_path: Path) -> None:
    own, folder = tmp_path / "own.toml", tmp_path / "rules"
    folder.mkdir()
    own.write_bytes(b"# \xff ann.lee@b.example\n")
    (folder / "1-a.toml").write_text("in force")
    (folder / "0-b.taken-back").write_text("taken back")
    (folder / "aside.json").write_text("{}")
    found = readable(folder, [own, tmp_path / "gone.toml"])
    assert [file.name for file in found] == ["own.toml", "0-b.taken-back", "1-a.toml"]
    assert "ann.lee@b.example" in found[0].text


def test_whoever_was_stopped_besides_stays_stopped_and_is_held_no_more(told: Told) -> None:
    retour = told.retour
    told.bounce(ANN)
    doubted(told)
    stop = {"addresses": [ANN], "reason": "she asked", "account": "demo"}
    retour.ask("POST", "/v1/stops", "staff", json=stop)
    assert erased(retour) == {"kept_stopped": True}
    assert (check(retour), held_by(retour), where(retour)) == ("stop", 0, [])
    body = {"addresses": [ANN], "reason": "she came back", "account": "demo"}
    assert retour.ask("POST", "/v1/restores", "staff", json=body).json()["changed"] == 1
    assert check(retour) == "send"


def test_the_ledger_holds_together_before_and_after(told: Told) -> None:
    """Point 9: erasing a person keeps the chain valid."""
    retour = told.retour
    everywhere(told)
    erased(retour)
    told.bounce("new@b.example")
    answer = retour.ask("GET", "/v1/ledger/export", params={"format": "jsonl"})
    rows = [json.loads(line) for line in answer.text.splitlines()][::-1]
    lines = [(Line(**{name: row[name] for name in Line._fields}), row["link"]) for row in rows]
    found = verify(lines)
    assert (found.broken, found.whole, found.lines) == (None, True, len(rows))
    assert "ann.lee" not in answer.text
    (line,) = [row for row in rows if row["after"] == "erased, stopped"]
    assert (line["actor"], line["address"], line["who"]) == ("key demo-manager", "", "00" * 16)


def test_lists_and_counts_know_it_no_more(told: Told) -> None:
    retour = told.retour
    everywhere(told)
    before = retour.ask("GET", "/v1/data").json()["count"]
    erased(retour)
    data = retour.ask("GET", "/v1/data").json()
    assert data["count"] == len(data["bounces"]) == before - 2
    assert retour.ask("GET", "/v1/data", params={"domain": "b.example"}).json()["count"] == before - 2
    for path in ("/v1/bounces", "/v1/suppressions", "/v1/contacts", "/v1/ledger"):
        answer = retour.ask("GET", path)
        assert answer.is_success
        assert "ann.lee" not in answer.text
        assert "erased:" not in answer.text
    lives, _ = retour.store.sweep.lives("demo", 100, retour.clock.now())
    places = [life.place for life in lives]
    assert "erased:" in repr(lives)
    assert "erased:" not in repr(retour.store.sweep.names("demo", places))
    settings = {"settings": {"soft_threshold": 1}, "expected": 1}
    assert retour.ask("PUT", "/v1/policy", "demo-manager", json=settings).is_success
    retour.finish_rewriting()
    assert check(retour) == "stop"
    retour.clock.instant += 400 * 86_400_000_000
    assert retour.store.ledger.due(retour.clock.now(), 100) is not None
    assert "erased:" not in retour.ask("GET", "/v1/bounces").text


def test_another_account_keeps_its_own(told: Told) -> None:
    retour = told.retour
    told.bounce(ANN)
    told.bounce(ANN, account="other")
    erased(retour)
    assert retour.ask("GET", f"/v1/addresses/{ANN}", "other-member").json()["events"][0]["evidence"]
    assert erased(retour, account="other") == {"kept_stopped": True}
    assert where(retour) == []


def test_it_is_done_once_however_often_it_is_asked(told: Told) -> None:
    retour = told.retour
    told.bounce(ANN)
    assert erased(retour) == erased(retour, "DELETE") == {"kept_stopped": True}
    assert erased(retour, "DELETE", address="nobody@b.example") == {"kept_stopped": False}
    answer = retour.ask("POST", "/v1/erasures", "demo-manager", json={"address": ANN, "reason": " "})
    assert (answer.status_code, answer.json()["field"]) == (422, "reason")


def test_whose_address_holds_that_of_another_is_erased_as_well(told: Told) -> None:
    retour = told.retour
    both = [ANN, f"x+{ANN.replace('@', '=')}@list.example"]
    for address in both:
        told.bounce(address)
        assert retour.ask("DELETE", f"/v1/contacts/{address}", "demo-manager").status_code == 202
    retour.do_jobs()
    assert retour.ask("GET", "/v1/bounces", "demo-manager").json()["bounces"] == []


def test_the_link_to_an_erased_address_confirms_nothing(told: Told) -> None:
    retour = told.retour
    slip = {"old": "anlee@b.example", "new": ANN, "reason": "by phone"}
    made = retour.ask("POST", "/v1/corrections", "demo-manager", json=slip).json()
    assert check(retour) == "hold"
    erased(retour)
    answer = retour.ask("POST", "/v1/corrections/confirm", json={"token": made["token"]})
    assert (answer.status_code, answer.json()["confirmed"]) == (200, False)
    assert retour.ask("GET", "/v1/corrections").json()["corrections"] == []
    assert where(retour) == []


@pytest.mark.parametrize("steps", range(4))
def test_a_server_that_ends_in_the_midst_goes_on(told: Told, steps: int) -> None:
    retour = told.retour
    everywhere(told)
    body = {"address": ANN, "reason": "asked by letter"}
    asked = retour.ask("POST", "/v1/erasures", "demo-manager", json=body).json()["id"]
    job = retour.desk.jobs.take(retour.clock.now(), ())
    assert job is not None
    left = iter([False] * steps)
    with pytest.raises(EndingError):
        retour.works()["erase"](job, Course(job, retour.desk.jobs, lambda: next(left, True)))
    assert where(retour) != []
    retour.desk.jobs.cancel(asked, retour.clock.now())  # which nothing comes of
    retour.do_jobs()
    done = retour.ask("GET", f"/v1/jobs/{asked}", "demo-manager").json()
    assert (done["state"], done["result"]) == ("done", {"kept_stopped": True})
    assert where(retour) == []
    assert check(retour) == "stop"


def test_many_who_are_deleted_at_once_stand_nowhere_either(told: Told) -> None:
    retour = told.retour
    everywhere(told)
    body = {"addresses": [ANN, "nobody@b.example"]}
    asked = retour.ask("POST", "/v1/contacts/deletions", "demo-manager", json=body)
    assert asked.json()["count"] == 2
    retour.do_jobs()
    job = retour.ask("GET", f"/v1/jobs/{asked.json()['job']['id']}", "demo-manager").json()
    assert job["result"] == {"erased": 2, "kept_stopped": 1}
    assert where(retour) == []
    assert check(retour) == check(retour, "bob@b.example") == "stop"


@pytest.mark.parametrize("many", [False, True])
def test_a_request_that_was_about_whoever_is_erased_is_closed(told: Told, many: bool) -> None:
    """Nobody could decide on it any more; one that is about others as well stays open."""
    retour = told.retour
    for address in (ANN, "bob@b.example", "cid@b.example"):
        told.bounce(address, said="550 5.1.1 unknown")
    for addresses in ([ANN], ["bob@b.example", "cid@b.example"]):
        retour.ask("POST", "/v1/requests", json={"addresses": addresses, "done": "wrote to them"})
    gone = [ANN, "bob@b.example"] if many else [ANN]
    body = {"addresses": gone} if many else {"address": ANN, "reason": "asked by letter"}
    where_to = "/v1/contacts/deletions" if many else "/v1/erasures"
    assert retour.ask("POST", where_to, "demo-manager", json=body).is_success
    retour.do_jobs()
    hers, others = retour.ask("GET", "/v1/requests").json()["requests"]
    assert (hers["status"], hers["addresses"], hers["why"]) == ("withdrawn", [], "erased")
    assert (others["status"], others["why"]) == ("open", None)
    lines = retour.ask("GET", "/v1/ledger", params={"cause": "request"}).json()["lines"]
    assert [line["after"] for line in lines if hers["id"] in line["after"]] == [
        f"withdrawn {hers['id']}",
        f"requested {hers['id']}",
    ]


@pytest.mark.parametrize("path", ["/v1/erasures", "/v1/contacts/deletions"])
def test_one_that_is_cancelled_before_it_began_names_nobody(told: Told, path: str) -> None:
    retour = told.retour
    body = {"address": ANN, "reason": "by mistake"} if path == "/v1/erasures" else {"addresses": [ANN]}
    made = retour.ask("POST", path, "demo-manager", json=body).json()
    id = made.get("id") or made["job"]["id"]
    assert retour.ask("POST", f"/v1/jobs/{id}/cancel", "demo-manager").json()["state"] == "cancelled"
    db = sqlite3.connect(Path(retour.directory_of_data.name) / "desk.sqlite3")
    with closing(db):
        assert db.execute("SELECT count(*) FROM erasures").fetchone() == (0,)
