"""Duplicates are separate notions: which two rows are alike, and in which sense."""

import pytest

from retour.vet import Code
from retour.vet.alike import CODES, first_in_common, keys, seen_before


@pytest.mark.parametrize(
    ("one", "other", "sense"),
    [
        ("ann@shop.de", "ann@SHOP.de", Code.DUP_EXACT),
        ("ann@shop.de", " ann@shop.de", Code.DUP_EXACT),
        ("ann@müller.de", "ann@xn--mller-kva.de", Code.DUP_EXACT),
        ("jos\u00e9@shop.de", "jose\u0301@shop.de", Code.DUP_NFC),
        ("Ann@shop.de", "ann@shop.de", Code.DUP_CASE),
        ("ann.lee@gmail.com", "annlee@gmail.com", Code.DUP_PROVIDER),
        ("AnnLee+news@googlemail.com", "ann.lee@gmail.com", Code.DUP_PROVIDER),
        ("ann.lee@shop.de", "annlee@shop.de", None),
        ("ann+x@shop.de", "ann@shop.de", None),
        ("ann-lee@shop.de", "ann-ray@shop.de", None),
        ("ann@gmx.de", "ann@gmx.net", None),
    ],
)
def test_two_rows_are_alike_in_one_sense(one: str, other: str, sense: Code | None) -> None:
    first, second = keys(one), keys(other)
    assert first is not None
    assert second is not None
    assert first_in_common(first, second) is sense
    assert first_in_common(second, first) is sense
    seen = {code: {key: 1} for code, key in zip(CODES, second, strict=True)}
    assert seen_before(first, seen) is sense


def test_what_is_no_address_is_like_nothing() -> None:
    assert keys("no address") is None
