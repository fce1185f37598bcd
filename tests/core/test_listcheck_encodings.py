"""Lists in every encoding that names are written in: each sample is read as its twin in UTF-8."""

import io
from pathlib import Path

import pytest

from retour.flow.listcheck.alphabets import _codecs
from retour.flow.listcheck.encoding import (
    _MARKS,
    ENCODINGS,
    Encoding,
    encoding_in_words,
    encoding_named,
    encoding_of,
    pieces,
)
from retour.flow.listcheck.source import Source, open_source
from retour.flow.lists import Defect
from retour.mime.charsets import charset_codec
from retour.texts import LANGUAGES, catalogue

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


@pytest.mark.parametrize("name", ENCODED)
def test_who_names_the_encoding_gets_the_twin(name: str) -> None:
    raw = (SAMPLES / name).read_bytes()
    encoding = encoding_named(name.split(".")[1], raw)
    assert encoding is not None
    assert encoding.sure
    assert b"".join(pieces(io.BytesIO(raw), encoding)) == twin(name)


def test_a_guess_that_is_wrong_is_mended_by_a_name() -> None:
    """Few letters say little: what one row has may be of Riga or of Lisbon."""
    raw = "mail;name\r\nann@b.example;Jēkabs\r\n".encode("cp1257")
    assert as_utf8(raw) != as_utf8("mail;name\r\nann@b.example;Jēkabs\r\n".encode())
    opened = open_source(io.BytesIO(raw), encoding="windows-1257")
    assert isinstance(opened, Source)
    assert b"".join(opened.pieces()).decode() == "mail;name\r\nann@b.example;Jēkabs\r\n"
    assert not opened.layout.guessed


def test_a_byte_order_mark_says_more_than_a_name() -> None:
    raw = "mail\nann@b.example\n".encode("utf-8-sig")
    assert encoding_named("windows-1252", raw) == encoding_of(raw)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_the_order_of_octets_need_not_be_named(codec: str) -> None:
    raw = twin("german.csv").decode().encode(codec)
    assert encoding_named(codec[:6], raw) == Encoding(codec)


@pytest.mark.parametrize("name", ["klingon", "punycode", "rot13", "zip", "unicode_escape", "a" * 500])
def test_what_is_no_encoding_of_lists_is_refused_by_name(name: str) -> None:
    assert open_source(io.BytesIO(b"ann@b.example\n"), encoding=name) == Defect.of(
        0, "no_such_encoding", name
    )


def test_an_encoding_that_cannot_be_is_refused() -> None:
    raw = twin("russian.csv").decode().encode("cp1251")
    assert open_source(io.BytesIO(raw), encoding="utf-8") == Defect(0, "other_encoding", "utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_encoding_has_words_in_every_language(language: str) -> None:
    say = catalogue(f"listcheck.{language}")
    found = {codec.name for codec in _codecs()} | {codec for _, codec in _MARKS} | set(ENCODINGS)
    assert {codec for codec in found if encoding_in_words(codec, say) == codec} == set()
    assert {charset_codec(codec) for codec in ENCODINGS} == set(ENCODINGS)


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("“Müller”;ann@b.example\nMÜLLER;bob@b.example\n", "cp1252"),
        ("«André»;ann@b.example\n• Hélène;bob@b.example\n", "cp1252"),
        ("„Dvořák“;ann@b.example\n", "cp1250"),
        ("Müller;ann@b.example\n", "cp850"),
        ("André;ann@b.example\nJörg;bob@b.example\n", "cp850"),
        ("Åse;ann@b.example\n", "mac_roman"),
    ],
)
def test_few_lines_are_read_in_the_encoding_that_makes_names_of_them(text: str, codec: str) -> None:
    octets = text.encode(codec)
    assert octets.decode(encoding_of(octets).codec) == text
