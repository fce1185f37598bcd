"""Addresses of others are hidden from account users; what is told about them stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.flow.redact import HIDDEN, redacted

OURS = "ann@b.example"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("550 5.1.1 <ann@b.example>: no such user", "550 5.1.1 <ann@b.example>: no such user"),
        ("550 5.1.1 <ANN@B.example>.", "550 5.1.1 <ANN@B.example>."),
        (
            "<bob@c.example> (expanded from <ann@b.example>): full",
            "<***@c.example> (expanded from <ann@b.example>): full",
        ),
        ("rfc822;bob@c.example, joann@b.example", "rfc822;***@c.example, ***@b.example"),
        ("to=bob.o+tag@c.example ann@b.example.other.example", "***@c.example ***@b.example.other.example"),
        ('"bob the great"@c.example', "***@c.example"),
        ("jos\u00e9@\u65e5\u672c.example wrote", "***@\u65e5\u672c.example wrote"),
        ("see https://c.example/?to=bob@c.example", "see https:***@c.example"),
        ("bob@[192.0.2.1]: refused", "***@[192.0.2.1]: refused"),
        ("no address @ all", "no address @ all"),
    ],
)
def test_only_the_address_that_was_written_to_is_shown(text: str, shown: str) -> None:
    assert redacted(text, OURS) == shown


@given(st.text(alphabet='ab@.<>" :;', max_size=80))
def test_hiding_twice_hides_no_more(text: str) -> None:
    once = redacted(text, OURS)
    assert redacted(once, OURS) == once
    assert redacted(f"{text} {OURS}", OURS).endswith(OURS) or text.endswith('"')


@given(st.text(alphabet="ab@.<> :;", max_size=80))
def test_without_quotes_ours_always_stays(text: str) -> None:
    assert redacted(f"{text} {OURS}", OURS).endswith(OURS)


@pytest.mark.parametrize("nested", [1, 7, 8, 9, 5000])
def test_quotes_in_quotes_hide_what_they_hold(nested: int) -> None:
    text = '"' * nested + "bob@c.example" + '"@d.example' * nested
    once = redacted(text, OURS)
    assert "bob" not in once
    assert redacted(once, OURS) == once


@given(st.text(alphabet='ab@.<>" :;', max_size=80))
def test_quotes_hide_nothing_but_local_parts(text: str) -> None:
    shown = redacted(text, OURS)
    assert shown.count("@") <= text.count("@")
    assert set(shown) <= {*text, *HIDDEN}
