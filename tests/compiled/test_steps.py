"""What is done in C says what the lines of Python say that it stands for, and never leaves its buffers."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.compiled.steps import (
    BENDS,
    assert_alike,
    assert_letters_alike,
    assert_texts_alike,
    assert_values_alike,
    loaded,
)
from tests.fuzz.mails import MAILS, TEXTS

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src/retour/_swift.c"
SANITIZERS = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
pytestmark = pytest.mark.engine("compiler")
LETTERS_AT_ONCE = 2000
PIECES = st.sampled_from(
    (
        *("550", "421 ", "250-", "5.1.1", "4.4.7", "2.0.0.1", "550-5.1.1 ", "554 5.7.1", "4", "12", "1234"),
        *(" ", "  ", "-", ":", "::", "#", "(", "[", "'", '"', "@", "a@b.test", "x" * 63, "x" * 65, ".", "_"),
        *(
            "\n",
            "\n\n",
            "\n ",
            "\n\t",
            "\n \n",
            "\r",
            "\r\n",
            "\r\r\n",
            "\x0b",
            "\x1c",
            "\0",
            "\x7f",
            "ä",
            "İ",
        ),
        *(
            "Final-Recipient: ",
            "final-recipient:",
            "Diagnostic-Code: x",
            "Status",
            "From:",
            "\nTo:",
            "\nX-a:",
        ),
        *(
            "-- original message",
            "message",
            "> header",
            "the unsent ",
            "below ",
            "received:",
            "Content-Type: a/b",
        ),
    )
)


def built(folder: Path, *options: str, source: Path = SOURCE) -> Path:
    """The module, built by itself."""
    made = folder / f"{source.stem}.so"
    compiler = (os.environ.get("CC") or "cc").split()[0]
    include = sysconfig.get_path("include")
    command = [compiler, *options, "-Wall", "-Werror", "-fPIC", "-shared", f"-I{include}", source, "-o", made]
    subprocess.run(command, check=True)
    return made


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The steps in C, beside those in Python."""
    return loaded(built(tmp_path_factory.mktemp("steps"), "-O2"))


@given(text=st.lists(PIECES, max_size=14).map("".join))
@example(text="550-5.1.1 " * 500)
@example(text="a" * 64 + "@" + "b" * 256 + "@c")
@example(text="550 -:- ((( 5.1.1")
@example(text="\n" + ">" * 9 + "message")
@example(text="Final-Recipient: a\n 550 x\nDiagnostic-Code: b\n550-c\n550 d\n\n\n \nfinal-recipient : e")
def test_texts_are_read_alike(steps: ModuleType, text: str) -> None:
    assert_texts_alike(steps, text)
    assert_alike(steps, text.encode())


@given(text=TEXTS)
def test_words_are_read_alike(steps: ModuleType, text: str) -> None:
    assert_texts_alike(steps, text)


@given(octets=st.one_of(st.lists(st.sampled_from(BENDS), max_size=60).map(bytes), st.binary(), MAILS))
@example(octets=b"\r" * 5_000)
@example(octets=b"\r\n" * 5_000)
@example(octets=b"\nSubject: " + b"a\n " * 9_000)
@example(octets=b"\nTo:\n \n\t\nto: x")
def test_octets_are_read_alike(steps: ModuleType, octets: bytes) -> None:
    assert_alike(steps, octets)


def test_letters_of_every_alphabet_are_lowered_alike(steps: ModuleType) -> None:
    letters = [chr(number) for number in range(sys.maxunicode + 1) if number not in (0x130, 0x3A3)]
    for start in range(0, len(letters), LETTERS_AT_ONCE):
        assert_letters_alike(steps, " ".join(letters[start : start + LETTERS_AT_ONCE]))


VALUES = st.sampled_from(
    (
        *(b"text", b"/", b"plain", b"multipart/mixed", b"; ", b";", b" ", b"\t", b"\n", b"\v", b"=", b" = "),
        *(b"boundary", b"BoundaRy=", b"charset", b"CHARSET=", b'"', b"'", b"utf-8", b"a" * 201, b"x" * 41),
        *(b"=3D", b"=3d", b"==", b"=\n", b"=\r\n", b"=\rx", b"=0D", b"=4", b"=G0", b"=?", b"\xe4", b"\0"),
    )
)


@given(value=st.lists(VALUES, max_size=12).map(b"".join))
@example(value=b'multipart/mixed; boundary="" boundary=b')
@example(value=b'a/b; boundary="' + b"c" * 200 + b'"')
@example(value=b'a/b; boundary="' + b"c" * 201 + b'"; boundary=d')
@example(value=b"a" * 60 + b"/" + b"b" * 81)
@example(value=b"a" * 61 + b"/b")
def test_values_are_read_alike(steps: ModuleType, value: bytes) -> None:
    assert_values_alike(steps, value)
    assert_alike(steps, value)


