"""The two forms of Retour: its source as it stands, and what `make compiled` has made of that very source."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PURE, COMPILED = ROOT / "src", ROOT / "build" / "compiled"


def is_compiled() -> bool:
    """Whether there is a compiled form, made of the source as it is now."""
    return not subprocess.run([ROOT / "scripts/compiled", sys.prefix, "--check"], check=False).returncode


@contextmanager
def imported_from(form: Path) -> Iterator[None]:
    """Every Python that is started meanwhile imports Retour in this form."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(form)
    sys.path.insert(0, str(form))  # what multiprocessing spawns takes over
    try:
        yield
    finally:
        sys.path.remove(str(form))
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


def assert_form(form: Path, module: str | None) -> None:
    """Stops where a module, by its file, is not of the form that is to be measured."""
    if (
        module is None
        or not Path(module).is_relative_to(form)
        or module.endswith(".py") is (form == COMPILED)
    ):
        raise AssertionError(f"{module} is not of the form in {form}")
