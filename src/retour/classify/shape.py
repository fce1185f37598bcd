"""The shape of a text: its words, with everything masked that differs from mail to mail.

Texts of one shape say the same about different addresses: what was not understood is grouped by it, and one
rule answers a group. Pure, and linear in the text, of which no more is read than rules are matched against.
"""

import re
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Final

from retour.classify.phrases import normal

ADDRESS, NUMBER, HOST, URL = "@", "#", "<host>", "<url>"
MASKS: Final = frozenset({ADDRESS, NUMBER, HOST, URL})
WORDS: Final = 96  # of a text that make its shape: greetings and causes come first, signatures last
LONGEST_WORD: Final = 40  # no language writes longer ones to a reader; ids are

_EDGES: Final = ".,;:!?()[]{}<>\"'`*|/\\-_=+~#…«»„“”‘’¿¡。、，：；（）—–•·"
_HOST: Final = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63}){0,9}\.[^\W\d_]{2,24}")
_HEX: Final = re.compile(r"[a-f]{8,}")
_UNSPEAKABLE: Final = re.compile(r"[b-df-hj-np-tv-xz]{6,}")  # a word has vowels
_TURNS: Final = re.compile(r"[a-z](?=[A-Z])")
_LETTERS_A_TURN: Final = 4  # "qHkDaYz" changes its case more often than "RecipNotFound"

# Parts of dates: masked next to a number, for "may" is a word as well. English, German, French, Spanish,
# Italian, Portuguese, Dutch; zones of RFC 5322 §4.3 and of Europe.
_DATES: Final = """
mon tue wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday
jan feb mar apr may jun jul aug sep sept oct nov dec january february march april june july august
september october november december
mo di mi do fr sa so montag dienstag mittwoch donnerstag freitag samstag sonntag
januar februar märz mrz mai juni juli oktober okt dezember dez uhr um
lun mar mer jeu ven sam dim lundi mardi mercredi jeudi vendredi samedi dimanche
janvier février mars avril juin juillet août septembre octobre novembre décembre
lunes martes miércoles jueves viernes sábado domingo
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
lunedì martedì mercoledì giovedì venerdì sabato domenica
gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre
segunda terça quarta quinta sexta janeiro fevereiro março maio junho julho setembro outubro novembro dezembro
maandag dinsdag woensdag donderdag vrijdag zaterdag zondag januari februari maart mei augustus
am pm ut utc gmt est edt cst cdt mst mdt pst pdt cet cest mez mesz wet west eet eest bst
"""
_OF_DATES: Final = frozenset(_DATES.split())


def shape(text: str) -> str:
    """Words in lower case without the marks at their edges; masks are @, #, <host> and <url>.

    "" for a text without words. The shape of a shape is itself.
    """
    return " ".join(word for word, _ in _collapsed(_masked(text)))


def shape_id(shape: str) -> str:
    """A short name of a shape, the same in every installation."""
    return blake2b(shape.encode("utf-8", "replace"), digest_size=5).hexdigest()


def runs(text: str) -> list[str]:
    """What stays between the masks, in the form in which phrases are looked for, at most a sentence each."""
    found: list[list[str]] = [[]]
    for mask, word in _collapsed(_masked(text)):
        if mask in MASKS or "*" in word or not word.isprintable():
            found.append([])
            continue
        found[-1].append(word)
        if word[-1] in ".!?:;。：":
            found.append([])
    pieces = (" ".join(run).strip(_EDGES + " ") for run in found)
    return [piece for piece in pieces if piece]


def _masked(text: str) -> Iterator[tuple[str, str]]:
    """Each word's place in the shape beside the word itself; words of marks alone are left out."""
    for word in normal(" ".join(map(_plain, text[:8192].split()))).split():
        place = _place(word)
        if place:
            yield place, word


def _plain(word: str) -> str:
    """A word as it is, or the mask of an id that its letters of both cases tell."""
    if len(word) >= 8 and not word.islower() and "@" not in word:
        turns = len(_TURNS.findall(word[:200]))
        if turns > 1 and len(word) < _LETTERS_A_TURN * turns:
            return NUMBER
    return word


def _place(word: str) -> str:
    if word in MASKS:
        return word
    if "@" in word:
        return ADDRESS
    if "://" in word or word.startswith("www."):
        return URL
    core = word.strip(_EDGES)
    if not any(map(str.isalnum, core)):
        return ""
    if _HOST.fullmatch(core.partition("[")[0]):
        return HOST
    if len(core) > LONGEST_WORD or any(map(str.isdigit, core)):
        return NUMBER
    if _HEX.fullmatch(core) or _UNSPEAKABLE.fullmatch(core):
        return NUMBER
    return core


def _collapsed(words: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Masks that follow each other as one, and no more than WORDS."""
    left, before = WORDS, ""
    for place, word in _undated(words):
        if place in MASKS and place == before:
            continue
        if not left:
            return
        left, before = left - 1, place
        yield place, word


def _undated(words: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Numbers and parts of dates that stand together as one number."""
    run: list[tuple[str, str]] = []
    for each in words:
        if each[0] == NUMBER or each[0] in _OF_DATES:
            run.append(each)
            continue
        yield from _one_number(run)
        run = []
        yield each
    yield from _one_number(run)


def _one_number(run: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(NUMBER, NUMBER)] if any(place == NUMBER for place, _ in run) else run
