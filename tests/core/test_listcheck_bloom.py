"""The filter before a large history: it loses nobody, and lets few pass who are not meant."""

from hypothesis import given
from hypothesis import strategies as st

from retour.flow.listcheck.bloom import Bloom


@given(
    held=st.sets(st.binary(max_size=20), max_size=50), others=st.lists(st.binary(max_size=20), max_size=50)
)
def test_whoever_was_put_there_is_there(held: set[bytes], others: list[bytes]) -> None:
    met = Bloom(1, held)  # with less room than it needs, too
    asked = [*others, *held]
    assert set(met.among(asked)) >= {place for place, each in enumerate(asked) if each in held}
    assert all(each in met for each in held)
    assert Bloom(0).among(asked) == []


def test_few_pass_who_are_not_meant() -> None:
    held = [b"ann%d@firm.de" % number for number in range(20_000)]
    others = [b"bob%d@firm.de" % number for number in range(20_000)]
    met = Bloom(len(held), held)
    assert met.among(held) == list(range(len(held)))
    assert len(met.among(others)) < len(others) * 0.05
    assert "ann1@firm.de" not in met
