"""Logs of mail servers: samples with what is true of them, any bytes, any pieces, and the command.

`tests/samples/logs/NAME.FORM` is a log, `NAME.expected.toml` what it tells; "absent" stands for None.
"""

import gzip
import json
import random
import tomllib
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from retour import instants
from retour.cli import app
from retour.flow.judge import judged
from retour.model import Kind
from retour.parse.logs import LOGS, Entry, Feed, read_log, reread
from retour.parse.logs import entry as limits
from retour.parse.providers.registry import read_body

DIRECTORY = Path(__file__).parents[1] / "samples" / "logs"
LOGGED = sorted(file for file in DIRECTORY.iterdir() if file.suffix != ".toml")
POSTFIX = (DIRECTORY / "postfix-kinds.postfix-log").read_bytes()


def form_of(place: Path) -> str:
    return place.suffix[1:]


def told(entry: Entry) -> dict[str, Any]:
    report = entry.reading.reports[0]._asdict() if entry.reading.reports else {}
    verdicts = judged(entry.reading).verdicts
    return {
        **report,
        "kind": entry.reading.kind,
        "defects": list(entry.reading.defects),
        "reason": verdicts[0].reason if verdicts else None,
        "queue_id": entry.queue_id,
        "sender": entry.sender,
        "message_id": entry.reading.message_id,
        "logged_at": entry.logged_at,
        "time": None if entry.at is None else instants.text(entry.at),
    }


@pytest.mark.parametrize("place", LOGGED, ids=lambda place: place.name)
def test_what_a_log_tells(place: Path) -> None:
    expected = tomllib.loads((place.parent / f"{place.stem}.expected.toml").read_text("utf-8"))["entries"]
    found = [told(entry) for entry in read_log(form_of(place), [place.read_bytes()])]
    of_interest = [
        {key: "absent" if each[key] is None else each[key] for key in keys}
        for each, keys in zip(found, expected, strict=False)
    ]
    assert (of_interest, len(found)) == (expected, len(expected))


@pytest.mark.parametrize("place", LOGGED, ids=lambda place: place.name)
@given(cuts=st.lists(st.integers(0, 4000), max_size=8))
def test_the_pieces_in_which_a_log_comes_do_not_matter(place: Path, cuts: list[int]) -> None:
    raw, ends = place.read_bytes(), [0, *sorted(cuts), None]
    pieces = [raw[start:end] for start, end in pairwise(ends)]
    for successes in (False, True):
        whole = list(read_log(form_of(place), [raw], successes))
        assert list(read_log(form_of(place), pieces, successes)) == whole


STEPS = (
    "cleanup[12]: {id}: message-id=<{n}@shop.example>",
    "qmgr[13]: {id}: from=<b+{n}@shop.example>, size=9, nrcpt=1 (queue active)",
    "smtp[14]: {id}: to=<ann@b.example>, relay=none, delay=1, delays=1/0, dsn=4.4.1, status=deferred (no)",
    "smtp[14]: {id}: to=<bea@b.example>, relay=none, delay=1, delays=1/0, dsn=5.1.1, status=bounced (no)",
    "smtp[14]: {id}: to=<ann@b.example>, relay=none, delay=1, delays=1/0, dsn=2.0.0, status=sent (250 ok)",
    "qmgr[13]: {id}: removed",
)
WRITERS = "Nov 21 23:05:51 mx postfix", "Nov 21 23:05:51 mx2 postfix", "Nov 21 23:05:51 mx postfix-out"
LIVES = st.lists(
    st.tuples(
        st.sampled_from(WRITERS),
        st.sampled_from(("4F1D2A0B7C", "4F1D2A0B7D")),
        st.lists(st.sampled_from((2, 3, 4)), max_size=3),
        st.booleans(),
        st.booleans(),
    ),
    max_size=5,
)


@given(lives=LIVES, mixing=st.randoms(use_true_random=False), successes=st.booleans())
def test_ids_that_hosts_share_and_use_again_lead_to_the_same_mails_line_by_line(
    lives: list[tuple[str, str, list[int], bool, bool]], mixing: random.Random, successes: bool
) -> None:
    queues: dict[tuple[str, str], list[bytes]] = {}  # an id is used again when its mail is gone
    for number, (writer, id, steps, known, gone) in enumerate(lives):
        told = [STEPS[step].format(id=id, n=number) for step in (*(0, 1) * known, *steps, *(5,) * gone)]
        queues.setdefault((writer, id), []).extend(f"{writer}/{line}\n".encode() for line in told)
    lines: list[bytes] = []
    while any(queues.values()):
        lines.append(mixing.choice([queue for queue in queues.values() if queue]).pop(0))
    at_once = list(read_log("postfix-log", [b"".join(lines)], successes))
    assert at_once == list(read_log("postfix-log", lines, successes))


