"""What the stories stand on."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def ground() -> Iterator[Path]:
    """A directory that the mail software's own users may enter; pytest's tmp_path is closed to them."""
    with tempfile.TemporaryDirectory(prefix="retour-story-") as name:
        Path(name).chmod(0o755)
        yield Path(name)
