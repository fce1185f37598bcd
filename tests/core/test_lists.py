"""Suppression lists: every form read and written, hostile ones too, in constant memory."""

import io
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.flow.lists import FORMS, Defect, Row
from retour.flow.lists.table import guarded, unguarded
from retour.instants import SECOND, parse
from retour.model import EventKind

LOCAL = st.text("abcxyz019!#$%&'*+/=?^_`{|}~.-", min_size=1, max_size=12)
ADDRESS = st.one_of(
    st.builds("{}@{}".format, LOCAL, st.sampled_from(["b.example", "xn--mller-kva.example"])),
    st.sampled_from(["=1+1@b.example", "+x@b.example", "-o@b.example", "''=x@b.example", '"a b"@b.example']),
    st.sampled_from(["jürgen@b.example", '"a,b"@b.example', "用户@b.example"]),
)
AT = st.one_of(st.none(), st.integers(1, 4_000_000_000).map(lambda seconds: seconds * SECOND))
NOTE = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20).map(str.strip)
CAUSES = {"ses": ("import", "complaint"), "postmark": ("import", "complaint", "unsubscribe")}
OWN = ("import", "complaint", "unsubscribe", "hard", "soft", "block", "support", "platform")


def causes(form: str) -> tuple[str, ...]:
    if form in ("csv", "jsonl"):
        return OWN
    if "spam_reports" in form or "complaints" in form:
        return ("complaint",)
    return ("unsubscribe",) if "unsubscribes" in form else CAUSES.get(form.removesuffix("-csv"), ("import",))


def read(form: str, text: str | bytes) -> list[Row | Defect]:
    raw = text if isinstance(text, bytes) else text.encode()
    return list(FORMS[form].read(io.BytesIO(raw)))


def facts(row: Row) -> tuple[object, ...]:
    return row.address, row.kind, row.at


@pytest.mark.parametrize("name", [name for name in FORMS if "blocks" not in name])
@given(data=st.data())
def test_what_is_written_is_read_again(name: str, data: st.DataObject) -> None:
    rows = data.draw(
        st.lists(st.builds(Row, st.just(0), ADDRESS, st.sampled_from(causes(name)), AT, NOTE), max_size=8)
    )
    again = read(name, b"".join(FORMS[name].written(rows)))
    assert [facts(row) for row in again if isinstance(row, Row)] == [facts(row) for row in rows]
    assert len(again) == len(rows)


@pytest.mark.parametrize("name", ["csv", "jsonl"])
@given(rows=st.lists(st.builds(Row, st.just(0), ADDRESS, st.sampled_from(OWN), AT, NOTE), max_size=5))
def test_our_own_forms_keep_every_word(name: str, rows: list[Row]) -> None:
    again = read(name, b"".join(FORMS[name].written(rows)))
    told = [(row.address, row.cause, row.at, row.note) for row in again if isinstance(row, Row)]
    assert told == [(row.address, row.cause, row.at, row.note) for row in rows]


@pytest.mark.parametrize("name", FORMS)
def test_a_form_holds_only_what_it_can_say(name: str) -> None:
    every = [Row(0, "a@b.example", cause) for cause in OWN]
    assert {row.cause for row in every if FORMS[name].holds(row)} <= set(OWN)
    kinds = {row.kind for row in read(name, b"".join(FORMS[name].written(every))) if isinstance(row, Row)}
    assert kinds == {row.kind for row in every if FORMS[name].holds(row)}


# --- the guard against formulas ---------------------------------------------------------------------------