class Noun(NamedTuple):
    """As the nouns of retour.model are: some values must be given, some need not."""

    first: object
    second: object
    third: object = None
    fourth: object = "4"


class QuickNoun(NamedTuple):
    """The same, made in C."""

    first: object
    second: object
    third: object = None
    fourth: object = "4"


class Bare(NamedTuple):
    """Without any value."""


@given(
    places=st.lists(st.integers(), max_size=6),
    named=st.dictionaries(st.sampled_from(("first", "second", "third", "fourth", "fifth")), st.text()),
)
@example(places=[1, 2], named={})
@example(places=[1, 2, 3, 4], named={})
@example(places=[1], named={"fourth": "d", "second": "b"})
@example(places=[1, 2], named={"second": "twice"})
def test_named_tuples_are_made_alike(steps: ModuleType, places: list[int], named: dict[str, str]) -> None:
    steps.quickly_made(QuickNoun)
    by_python, in_c = _made(Noun, places, named), _made(QuickNoun, places, named)
    assert in_c == by_python
    if isinstance(in_c, QuickNoun):
        assert type(in_c) is QuickNoun
        assert in_c._replace(third=3) == (*in_c[:2], 3, in_c.fourth)


def test_only_named_tuples_are_made_quickly(steps: ModuleType) -> None:
    for other in (None, 1, int, tuple, (1, 2)):
        with pytest.raises((TypeError, AttributeError), match=r"named tuple|_fields"):
            steps.quickly_made(other)
    steps.quickly_made(Bare)
    assert Bare() == ()
    with pytest.raises(TypeError, match="argument"):
        Bare(1)


def _made(noun: Any, places: list[int], named: dict[str, str]) -> object:
    """What is made; else what is wrong, in words that name no type."""
    try:
        return noun(*places, **named)
    except TypeError as error:
        return str(error).replace("QuickNoun", "Noun")


@pytest.mark.parametrize("given", [None, 1, "text", b"octets"], ids=repr)
def test_whatever_else_is_given_is_refused_or_left_to_python(steps: ModuleType, given: object) -> None:
    for step in (
        steps.codes_in,
        steps.reply_at,
        steps.normal,
        steps.groups_of,
        steps.single_spaced,
        steps.lowered,
    ):
        assert (step(given) is None) is not isinstance(given, str)
    assert steps.is_plain(given) is False
    names = steps.Names((b"to",), 9)
    assert steps.says(given, "text") is None
    assert steps.says(("te", given), 1) is None
    values = (
        steps.media_type,
        steps.boundary,
        steps.charset,
        steps.plain_text,
        steps.unquoted,
        steps.ascii_text,
        steps.line_feeds,
    )
    for step in (steps.without_returns, steps.begins_field, steps.blank_line, names.found_in, *values):
        if isinstance(given, bytes):
            assert step(given) in (given, False, len(given), {}, None, b"", 0, given.decode())
        else:
            with pytest.raises(TypeError, match="bytes are expected"):
                step(given)
    for several in (steps.says, steps.holds, steps.divider_at, steps.pieces_of):
        with pytest.raises(TypeError, match="expected"):
            several(given)


@pytest.mark.parametrize("names", [(b"",), (b"x",), (b"to",) * 65], ids=["empty", "short", "many"])
def test_names_that_do_not_fit_are_refused(steps: ModuleType, names: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match=r"at least two octets|at most 64 names"):
        steps.Names(names, 9)


def sanitized() -> dict[str, str]:
    """The environment for modules that were built with SANITIZERS; skips where there are none."""
    sanitizers = [_library(name) for name in ("libasan.so", "libubsan.so")]
    if not all(library.is_absolute() for library in sanitizers):
        pytest.skip("this compiler has no AddressSanitizer; Debian's gcc brings it")
    return {
        **os.environ,
        "LD_PRELOAD": ":".join(str(library) for library in sanitizers),
        "ASAN_OPTIONS": "detect_leaks=0",  # the interpreter itself leaves much behind when it ends
        "PYTHONMALLOC": "malloc",  # else it hands out memory that the sanitizer knows nothing of
        "PYTHONPATH": str(ROOT / "src"),
    }


@pytest.mark.timeout(900)
def test_no_step_leaves_its_buffers(tmp_path: Path) -> None:
    """Under AddressSanitizer and its like for undefined behaviour, on all samples, whole and bent."""
    environment = sanitized()
    module = built(tmp_path, *SANITIZERS)
    command = [sys.executable, "-m", "tests.compiled.steps", str(module)]
    run = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-4000:]
    assert "samples are alike" in run.stdout


def _library(name: str) -> Path:
    compiler = (os.environ.get("CC") or "cc").split()[0]
    said = subprocess.run([compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=True)
    return Path(said.stdout.strip())
