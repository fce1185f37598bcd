"""The sieve of lists says what the reference says of every row, and never leaves its buffers."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.compiled.steps import loaded
from tests.compiled.test_steps import ROOT, SANITIZERS, built, sanitized

SOURCE = ROOT / "src/retour/_sieve.c"
KEY = bytes(range(16))
# Of the reference implementation's vectors for 128 bits: what the key above makes of 00 01 02 …
SUMS = {
    0: "a3817f04ba25a8e66df67214c7550293",
    1: "da87c1d86b99af44347659119b22fc45",
    2: "8177228da4a45dc7fca38bdef60affe4",
    63: "5150d1772f50834a503e069a973fbd7c",
}
pytestmark = pytest.mark.engine("compiler")


@pytest.fixture(scope="module")
def sieve(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The module, known to nobody else."""
    made = built(tmp_path_factory.mktemp("sieve"), "-O2", source=SOURCE)
    return loaded(made, "retour._sieve")


def domain(number: int, name: bytes) -> tuple[int, bytes, bool, bool]:
    """What is said of every domain."""
    return 0, b",fine,", False, False


def more(case: int, number: int, repairs: int, listed: int, level: int) -> tuple[int, bytes, bool, bool]:
    """The same of rows of which more is known."""
    return (
        (3, b",again,", True, False)
        if level == 1
        else (1, b",%d %d %d," % (repairs, listed, level), True, False)
    )


def wrong(case: int, number: int, text: bytes) -> tuple[int, bytes, bool, bool] | None:
    """The same of what is wrong in one way, where it is looked at here."""
    return None if number < 0 else (3, b",wrong,", True, False)


def around(before: bytes, between: bytes, behind: bytes) -> int:
    """The number of repairs."""
    return 7 if between == b"@" else -1


def local(local: bytes) -> int:
    """The number of what lists say."""
    return 5


def stopped(
    number: int, repairs: int, listed: int, level: int, row: int, address: bytes
) -> tuple[int, bytes]:
    """What is said of an address in the ledger."""
    return 2, b",%d %b," % (level, address)


def odd(row: int, line: bytes, cell: bytes | None, at: int) -> tuple[int, bytes]:
    """What is written of a row that was asked about."""
    return 2, b"%d %b" % (row, line)


def asked(**others: Callable[..., Any] | None) -> tuple[Callable[..., Any] | None, ...]:
    """Whom the sieve asks."""
    usual = {
        "domain": domain,
        "more": more,
        "wrong": wrong,
        "around": around,
        "local": local,
        "stopped": stopped,
        "odd": odd,
        "erased": None,
    }
    return tuple((usual | others).values())


def of_lines(module: ModuleType) -> Any:
    """A sieve of lists with one address a line."""
    return module.Sieve(KEY, b"", 0, 1, {}, [b"info"], (b"mail.de",))


def looked(sifting: Any, raw: bytes, **others: Callable[..., Any] | None) -> list[bytes]:
    """What is written of some lines."""
    sifting.look(raw, 0, len(raw), 1, True, asked(**others))
    return sifting.taken()


@pytest.mark.parametrize("size", SUMS)
def test_sums_are_the_published_ones(sieve: ModuleType, size: int) -> None:
    assert sieve.sum_of(KEY, bytes(range(size))).hex() == SUMS[size]


def test_rows_are_written_as_their_domain_says_and_all_others_are_asked_for(sieve: ModuleType) -> None:
    sifting = of_lines(sieve)
    raw = b"ann@firm.de\nann@firm.de\nno address\nbob@firm.de"
    assert sifting.look(raw, 0, len(raw), 7, True, asked()) == (len(raw) + 1, 11)
    rows = sifting.taken()
    assert rows == [
        b"7,ann@firm.de,fine,ann@firm.de\n10,bob@firm.de,fine,bob@firm.de\n",
        b"",
        b"9 no address\n",
        b"8,ann@firm.de,again,ann@firm.de\n",
    ]
    assert sifting.counted() == [(0, 0, None, 0, 2), (0, 1, b"ann@firm.de", 8, 1)]
    assert (sifting.taken(), sifting.counted()) == ([b""] * 4, [])