@given(st.text(max_size=10) | st.text("='+-@\t\rab", max_size=6))
def test_the_guard_comes_off_exactly_and_leaves_nothing_to_run(field: str) -> None:
    safe = guarded(field)
    assert unguarded(safe) == field
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("name", [name for name in FORMS if name.endswith("csv") and "blocks" not in name])
def test_no_field_of_a_table_runs(name: str) -> None:
    hostile = ['=HYPERLINK("http://x.example")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"]
    rows = [
        Row(0, f"{sign}x@b.example", cause, None, note) for cause in OWN for sign in "=+-" for note in hostile
    ]
    written = b"".join(FORMS[name].written(rows)).decode()
    import csv

    fields = [field for line in csv.reader(io.StringIO(written, newline="")) for field in line]
    assert len(fields) > 10
    assert not [field for field in fields if field.startswith(("=", "+", "-", "@", "\t", "\r"))]


# --- what providers write ---------------------------------------------------------------------------------

SES = """{"SuppressedDestinationSummaries": [
  {"EmailAddress": "ann@b.example", "Reason": "BOUNCE", "LastUpdateTime": "2026-04-10T21:03:05.119000+00:00"},
  {"EmailAddress": "bob@b.example", "Reason": "COMPLAINT", "LastUpdateTime": 1775854985.5}
], "NextToken": "AAAA"}
{"SuppressedDestinationSummaries": [{"EmailAddress": "cy@b.example", "Reason": "BOUNCE"}]}"""
POSTMARK = """{"Suppressions":[
 {"EmailAddress":"ann@b.example","SuppressionReason":"HardBounce","Origin":"Recipient",
  "CreatedAt":"2019-12-10T08:58:33-05:00"},
 {"EmailAddress":"bob@b.example","SuppressionReason":"SpamComplaint","Origin":"Recipient"},
 {"EmailAddress":"cy@b.example","SuppressionReason":"ManualSuppression","Origin":"Recipient"},
 {"EmailAddress":"dee@b.example","SuppressionReason":"ManualSuppression","Origin":"Customer"}]}"""
MAILGUN = """{"items": [{"address": "ann@b.example", "code": "550", "error": "No such mailbox",
 "created_at": "Fri, 21 Oct 2011 11:02:55 GMT"}, {"address": "bob@b.example", "code": 550,
 "created_at": "Fri, 21 Oct 2011 11:02:55 UTC"}],
 "paging": {"first": "https://x.example/?page=first", "next": ""}}"""
SENDGRID = """[{"created": 1443651125, "email": "ann@b.example", "reason": "550 5.1.1 no such user",
 "status": "5.1.1"}]"""
TAGS = """{"items":[{"address":"ann@b.example","tags":["*"]},{"address":"bob@b.example","tags":["news"]}]}"""


@pytest.mark.parametrize(
    ("form", "text", "told"),
    [
        ("ses", SES, ["ann import 2026-04-10", "bob complaint 2026-04-10", "cy import -"]),
        ("postmark", POSTMARK, ["ann import 2019-12-10", "bob complaint -", "cy unsubscribe -",
         "dee import -"]),
        ("mailgun-bounces", MAILGUN, ["ann import 2011-10-21", "bob import 2011-10-21"]),
        ("mailgun-complaints", MAILGUN, ["ann complaint 2011-10-21", "bob complaint 2011-10-21"]),
        ("mailgun-unsubscribes", TAGS, ["ann unsubscribe -", "one_tag"]),
        ("mailgun-bounces-csv", "address,code,error,created_at\nann@b.example,550,no,2026-01-02 03:04:05\n",
         ["ann import 2026-01-02"]),
        ("sendgrid-bounces", SENDGRID, ["ann import 2015-09-30"]),
        ("sendgrid-spam_reports", '[{"created": 1, "email": "ann@b.example", "ip": "192.0.2.1"}]',
         ["ann complaint 1970-01-01"]),
        ("sendgrid-blocks", SENDGRID, ["not_a_stop"]),
        ("sendgrid-unsubscribes-csv", "email,created\nann@b.example,1443651125\n",
         ["ann unsubscribe 2015-09-30"]),
        ("postmark-csv",
         "EmailAddress,SuppressionReason,Origin,CreatedAt\nann@b.example,SpamComplaint,Recipient,\n",
         ["ann complaint -"]),
        ("csv", "\ufeffE-Mail|x\n", ["no_column"]),
        ("csv", "\ufeffEmail,Cause\r\nann@b.example,\r\nbob@b.example,hard\r\n",
         ["ann import -", "bob import -"]),
        ("csv", "ann@b.example\nbob@b.example\n", ["ann import -", "bob import -"]),
        ("csv", "address,cause\nann@b.example,colour\n", ["no_cause"]),
        ("csv", "address,since\nann@b.example,yesterday\n", ["no_time"]),
        ("jsonl", '{"address": "ann@b.example"}\n\n[]\n{"cause": "hard"}\n{',
         ["ann import -", "no_object", "no_field", "no_json"]),
        ("ses", '{"SuppressedDestinationSummaries": [{"EmailAddress": "ann@b.example"}, 7]}',
         ["no_field", "no_object"]),
        ("ses", '{"SuppressedDestinationSummaries": [{"EmailAddress": "ann@b.exa', ["cut"]),
        ("ses", "<html>", ["broken"]),
        ("ses", "[" * 100_000, ["broken"]),
        ("ses", "", []),
        ("csv", "", []),
    ],
)  # fmt: skip
def test_what_a_list_says(form: str, text: str, told: list[str]) -> None:
    found = []
    for row in read(form, text):
        if isinstance(row, Defect):
            found.append(row.code)
        else:
            from retour.instants import text as written

            day = "-" if row.at is None else written(row.at)[:10]
            found.append(f"{row.address.partition('@')[0]} {row.kind.value} {day}")
    assert found == told


@pytest.mark.parametrize("end", ["\n", ""])
@pytest.mark.parametrize("count", [1, 3, 250, 9000])
def test_a_quote_that_nobody_closes_swallows_no_address(count: int, end: str) -> None:
    lines = [
        "address,cause,note",
        'ann@b.example,hard,"550 no',
        *(f"a{n}@b.example,hard," for n in range(count)),
    ]
    rows = read("csv", "\n".join(lines) + end)
    told = [(row.line, row.address, row.note) for row in rows if isinstance(row, Row)]
    assert told[0] == (2, "ann@b.example", "550 no")
    assert told[1:] == [(n + 3, f"a{n}@b.example", "") for n in range(count)]
    assert len(rows) == count + 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('ann@b.example,hard,"550 no', 'zoe@b.example,hard,"551 no'),
        ('ann@b.example,hard,"550 no', 'zoe@b.example,hard,"'),
        ('ann@b.example,hard,"550 no', 'zoe@b.example,hard,550 "no" user'),
        ('"ann@b.example,hard,550 no', '"zoe@b.example,hard,551 no'),
        ('ann@b.example,hard,"', 'zoe@b.example,"hard,550 no'),
        ('ann@b.example,hard,"550 ""no', 'zoe@b.example,hard,""550" no'),
    ],
)
@pytest.mark.parametrize("between", [0, 1, 5, 300])
def test_two_quotes_that_nobody_closes_swallow_no_address(first: str, second: str, between: int) -> None:
    """The second seems to close the first."""
    others = [f"a{n}@b.example,hard," for n in range(between)]
    lines = ["address,cause,note", first, *others, second, "last@b.example,hard,"]
    rows = read("csv", "\n".join([*lines, ""]))
    named = {row.address for row in rows if isinstance(row, Row)}
    assert {f"a{n}@b.example" for n in range(between)} | {"last@b.example"} <= named
    told = sorted(row.line for row in rows)
    assert told == list(range(2, len(lines) + 1))  # what cannot be read is a defect of its own line


