"""Duplicates of a list: nobody is his own, and each is told by the surest notion."""

import re
from string import ascii_lowercase, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.flow.listcheck.seen import Seen, forms_of
from retour.flow.listcheck.special import HASH, suspected
from retour.vet import Policy
from retour.vet.lists import listed_locals, suspects

LISTS = [
    (["Ann@shop.de", "Bob@web.de", "ÄNN@shop.de"], [None, None, None]),
    (["Ann@shop.de", "ann@shop.de", "ANN@shop.de"], [None, "dup_case", "dup_case"]),
    (["ann@shop.de", "Ann@shop.de", "Ann@shop.de"], [None, "dup_case", "dup_exact"]),
    (["A.Lee@gmail.com", "alee+x@googlemail.com", "a.lee@gmail.com"], [None, "dup_provider", "dup_case"]),
    (["jos\u00e9@shop.de", "jose\u0301@shop.de", "JOSE\u0301@shop.de"], [None, "dup_nfc", "dup_case"]),
    (["jose\u0301@shop.de", "jos\u00e9@shop.de", "jose\u0301@shop.de"], [None, "dup_nfc", "dup_exact"]),
    (["a.lee@shop.de", "alee@shop.de", "alee+x@shop.de"], [None, None, None]),
]


@pytest.mark.parametrize(("addresses", "told"), LISTS)
def test_an_address_is_a_duplicate_of_another_alone(addresses: list[str], told: list[str | None]) -> None:
    seen = Seen()
    found = [seen.find(*forms_of(address)) for address in addresses]
    assert found == told


@pytest.mark.parametrize(
    ("one", "other", "sense"),
    [
        ("ann@shop.de", "ann@SHOP.de", "dup_exact"),
        ("ann@shop.de", " ann@shop.de", "dup_exact"),
        ("ann@müller.de", "ann@xn--mller-kva.de", "dup_exact"),
        ("jos\u00e9@shop.de", "jose\u0301@shop.de", "dup_nfc"),
        ("Ann@shop.de", "ann@shop.de", "dup_case"),
        ("ann.lee@gmail.com", "annlee@gmail.com", "dup_provider"),
        ("AnnLee+news@googlemail.com", "ann.lee@gmail.com", "dup_provider"),
        ("ann.lee@shop.de", "annlee@shop.de", None),
        ("ann+x@shop.de", "ann@shop.de", None),
        ("ann-lee@shop.de", "ann-ray@shop.de", None),
        ("ann@gmx.de", "ann@gmx.net", None),
    ],
)
def test_two_rows_are_alike_in_one_sense(one: str, other: str, sense: str | None) -> None:
    for first, second in ((one, other), (other, one)):
        seen = Seen()
        assert seen.find(*forms_of(first)) is None
        assert seen.find(*forms_of(second)) == sense


def test_what_is_no_address_is_like_nothing() -> None:
    assert forms_of("no address") == ()


@given(
    st.one_of(
        st.builds(
            "{}{}{}".format,
            st.sampled_from(["", "_", "x", "-.", "7"]),
            st.sampled_from(sorted(listed_locals())),
            st.sampled_from(["", "2", "-2.", "y", "_", "2y"]),
        ),
        st.text("in.fo_-77a", min_size=1, max_size=9),
        st.builds(str.__mul__, st.sampled_from(ascii_lowercase + digits + "-._"), st.integers(1, 70)),
    )
)
def test_the_pattern_of_local_parts_to_be_looked_at_finds_all_of_them(local: str) -> None:
    found = re.search(suspected(), local) is not None
    assert found == suspects(Policy())(local) or len(local) >= HASH
