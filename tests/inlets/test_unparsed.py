"""From a mail that nobody understood to a rule that is used: the commands, on a real data directory."""

import fcntl
import json
import re
import time
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from retour import keyfile
from retour.cli import app
from retour.datadir import LOCK
from retour.instants import DAY
from retour.lifecycle import preset
from retour.model import Arrival, Event, EventKind, MailKind, Proof, Send, Standing, State, StateName
from retour.ports import Account, Outcome, Store
from retour.return_address import make
from retour.stores import sqlite

DOMAIN = "return.example"
PEOPLE = [f"{name}@nest.example" for name in ("ann", "bob", "cem", "dan")]
STRANGE = """From: Robot <robot@nest.example>
To: <{token}>
Subject: About your letter {n}

Dear friend,

the inhabitant {who} has flown the nest on Mon, {n} Nov 2026 10:0{n}:00 +0100.
Reference: {n}af{n}-{n}
"""
ODD = """From: MAILER-DAEMON@nest.example
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary=x

--x

sorry
--x
Content-Type: message/delivery-status

Reporting-MTA: dns; nest.example

Final-Recipient: rfc822; {who}
Action: failed
Status: 5.0.0
Diagnostic-Code: smtp; 554 5.0.0 purple monkey dishwasher {who} id {n}711

--x--
"""


def now() -> int:
    return time.time_ns() // 1000


@dataclass
class House:
    """A data directory with an account, a send to each of the people, and rules of its own."""

    data: Path
    account: Account
    keys: keyfile.Keys

    def run(self, *arguments: str, fed: bytes = b"", status: int = 0) -> Result:
        ran = CliRunner().invoke(app, [*arguments, "--data", str(self.data)], input=fed)
        assert ran.exit_code == status, ran.output
        return ran

    def lines(self, *arguments: str, status: int = 0) -> list[dict[str, object]]:
        return [
            json.loads(line) for line in self.run(*arguments, "--json", status=status).stdout.splitlines()
        ]

    def address(self, n: int) -> str:
        token = make(self.keys.keyring, self.account.number, DOMAIN, n + 1, MailKind.MAILING, now())
        return f"{token}@{DOMAIN}"

    def came(self, mail: str, n: int, *options: str, status: int = 0) -> Result:
        """A mail to the return address of the send to the nth of the people."""
        to = self.address(n)
        raw = mail.format(token=to, who=PEOPLE[n], n=n + 1).encode()
        return self.run("ingest", "--rcpt", to, "--from", "", *options, "-", fed=raw, status=status)

    def store(self) -> Store:
        return sqlite.open_store(self.data / sqlite.STORE, self.keys.pepper)

    def state(self, n: int) -> State:
        store = self.store()
        try:
            return store.ledger.state("acme", PEOPLE[n], now())
        finally:
            store.close()

    def counts(self) -> dict[Outcome, int]:
        inbox = sqlite.open_inbox(self.data / sqlite.INBOX)
        try:
            return {outcome: count for outcome, count in inbox.counts().items() if count}
        finally:
            inbox.close()

    def content(self) -> dict[str, str]:
        """Every row there is, by table."""
        return {
            file: sha256("\n".join(_dump(self.data / file)).encode()).hexdigest()
            for file in (sqlite.STORE, sqlite.INBOX)
        }


def _dump(file: Path) -> list[str]:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(file)) as db:
        return list(db.iterdump())


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "data"
    data.mkdir()
    keys = keyfile.load_or_create(data / keyfile.NAME)
    store = sqlite.open_store(data / sqlite.STORE, keys.pepper)
    account = store.accounts.add_account("acme", DOMAIN, preset("default"), now() - DAY)
    store.sends.add([Send(n + 1, "acme", who, MailKind.MAILING, now() - DAY) for n, who in enumerate(PEOPLE)])
    store.close()
    sqlite.open_inbox(data / sqlite.INBOX).close()
    return House(data, account, keys)


@pytest.fixture
def mine(house: House) -> Path:
    """A rule made out of a stub, whose reason a person filled in."""
    for n in range(3):
        house.came(STRANGE, n)
    house.came("From: ann@nest.example\nSubject: lunch\n\nShall we have lunch?\n", 3)
    group = house.lines("unparsed", "list")[0]
    stub = house.run("unparsed", "stub", str(group["id"])).stdout
    file = house.data / "mine.toml"
    file.write_text(stub.replace('"undetermined"', '"address_unknown"', 1), "utf-8")
    return file