def test_a_column_of_addresses_alone_loses_none_to_open_quotes() -> None:
    rows = read("csv", 'address\n"ann@b.example\nbea@b.example\n"cat@b.example\ndan@b.example\n')
    named = [row.address for row in rows if isinstance(row, Row)]
    assert {"bea@b.example", "dan@b.example"} <= set(named)
    assert len(rows) == 4


def test_a_note_that_quotes_addresses_in_its_lines_is_one_row() -> None:
    note = "could not be delivered:\nann@b.example\n<ann@b.example>: 550 no, such user\nbye, ann@b.example"
    rows = read("csv", f'address,note\nann@b.example,"{note}"\nbea@b.example,x\n')
    assert [row.address for row in rows if isinstance(row, Row)] == ["ann@b.example", "bea@b.example"]


def test_a_note_of_several_lines_is_one_row() -> None:
    rows = read("csv", 'address,note\nann@b.example,"550 no\nsuch\nuser"\nbea@b.example,"x"\n')
    assert [(row.line, row.address) for row in rows if isinstance(row, Row)] == [
        (4, "ann@b.example"),
        (5, "bea@b.example"),
    ]


def test_a_line_is_named_where_it_stands() -> None:
    assert [row.line for row in read("ses", SES)] == [2, 3, 5]
    assert [row.line for row in read("csv", 'address,note\n"a@b.example","two\nlines"\nc@b.example,\n')] == [
        3,
        4,
    ]
    assert [row.line for row in read("jsonl", '\n{"address": "a@b.example"}\n')] == [2]


def test_what_a_complaint_is_and_what_is_not() -> None:
    kinds = {
        row.cause: row.kind
        for row in read("csv", "address,cause\na@b,complaint\na@b,unsubscribe\na@b,hard\n")
    }
    assert kinds == {
        "complaint": EventKind.COMPLAINT,
        "unsubscribe": EventKind.UNSUBSCRIBE,
        "hard": EventKind.IMPORT,
    }


@pytest.mark.parametrize("name", FORMS)
@given(raw=st.binary(max_size=300))
def test_no_octets_raise(name: str, raw: bytes) -> None:
    assert all(isinstance(row, Row | Defect) for row in read(name, raw))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["EmailAddress", "Reason", "LastUpdateTime", "email", "created", "address", "created_at", "tags",
         "SuppressionReason", "CreatedAt", "cause", "since", "items", "Suppressions"]), inner, max_size=4),
)  # fmt: skip


