"""Rates against the limits, in words, and the sends that were avoided (K22-K24)."""

from typing import Any

import pytest
from typer.testing import CliRunner

from outlets.conftest import Installation
from retour.cli import app
from retour.flow.avoided import Avoided
from retour.flow.rates import Figures, Level, percent
from retour.identity import told_id
from retour.instants import DAY, HOUR, SECOND, text
from retour.lifecycle import preset
from retour.model import Event, EventKind, MailKind, Reason, Send
from retour.ports import Passing, Rate, Rated, RateQuery
from retour.stores.memory import new_store
from retour.texts import catalogue
from story.server import Server


def mailed(retour: Installation, sends: int, hard: int = 0, soft: int = 0, **more: Any) -> None:
    """A mailing to gmail.com, of which some bounced."""
    at, campaign = more.get("at", retour.clock.now()), more.get("campaign", "May news")
    first = more.get("first", 1)
    domain = more.get("domain", "gmail.com")
    made = [
        Send(id, "demo", f"a{id}@{domain}", MailKind.MAILING, at, campaign=campaign)
        for id in range(first, first + sends)
    ]
    retour.store.sends.add(made)
    reasons = [Reason.ADDRESS_UNKNOWN] * hard + [Reason.MAILBOX_FULL] * soft
    retour.store.ledger.record(
        [
            Event(
                send.id.to_bytes(16), EventKind.BOUNCE, at, reason, send=send.id, account="demo",
                address=send.recipient,
            )
            for send, reason in zip(made, reasons, strict=False)
        ],
        retour.clock.now(),
    )  # fmt: skip


def rates(retour: Installation, key: str = "demo-member", **query: str) -> Any:
    answer = retour.ask("GET", "/v1/rates", key, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("hard", "level", "words"),
    [
        (0, "good", "Nothing to do"),
        (3, "good", "below 2 %"),
        (4, "watch", "begin to look closely"),
        (10, "high", "Send to proven addresses alone"),
        (20, "stop", "Stop this mailing now"),
    ],
)
def test_the_rate_is_told_with_its_counts_and_what_happens_next(
    retour: Installation, hard: int, level: str, words: str
) -> None:
    mailed(retour, 200, hard)
    (row,) = rates(retour)["rates"]
    assert (row["bounces"], row["attempts"], row["basis"], row["level"]) == (hard, 200, "sent", level)
    assert row["rate"] == row["hard_rate"] == hard / 200
    assert words in row["told"]
    german = retour.ask("GET", "/v1/rates", headers={"Accept-Language": "de"}).json()["rates"][0]["told"]
    assert german == catalogue("rates.de")(
        f"level.{level}", rate=percent(hard / 200, "de"), bounces=hard, attempts=200
    )


def test_by_provider_campaign_and_day(retour: Installation) -> None:
    now = retour.clock.now()
    mailed(retour, 100, 5, 5)
    mailed(retour, 300, 3, first=1000, campaign="June", domain="b.example", at=now - DAY)
    by = {kind: rates(retour, by=kind)["rates"] for kind in ("provider", "campaign", "day")}
    assert [(row["of"], row["bounces"], row["attempts"]) for row in by["provider"]] == [
        ("", 3, 300),
        ("gmail", 10, 100),
    ]
    assert [(row["of"], row["types"]) for row in by["campaign"]] == [
        ("June", {"hard": 3, "soft": 0, "block": 0}),
        ("May news", {"hard": 5, "soft": 5, "block": 0}),
    ]
    assert [(row["of"], row["level"]) for row in by["day"]] == [
        (text(now - DAY)[:10], "good"),
        (text(now)[:10], "stop"),
    ]
    (one,) = rates(retour, by="day", provider="gmail")["rates"]
    assert one["attempts"] == 100
    (june,) = rates(retour, campaign="June")["rates"]
    assert june["attempts"] == 300
    (today,) = rates(retour, since=text(now))["rates"]
    assert today["attempts"] == 100


