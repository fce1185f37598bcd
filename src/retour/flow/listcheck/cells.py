"""What stands in a cell: one address, several, or one in a dress that can be taken off without guessing.

Every repair has a code, and the cell itself stays in the file as it was (listcheck.md §5).
"""

import html
import re
from typing import NamedTuple
from urllib.parse import unquote

from retour.flow.listcheck.parting import RECORD
from retour.flow.listcheck.several import ANGLE, AT, MAILTO, parts_of
from retour.vet import Code
from retour.vet.tables import tld_known

LONGEST = RECORD  # characters of a cell that is looked at; a longer one stays as it is

INVISIBLE, QUOTES = Code.INVISIBLE_CHAR, Code.QUOTES
NAME, SPELLED, SEVERAL = Code.NAME_PART, Code.AT_SPELLED, Code.SEVERAL_IN_CELL

# Zero-width and directional characters, soft hyphen, byte order mark, controls (Unicode: Cf and Cc): no
# address has them, and nobody sees them. NBSP and other spaces are no ASCII space, and are trimmed like one.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]"
)
# Controls part words: FileMaker and Word break lines within a field by VT, FileMaker repeats fields by GS.
_SPACES = re.compile("[\x00-\x1f\x7f-\x9f\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_PAIRS = ('""', "''", "“”", "„“", "„”", "‘’", "«»", "‹›", "``", "<>", "()", "[]", "{}")
_DOT = re.compile(r"[(\[{]\s*+(?:dot|punkt|\.)\s*+[)\]}]|\s(?:dot|punkt)\s", re.IGNORECASE)
# An address that is written in words, as far as it is surely one: "ann (at) b.example".
_IN_WORDS = re.compile(
    r"[\w+\-](?:\s*+[(\[{<]\s*+(?:at|ät|@)\s*+[)\]}>]\s*+|\s(?:at|ät)\s++)[\w\-]++\s?[.(\[{d]", re.IGNORECASE
)
_QUOTED = "\"'“”„‘’«»‹›`<([@"
_ENTITY = re.compile(r"&(?:[A-Za-z]{2,8}|#\d{2,6}|#[xX][\dA-Fa-f]{2,6});")  # as web pages have signs
_BREAK = re.compile(r"<br\s*+/?>", re.IGNORECASE)
_LABEL = re.compile(r"(?:e-?mail|mail|smtp|adresse|address)\s?:(?=[^\s:@]+@)", re.IGNORECASE)
_ENDING = re.compile(r"[;|,]?\s|[;|]|\?(?=[a-z]+=)", re.IGNORECASE)  # of an address before something else
_NO_PART = re.compile(r"[(\[/|&*#+–—]|-\s|\d[\d\s/().+\-]*+\Z")  # begins so: a sign, a telephone number
_TELEPHONE = re.compile(r"[+(\d][\d\s/().\-]{4,}+")
# What begins the items of a list: bullets, which nobody's address has, and what is one before a blank.
_ITEM = re.compile(
    r"(?:[•▪●‣◦■□►▶→✓✔☑☐]\s*+|(?:[·>*–—-]|\[[ xX]?\]|\(?\d{1,6}[.)]|\(?[A-Za-z]\)|\d{1,6}:)\s++)++"
)
_WORD, _A_WORD = re.compile(r"[^\W\d_]++(?![\w.@\-])"), 3  # letters: fewer may be half of an ending
_LETTERS, _NAMED = re.compile(r"[^\W\d_]{2,}+"), 2  # words ahead; one may be part of the address
_QUOTED_NAME = re.compile(r"([\"'])[^\"'@]*+\1\s+(?=[^\s\"'@]+@)")
_FULLWIDTH = str.maketrans({"＠": "@", "．": ".", "。": "."})
_BARE = re.compile(r"[A-Za-z0-9._+\-]*+@?[A-Za-z0-9.\-]*+").fullmatch  # what has nothing to be taken off
_FORMULA = re.compile(r"'+[=+\-@\t\r]")


class Cell(NamedTuple):
    """What stands in a cell: its addresses as they can be read, and what was done to read them."""

    addresses: tuple[str, ...]  # one as a rule; the text itself where nothing else can be read from it
    repairs: tuple[Code, ...] = ()


def cell_of(text: str) -> Cell:
    """Read a cell. What needs no repair comes back as it is."""
    if _BARE(text) is not None or len(text) > LONGEST:
        return Cell((text,))
    repairs: list[Code] = []
    found = parts_of(_undressed(_decoded(text, repairs), repairs), repairs)
    if len(found) > 1:
        read = [_one(piece, repairs) for piece in found]
        # QUIRK: Outlook calls whom it does not know by their address: 'ann@b.example' <ann@b.example>.
        is_one = len({each.lower() for each in read}) == 1
        read = read[-1:] if is_one else read
        repairs.append(NAME if is_one else SEVERAL)
    else:
        read = [_one(found[0], repairs)]
    addresses = tuple(dict.fromkeys(read))
    if len(addresses) < 2 and "@" in AT.sub("", text) and _IN_WORDS.search(text) is not None:
        return Cell((text,))  # beside one that is plain: what was taken off was another
    return Cell(addresses, tuple(dict.fromkeys(repairs)))


def _undressed(text: str, repairs: list[Code]) -> str:
    """Without what nobody sees."""
    if _FORMULA.match(text):
        text = text[1:]  # the guard that files of ours and of others put before a sign (flow/lists/table)
        repairs.append(QUOTES)
    plain = text.strip(" ")
    if plain.isascii() and plain.isprintable():  # nothing else is unseen or a space
        if len(plain) != len(text):
            repairs.append(INVISIBLE)
        return plain
    if _INVISIBLE.search(plain):
        plain = _INVISIBLE.sub("", plain)
        repairs.append(INVISIBLE)
    spaced = _SPACES.sub(" ", plain).strip()
    if spaced != plain or len(plain) != len(text):
        repairs.append(INVISIBLE)
    return spaced


def _decoded(text: str, repairs: list[Code]) -> str:
    """With the signs and the breaks that web pages write in words."""
    if "&" in text and (plain := _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)) != text:
        repairs.append(SPELLED)
        text = plain
    return _BREAK.sub(" ; ", text) if "<" in text else text


