"""The quick ways say of every row what the reference says of it, on hostile rows too."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from bench import listcheck as made
from hypothesis import given, settings
from hypothesis import strategies as st

from retour.flow.listcheck.alive import EVERY
from retour.flow.listcheck.blocks import BLOCK, Block, Record, blocks, records
from retour.flow.listcheck.cells import Cell
from retour.flow.listcheck.decision import PILES
from retour.flow.listcheck.judge import Judge, Knowledge, Outcome
from retour.flow.listcheck.layout import Layout
from retour.flow.listcheck.passes import WAYS, Looker
from retour.flow.listcheck.tally import Tally
from retour.flow.listcheck.written import rendered
from retour.vet import Answer, Checked, Code, Evidence, Facts, Finding

CORPORA = Path(__file__).parents[3] / "shared/corpora/addresses"
STOPPED = Finding(Code.SUPPRESSED, Evidence("history", Answer.YES, "own ledger"))
KNOW = Knowledge(history={"stopped@gmail.com": (STOPPED,), "stop.ped@b.test-mail.com": (STOPPED,)})

LOCAL = st.one_of(
    st.sampled_from(
        [
            "ann.lee",
            "Ann.Lee",
            "annlee",
            "ann+x",
            "info",
            "stopped",
            "stop.ped",
            "sto.pped",
            "a" * 65,
            "no-reply",
            *(
                "jürgen",
                "ju\u0308rgen",
                '"a b"',
                "a..b",
                ".a",
                "12345",
                "qwertz",
                "aaaaa",
                "test",
                "+49",
                "-x",
                "Ann+x",
                "info+news",
                "ann.+x",
            ),
        ]
    ),
    st.text("abc.+-_@ü ", min_size=1, max_size=8),
)
DOMAIN = st.one_of(
    st.sampled_from(
        [
            *(
                "gmail.com",
                "GMAIL.com",
                "googlemail.com",
                "gmial.com",
                "gmx.de",
                "b.test-mail.com",
                "localhost",
            ),
            *(
                "outlook.com",
                "hotmail.com",
                "docomo.ne.jp",
                "müller.de",
                "MÜLLER.de",
                "mailinator.com",
                "a-.com",
                "b.c.d.e.org",
            ),
            *(
                "example.com",
                "foo.local",
                "x.con",
                "[192.0.2.1]",
                "192.0.2.1",
                "xn--a.com",
                "a" * 70 + ".com",
                "de",
                "",
            ),
        ]
    ),
    st.text("abc.-", min_size=1, max_size=8),
)
CELL = st.one_of(
    st.builds("{}@{}".format, LOCAL, DOMAIN),
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["", "• ", "- ", "1. ", "(2) ", "✓", "2) Ann "]),
        LOCAL,
        st.sampled_from(
            ["gmail.com", ".gmx.de", "qgmx.de", "2gmail.com", "@gmx.de@", "@gmx.de@gmx.de", " @gmx.de"]
        ),
    ),
    st.builds(
        "{}{}@{}{}".format,
        st.sampled_from([" ", "<", "mailto:", "Ann <", "'"]),
        LOCAL,
        DOMAIN,
        st.sampled_from(["", ">", " "]),
    ),
    st.builds(
        "{}{}{}{}{}".format,
        st.sampled_from(
            [
                *("", " ", "Ann Lee <", "Jürgen von Berg <", "Meet at <", "Ann at Lee <", "x ", '"', "("),
                *("mailto:", "MAILTO: ", "e: ", "'", "[", "Ann, <", "Klammeraffe ", "und "),
                *("@", "E-Mail: ", "E-Mail:", "none; ", "Tel. 0123, ", "Ann: "),
                *("https://x.de/ ", "www.x.de; ", "www.", "http://", "[Ann](mailto:", "[a@b.de](mailto:"),
            ]
        ),
        LOCAL,
        st.sampled_from(["@", " (at) ", "[at]", " at ", "(AT)", "(at]", "  (at)", " (at) x (at) "]),
        DOMAIN,
        st.sampled_from(
            [
                *(
                    "",
                    "@",
                    "@gmx.de",
                    ">",
                    " ",
                    ")",
                    ";",
                    "]",
                    ", x",
                    '"',
                    "> x",
                    "'",
                    "?subject=x",
                    " und",
                    ": x",
                ),
                *(
                    "; none",
                    ", https://x.de/x.html",
                    " / 089-1",
                    " 0123/4",
                    " - old",
                    " neu",
                    " com",
                    ". com",
                    " (alt)",
                    "; de",
                    ", b c",
                ),
            ]
        ),
    ),
    st.builds("{}@{}, {}@{}".format, LOCAL, DOMAIN, LOCAL, DOMAIN),
    st.text("ab@.;,=+'\" \u00a0", max_size=10),
)


def reference(raw: bytes, layout: Layout, know: Knowledge, size: int = BLOCK) -> list[list[str]]:
    """Every row looked at for itself."""
    judge = Judge(know)
    piles: list[list[str]] = [[] for _ in PILES]
    for block in parted(raw, layout, size):
        for row, record in enumerate(records(block, layout), start=block.first):
            outcome = judge.row(record)
            told = str(row), *rendered(record.line, outcome, layout)
            piles[PILES.index(outcome.pile)].append(layout.parts.join(told))
    return piles


def parted(raw: bytes, layout: Layout, size: int) -> Iterator[Block]:
    """A list in blocks of about a size: it is read in pieces of no more than that."""
    return blocks((raw[at : at + size] for at in range(0, len(raw), size)), layout, size)


def looked(way: str, raw: bytes, layout: Layout, know: Knowledge, size: int = 1 << 20) -> list[bytes]:
    """The same by one of the quick ways, as it is written into the files."""
    looker = WAYS[way](Judge(know), layout, Tally())
    piles = [b"" for _ in PILES]
    for block in parted(raw, layout, size):
        piles = [pile + rows for pile, rows in zip(piles, piled(looker, block), strict=True)]
    return piles


def piled(looker: Looker, block: Block) -> list[bytes]:
    """What is written of a block, by pile."""
    pieces = list(looker.look(block))
    return [b"".join(rows) for rows in zip(*pieces, strict=True)] or [b"" for _ in PILES]


def written(piles: Sequence[Sequence[str]]) -> list[bytes]:
    """Rows as they stand in the files."""
    return ["".join(f"{row}\n" for row in rows).encode("utf-8", "replace") for rows in piles]


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=300, deadline=None)
@given(cells=st.lists(CELL, max_size=12), size=st.sampled_from([1, 200, 1 << 20]))
def test_one_address_a_line(way: str, cells: Sequence[str], size: int) -> None:
    layout = Layout(None, None, 0)
    raw = "".join(f"{cell}\n" for cell in cells).encode()
    assert looked(way, raw, layout, KNOW, size) == written(reference(raw, layout, KNOW))


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=200, deadline=None)
@given(cells=st.lists(CELL, max_size=12), quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
def test_a_table(way: str, cells: Sequence[str], quoting: int) -> None:
    layout = Layout(";", ("name", "mail", "more"), 1, width=3)
    made = io.StringIO()
    writer = csv.writer(made, delimiter=";", quoting=quoting, lineterminator="\n")
    writer.writerow(("name", "mail", "more"))
    writer.writerows([f"=n{n}", cell, "-1"] for n, cell in enumerate(cells))
    raw = made.getvalue().encode()
    assert looked(way, raw, layout, KNOW) == written(reference(raw, layout, KNOW))


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=200, deadline=None)
@given(raw=st.binary(max_size=200))
def test_any_octets(way: str, raw: bytes) -> None:
    layout = Layout(",", None, 1, width=2)
    assert looked(way, raw, layout, KNOW) == written(reference(raw, layout, KNOW))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", [3_000, 40_000])
def test_a_long_list_in_many_blocks(way: str, size: int) -> None:
    raw = "".join(f"{row}\n" for row in made.rows(4_000)).encode()
    layout = Layout(",", ("id", "name", "email", "city"), 2, width=4)
    told = reference(raw, layout, KNOW)
    assert looked(way, raw, layout, KNOW, size) == written(told)
    assert all(told[:1] + told[3:])
    assert sum("dup_exact" in row for row in told[3]) > 50


@pytest.mark.parametrize("way", WAYS)
def test_rows_are_numbered_through_all_their_thousands(way: str) -> None:
    raw = "".join(f"ann{row}@firm.de\n" for row in range(1, 20_010)).encode()
    for size in (70_000, 1 << 20):
        files = looked(way, raw, Layout(None, None, 0), KNOW, size)
        told = [line.split(b",")[:2] for line in files[0].splitlines()]
        assert told == [[b"%d" % row, b"ann%d@firm.de" % row] for row in range(1, 20_010)]
        assert files[1:] == [b""] * (len(PILES) - 1)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("layout", [Layout(None, None, 0), Layout(";", None, 1, width=3)])
def test_the_same_stands_around_many_addresses(way: str, layout: Layout) -> None:
    around = [
        *("Ann, <{}>", "'{}", "=x <{}>", "({})", "{},", "{}, und", "- <{}>", "<{}", "+ ({})", "[{}]"),
        *("mailto:{}", "mailto:{}?cc=b", "Ann Lee <{}>", "Ann at Lee <{}>", "und {} und", " {} ", "{}: x"),
        *("@ <{}>", "'=<{}>", "\t{}", "{}\u00a0", "Zo\u00eb <{}>", ";{}", "a;{};b", "<a> <{}>"),
    ]
    addresses = ["ann.lee@firm.de", "info@firm.de", "stopped@gmail.com", "stop.ped@gmail.com", "c@gmial.com"]
    spelled = [*addresses, *(address.replace("@", " (at) ") for address in addresses), "d.d[at]firm.de"]
    cells = [each.format(address) for each in around for address in spelled]
    rows = cells if layout.delimiter is None else [f"-1;{cell};=2" for cell in cells]
    raw = "".join(f"{row}\n" for row in rows).encode()
    for size in (500, 1 << 20):
        assert looked(way, raw, layout, KNOW, size) == written(reference(raw, layout, KNOW))


@pytest.mark.parametrize("way", WAYS)
def test_a_domain_is_the_same_in_every_block(way: str) -> None:
    firms = [f"firm{row % 7001}.{'de' if row % 7001 % 3 else 'nosuchend'}" for row in range(60_000)]
    raw = "".join(f"ann{row}@{firm}\n" for row, firm in enumerate(firms, start=1)).encode()
    files = looked(way, raw, Layout(None, None, 0), KNOW, 300_000)
    for pile, end in zip(files, ("de", "", "nosuchend", ""), strict=True):
        told = [line.split(b",")[:2] for line in pile.splitlines()]
        rows = [(row, firm) for row, firm in enumerate(firms, start=1) if firm.endswith(f".{end}")]
        assert told == [[b"%d" % row, f"ann{row}@{firm}".encode()] for row, firm in rows]


@pytest.mark.parametrize("way", WAYS)
def test_forms_that_meet_again_in_another_block(way: str) -> None:
    cells = [
        *(
            "jose\u0301@firm.de",
            "jos\u00e9@firm.de",
            "JOSE\u0301@firm.de",
            "\u212a@firm.de",
            "k@firm.de",
            "K@firm.de",
        ),
        *("ann.lee@gmail.com", "b.c@firm.de", "ann.lee@gmail.com", "annlee@googlemail.com", "B.C@firm.de"),
        *(
            "b.c@firm.de",
            " ann.lee@gmail.com",
            "a.nnlee@gmail.com",
            "C.D@firm.de",
            "c.d@firm.de",
            "c.d@firm.de",
        ),
        *("Ann.Lee+x@gmail.com", "stop.ped@gmail.com", "stopped@gmail.com", "e@firm.de", "<e@firm.de>"),
    ]
    layout = Layout(None, None, 0)
    for turned in (cells, cells[::-1], cells * 2):
        raw = "".join(f"{cell}\n" for cell in turned).encode()
        for size in (1, 40, 100, 1 << 20):
            assert looked(way, raw, layout, KNOW, size) == written(reference(raw, layout, KNOW))


@pytest.mark.parametrize("way", WAYS)
def test_every_address_of_the_collected_ones(way: str) -> None:
    if not CORPORA.exists():
        pytest.skip("the collected addresses are not here")
    cells = []
    for file in sorted(CORPORA.glob("*.jsonl")):
        for line in file.read_text("utf-8").splitlines():
            told = json.loads(line)
            cells.append(told["address"] if "address" in told else f"ann.lee@{told['typed']}")
    layout = Layout(None, None, 0)
    text = "".join(cell.replace("\n", " ").replace("\r", " ") + "\n" for cell in cells)
    raw = text.encode("utf-8", "replace")
    assert len(cells) > 10_000
    assert looked(way, raw, layout, KNOW) == written(reference(raw, layout, KNOW))


@pytest.mark.parametrize("way", WAYS)
def test_a_block_of_rows_that_are_looked_at_singly_says_that_it_goes_on(way: str) -> None:
    said: list[int | None] = []
    layout = Layout(None, None, 0)
    looker = WAYS[way](Judge(KNOW, said.append), layout, Tally())
    raw = "".join(f'"x y{number}"@b-firm.de\n' for number in range(3 * EVERY)).encode()
    (block,) = blocks([raw], layout)
    assert sum(rows.count(b"\n") for rows in piled(looker, block)) == 3 * EVERY
    assert len(said) >= 3


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=100, deadline=None)
@given(cells=st.lists(CELL, max_size=20))
def test_the_counts_are_those_of_the_rows(way: str, cells: Sequence[str]) -> None:
    layout, tally = Layout(None, None, 0), Tally()
    looker = WAYS[way](Judge(KNOW), layout, tally)
    raw = "".join(f"{cell}\n" for cell in cells).encode()
    files = [b"" for _ in PILES]
    for block in blocks([raw], layout):
        files = piled(looker, block)
    looker.settle()
    piles = [list(csv.reader(io.StringIO(rows.decode(), newline=""))) for rows in files]
    assert tally.counts["rows"] == len(cells) == sum(map(len, piles))
    told = Tally()
    judge = Judge(KNOW)
    for block in blocks([raw], layout):
        for row, record in enumerate(records(block, layout), start=block.first):
            told.row(row, judge.row(record))
    assert (tally.domains, tally.kept, tally.typos) == (told.domains, told.kept, told.typos)
    for pile, rows in zip(PILES, piles, strict=True):
        assert tally.counts[f"pile.{pile}"] == len(rows)
        reasons = [row[4].split() for row in rows]
        for code in Code:
            assert tally.counts[f"{pile}.{code}"] == sum(code.value in told for told in reasons), code


@pytest.mark.parametrize("way", WAYS)
def test_the_counts_and_the_examples_are_the_same_by_every_way(way: str) -> None:
    raw = "".join(f"{row}\n" for row in made.rows(3_000)).encode()
    told = []
    for each in ("rows", way):
        layout, tally = Layout(",", ("id", "name", "email", "city"), 2, width=4), Tally()
        looker = WAYS[each](Judge(KNOW), layout, tally)
        for block in parted(raw, layout, 1 << 20):
            piled(looker, block)
        looker.settle()
        told.append(tally.told())
    assert told[1] == told[0]
    assert len(told[0]["counts"]) > 20


@pytest.mark.parametrize("way", WAYS)
def test_rows_of_a_domain_with_many_stops_are_all_counted(way: str) -> None:
    names = [f"ann{number}" for number in range(300)]
    stops = {
        f"{name}@firm.de": (Finding(Code.SUPPRESSED, Evidence("history", Answer.YES, name)),)
        for name in names
    }
    rows = ["bob@firm.de"] * 3 + list(stops) + ["<eve@firm.de>", "EVE@firm.de", "info@firm.de"] * 2
    layout, tally = Layout(None, None, 0), Tally()
    looker = WAYS[way](Judge(Knowledge(history=stops)), layout, tally)
    for block in blocks(["".join(f"{row}\n" for row in rows).encode()], layout):
        piled(looker, block)
    looker.settle()
    assert tally.counts["rows"] == tally.domains["firm.de"] == len(rows)
    assert tally.counts[f"reason.{Code.DUP_EXACT}"] == 5


MEETING = st.builds(
    "{}{}@{}".format,
    st.sampled_from(["", "", "", " ", "x <", "="]),
    st.sampled_from(
        [
            *("ann.lee", "annlee", "Ann.Lee", "ANN.LEE", "a.nnlee", "AnnLee", "annlee+x", "k", "K", "\u212a"),
            *("jos\u00e9", "jose\u0301", "JOS\u00c9", "stop.ped", "Stopped", "info", "1234", "12345", "____"),
        ]
    ),
    st.sampled_from(
        ["gmail.com", "GMAIL.com", "googlemail.com", "firm.de", "Firm.DE", "outlook.com", "b.test-mail.com"]
    ),
)


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=300, deadline=None)
@given(
    cells=st.lists(MEETING, max_size=40),
    size=st.sampled_from([1, 90, 1 << 20]),
    before=st.integers(min_value=0, max_value=3),
)
def test_what_has_something_in_common_in_any_order(
    way: str, cells: Sequence[str], size: int, before: int
) -> None:
    layout = Layout(";", None, 1, width=3)
    raw = "".join(f"-{row};{cell};'+{row}\n" for row, cell in enumerate(cells)).encode()
    told = written(reference(raw, layout, KNOW))
    assert looked(way, raw, layout, KNOW, size) == told
    each = list(parted(raw, layout, size))
    whole, later = WAYS[way](Judge(KNOW), layout, Tally()), WAYS[way](Judge(KNOW), layout, Tally())
    for block in each[:before]:
        piled(whole, block)
        later.remember(block)
    assert [piled(later, block) for block in each[before:]] == [
        piled(whole, block) for block in each[before:]
    ]


class _Blind(Judge):
    """Judges nothing."""

    def row(self, record: Record, cell: Cell | None = None) -> Outcome:
        raise AssertionError(record)

    def check(self, text: str, facts: Facts) -> Checked:
        raise AssertionError(text)


@pytest.mark.parametrize("way", WAYS)
def test_what_was_judged_before_is_not_judged_again(way: str) -> None:
    cells = [
        "Ann.Lee@gmail.com",
        "b.c@firm.de",
        "jürgen@firm.de",
        "<d@firm.de>",
        "ann at firm.de",
        "x..y@firm.de",
    ]
    raw = "".join(
        f"{row}\n" for row in (*cells, *(row.split(",")[2] for row in made.rows(2_000)), *cells)
    ).encode()
    layout = Layout(None, None, 0)
    each = list(parted(raw, layout, 4_000))
    first, rest = each[: len(each) // 2], each[len(each) // 2 :]
    judge = _Blind(KNOW)
    looker = WAYS[way](judge, layout, Tally())
    for block in first:
        looker.remember(block)
    judge.__class__ = Judge
    whole = WAYS[way](Judge(KNOW), layout, Tally())
    for block in first:
        piled(whole, block)
    assert [piled(looker, block) for block in rest] == [piled(whole, block) for block in rest]


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=150, deadline=None)
@given(
    cells=st.lists(st.one_of(CELL, st.builds("{}@{}".format, LOCAL, DOMAIN)), max_size=12),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    names=st.lists(st.text("ab,-+=@'\"\né", max_size=6), min_size=12, max_size=12),
    codec=st.sampled_from(["utf-8", "latin-1"]),
    size=st.sampled_from([1, 60, 1 << 20]),
    others=st.sampled_from([(), (2,)]),
)
def test_a_table_with_signs_of_all_sorts_beside(
    way: str,
    cells: Sequence[str],
    quoting: int,
    names: Sequence[str],
    codec: str,
    size: int,
    others: tuple[int, ...],
) -> None:
    layout = Layout(",", None, 1, others, width=3)
    text = io.StringIO()
    writer = csv.writer(text, quoting=quoting, lineterminator="\n")
    beside = cells[::-1] if others else names
    writer.writerows((name, cell, other) for name, cell, other in zip(names, cells, beside, strict=False))
    raw = text.getvalue().encode(codec, "replace")
    assert looked(way, raw, layout, KNOW, size) == written(reference(raw, layout, KNOW, size))


@pytest.mark.parametrize("way", WAYS)
def test_a_row_beside_octets_that_are_no_text(way: str) -> None:
    rows = ("é,ann.lee@gmail.com,é", "é,stopped@gmail.com,-é", "é,info@firm.de,é", "é,ann.lee@gmail.com,é")
    raw = "".join(f"{row}\n" for row in rows).encode() + "é,b@firm.de,é\n".encode("latin-1")
    layout = Layout(",", None, 1, width=3)
    for each in (raw, raw.replace(b",-", b',"-x",')):
        assert looked(way, each, layout, KNOW) == written(reference(each, layout, KNOW))


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.text('ab," =', max_size=6),
            st.sampled_from(['"{}"', '{}"', '"{}', ' "{}"', '"a "{}" b"', '"<{}>"', "{}", "\0{}"]),
            st.builds("{}@{}".format, LOCAL, DOMAIN),
            st.sampled_from(
                ["", "x", '"', '"Bonn, Graz"', ' "Bonn, Graz"', '"B "b" b"', '5"', '"a\nb"', "=1"]
            ),
        ),
        max_size=12,
    ),
    size=st.sampled_from([60, 1 << 20]),
)
def test_quotation_marks_where_csv_has_none(
    way: str, rows: Sequence[tuple[str, str, str, str]], size: int
) -> None:
    layout = Layout(",", None, 1, width=3)
    lines = (f"{before},{cell.format(address)},{behind}\n" for before, cell, address, behind in rows)
    raw = "".join(lines).encode()
    assert looked(way, raw, layout, KNOW, size) == written(reference(raw, layout, KNOW, size))
