"""Duplicates of a list: nobody is his own, and each is told by the surest notion."""

import pytest

from retour.flow.listcheck.seen import Seen, forms

LISTS = [
    (["Ann@shop.de", "Bob@web.de", "ÄNN@shop.de"], [None, None, None]),
    (["Ann@shop.de", "ann@shop.de", "ANN@shop.de"], [None, "dup_case", "dup_case"]),
    (["ann@shop.de", "Ann@shop.de", "Ann@shop.de"], [None, "dup_case", "dup_exact"]),
    (["A.Lee@gmail.com", "alee+x@googlemail.com", "a.lee@gmail.com"], [None, "dup_provider", "dup_case"]),
    (["a.lee@shop.de", "alee@shop.de", "alee+x@shop.de"], [None, None, None]),
]


@pytest.mark.parametrize(("addresses", "told"), LISTS)
def test_an_address_is_a_duplicate_of_another_alone(addresses: list[str], told: list[str | None]) -> None:
    seen = Seen()
    found = [seen.find(*forms(*address.split("@"))) for address in addresses]
    assert found == told