def _one(text: str, repairs: list[Code]) -> str:
    """One address of a cell."""
    text = _without_mailto(text, repairs)
    angle = ANGLE.search(text)
    if angle is not None and _names_another(text, angle):
        return text
    if angle is not None and ("@" in angle[1] or AT.search(angle[1])):
        repairs.append(NAME if text[: angle.start()].strip() or text[angle.end() :].strip() else QUOTES)
        text = _without_mailto(angle[1].strip(), repairs)
    return _alone(_spelled(_unquoted(text, repairs), repairs), repairs).strip(" ")


def _names_another(text: str, angle: re.Match[str]) -> bool:
    """Whether an address stands beside one in angles, and is not the same again ("ann@b" <ann@b>)."""
    beside = f"{text[: angle.start()]} {text[angle.end() :]}"
    if "@" not in beside or "@" not in angle[1]:
        return False
    return angle[1].strip().lower() not in beside.lower() or beside.count("@") > 1


def _alone(text: str, repairs: list[Code]) -> str:
    """Without what stands before or behind it and is surely no part of it: label, name, telephone number.

    By the signs around it alone, not by the address: what is taken off one is taken off all (dresses.py).
    """
    if text.count("@") == 1 and (name := _QUOTED_NAME.match(text)) is not None:
        repairs.append(NAME)
        text = text[name.end() :]
    if text.count("@") != 1:
        return text
    if (item := _ITEM.match(text)) is not None and text[item.end()] != "@":
        repairs.append(NAME)
        text = text[item.end() :]
    if text[0] in _QUOTED:
        return text
    before = text[: text.index("@")]
    ahead = before[: before.rfind(" ") + 1].rstrip()
    if before.endswith(" "):
        return text  # its local part stands there, and is no name
    label = None if ahead else _LABEL.match(text)
    if label is not None or ahead.endswith(":"):
        repairs.append(NAME)
    elif ahead.endswith((";", "|", ",")) or ahead.isdecimal() or _TELEPHONE.fullmatch(ahead):
        repairs.append(SEVERAL)  # somebody looks at it: "Ann, lee@" may have been meant as one
    elif len(_LETTERS.findall(ahead)) >= _NAMED and ahead[-1] not in "._+-":
        repairs.append(SEVERAL)
    elif ahead:
        return text  # it may be half of the local part
    text = text[label.end() :] if label is not None else text[before.rfind(" ") + 1 :]
    end = _ENDING.search(text, text.index("@"))
    if end is None:
        return text
    rest = NAME if end[0] == "?" else _no_part(text[end.end() :].lstrip(), bool(end[0].strip()))
    if rest is None:
        return text
    repairs.append(rest)
    return text[: end.start()].rstrip(",;:")


def _no_part(rest: str, parted: bool) -> Code | None:
    """What to call something behind an address and a blank; None: it may be half of the domain ("gmx com").

    `parted`: by a sign before the blank. Where there is none, of a small word somebody has to decide.
    """
    if rest[:1].isupper() or _NO_PART.match(rest) is not None:
        return NAME
    word = _WORD.match(rest)
    if parted and (word is None or " " in rest):
        return None if "." in rest else NAME
    if word is None:
        return None
    if tld_known(word[0].lower()):
        return None
    if parted:
        return NAME
    return SEVERAL if len(word[0]) >= _A_WORD else None


def _without_mailto(text: str, repairs: list[Code]) -> str:
    if found := MAILTO.match(text):
        address, _, behind = text[found.end() :].partition("?")
        if "@" in behind:
            return text  # "?cc=bob@b.example", or whatever stands behind a link
        repairs.append(Code.MAILTO)
        return unquote(html.unescape(address)).strip()
    return text


def _unquoted(text: str, repairs: list[Code]) -> str:
    """Without marks around the whole, and without the stop or comma of a sentence behind it."""
    before = text
    while len(text) > 2 and text[0] + text[-1] in _PAIRS and "@" in text:
        if text.endswith("]") and "@[" in text:
            break
        text = text[1:-1].strip()
    if text[:1] == "'" and text.count("'") == 1 and "@" in text:
        text = text[1:]  # a spreadsheet's sign for text, or half of a pair
    text = text.rstrip(",;:").strip() if "@" in text else text
    if text != before:
        repairs.append(QUOTES)
    return text


def _spelled(text: str, repairs: list[Code]) -> str:
    """(at), [at], ＠: an address that was written so that machines do not find it, or on another keyboard."""
    plain = text if text.isascii() else text.translate(_FULLWIDTH)
    if len(AT.findall(plain)) == 1 and "@" not in AT.sub("", plain):
        plain = "@".join(part.strip() for part in AT.split(plain))
        plain = ".".join(part.strip() for part in _DOT.split(plain))
    if plain != text:
        repairs.append(SPELLED)
    return plain