def test_a_mail_that_comes_and_goes_lends_nothing_to_another_hosts_mail_of_the_same_id() -> None:
    steps = [(0, 0), (0, 1), (0, 3), (1, 3), (0, 3), (0, 5), (0, 3)]
    lines = [f"{WRITERS[host]}/{STEPS[step].format(id='4F1D2A0B7C', n=1)}\n".encode() for host, step in steps]
    for blocks in ([b"".join(lines)], lines):
        senders = [entry.sender for entry in read_log("postfix-log", blocks)]
        assert senders == ["b+1@shop.example", None, "b+1@shop.example", None]


@pytest.mark.parametrize("place", LOGGED, ids=lambda place: place.name)
def test_an_entry_can_be_kept_as_its_lines_and_read_again(place: Path) -> None:
    found = read_log(form_of(place), [place.read_bytes()], successes=True)
    for lines, entries in groupby(found, key=lambda entry: entry.lines):
        assert reread(form_of(place), b"\n".join(lines)) == list(entries)
        assert reread(form_of(place), b"\n".join((*lines, b""))) == reread(form_of(place), b"\n".join(lines))


@pytest.mark.parametrize("place", LOGGED, ids=lambda place: place.name)
@pytest.mark.parametrize("successes", [False, True])
def test_who_goes_on_with_the_open_lines_tells_what_one_feed_would_have_told(
    place: Path, successes: bool
) -> None:
    lines = place.read_bytes().splitlines(keepends=True)
    whole = list(read_log(form_of(place), lines, successes))
    feed, told = Feed(form_of(place), successes), []
    for line in lines:
        told += feed.take(line)
        before, feed = feed, Feed(form_of(place), successes)
        feed.take(b"".join(kept + b"\n" for kept in before.open_lines()))
    assert told == whole


def test_a_feed_tells_how_much_it_holds_of_a_line_without_its_end() -> None:
    feed, length = Feed("postfix-log"), POSTFIX.index(b"\n") + 1
    assert feed.take(POSTFIX[:10]) + feed.take(b"x" * limits.LONGEST) == []
    assert feed.held == 10 + limits.LONGEST
    assert feed.take(b"\n" + POSTFIX[:length] + b"Nov") == []
    assert feed.held == 3


@pytest.mark.parametrize("name", LOGS)
@given(data=st.data())
def test_any_bytes_are_read_without_an_exception(name: str, data: st.DataObject) -> None:
    raw = b"".join(place.read_bytes() for place in LOGGED if form_of(place) == name)
    start = data.draw(st.integers(0, len(raw)))
    mutated = raw[:start] + data.draw(st.binary(max_size=60)) + raw[start + data.draw(st.integers(0, 90)) :]
    for octets in (mutated, data.draw(st.binary(max_size=300))):
        for entry in read_log(name, [octets], True):
            assert entry.reading.reports or entry.reading.defects
            assert entry.id
            assert entry in reread(name, b"\n".join(entry.lines))


def test_deliveries_are_told_when_they_are_asked_for() -> None:
    kinds = [entry.reading.kind for entry in read_log("postfix-log", [POSTFIX], successes=True)]
    assert kinds == [Kind.BOUNCE, Kind.DELAY, Kind.DELIVERED, Kind.BOUNCE]


def test_what_postfix_has_dropped_is_no_delivery() -> None:
    dropped = POSTFIX.replace(b"status=bounced", b"status=sent").replace(b"/smtp[", b"/discard[")
    kinds = [entry.reading.kind for entry in read_log("postfix-log", [dropped], successes=True)]
    assert Kind.DELIVERED not in kinds


def test_what_was_delivered_in_the_end_does_not_expire() -> None:
    lines = POSTFIX.splitlines(keepends=True)
    late = lines[6].replace(b"cat@e.example", b"bea@d.example")
    found = list(read_log("postfix-log", [*lines[:6], late, lines[8]]))
    assert [entry.reading.reports[0].recipient for entry in found] == ["ann@b.example", "bea@d.example", None]


