"""The link of a line in the decision ledger is over exactly the JSON that the documents name."""

import json
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from retour.chain import BEGINNING, Line, link

TEXT = st.text(st.characters(), max_size=30)
LINES = st.builds(
    Line,
    st.integers(1),
    TEXT,
    TEXT,
    TEXT,
    TEXT,
    TEXT,
    st.none() | TEXT,
    st.none() | TEXT,
    st.integers(0),
)


@given(LINES)
def test_a_link_is_over_the_line_before_and_the_line_as_json(line: Line) -> None:
    told = json.dumps(list(line), separators=(",", ":"))
    assert link(BEGINNING, line) == sha256(f"{BEGINNING}\n{told}".encode()).hexdigest()
