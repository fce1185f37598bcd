"""Every pattern that reads hostile text does work that grows with the text and no faster."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from tests.fuzz.backtracking import repetitions, steps, traps, tree

import retour
from retour import address
from retour.classify import classifier

ROOMS = (
    "vet",
    "mime",
    "parse",
    "classify",
    "codes",
    "address",
    "return_address",
    "inlets",
    "smtpd",
    "cli",
    "flow",
    "outlets.postfix",
)
SHORT, LONG = 40, 160  # times; the long ones are beyond every bound within a bound
# Asked of texts that are no longer than this; what their work is for a longer one is of no matter.
SHORT_TEXTS = {"address._PLAIN[0]": address._SHORT}
# Can be imported in the compiled form alone, and asks no pattern: test_what_is_compiled_alone_has_none.
COMPILED_ALONE = {"retour.flow.listcheck.sifted"}
GROWTH = 2.6  # of steps, for a text twice as long


def _modules() -> Iterator[str]:
    for found in pkgutil.walk_packages(retour.__path__, "retour."):
        if found.name.removeprefix("retour.").startswith(ROOMS) and found.name not in COMPILED_ALONE:
            yield found.name


def _in(value: Any, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list) and depth < 3:
        for each in value:
            yield from _in(each, depth + 1)
    elif isinstance(value, dict) and depth < 3:
        yield from _in(list(value.values()), depth + 1)
    elif getattr(value, "__name__", "") in ("match", "search", "fullmatch") and hasattr(value, "__self__"):
        yield from _in(value.__self__, depth + 1)


def patterns() -> dict[str, re.Pattern[Any]]:
    """All compiled patterns of the rooms that read what others wrote, by where they stand."""
    classifier()
    found = {}
    for name in _modules():
        for variable, value in vars(importlib.import_module(name)).items():
            for number, pattern in enumerate(_in(value)):
                if variable != "__builtins__" and any(repetitions(tree(pattern), "", 0)):
                    found[f"{name.removeprefix('retour.')}.{variable}[{number}]"] = pattern
    return found


def _asked(value: Any) -> set[str]:
    """By which methods the patterns of a value are asked, where it holds those and not the patterns."""
    if isinstance(value, tuple | list):
        return set().union(*map(_asked, value))
    return {value.__name__} if isinstance(getattr(value, "__self__", None), re.Pattern) else set()


def is_anchored(name: str) -> bool:
    """Whether a pattern is only asked for what stands at one place, as its variable or module shows."""
    module, _, variable = name.partition("[")[0].rpartition(".")
    if asked := _asked(getattr(importlib.import_module(f"retour.{module}"), variable)):
        return asked <= {"match", "fullmatch"}
    source = inspect.getsource(importlib.import_module(f"retour.{module}"))
    used = set(re.findall(rf"\b{re.escape(variable)}(?:\.(\w+)|\b(?!(?:: Final)? =))", source))
    return bool(used) and used <= {"match", "fullmatch"}


PATTERNS = patterns()


@pytest.mark.parametrize("name", sorted(COMPILED_ALONE))
def test_what_is_compiled_alone_has_none(name: str) -> None:
    found = find_spec(name)
    assert found is not None
    assert found.origin is not None
    assert not re.search(r"^(import|from) re\b", Path(found.origin).read_text("utf-8"), re.MULTILINE)


def test_the_patterns_are_found() -> None:
    assert len(PATTERNS) > 60
    assert any(name.startswith("mime.encoded._WORD") for name in PATTERNS)


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_does_work_that_grows_with_the_text(name: str) -> None:
    pattern = PATTERNS[name]
    if name in SHORT_TEXTS:
        assert max(steps(pattern, text[: SHORT_TEXTS[name]]) for text in traps(pattern, LONG)) < 500_000
        return
    anchored = is_anchored(name)
    tries = [zip(traps(pattern, times), traps(pattern, 2 * times), strict=True) for times in (SHORT, LONG)]
    for (text, twice), (longer, longest) in zip(*tries, strict=True):
        # Where a short text shows no more than linear growth, it is linear; else bounds are to be passed.
        if steps(pattern, twice, anchored) > GROWTH * steps(pattern, text, anchored):
            assert steps(pattern, longest, anchored) <= GROWTH * steps(pattern, longer, anchored), text


@pytest.mark.parametrize("bad", [r"(?:a+)+$", r"(?:a|a)*b", r"a*a*b", r"\s+x", r"(?:a+b?)*c", r"<[^>]*>x"])
def test_a_trap_is_seen(bad: str) -> None:
    pattern = re.compile(bad)
    tries = zip(traps(pattern, 7), traps(pattern, 14), strict=True)
    assert any(steps(pattern, twice) > GROWTH * steps(pattern, text) for text, twice in tries)