# --- groups and stubs --------------------------------------------------------------------------------------


def test_what_was_not_understood_is_grouped_and_shown(house: House, mine: Path) -> None:
    first, second = house.lines("unparsed", "list")
    assert (first["count"], second["count"]) == (3, 1)
    assert first["shape"] == "dear friend the inhabitant @ has flown the nest on # reference #"
    assert len(first["examples"]) == 3
    listed = house.run("unparsed", "list").stdout.splitlines()
    assert listed[0].split()[:2] == [first["id"], "3"]
    shown = house.run("unparsed", "show", str(first["id"]), "--lang", "de").stdout
    assert "has flown the nest on Mon, 3 Nov" in shown
    assert "zuletzt" in shown
    assert house.lines("unparsed", "list", "--last", "1")[0]["count"] == 1
    assert "no group" in house.run("unparsed", "show", "nope", status=2).stderr


def test_nothing_to_group_is_told(house: House) -> None:
    assert house.run("unparsed", "list").stderr == "Nothing waits for a rule.\n"


@pytest.mark.parametrize("lang", ["en", "de"])
@pytest.mark.parametrize("of", [[], ["--undetermined"]], ids=["unparsed", "undetermined"])
def test_a_stub_passes_the_linter_and_declares_nothing(house: House, lang: str, of: list[str]) -> None:
    house.came(ODD if of else STRANGE, 0)
    (group,) = house.lines("unparsed", "list", *of)
    stub = house.run("unparsed", "stub", str(group["id"]), *of, "--lang", lang).stdout
    (house.data / "stub.toml").write_text(stub, "utf-8")
    assert 'reason = "undetermined"' in stub
    assert ("unparsed = true" in stub) == (not of)
    assert "retour rules lint" in stub
    lint = CliRunner().invoke(app, ["rules", "lint", str(house.data / "stub.toml")])
    assert (lint.exit_code, lint.output) == (0, "no faults\n")
    assert house.run("rules", "try", str(house.data / "stub.toml")).exit_code == 0


def test_bounces_without_a_cause_are_grouped_as_well(house: House) -> None:
    for n in range(3):
        house.came(ODD, n)
    (group,) = house.lines("unparsed", "list", "--undetermined")
    assert group["count"] == 3
    assert str(group["shape"]).endswith("purple monkey dishwasher @ id #")


def test_a_group_without_words_has_no_stub(house: House) -> None:
    house.came("From: robot@nest.example\n\n12345 678\n", 0)
    (group,) = house.lines("unparsed", "list")
    assert "no words" in house.run("unparsed", "stub", str(group["id"]), status=1).stderr


# --- tried before it is used -------------------------------------------------------------------------------


def test_a_rule_is_tried_on_the_queue_and_changes_nothing(house: House, mine: Path) -> None:
    before = house.content()
    *addresses, change, summary = house.lines("rules", "try", str(mine), status=3)
    assert [each["address"] for each in addresses] == PEOPLE[2::-1]
    assert all(each["newly_dead"] and each["after"] == "stop" for each in addresses)
    assert (change["before"], change["after"], change["count"]) == ("unparsed", "address_unknown", 3)
    assert (summary["unparsed"], summary["understood"], summary["stopped"]) == (4, 3, 3)
    assert (summary["newly_dead"], summary["newly_dead_living"]) == (3, 0)
    assert house.content() == before
    told = house.run("rules", "try", str(mine), "--confirm").stdout
    assert "would be stopped: ann@nest.example (acme)" in told
    assert "3 × unparsed → address_unknown" in told
    assert "neu gestoppt: 3" in house.run("rules", "try", str(mine), "--confirm", "--lang", "de").stdout


def test_a_rule_is_tried_on_stored_evidence(house: House) -> None:
    for n in range(3):
        house.came(ODD, n)
    file = house.data / "mine.toml"
    file.write_text(RULE.format(reason="mailbox_disabled"), "utf-8")
    *addresses, change, summary = house.lines("rules", "try", str(file), status=3)
    assert {each["address"] for each in addresses} == set(PEOPLE[:3])
    assert (change["before"], change["after"], change["rule"]) == (
        "undetermined",
        "mailbox_disabled",
        "acme.odd",
    )
    assert len(change["samples"]) == 3
    assert (summary["reports"], summary["changed"], summary["newly_dead"]) == (3, 3, 3)
    file.write_text(RULE.format(reason="rate_limited"), "utf-8")
    assert house.lines("rules", "try", str(file))[-1]["newly_dead"] == 0