def test_the_own_norm_is_that_of_the_thirty_days_before(retour: Installation) -> None:
    now = retour.clock.now()
    mailed(retour, 1000, 10, first=5000, at=now - 20 * DAY)
    mailed(retour, 1000, 900, first=9000, at=now - 40 * DAY)
    mailed(retour, 200, 8)
    answer = rates(retour, since=text(now - DAY), by="provider")
    (row,) = answer["rates"]
    assert row["norm"] == {
        "since": text(now - 31 * DAY)[:10],
        "until": text(now - 2 * DAY)[:10],
        "bounces": 10,
        "attempts": 1000,
        "rate": 0.01,
        "hard_rate": 0.01,
    }
    assert "4 times your own norm of 1.0 %" in row["told"]
    (day,) = rates(retour, since=text(now - DAY), by="day")["rates"]
    assert day["norm"] == row["norm"]


def test_without_a_denominator_there_is_no_rate(retour: Installation) -> None:
    retour.bounce("ann@gmail.com")
    (row,) = rates(retour)["rates"]
    assert (row["bounces"], row["attempts"], row["basis"], row["rate"]) == (1, None, None, None)
    assert row["level"] == "unknown"
    told = [
        Passing(told_id("d", str(n)), "demo", retour.clock.now(), "delivered", "gmail.com") for n in range(9)
    ]
    retour.store.tallies.count(told)
    (row,) = rates(retour)["rates"]
    assert (row["attempts"], row["basis"], row["rate"], row["level"]) == (10, "told", 0.1, "few")


def test_nothing_was_counted(retour: Installation) -> None:
    (row,) = rates(retour)["rates"]
    assert (row["bounces"], row["attempts"], row["level"]) == (0, None, "unknown")
    assert rates(retour, by="campaign")["rates"] == []


