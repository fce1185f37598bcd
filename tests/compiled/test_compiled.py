"""The compiled form is made of this very source, and reads and judges as the pure form does in every field.

Both answer the same questions in processes of their own (answer.py). What is played and recorded is held by
the tests of lives and stores, which run once more in the compiled form. Without a C compiler this skips.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import hatch_build
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.fuzz.mails import MAILS, TEXTS
from tests.fuzz.seeds import finds, seeds

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts/compiled"
compiled_form = pytest.mark.engine("compiler")
patient = pytest.mark.timeout(1800)  # whoever comes first waits for the compiler


class Form:
    """One form of Retour, at work."""

    def __init__(self, source: Path) -> None:
        command = [sys.executable, Path(__file__).with_name("answer.py")]
        environment = {**os.environ, "PYTHONPATH": str(source), "PYTHONHASHSEED": "0"}
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )
        assert self._process.stdin
        assert self._process.stdout
        self._ask, self._answers = self._process.stdin, self._process.stdout
        self.parser = Path(self._answers.readline().decode().strip())

    def answer(self, what: bytes, given: bytes) -> str:
        """All that is read out of a mail or a reply, and judged of it."""
        self._ask.write(b"%b %d\n%b" % (what, len(given), given))
        self._ask.flush()
        size = int(self._answers.readline())
        return self._answers.read(size).decode()

    def end(self) -> None:
        """Sees it off."""
        self._process.communicate()


Forms = tuple[Form, Form]

TOLD_AGAIN = (
    *("core/test_address.py", "core/test_chain.py", "core/test_foreseen.py"),
    *("core/test_lifecycle_decide.py", "core/test_lifecycle_fold.py", "core/test_lifecycle_policy.py"),
    *("core/test_lifecycle_reference.py", "core/test_lifecycle_table.py"),
    *("contract/test_counts.py", "contract/test_intake.py", "contract/test_ledger.py"),
    *("contract/test_pending.py", "contract/test_replay.py", "contract/test_stateful.py"),
    *("contract/test_what_if.py", "story/test_check_list.py"),
)
"""Tests of what is compiled, beside those that ask both forms."""

IN_COMPILED = """
import sys, pytest, retour.lifecycle.life, retour.stores.sqlite.pages
pure = [m.__file__ for m in (retour.lifecycle.life, retour.stores.sqlite.pages) if m.__file__.endswith(".py")]
sys.exit(f"not compiled: {pure}" if pure else pytest.main(sys.argv[1:]))
"""


@pytest.fixture(scope="session")
def made() -> Path:
    """The directory of the compiled form, made where it is not there or of another source."""
    subprocess.run([SCRIPT, sys.prefix], check=True)
    return ROOT / "build/compiled"


@pytest.fixture(scope="session")
def forms(made: Path) -> Iterator[Forms]:
    """The pure form and the compiled one."""
    both = Form(ROOT / "src"), Form(made)
    yield both
    for form in both:
        form.end()


def assert_alike(forms: Forms, what: bytes, given: bytes) -> None:
    """Both say the same, and neither stumbles."""
    pure, compiled = (form.answer(what, given) for form in forms)
    assert compiled == pure
    assert pure.startswith("(")


@compiled_form
@patient
def test_each_form_is_what_it_is_called(forms: Forms) -> None:
    pure, compiled = forms
    assert pure.parser == ROOT / "src/retour/parse/__init__.py"
    assert compiled.parser.is_relative_to(ROOT / "build/compiled")
    assert compiled.parser.suffix != ".py"


@compiled_form
@patient
def test_all_that_is_to_be_compiled_is(made: Path) -> None:
    names = [p.relative_to(made) for pattern in hatch_build.COMPILED for p in made.glob(f"retour/{pattern}")]
    assert len(names) > 40
    sources = [made / name for name in names if name.suffix == ".py"]
    assert [path for path in sources if not list(path.parent.glob(f"{path.stem}.*.so"))] == []
    others = {path.name.partition(".")[0] for path in made.glob("retour/*.so")}
    assert others == {"_sieve", "_swift", "address", "chain", "codes", "instants", "model"}


@compiled_form
@patient
@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"], ids=["lf", "crlf", "cr"])
def test_samples_are_read_and_judged_alike(forms: Forms, ending: bytes) -> None:
    for sample in seeds("parse"):
        assert_alike(forms, b"mail", sample.replace(b"\n", ending))


@compiled_form
@patient
def test_samples_cut_anywhere_are_read_and_judged_alike(forms: Forms) -> None:
    for sample in seeds("parse"):
        for size in range(0, len(sample), 397):
            assert_alike(forms, b"mail", sample[:size])


@compiled_form
@patient
def test_replies_are_judged_alike(forms: Forms) -> None:
    for reply in seeds("reply"):
        assert_alike(forms, b"reply", reply)


@compiled_form
@patient
def test_what_once_broke_a_target_is_read_alike(forms: Forms) -> None:
    for find in finds("parse"):
        assert_alike(forms, b"mail", find.read_bytes())
    for find in finds("reply"):
        assert_alike(forms, b"reply", find.read_bytes())


@compiled_form
@patient
@given(mail=MAILS)
@example(mail=b"")
@example(mail=b"From: MAILER-DAEMON@out.test\nSubject: Undelivered Mail\n\n" + b"a@b.c\n" * 200_000)
@example(mail=b"From: MAILER-DAEMON@out.test\nSubject: Undelivered Mail\n\n" + b"550-" * 250_000)
@example(mail=b"From: a@b.c\n" * 20_000)
@example(mail=bytes(range(256)) * 5_000)
def test_hostile_mails_are_read_and_judged_alike(forms: Forms, mail: bytes) -> None:
    assert_alike(forms, b"mail", mail)


@compiled_form
@patient
@given(reply=st.one_of(TEXTS, st.text(max_size=300)))
def test_hostile_replies_are_judged_alike(forms: Forms, reply: str) -> None:
    assert_alike(forms, b"reply", reply.encode("utf-8", "replace"))


@compiled_form
@patient
@pytest.mark.parametrize("file", TOLD_AGAIN)
def test_lives_and_stores_are_as_in_the_pure_form(made: Path, file: str) -> None:
    """The very tests of the pure form, by an interpreter that imports the compiled one."""
    options = ["-o", "addopts=--strict-markers --strict-config", "-p", "no:cacheprovider"]
    command = [sys.executable, "-c", IN_COMPILED, *options, str(ROOT / "tests" / file)]
    environment = {**os.environ, "PYTHONPATH": str(made)}
    run = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, f"{run.stdout[-4000:]}{run.stderr[-4000:]}"
    assert " passed" in run.stdout


def test_without_a_compiler_it_says_what_is_missing_and_what_helps(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    for name in ("scripts/compiled", "hatch_build.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    run = subprocess.run(
        [tmp_path / "scripts/compiled", sys.prefix],
        env={**os.environ, "CC": "no-such-compiler"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert "no-such-compiler is not on PATH" in run.stderr
    assert "apt-get install gcc" in run.stderr
    assert not (tmp_path / "build").exists()