RULE = """[[rule]]
id = "acme.odd"
reason = "{reason}"
source = "asked their postmaster"
phrases = ["purple monkey"]
samples = ["554 5.0.0 purple monkey dishwasher"]
"""


def test_a_sign_of_life_is_told(house: House) -> None:
    house.came(ODD, 0)
    store = house.store()
    delivered = Event(
        bytes(16),
        EventKind.DELIVERED,
        now(),
        send=1,
        standing=Standing.PROVEN,
        account="acme",
        address=PEOPLE[0],
    )
    store.ledger.record([delivered], now())
    store.close()
    file = house.data / "mine.toml"
    file.write_text(RULE.format(reason="mailbox_disabled"), "utf-8")
    assert house.lines("rules", "try", str(file), status=3)[-1]["newly_dead_living"] == 1
    assert "1 gave a sign of life" in house.run("rules", "try", str(file), status=3).stdout


def test_a_rule_that_is_in_use_is_tried_in_its_new_form(house: House) -> None:
    """The file of the settings: who is stopped by it comes back under its new version."""
    file = house.data / "mine.toml"
    file.write_text(RULE.format(reason="mailbox_disabled"), "utf-8")
    (house.data.parent / "retour.toml").write_text(f'[rules]\nfiles = ["{file}"]\n', "utf-8")
    house.came(ODD, 0)
    assert house.state(0).state is StateName.INVALID
    assert house.lines("rules", "try", str(file))[-1]["changed"] == 0
    file.write_text(RULE.format(reason="rate_limited"), "utf-8")
    affected, change, summary = house.lines("rules", "try", str(file))
    assert (affected["address"], affected["before"], affected["after"]) == (PEOPLE[0], "stop", "send")
    assert (change["before"], change["after"]) == ("mailbox_disabled", "rate_limited")
    assert summary["back"] == 1
    file.write_text(RULE.format(reason="rate_limited").replace("purple monkey", "green ape"), "utf-8")
    assert house.lines("rules", "try", str(file))[-1]["back"] == 1


def test_rules_at_fault_are_not_tried(house: House) -> None:
    file = house.data / "mine.toml"
    file.write_text(RULE.format(reason="gone"), "utf-8")
    assert "reason cannot be gone" in house.run("rules", "try", str(file), status=1).stderr


def test_a_data_directory_that_is_not_there_is_told_and_not_made(house: House, tmp_path: Path) -> None:
    file = house.data / "mine.toml"
    file.write_text(RULE.format(reason="refused"), "utf-8")
    for command in (["rules", "try", str(file)], ["unparsed", "list"], ["unparsed", "retry"]):
        ran = CliRunner().invoke(app, [*command, "--data", str(tmp_path / "none")])
        assert ran.exit_code == 1
        assert str(tmp_path / "none") in ran.stderr.replace("\n", "")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(("lang", "words"), [("en", "nothing of Retour"), ("de", "nichts von Retour")])
def test_any_other_directory_is_none(house: House, tmp_path: Path, lang: str, words: str) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for command in (["unparsed", "list"], ["unparsed", "retry"]):
        ran = CliRunner().invoke(app, [*command, "--lang", lang, "--data", str(other)])
        assert ran.exit_code == 1
        assert words in ran.stderr
    assert not list(other.iterdir())


# --- used --------------------------------------------------------------------------------------------------


def test_the_queue_is_judged_again_under_a_new_rule(house: House, mine: Path) -> None:
    assert house.counts() == {Outcome.UNPARSED: 4}
    assert "0 are understood now, 4 are not" in house.run("unparsed", "retry").stdout
    assert house.state(0).state is StateName.VALID
    told = house.run("unparsed", "retry", "--rules", str(mine)).stdout
    assert "3 are understood now, 1 are not" in told
    assert house.counts() == {Outcome.UNPARSED: 1, Outcome.JUDGED: 3}
    assert [house.state(n).state for n in range(4)] == [StateName.INVALID] * 3 + [StateName.VALID]
    assert house.state(0).hard == 1
    house.run("unparsed", "retry", "--rules", str(mine))
    house.came(STRANGE, 0, "--rules", str(mine))  # the same mail once more: known
    assert house.state(0).hard == 1


