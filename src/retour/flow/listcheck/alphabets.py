"""Which codec makes the likeliest names of octets that are no UTF-8.

Every codec reads the same words, and each sign beyond ASCII tells for or against it: by how common it is
among names of a language of that codec (alphabets.toml), by capitals within words, by what stands beside it.
A list is of one language mostly, and a word of one always: both count.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

_COMMON, _KNOWN, _UNUSUAL, _FOREIGN, _NO_LETTER = 2, 1, -1, -2, -3
_NOT_OF_IT, _REPLACED = -9, "\ufffd"  # an octet that stands for nothing in a codec
_BEGINS_SMALL = -1  # names do not, in alphabets that have capitals
_CAPITAL_INSIDE = -3
_SIDE_BY_SIDE = -1  # in Latin, where such letters stand among those of ASCII
_AMONG_ASCII = -3  # of a word in another alphabet
# What parts words: ASCII that is no letter, and the quotation marks and dashes of Windows.
_WORD = re.compile(r"[^\s\x00-\x2f:-@\[-`{-\x7f\xa0“”„’‘«»‹›•–—…€]+")
_DOUBLE = 2  # octets of a sign: what one says counts for both


@dataclass(frozen=True, slots=True)
class _Codec:
    name: str
    is_latin: bool
    languages: tuple[Mapping[str, int], ...]  # points of each sign
    usual: tuple[tuple[int, int], ...]  # first octets of usual signs, of codecs of two

    def word(self, word: str) -> list[int]:
        """What a word says for this codec, by each of its languages."""
        around = _around(word, self.is_latin)
        told = [
            around + sum(points.get(sign) or self._of_other(sign) for sign in word if sign > "\x7f")
            for points in self.languages
        ]
        return [each * _DOUBLE for each in told] if self.usual else told

    def _of_other(self, sign: str) -> int:
        if not sign.isalpha():
            return _NOT_OF_IT if sign == _REPLACED else _NO_LETTER
        if not self.usual:
            return _FOREIGN
        octets = sign.encode(self.name, "replace")
        if len(octets) == 1:
            return 0  # Katakana of half the width
        return _KNOWN if any(first <= octets[0] <= last for first, last in self.usual) else _UNUSUAL


def likeliest(octets: bytes, among: Sequence[str] = ()) -> str:
    """The codec of text that is no UTF-8, of these or of all; of equal ones the first."""
    codecs = [each for each in _codecs() if not among or each.name in among]
    return max(codecs, key=lambda each: _told(each, octets)).name


def _told(codec: _Codec, octets: bytes) -> int:
    words = Counter(_WORD.findall(octets.decode(codec.name, "replace")))
    told = [
        [points * times for points in codec.word(word)] for word, times in words.items() if not word.isascii()
    ]
    return sum(map(max, told)) + max(map(sum, zip(*told, strict=True)), default=0)


def _around(word: str, is_latin: bool) -> int:
    """What the order of a word's letters says, whatever they are."""
    told = _BEGINS_SMALL if word[0].islower() and word[0] > "\x7f" else 0
    mixed = False
    for (before, sign), behind in zip(pairwise(word), f"{word[2:]} ", strict=False):
        if before.isascii() and sign.isascii():
            continue
        is_inside = before.islower() or (before.isupper() and behind.islower())
        told += _CAPITAL_INSIDE if sign.isupper() and is_inside else 0
        if is_latin:
            told += _SIDE_BY_SIDE if before > "\x7f" and sign > "\x7f" else 0
        else:
            mixed = mixed or before.isascii() or sign.isascii()
    return told + (_AMONG_ASCII if mixed else 0)


@cache
def _codecs() -> tuple[_Codec, ...]:
    told = tomllib.loads(files("retour.flow.listcheck").joinpath("alphabets.toml").read_text("utf-8"))
    return tuple(
        _Codec(
            each["name"],
            each["alphabet"] == "latin",
            tuple(_points(of) for of in told["language"] if _speaks(each, of)),
            tuple((first, last) for first, last in each.get("usual", ())),
        )
        for each in told["codec"]
    )


def _speaks(codec: Mapping[str, Sequence[str]], language: Mapping[str, str]) -> bool:
    if codec["alphabet"] != language["alphabet"]:
        return False
    return language["name"] in codec.get("languages", (language["name"],))


def _points(language: Mapping[str, str]) -> Mapping[str, int]:
    return {
        **_each(language.get("known", ""), _KNOWN),
        **_each(language["common"], _COMMON),
    }


def _each(signs: Iterable[str], points: int) -> Mapping[str, int]:
    return {sign: points for sign in signs if sign > "\x7f"}