def test_many_addresses_are_each_remembered(sieve: ModuleType) -> None:
    sifting = of_lines(sieve)
    lines = [b"ann%d@firm%d.de" % (number, number % 5000) for number in range(50_000)]
    raw = b"\n".join([*lines, *reversed(lines), b""])
    sifting.look(raw, 0, len(raw), 1, True, asked())
    kept, _, others, dropped = (rows.splitlines() for rows in sifting.taken())
    assert [row.split(b",")[1] for row in kept] == lines
    assert [row.split(b",")[1] for row in dropped] == lines[::-1]
    assert others == []
    assert all(sifting.flags(line) for line in lines)
    assert not any(sifting.flags(b"x" + line) for line in lines)


def test_what_stands_around_an_address_is_asked_for_once(sieve: ModuleType) -> None:
    told: list[tuple[bytes, ...]] = []

    def noting(*pieces: bytes) -> int:
        told.append(pieces)
        return around(*pieces)

    lines = [
        b"<ann@firm.de>",
        b"Bob Jones <bob@firm.de>",
        b"Ann Lee <lee@firm.de>",
        b"<eve@firm.de>",
        b"x (at) y.de",
    ]
    rows = looked(of_lines(sieve), b"\n".join(lines), around=noting)
    assert told == [(b"<", b"@", b">"), (b"Ann <", b"@", b">"), (b"", b" (at) ", b"")]
    assert [row.split(b",")[:3] for row in rows[1].splitlines()] == [
        [b"%d" % row, address, b"7 0 0"]
        for row, address in enumerate(
            (b"ann@firm.de", b"bob@firm.de", b"lee@firm.de", b"eve@firm.de"), start=1
        )
    ]
    assert rows[2] == b"5 x (at) y.de\n"


def test_what_is_wrong_in_one_way_is_asked_for_once_a_domain(sieve: ModuleType) -> None:
    sifting = of_lines(sieve)
    rows = looked(sifting, b"a..b@firm.de\n.c@firm.de\nnobody\nd..e@other.de\n")
    assert [row.split(b",")[:3] for row in rows[3].splitlines()] == [
        [b"1", b"a..b@firm.de", b"wrong"],
        [b"2", b".c@firm.de", b"wrong"],
        [b"4", b"d..e@other.de", b"wrong"],
    ]
    assert rows[2] == b"3 nobody\n"
    assert [each[2:] for each in sifting.counted()] == [(b"a..b@firm.de", 1, 2), (b"d..e@other.de", 4, 1)]


def test_lists_and_the_ledger_are_asked_about_those_they_may_know(sieve: ModuleType) -> None:
    sifting = of_lines(sieve)
    sifting.note(b"stopped@firm.de", 16)
    rows = looked(sifting, b"info2@firm.de\ninfo+x@firm.de\nstopped@firm.de\nstopped@firm.de\nann@firm.de\n")
    assert rows[1].splitlines() == [
        b"1,info2@firm.de,0 5 0,info2@firm.de",
        b"2,info+x@firm.de,0 5 0,info+x@firm.de",
    ]
    assert rows[2].splitlines() == [
        b"3,stopped@firm.de,0 stopped@firm.de,stopped@firm.de",
        b"4,stopped@firm.de,1 stopped@firm.de,stopped@firm.de",
    ]
    assert rows[0] == b"5,ann@firm.de,fine,ann@firm.de\n"


def test_a_proposal_has_the_local_part_in_it(sieve: ModuleType) -> None:
    rows = looked(
        of_lines(sieve), b"Ann@firm.de\n", domain=lambda *_: (1, b",meant \0@farm.de,\0,", True, True)
    )
    assert rows[1] == b"1,Ann@firm.de,meant Ann@farm.de,Ann,Ann@firm.de\n"


