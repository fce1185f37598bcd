"""The tests of lists with the rows sifted in C, by an interpreter of their own.

python -m tests.compiled.sift MODULE OPTION...     with the module in this file, and these options of pytest
"""

import sys
from pathlib import Path

import pytest
from tests.compiled.steps import loaded

if __name__ == "__main__":
    sys.modules["retour._sieve"] = loaded(Path(sys.argv[1]), "retour._sieve")
    from retour.flow.listcheck.passes import WAYS

    assert list(WAYS)[-1] == "sifted"
    sys.exit(pytest.main(sys.argv[2:]))