@pytest.mark.parametrize(("lang", "before"), [("en", "that came late"), ("de", "verspätete")])
def test_a_post_that_came_late_is_told_and_counted_on_purpose_alone(
    house: House, lang: str, before: str
) -> None:
    told = {"payload": {"message": {"id": 1, "to": PEOPLE[0]}}, "event": "MessageSent", "uuid": "1"}
    raw = json.dumps(told).encode()
    post = Arrival(
        *(b"p" * 16, "webhooks.shop", now() - 30 * DAY, raw, len(raw)),
        form="postal",
        account="acme",
        defects=("late",),
        proof=Proof.TRUSTED,
    )
    with closing(sqlite.open_inbox(house.data / sqlite.INBOX)) as inbox:
        inbox.put([post])
        inbox.settle({post.id: Outcome.UNPARSED}, now())
    assert "0 are understood now, 1 are not" in house.run("unparsed", "retry").stdout
    (group,) = house.lines("unparsed", "list")
    assert str(group["shape"]).startswith("late ")
    assert f"1 {before}" in house.run("unparsed", "retry", "--late", "--lang", lang).stdout
    assert house.counts() == {Outcome.JUDGED: 1}
    assert f"0 {before}" in house.run("unparsed", "retry", "--late", "--lang", lang).stdout


def test_new_mail_is_read_by_the_rules_of_the_settings(house: House, mine: Path) -> None:
    (house.data.parent / "retour.toml").write_text(f'[rules]\nfiles = ["{mine}"]\n', "utf-8")
    told = house.came(STRANGE, 3).stdout
    assert "bounce address_unknown dan@nest.example (acme): now invalid" in re.sub(r"\s+", " ", told)


def test_mail_is_kept_where_rules_are_at_fault(house: House, mine: Path) -> None:
    """In a pipe of an MTA another status than 0 or 75 would be a lost bounce."""
    mine.write_text("[[rule]]\n", "utf-8")
    ran = house.came(STRANGE, 3, "--rules", str(mine))
    assert "is missing" in ran.stderr
    assert "judged later" in ran.stdout
    assert house.counts() == {Outcome.UNPARSED: 4, Outcome.WAITING: 1}
    (house.data.parent / "retour.toml").write_text("rules = 3\n", "utf-8")
    assert "judged later" in house.came(ODD, 3).stdout


def test_beside_a_running_server_one_looks_and_leaves_the_judging_to_it(house: House, mine: Path) -> None:
    with (house.data / LOCK).open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert house.lines("unparsed", "list")[0]["count"] == 3
        assert house.lines("rules", "try", str(mine), status=3)[-1]["stopped"] == 3
        assert "4 wait to be judged by the running server" in house.run("unparsed", "retry").stdout
    assert house.counts() == {Outcome.WAITING: 4}


@pytest.mark.parametrize("mapping", ["right", "wrong", "none"])
def test_a_generic_post_waits_for_somebody_who_knows_its_mapping(
    house: House, tmp_path: Path, mapping: str
) -> None:
    raw = json.dumps({"what": "gone", "who": PEOPLE[0], "why": "550 5.1.1 user unknown"}).encode()
    post = Arrival(b"p" * 16, "webhooks.halon", now(), raw, len(raw), form="generic", account="acme")
    with closing(sqlite.open_inbox(house.data / sqlite.INBOX)) as inbox:
        inbox.put([replace(post, proof=Proof.TRUSTED)])
        inbox.settle({post.id: Outcome.UNPARSED}, now())
    assert "0 are understood" in house.run("unparsed", "retry").stdout
    fields = '[fields]\nkind = "what"\nrecipient = "who"\ndiagnostic = "why"\n[kinds]\ngone = "bounce"\n'
    (tmp_path / "halon.toml").write_text(fields if mapping == "right" else "[fields")
    source = f'provider = "generic"\nmapping = "{tmp_path / "halon.toml"}"\n'
    settings = tmp_path / "retour.toml"
    settings.write_text(f"[webhooks.sources.halon]\n{source}" if mapping != "none" else "")
    told = house.run("unparsed", "retry", "--config", str(settings)).stdout
    assert ("1 are understood" in told) == (mapping == "right")
    assert (house.state(0).state is StateName.INVALID) == (mapping == "right")
