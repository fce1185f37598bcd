"""Numbers as the reader's language writes them: whole where they are whole."""

import pytest

from retour.console.counts import read_count
from retour.console.templatetags.words import count_in, percent_in


@pytest.mark.parametrize(
    ("value", "english", "german"),
    [
        (1_234_567, "1,234,567", "1.234.567"),
        (4500.0, "4,500", "4.500"),
        (15.25, "15.25", "15,25"),
        (0.97, "0.97", "0,97"),
        (0, "0", "0"),
    ],
)
def test_a_number_is_written_as_its_reader_does(value: float, english: str, german: str) -> None:
    assert (count_in(value, "en"), count_in(value, "de")) == (english, german)


def test_a_rate_has_one_decimal() -> None:
    told = percent_in(0.024, "en"), percent_in(0.024, "de")
    assert told == ("2.4\N{NO-BREAK SPACE}%", "2,4\N{NO-BREAK SPACE}%")


@pytest.mark.parametrize("typed", ["1204", " 1204 ", "1.204", "1,204", "1 204", "1'204", "1\u00a0204"])
def test_a_number_is_read_as_people_type_it(typed: str) -> None:
    assert read_count(typed) == 1204


@pytest.mark.parametrize("typed", [None, "", "-1", "12.04", "1.204,5", "1.204,567", "many", "٣", "1" * 20])
def test_what_is_no_number_of_things_is_told_apart(typed: str | None) -> None:
    assert read_count(typed) == -1
