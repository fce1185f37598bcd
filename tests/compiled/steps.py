"""The steps in C held against the lines of Python that say what is right.

python -m tests.compiled.steps MODULE       all samples, whole and bent, with the module in this file
"""

import re
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from random import Random
from types import ModuleType

from tests.fuzz.seeds import finds, seeds

from retour import codes, swift
from retour.classify import phrases
from retour.mime import encoded, headers, limits
from retour.mime.scan import _FIRST_HEADER, boundary, charset, media_type, pieces_of
from retour.parse import divider, fields, mailbox, notice, wrapping
from retour.parse.automatic import _SIGN_UP
from retour.parse.phrases import says

LONGEST = 4096  # characters that are written with single spaces
SOUGHT = (wrapping._HINTS, _SIGN_UP, ("@", "b"), ("5.", " 4"), ())
MARKS = (b"\r", b"*", b"/delivery-status", b"=?", b"")
LONE_RETURN = re.compile(rb"\r(?!\n)")
BENDS = b"\x1b\r\n\t\x0b\x1c\0 -.:@5420'\"#([<>Aa_\xe4"


def loaded(file: Path, name: str = "retour._swift") -> ModuleType:
    """The module in this file, known to nobody else: who asks `retour.swift` stays with Python."""
    spec = spec_from_file_location(name, file)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def assert_texts_alike(steps: ModuleType, text: str) -> None:
    """What is asked of a text; one that is not of ASCII is left to Python."""
    assert not swift.IN_C
    assert steps.is_plain(text) is bool(mailbox._PLAIN.fullmatch(text))
    told = [steps.codes_in(text), steps.reply_at(text), steps.normal(text), steps.groups_of(text)]
    assert_letters_alike(steps, text)
    for phrases_ in SOUGHT:
        quick = text.isascii() and all(len(each) > 1 and each.isascii() for each in phrases_)
        assert steps.says(phrases_, text) == (says(phrases_, text) if quick else None)
    if not text.isascii():
        assert [*told, steps.divider_at(text, 0)] == [None] * 5
        return
    right = [codes.codes_in(text), codes.reply_at(text), phrases.normal(text), fields.groups_of(text)]
    assert told == right
    assert _dividers(steps, text.lower()) == [
        line.start() for line in divider._CANDIDATE.finditer(text.lower())
    ]


def assert_letters_alike(steps: ModuleType, text: str) -> None:
    """Small letters and single spaces, of any alphabet; I with a dot and sigma are left to Python."""
    special = "\u0130" in text or "\u03a3" in text
    assert steps.lowered(text) == (None if special else notice.lowered(text))
    assert steps.single_spaced(text) == (" ".join(text.split()) if len(text) <= LONGEST else None)


def _dividers(steps: ModuleType, low: str) -> list[int]:
    places = [steps.divider_at(low, 0)]
    while places[-1] >= 0:
        places.append(steps.divider_at(low, places[-1] + 1))
    return places[:-1]


def assert_octets_alike(steps: ModuleType, raw: bytes) -> None:
    """What is asked of octets."""
    expected = None if LONE_RETURN.search(raw) else raw.replace(b"\r", b"")
    assert steps.without_returns(raw) == expected
    assert steps.begins_field(raw) is bool(_FIRST_HEADER.match(raw))
    assert steps.unquoted(raw) == encoded.unquoted(raw)
    assert [steps.holds(raw, mark) for mark in MARKS] == [headers.holds(raw, mark) for mark in MARKS]
    assert_values_alike(steps, raw)
    assert steps.line_feeds(raw) == raw.count(b"\n")
    for delimiter in (b"\n--", b"\n\n", b"a", raw[3:6] or b"x"):
        for most in (0, 1, 52):
            assert steps.pieces_of(raw, delimiter, most) == pieces_of(raw, delimiter, most)
    plain = raw.isascii() and b"\x1b" not in raw
    assert steps.ascii_text(raw) == (encoded.decode_text(raw) if plain else None)
    assert steps.blank_line(raw) == headers.blank_line(raw)
    for usual in (headers.OF_MAIL, headers.OF_PART, headers.OF_RETURNED):
        found = usual.found_in(raw)  # the pattern takes a few names more, that nobody asks for
        asked = {name: value for name, value in found.items() if name in usual.names}
        assert steps.Names(tuple(usual.names), limits.HEADER).found_in(raw) == asked


def assert_values_alike(steps: ModuleType, value: bytes) -> None:
    """What is asked of the value of a field."""
    assert steps.media_type(value) == media_type(value)
    assert steps.boundary(value) == boundary(value)
    assert steps.charset(value) == charset(value)
    plain = value.isascii() and b"=?" not in value
    assert steps.plain_text(value) == (headers.as_text(value) if plain else None)


def assert_alike(steps: ModuleType, raw: bytes) -> None:
    """Whatever is asked, of octets and of what they are as text."""
    assert_octets_alike(steps, raw)
    assert_octets_alike(steps, b"\n%b\n\n" % raw.replace(b"\r", b""))
    assert_texts_alike(steps, raw.decode("latin-1"))
    assert_texts_alike(steps, raw.decode("ascii", "ignore"))


def bent(raw: bytes, chance: Random) -> bytes:
    """A piece of it, with a few octets that matter in places where they did not stand."""
    start = chance.randrange(len(raw) + 1)
    piece = bytearray(raw[start : start + chance.choice((20, 200, LONGEST, 20_000))])
    for _ in range(chance.randrange(12)):
        piece.insert(chance.randrange(len(piece) + 1), chance.choice(BENDS))
    return bytes(piece)


def main() -> None:
    """All of it once."""
    steps, chance = loaded(Path(sys.argv[1])), Random(0)
    samples = [*seeds("parse"), *seeds("reply"), *(find.read_bytes() for find in finds("parse"))]
    for sample in samples:
        for raw in (sample, sample.replace(b"\n", b"\r\n"), *(bent(sample, chance) for _ in range(8))):
            assert_alike(steps, raw)
    sys.stdout.write(f"{len(samples)} samples are alike\n")


if __name__ == "__main__":
    main()