def test_what_a_provider_ignores_makes_two_addresses_one(sieve: ModuleType) -> None:
    rules = {b"g.de": (True, True, False, b"g.de"), b"h.de": (False, False, True, b"g.de"), b"i.de": None}
    sifting = sieve.Sieve(KEY, b"", 0, 1, rules, [], ())
    sifting.note(b"Stop@g.de", 16)
    lines = b"a.nn+x@g.de", b"ann@g.de", b"ANN@h.de", b"Stop@h.de", b"Stop@g.de", b"b@i.de"
    rows = looked(sifting, b"\n".join(lines))
    assert rows[0] == b"1,a.nn+x@g.de,fine,a.nn+x@g.de\n"
    assert [row.split(b",")[:3] for row in rows[1].splitlines()] == [
        [b"2", b"ann@g.de", b"0 0 4"],
        [b"3", b"ANN@h.de", b"0 0 4"],
    ]
    # Known as it is kept; and the next as it came, for so some were erased.
    assert rows[2].splitlines() == [
        b"4,Stop@h.de,0 Stop@h.de,Stop@h.de",
        b"5,Stop@g.de,4 Stop@g.de,Stop@g.de",
        b"6 b@i.de",
    ]


def test_who_was_erased_is_asked_for_as_the_ledger_keeps_addresses(sieve: ModuleType) -> None:
    rules = {b"g.de": (True, True, False, b"g.de"), b"h.de": (False, False, True, b"g.de")}
    sifting = sieve.Sieve(KEY, b"", 0, 1, rules, [], ())
    sifting.note(b"stopped@b.de", 16)
    told: list[bytes] = []

    def erased(address: bytes) -> bool:
        told.append(address)
        return address in (b"ann@g.de", b"Ann@b.de")

    lines = b"A.nn+x@G.de", b"Ann@h.de", b"Ann@b.de", b"ann@b.de", b"stopped@b.de", b"Ann@b.de", b"no address"
    rows = looked(sifting, b"\n".join(lines), erased=erased)
    assert told == [b"ann@g.de", b"Ann@g.de", b"Ann@b.de", b"ann@b.de", b"Ann@b.de"]
    assert [row.split(b",")[:2] for row in rows[2].splitlines()] == [
        *([b"1", b"A.nn+x@g.de"], [b"3", b"Ann@b.de"], [b"5", b"stopped@b.de"], [b"6", b"Ann@b.de"]),
        [b"7 no address"],
    ]


def test_what_ends_with_a_provider_and_has_no_at_is_asked_about(sieve: ModuleType) -> None:
    rows = looked(
        of_lines(sieve), b"no\nannmail.de\nannMAIL.de..\nmail.de\nl.de\n", wrong=lambda *_: (1, b",w,", 0, 0)
    )
    assert [row.split(b",")[0] for row in rows[1].splitlines()] == [b"1", b"5"]
    assert rows[2].splitlines() == [b"2 annmail.de", b"3 annMAIL.de..", b"4 mail.de"]


def fails(*_: object) -> None:
    raise LookupError("asked")