def test_avoided_sends_of_all_ways_stand_in_one_place(retour: Installation) -> None:
    now = retour.clock.now()
    mailed(retour, 100, 2)
    retour.store.tallies.count([Passing(b"r" * 16, "demo", now, "avoided", "gmail.com")])
    retour.store.rates.add(
        "demo",
        [Rate(now // DAY, "gmail", "", Rated.BY_POLICY, 3), Rate(now // DAY, "", "", Rated.BY_CHECK, 4)],
    )
    answer = rates(retour)
    assert answer["avoided"] == {"relay": 1, "policy": 3, "check": 4, "total": 8}
    assert answer["rates"][0]["without"] == round(10 / 108, 6)
    assert rates(retour, "other-member")["avoided"]["total"] == 0
    by = {row["of"]: row["avoided"]["total"] for row in rates(retour, by="provider")["rates"]}
    assert by == {"gmail": 4, "": 4}


def test_an_address_asked_for_again_within_the_hour_is_one_send_spared() -> None:
    store = new_store()
    store.accounts.add_account("acme", "acme.example", preset("default"), 0)
    avoided, now = Avoided(store.rates), 20_000 * DAY
    for at in (now, now + 59 * 60 * SECOND, now + HOUR):
        avoided.note("acme", ["ann@gmail.com", "bob@b.example"], Rated.BY_CHECK, at)
    avoided.note("acme", ["ann@gmail.com"], Rated.BY_POLICY, now + HOUR)
    avoided.flush(now + HOUR)
    avoided.flush(now + HOUR, at_once=True)
    found = {(row.provider, row.kind): row.times for row in store.rates.of(RateQuery("acme", now, now + DAY))}
    assert found == {
        ("gmail", Rated.BY_CHECK): 2,
        ("", Rated.BY_CHECK): 2,
        ("gmail", Rated.BY_POLICY): 1,
    }


def test_what_could_not_be_written_is_written_the_next_time() -> None:
    store, now = new_store(), 20_000 * DAY
    avoided = Avoided(store.rates)
    avoided.note("acme", ["ann@gmail.com"], Rated.BY_CHECK, now)
    with pytest.raises(KeyError):
        avoided.flush(now, at_once=True)
    store.accounts.add_account("acme", "acme.example", preset("default"), 0)
    avoided.flush(now, at_once=True)
    avoided.flush(now, at_once=True)
    assert [row.times for row in store.rates.of(RateQuery("acme", now, now))] == [1]


def test_a_rate_has_one_decimal_unless_that_would_make_it_reach_a_limit() -> None:
    rates = (0.0, 0.032, 0.0196, 0.02, 0.0499, 0.04996, 0.0996, 0.25)
    assert [percent(rate, "en") for rate in rates] == [
        "0.0 %", "3.2 %", "1.96 %", "2.0 %", "4.99 %", "4.996 %", "9.96 %", "25.0 %",
    ]  # fmt: skip
    assert percent(0.032, "de") == "3,2 %"
    assert percent(None, "de") == "-"


def test_a_level_needs_enough_sends() -> None:
    def level(sent: int, hard: int) -> Level:
        figures = Figures()
        figures.counts[Rated.SENT], figures.counts[Rated.HARD] = sent, hard
        return figures.level

    assert [level(*each) for each in ((99, 50), (100, 1), (100, 2), (100, 5), (100, 10), (0, 3))] == [
        Level.FEW, Level.GOOD, Level.WATCH, Level.HIGH, Level.STOP, Level.UNKNOWN,
    ]  # fmt: skip


@pytest.mark.parametrize("query", ["by=moon", "since=yesterday", "since=2001-01-01T00:00:00Z"])
def test_what_is_wrong_is_told(retour: Installation, query: str) -> None:
    answer = retour.ask("GET", f"/v1/rates?{query}")
    assert (answer.status_code, bool(answer.json()["remedy"])) == (422, True)


def test_a_server_counts_what_its_answers_spare_and_the_command_says_so(tmp_path: Any) -> None:
    with Server(tmp_path).running() as server:
        where = {"RETOUR_URL": f"http://127.0.0.1:{server.ports['api']}", "RETOUR_KEY": server.key}
        sends = [{"recipient": f"a{n}@gmail.com", "campaign": "May"} for n in range(100)]
        server.ask("POST", "/v1/sends", {"sends": sends})
        result = CliRunner().invoke(app, ["suppressions", "import", "-"], env=where, input=b"a1@gmail.com\n")
        assert result.exit_code == 0, result.output
        for _ in range(3):
            server.ask("POST", "/v1/check", {"addresses": ["a1@gmail.com", "a2@gmail.com", "no address"]})
        server.stop()
        server.start()
        result = CliRunner().invoke(app, ["rates"], env=where)
        assert "all: 0.0 % of 100 sends bounced" in result.output
        assert "Sends avoided: 1 (relay 0, Postfix 0, check 1)." in result.output
        assert "the rate would be 1.0 % instead of 0.0 %" in result.output
        german = CliRunner().invoke(app, ["rates", "--by", "campaign", "--lang", "de"], env=where)
        assert "May: 0,0 % von 100 Versänden" in german.output


@pytest.mark.parametrize(
    ("asked", "field", "words"),
    [
        ({"provider": "gmial"}, "provider", "is one of gmail"),
        ({"since": "2026-05-03T00:00:00Z", "until": "2026-05-01T00:00:00Z"}, "since", "lies after until"),
        ({"since": "2020-05-03T00:00:00Z", "until": "2026-05-01T00:00:00Z"}, "since", "at most 400 days"),
    ],
)
def test_a_question_that_can_have_no_answer_is_refused_by_its_field(
    retour: Installation, asked: dict[str, str], field: str, words: str
) -> None:
    answer = retour.ask("GET", "/v1/rates", params=asked)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert words in answer.json()["detail"]
