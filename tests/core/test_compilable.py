"""What is compiled on demand (hatch_build.py) is written so that both forms do the same work.

This needs no compiler; tests/compiled has the comparison of the forms themselves.
"""

from pathlib import Path

import hatch_build

SOURCE = Path(__file__).parents[2] / "src"


def test_what_is_compiled_uses_nothing_that_is_slow_or_otherwise_in_that_form() -> None:
    """A cached_property is computed at each access there; an attribute filled when first needed is not."""
    files = [file for pattern in hatch_build.COMPILED for file in SOURCE.glob(f"retour/{pattern}")]
    assert len(files) > 40
    assert [file.name for file in files if "cached_property" in file.read_text("utf-8")] == []
