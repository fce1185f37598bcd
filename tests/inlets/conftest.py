"""What the tests of inlets share."""

from collections.abc import Iterator

import pytest

from inlets.beside import Beside


@pytest.fixture
def beside() -> Iterator[Beside]:
    loop = Beside()
    yield loop
    loop.end()
