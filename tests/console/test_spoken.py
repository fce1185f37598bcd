"""Domains of other scripts are shown as they count, with how they are read beside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.console.spoken import spoken


@pytest.mark.parametrize(
    ("address", "read"),
    [
        ("ann@xn--bcher-kva.example", "bücher.example"),
        ("ann@mail.xn--bcher-kva.example", "mail.bücher.example"),
        ("ann@b.example", ""),
        ("xn--bcher-kva.example", ""),  # no address
        ("xn--x@b.example", ""),
        ("ann@xn--b-example.test", ""),
        ("ann@xn--.test", ""),
        ("ann@xn--abc-.test", ""),  # a name of this script in disguise
        ("ann@xn--bcher-kva.:.example", ""),  # one label that is none spoils the name
    ],
)
def test_it_is_read_beside(address: str, read: str) -> None:
    assert spoken(address) == read


@given(st.text(max_size=30))
def test_no_string_breaks_it_and_nothing_invisible_is_read(text: str) -> None:
    assert all(sign.isalnum() or sign in "-." for sign in spoken(f"ann@xn--{text}.example"))
