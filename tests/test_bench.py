"""Every benchmark works, on a tiny input. No time is asserted: that is what `make bench` is for."""

import importlib

import pytest
from bench.__main__ import names, section


@pytest.mark.parametrize("name", names())
def test_a_benchmark_works_and_gives_a_table(name: str) -> None:
    module = importlib.import_module(f"bench.{name}")
    written = section(name, module, module.quick())
    assert written.startswith(f"## {name}\n")
    assert f"`python -m bench {name}`" in written
    assert sum(line.startswith("|") for line in written.splitlines()) >= 3