def test_memory_is_bounded_and_the_oldest_mails_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "OPEN", 2)
    ids = [b"4F1D2A0B%02d" % number for number in range(4)]
    message_id, failure = POSTFIX.splitlines(keepends=True)[2], POSTFIX.splitlines(keepends=True)[4]
    begun = [message_id.replace(b"4F1D2A0B7C", id) for id in ids]
    ended = [failure.replace(b"4F1D2A0B7C", id) for id in ids]
    found = [entry.reading.message_id for entry in read_log("postfix-log", [*begun, *ended])]
    assert found == [None, None, "one@shop.example", "one@shop.example"]


def test_the_command_reads_plain_and_packed_logs(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_bytes(POSTFIX)
    (tmp_path / "mail.log.1.gz").write_bytes(gzip.compress(POSTFIX))
    (tmp_path / "mail.log.2.gz").write_bytes(gzip.compress(POSTFIX)[:-30])
    paths = [str(tmp_path / name) for name in ("mail.log", "mail.log.1.gz", "mail.log.2.gz", "gone")]
    result = CliRunner().invoke(app, ["explain", "--as", "postfix-log", "--json", *paths])
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [each["kind"] for each in found] == ["bounce", "delay", "bounce"] * 2 + ["other"]
    assert found[0]["sender"] == "b+1@shop.example"
    assert found[0]["metadata"] == {"host": "mx", "logged_at": "Nov 21 23:05:51"}
    named = ("event_id", "message_id", "time", "tags", "metadata")
    (report,) = found[0]["reports"]  # as in the posts of providers
    assert [report[key] for key in named] == [found[0][key] for key in named]
    assert "unreadable" in found[-1]["defects"]
    assert (result.exit_code, "gone" in result.stderr) == (2, True)


def test_a_log_that_zstd_has_packed_is_named_with_what_helps(tmp_path: Path) -> None:
    (tmp_path / "segment").write_bytes(b"\x28\xb5\x2f\xfd\x24\x00")
    result = CliRunner().invoke(app, ["explain", "--as", "kumomta-log", "--json", str(tmp_path / "segment")])
    assert "packed" in json.loads(result.stdout)["defects"]
    assert (result.exit_code, "zstd -dc" in result.stderr) == (0, True)


def test_a_quote_that_nobody_closes_costs_its_own_row_alone() -> None:
    rows = [b"type,rcpt,dsnDiag", b'b,ann@b.example,"550', *[b"b,r%d@b.example,550" % n for n in range(9)]]
    for raw in (b"\n".join(rows), b"\n".join(rows[:4])):
        found = list(read_log("powermta-log", [raw]))
        assert [entry.reading.defects for entry in found[:2]] == [("broken_line",), ()]
        assert len(found) == raw.count(b"\n")


def test_a_form_that_there_is_not_is_named_with_those_there_are() -> None:
    result = CliRunner().invoke(app, ["explain", "--as", "diary", "-"])
    assert result.exit_code == 2
    assert "postfix-log" in result.stderr


def test_the_notices_that_sendmail_makes_have_the_null_sender() -> None:
    head = "Nov 22 01:15:01 mta sm-mta[192]: "
    sent = "delay=00:00:00, xdelay=00:00:00, mailer=esmtp, pri=31308, relay=mx.b.example. [192.0.2.7]"
    log = [
        f"{head}6AM1F1Q7000191: from=<ann@b.example>, size=9, class=0, nrcpts=1, msgid=<1@shop.example>",
        f"{head}6AM1F1Q7000191: 6AM1F1Q7000192: DSN: User unknown",
        f"{head}6AM1F1Q7000192: to=<ann@b.example>, {sent}, dsn=5.1.1, reply=550 no, stat=User unknown",
        f"{head}6AM1F1Q7000191: 6AM1F1Q7000193: sender notify: Warning: could not send",
        f"{head}6AM1F1Q7000193: to=<ann@b.example>, {sent}, dsn=5.1.1, reply=550 no, stat=User unknown",
        f"{head}6AM1F1Q7000191: to=<c@b.example>, {sent}, dsn=5.1.1, reply=x: DSN: y, stat=User unknown",
    ]
    raw = "".join(line + "\n" for line in log).encode()
    found = list(read_log("sendmail-log", [raw]))
    assert [entry.sender for entry in found] == ["", "", "ann@b.example"]
    assert [reread("sendmail-log", b"\n".join(entry.lines)) for entry in found] == [[each] for each in found]


@pytest.mark.parametrize("successes", [False, True])
def test_whom_sendmail_reached_after_a_delay_does_not_expire_with_the_others(successes: bool) -> None:
    head = "Nov 22 01:15:01 mta sm-mta[192]: 6AM1F1Q7000191: "
    tried = "delay=00:00:00, xdelay=00:00:00, mailer=esmtp, pri=31308, relay=mx.b.example. [192.0.2.7]"
    log = [
        f"{head}from=<s@shop.example>, size=9, class=0, nrcpts=2, msgid=<1@shop.example>",
        f"{head}to=<ann@b.example>,<bea@b.example>, {tried}, dsn=4.2.2, stat=Deferred: 452 4.2.2 full",
        f"{head}to=<ann@b.example>, {tried}, dsn=2.0.0, stat=Sent (ok)",
        f"{head}6AM1F1Q8000191: sender notify: Cannot send message for 5 days",
    ]
    found = read_log("sendmail-log", ["".join(line + "\n" for line in log).encode()], successes)
    failed = [entry.reading.reports[0].recipient for entry in found if entry.reading.kind is Kind.BOUNCE]
    assert failed == ["bea@b.example"]


def test_what_others_say_in_a_line_of_exim_neither_hides_a_delivery_nor_changes_whose_mail_it_is() -> None:
    at, id = "2026-11-21 23:05:50", "1vMabc-0001Xy-2Z"
    log = [
        f"{at} {id} <= b+1@shop.example H=app.shop.example [192.0.2.9] P=esmtp S=300 id=one@shop.example",
        f"{at} H=evil.example [203.0.113.1] F=<x@evil.ex> rejected RCPT <d@f.example>: {id} <= e@evil.ex",
        f"{at} H=evil.example [203.0.113.1] F=<x@evil.ex> rejected RCPT <d@f.example>: {id} Completed",
        f'{at} {id} => ann@b.example R=dnslookup T=remote_smtp C="250 <= {id} <= e@evil.example"',
        f"{at} {id} ** bea@d.example R=dnslookup T=remote_smtp: 550 5.1.1 no, {id} <= e@evil.example",
        f"{at} {id} Completed QT=2s",
        f"{at} {id} ** cat@d.example R=dnslookup T=remote_smtp: 550 5.1.1 no",
    ]
    for blocks in (["".join(line + "\n" for line in log).encode()], [f"{line}\r\n".encode() for line in log]):
        told = [(entry.reading.kind, entry.sender) for entry in read_log("exim-log", blocks, successes=True)]
        sender = "b+1@shop.example"
        assert told == [(Kind.DELIVERED, sender), (Kind.BOUNCE, sender), (Kind.BOUNCE, None)]


@pytest.mark.parametrize("sign", ["\u2028", "\u0085", "\f", "\v", "\x1c", "\r"])
def test_what_breaks_lines_elsewhere_breaks_no_row_of_powermta(sign: str) -> None:
    rows = ["type,dsnDiag,rcpt", f"b,smtp;550 5.1.1 no{sign}such,ann@b.example", "b,550 x,bea@b.example", ""]
    raw = "\n".join(rows).encode()
    in_log = [entry.reading.reports[0] for entry in read_log("powermta-log", [raw])]
    posted = read_body("powermta", raw)
    assert posted.defects == ()
    for reports in (in_log, [told.report for told in posted.told]):
        assert [report.recipient for report in reports] == ["ann@b.example", "bea@b.example"]
        assert reports[0].diagnostic == "550 5.1.1 no such"


@pytest.mark.parametrize(
    "row", ['b,"550 no,ann@b.example', 'b,"x"y"z\n",ann@b.example', f'b,"{"x" * 140_000}",a@b.example']
)
def test_a_row_of_powermta_that_is_none_is_told_and_costs_no_other(row: str) -> None:
    raw = "\n".join(["type,dsnDiag,rcpt", row, "b,550 x,bea@b.example", "b,550 x,cat@b.example", ""]).encode()
    in_log = list(read_log("powermta-log", [raw]))
    assert any(entry.reading.defects for entry in in_log)
    posted = read_body("powermta", raw)
    assert posted.defects == ("bad_json",)
    for reports in (
        [each for e in in_log for each in e.reading.reports],
        [told.report for told in posted.told],
    ):
        assert [report.recipient for report in reports][-2:] == ["bea@b.example", "cat@b.example"]
