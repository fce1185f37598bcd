"""Lists in every encoding that names are written in: each sample is read as its twin in UTF-8."""

import io
from pathlib import Path

import pytest

from retour.flow.listcheck.encoding import encoding_of, pieces
from retour.flow.listcheck.source import Source, open_source

SAMPLES = Path(__file__).parents[1] / "samples/lists"
ENCODED = sorted(path.name for path in SAMPLES.glob("*.*.csv"))


def twin(name: str) -> bytes:
    return (SAMPLES / f"{name.partition('.')[0]}.csv").read_bytes()


def as_utf8(raw: bytes) -> bytes:
    return b"".join(pieces(io.BytesIO(raw), encoding_of(raw)))


def test_there_are_samples() -> None:
    assert len(ENCODED) > 40


@pytest.mark.parametrize("name", ENCODED)
def test_a_sample_is_read_as_its_twin(name: str) -> None:
    assert as_utf8((SAMPLES / name).read_bytes()) == twin(name)


@pytest.mark.parametrize("name", [each for each in ENCODED if ".utf" not in each])
def test_one_row_in_a_long_list_of_ascii_tells_as_much(name: str) -> None:
    """What is looked at is rows that are not ASCII, wherever they stand."""
    plain = b"Ann;Graz;ann@b.example\r\n" * 500
    assert as_utf8(plain + (SAMPLES / name).read_bytes()) == plain + twin(name)


@pytest.mark.parametrize("name", ENCODED)
def test_the_addresses_are_those_of_the_twin(name: str) -> None:
    opened = open_source(io.BytesIO((SAMPLES / name).read_bytes()))
    told = open_source(io.BytesIO(twin(name)))
    assert isinstance(opened, Source)
    assert isinstance(told, Source)
    assert list(opened.addresses()) == list(told.addresses())


def test_western_names_with_some_of_other_countries_stay_western() -> None:
    raw = "Jörg Groß;a@b.example\nÅse Kjær;b@b.example\nZoë Núñez;c@b.example\nRené Weiß;d@b.example\n"
    assert encoding_of(raw.encode("cp1252")).codec == "cp1252"


def test_a_line_that_could_be_utf_8_by_accident_makes_no_list_of_several_encodings() -> None:
    raw = "Jiří;a@b.example\nPříbram;b@b.example\nJičín;c@b.example\n".encode("mac_latin2")
    assert "Ji\u0792" in raw.decode(errors="replace")
    assert encoding_of(raw).codec == "mac_latin2"


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("name", ["german", "russian", "japanese"])
def test_wide_lists_without_a_mark_are_read(name: str, codec: str) -> None:
    encoding = encoding_of(twin(f"{name}.csv").decode().encode(codec))
    assert (encoding.codec, encoding.sure) == (codec, False)