@pytest.mark.parametrize(
    ("others", "error"),
    [
        ({"domain": fails}, LookupError),
        ({"more": fails}, LookupError),
        ({"wrong": fails}, LookupError),
        ({"around": fails}, LookupError),
        ({"local": fails}, LookupError),
        ({"stopped": fails}, LookupError),
        ({"odd": fails}, LookupError),
        ({"domain": lambda *_: (4, b"", False, False)}, ValueError),
        ({"more": lambda *_: (0, "text", False, False)}, TypeError),
        ({"wrong": lambda *_: (0, b"")}, TypeError),
        ({"around": lambda *_: "text"}, TypeError),
        ({"around": lambda *_: 1 << 80}, OverflowError),
        ({"local": lambda *_: None}, TypeError),
        ({"stopped": lambda *_: (9, b"")}, ValueError),
        ({"odd": lambda *_: (-1, b"")}, ValueError),
        ({"odd": lambda *_: None}, TypeError),
        ({"domain": None}, TypeError),
        ({"erased": fails}, LookupError),
        ({"erased": 5}, TypeError),
    ],
)
def test_an_answer_that_fits_nothing_is_an_error_and_the_sieve_goes_on(
    sieve: ModuleType, others: dict[str, Callable[..., Any] | None], error: type[Exception]
) -> None:
    sifting = of_lines(sieve)
    sifting.note(b"stopped@b.de", 16)
    raw = b"a@b.de\na@b.de\n<c@b.de>\ninfo@b.de\na..b@b.de\nstopped@b.de\nno address\n"
    with pytest.raises(error):
        looked(sifting, raw, **others)
    rows = looked(sifting, b"x y\n", domain=fails, more=fails, odd=lambda *_: (0, b"x"))
    assert rows[0].endswith(b"x\n")


def test_numbers_beyond_those_that_are_told_apart_are_for_python(sieve: ModuleType) -> None:
    rows = looked(
        of_lines(sieve), b"<a@b.de>\ninfo@b.de\n", around=lambda *_: 1 << 14, local=lambda *_: 1 << 14
    )
    assert rows[2] == b"1 <a@b.de>\n2 info@b.de\n"


def test_it_does_not_look_while_it_looks(sieve: ModuleType) -> None:
    sifting = of_lines(sieve)
    with pytest.raises(RuntimeError, match="looking already"):
        looked(sifting, b"x y\n", odd=lambda *_: looked(sifting, b""))


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ((b"short", b"", 0, 1, {}, [], ()), ValueError),
        ((KEY, b",,", 0, 1, {}, [], ()), ValueError),
        ((KEY, b",", -1, 1, {}, [], ()), ValueError),
        ((KEY, b",", 0, 1, [], [], ()), TypeError),
        ((KEY, b",", 0, 1, {}, ["text"], ()), TypeError),
        ((KEY, b",", 0, 1, {}, None, ()), TypeError),
        ((KEY, b",", 0, 1, {}, [], ("text",)), TypeError),
        ((KEY, b",", 0, 1, {}, [], []), TypeError),
        ((), TypeError),
    ],
)
def test_what_makes_no_sieve_is_refused(
    sieve: ModuleType, given: tuple[object, ...], error: type[Exception]
) -> None:
    with pytest.raises(error):
        sieve.Sieve(*given)


def test_what_is_nothing_it_could_note_is_refused(sieve: ModuleType) -> None:
    sifting = of_lines(sieve)
    for flag in (0, 32, -1):
        with pytest.raises(ValueError, match="no such flag"):
            sifting.note(b"a@b.de", flag)
    for rule in (7, (True,), (True, True, True, "text"), (True, True, True, b"x" * 64)):
        given = sieve.Sieve(KEY, b"", 0, 1, {b"b.de": rule}, [], ())
        with pytest.raises((TypeError, ValueError)):
            looked(given, b"a@b.de\n")
    with pytest.raises(TypeError, match="bytes are expected"):
        sifting.flags("text")
    with pytest.raises(ValueError, match="16 octets"):
        sieve.sum_of(b"", b"")


@pytest.mark.timeout(900)
def test_every_row_is_as_the_reference_says_and_no_buffer_is_left(tmp_path: Path) -> None:
    """The tests of all ways, by this one, under AddressSanitizer and its like for undefined behaviour."""
    environment = sanitized()
    module = built(tmp_path, *SANITIZERS, source=SOURCE)
    options = ["-o", "addopts=--strict-markers --strict-config", "-p", "no:cacheprovider", "-k", "sifted"]
    tests = str(ROOT / "tests/core/test_listcheck_equal.py")
    command = [sys.executable, "-m", "tests.compiled.sift", str(module), *options, tests]
    run = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, f"{run.stdout[-4000:]}{run.stderr[-4000:]}"
    assert " passed" in run.stdout
