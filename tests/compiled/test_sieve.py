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


def learn(number: int, name: bytes) -> tuple[int, bytes, bool]:
    """What is said of every domain."""
    return 0, b",fine,", False


def copied(number: int) -> tuple[int, bytes, bool]:
    """The same of copies."""
    return 3, b",again,", True


def odd(row: int, line: bytes, cell: bytes | None, at: int) -> tuple[int, bytes]:
    """What is written of a row that was asked about."""
    return 2, b"%d %b" % (row, line)


def of_lines(module: ModuleType) -> Any:
    """A sieve of lists with one address a line."""
    return module.Sieve(KEY, b"", 0, 1, {}, [])


@pytest.mark.parametrize("size", SUMS)
def test_sums_are_the_published_ones(sieve: ModuleType, size: int) -> None:
    assert sieve.sum_of(KEY, bytes(range(size))).hex() == SUMS[size]


def test_rows_are_written_as_their_domain_says_and_all_others_are_asked_for(sieve: ModuleType) -> None:
    sifting = of_lines(sieve)
    raw = b"ann@firm.de\nann@firm.de\nno address\nbob@firm.de"
    assert sifting.look(raw, 0, len(raw), 7, True, learn, copied, odd) == (len(raw) + 1, 11)
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
    sifting.look(raw, 0, len(raw), 1, True, learn, copied, odd)
    kept, _, asked, dropped = (rows.splitlines() for rows in sifting.taken())
    assert [row.split(b",")[1] for row in kept] == lines
    assert [row.split(b",")[1] for row in dropped] == lines[::-1]
    assert asked == []
    assert all(sifting.flags(line) for line in lines)
    assert not any(sifting.flags(b"x" + line) for line in lines)


def fails(*_: object) -> None:
    raise LookupError("asked")


@pytest.mark.parametrize(
    ("learn", "copied", "odd", "error"),
    [
        (fails, copied, odd, LookupError),
        (learn, fails, odd, LookupError),
        (learn, copied, fails, LookupError),
        (lambda *_: (4, b"", False), copied, odd, ValueError),
        (lambda *_: (0, "text", False), copied, odd, TypeError),
        (learn, lambda *_: None, odd, ValueError),
        (learn, copied, lambda *_: (-1, b""), ValueError),
        (learn, copied, lambda *_: None, TypeError),
        (None, copied, odd, TypeError),
    ],
)
def test_an_answer_that_fits_nothing_is_an_error_and_the_sieve_goes_on(
    sieve: ModuleType,
    learn: Callable[..., Any],
    copied: Callable[..., Any],
    odd: Callable[..., Any],
    error: type[Exception],
) -> None:
    sifting = of_lines(sieve)
    raw = b"a@b.de\na@b.de\nno address\n"
    with pytest.raises(error):
        sifting.look(raw, 0, len(raw), 1, True, learn, copied, odd)
    assert sifting.look(b"x\n", 0, 2, 4, True, fails, fails, lambda *_: (0, b"x")) == (2, 5)
    assert sifting.taken()[0].endswith(b"x\n")


def test_it_does_not_look_while_it_looks(sieve: ModuleType) -> None:
    sifting = of_lines(sieve)
    with pytest.raises(RuntimeError, match="looking already"):
        sifting.look(
            b"x\n", 0, 2, 1, True, learn, copied, lambda *_: sifting.look(b"", 0, 0, 1, True, *[None] * 3)
        )


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ((b"short", b"", 0, 1, {}, []), ValueError),
        ((KEY, b",,", 0, 1, {}, []), ValueError),
        ((KEY, b",", -1, 1, {}, []), ValueError),
        ((KEY, b",", 0, 1, [], []), TypeError),
        ((KEY, b",", 0, 1, {}, ["text"]), TypeError),
        ((KEY, b",", 0, 1, {}, None), TypeError),
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
    for rule in (None, (True,), (True, True, "text"), (True, True, b"x" * 64)):
        given = sieve.Sieve(KEY, b"", 0, 1, {b"b.de": rule}, [])
        with pytest.raises((TypeError, ValueError)):
            given.look(b"a@b.de\n", 0, 7, 1, True, learn, copied, odd)
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