@pytest.mark.parametrize("name", [name for name in FORMS if not name.endswith("csv")])
@given(values=st.lists(JSON, max_size=4))
def test_no_value_raises(name: str, values: list[Any]) -> None:
    wrapped = {"ses": "SuppressedDestinationSummaries", "postmark": "Suppressions"}.get(name, "items")
    for text in (json.dumps(values), json.dumps({wrapped: values}), "\n".join(map(json.dumps, values))):
        assert all(isinstance(row, Row | Defect) for row in read(name, text))


class Endless(io.RawIOBase):
    """A list that is made while it is read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._left = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._left or next((piece for piece in self._pieces if piece), b"")
        fits = piece[: len(buffer)]
        self._left = piece[len(fits) :]
        buffer[: len(fits)] = fits
        return len(fits)


def made(name: str, count: int) -> Iterator[bytes]:
    rows = (Row(0, f"a{n}@b.example", causes(name)[0], SECOND) for n in range(count))
    return FORMS[name].written(rows)


@pytest.mark.parametrize("name", [name for name in FORMS if "blocks" not in name])
def test_a_long_list_takes_the_memory_of_a_short_one(name: str) -> None:
    def peak(count: int) -> int:
        pieces = list(made(name, count))  # what is written here is not what is traced
        file = io.BufferedReader(Endless(iter(pieces)))
        tracemalloc.start()
        read_ = sum(isinstance(row, Row) for row in FORMS[name].read(file))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert read_ == count
        return found

    assert peak(20_000) < peak(2_000) + 200_000


@pytest.mark.parametrize(("name", "code"), [("csv", "too_long"), ("jsonl", "too_long"), ("ses", "broken")])
def test_a_line_without_end_is_not_held(name: str, code: str) -> None:
    begin = {
        "csv": b"address\n",
        "jsonl": b"",
        "ses": b'{"SuppressedDestinationSummaries": [{"EmailAddress": "',
    }
    end = {"csv": b"\nann@b.example\n", "jsonl": b'\n{"address": "ann@b.example"}\n', "ses": b""}

    def pieces() -> Iterator[bytes]:
        yield begin[name]
        yield from (b"a" * 8000 for _ in range(1000))
        yield end[name]

    tracemalloc.start()
    found = list(FORMS[name].read(io.BufferedReader(Endless(pieces()))))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(found[0], Defect)
    assert found[0].code == code
    assert peak < 2_000_000
    if name != "ses":
        assert [row.address for row in found if isinstance(row, Row)] == ["ann@b.example"]


@pytest.mark.parametrize("sign", [";", "\t"])
def test_a_table_of_a_spreadsheet_that_parts_by_another_sign_is_read(sign: str) -> None:
    text = 'Notiz;E-Mail;Cause\n"a; b";ann@b.example;hard\n";\n;bob@b.example;complaint\n'.replace(";", sign)
    rows = [(each.address, each.cause) for each in read("csv", text.encode()) if isinstance(each, Row)]
    assert rows == [("ann@b.example", "hard"), ("bob@b.example", "complaint")]


@pytest.mark.parametrize("text", ["ann@b.example;bob@b.example\n", "ann@b.example;bob@b.example,x\n"])
def test_addresses_in_one_line_are_no_table(text: str) -> None:
    assert [each.code for each in read("csv", text.encode()) if isinstance(each, Defect)] == ["no_column"]


@pytest.mark.parametrize(
    ("form", "text", "value"),
    [
        ("csv", "address,since\nann@b.example,gestern\n", "gestern"),
        ("mailgun-bounces", '{"items":[{"address":"a@b.example","created_at":"noon"}]}', "noon"),
        ("mailgun-unsubscribes", '{"items":[{"address":"a@b.example","tags":["news","x"]}]}', "news, x"),
    ],
)
def test_a_defect_quotes_what_stands_there(form: str, text: str, value: str) -> None:
    assert [each.value for each in read(form, text.encode()) if isinstance(each, Defect)] == [value]


def test_times_of_lists() -> None:
    from retour.flow.lists.row import moment

    assert moment("2026-05-01T00:00:00Z") == moment(1777593600) == moment("1777593600")
    assert (
        moment("2026-05-01 00:00:00")
        == moment("Fri, 01 May 2026 00:00:00 GMT")
        == parse("2026-05-01T00:00:00Z")
    )
    assert moment(None) is moment("") is None
    for broken in (True, [], "never", 1e30, "9" * 30, "Fri, 01 May 2026 00:00:00 EST"):
        with pytest.raises(ValueError, match=r".*"):
            moment(broken)
