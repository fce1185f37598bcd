"""What the standards make of a string that is meant to be an address: the full reading of any string.

The grammar is that of RFC 5322 §3.4.1 with its obsolete forms (§4.4), the bounds and the plainer form that
goes over the wire those of RFC 5321 §4.1.2, the letters of the world those of RFC 6531 §3.3. What a string
is called when it is no address names the one thing that is wrong first.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from retour.vet.findings import Code, Rfc
from retour.vet.hosts import Host, host
from retour.vet.tables import gives_dots

LONGEST = 254  # octets of an address, RFC 5321 §4.5.3.1.3 (RFC 3696, erratum 1690)
LONGEST_LOCAL = 64  # octets, RFC 5321 §4.5.3.1.1
_LOST = "\ufffd"  # stands for a letter that a program could not read: nobody is called that
_CACHED = 4096  # strings: about the odd rows of a block of a list
_TOO_MUCH = 4 * LONGEST  # longer strings are not taken apart

_ATEXT = r"A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff"
_TOKEN = re.compile(
    rf"(?P<atom>[{_ATEXT}]+)"
    r'|(?P<quoted>"(?:[^"\\\r\n\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r\n[ \t]|\\[\s\S])*")'
    r"|(?P<dot>\.)|(?P<at>@)"
    r"|(?P<literal>\[[^\[\]\\]*\])"
    r"|(?P<space>(?:[ \t]|\r\n(?=[ \t]))+)"
    r"|(?P<open>\()|(?P<other>[\s\S])"
)
PLAIN = re.compile(
    r"\A([A-Za-z0-9_+\-!#$%&'*/=?^`{|}~]+(?:\.[A-Za-z0-9_+\-!#$%&'*/=?^`{|}~]+)*)@([A-Za-z0-9.\-_]+)"
).fullmatch
_ATOM = re.compile(f"[{_ATEXT}]+")
_IN_COMMENT = re.compile(r"[^()\\]+|\\[\s\S]|[()]")
# RFC 5322 §3.2.2: one line break in white space, and only its obsolete form (§4.2) has more.
_FOLDED_TWICE = re.compile(r"\r\n[ \t]+\r\n")


@dataclass(frozen=True, slots=True)
class Syntax:
    """A string, read. `local` and `domain` are None where the string has none that could be mailed to."""

    rfc: Rfc
    codes: tuple[Code, ...]
    local: str | None = None
    domain: str | None = None  # as A-labels, lower case


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


_WORST = list(Rfc)


def worse(*verdicts: Rfc) -> Rfc:
    """The worst of some verdicts."""
    return max(verdicts, key=_WORST.index)


def plain(text: str) -> tuple[str, str] | None:
    """The two halves of a string that looks as most addresses do, None for all others.

    The fast way: what is left to know about such a string is what `host` says of its domain.
    """
    found = PLAIN(text)
    if found is None or found.end(1) > LONGEST_LOCAL or len(text) > LONGEST:
        return None
    return found[1], found[2]


def read(text: str) -> Syntax:
    """What a string is, by the standards. No string raises anything.

    The same as `read_fully`, sooner for what most addresses look like.
    """
    halves = plain(text)
    if halves is not None:
        found = host(halves[1])
        if found.ascii is not None and len(found.ascii) == len(halves[1]):
            return Syntax(found.rfc, found.codes, halves[0], found.ascii)
    return read_fully(text)


@lru_cache(_CACHED)
def read_fully(text: str) -> Syntax:
    """What a string is, by the standards, taken apart by their grammar. Kept: it is asked for again."""
    if not text.strip():
        return _no(Code.EMPTY)
    if len(text) > _TOO_MUCH:
        return _no(Code.TOO_LONG)
    tokens = _tokens(text)
    if isinstance(tokens, Code):
        return _no(tokens)
    ats = [place for place, token in enumerate(tokens) if token.kind == "at"]
    if len(ats) != 1:
        return _no(Code.SEVERAL_AT if ats else Code.NO_AT)
    left, right = _local(tokens[: ats[0]]), _domain(tokens[ats[0] + 1 :])
    if left.codes == (Code.DOT_MISPLACED,) and right.domain is not None and gives_dots(right.domain):
        left = _dotted(tokens[: ats[0]])
    return _together(text, left, right)


def _no(*codes: Code) -> Syntax:
    return Syntax(Rfc.INVALID, codes)


def _together(text: str, left: Syntax, right: Syntax) -> Syntax:
    """An address of its two halves, and what holds for the whole of it."""
    rfc = worse(left.rfc, right.rfc)
    codes = dict.fromkeys((*left.codes, *right.codes))
    local, domain = left.local, right.domain
    if local is not None and domain is not None:
        if not local.isascii():
            codes[Code.NEEDS_SMTPUTF8] = None
            if any(_is_odd(sign) for sign in local):
                codes[Code.ODD_SIGN] = None
        around = {Code.COMMENT, Code.OBSOLETE_FORM, Code.SPACE} & codes.keys()
        given = 0 if around else len(text.encode("utf-8", "replace"))
        if max(len(f"{local}@{domain}".encode()), given) > LONGEST:
            rfc, codes[Code.TOO_LONG] = Rfc.INVALID, None
    return Syntax(rfc, tuple(codes), local, domain)


def _is_odd(sign: str) -> bool:
    """Whether it is a currency, a bullet, a dash …: RFC 6531 §3.3 allows them, and nobody is called so."""
    return not sign.isascii() and unicodedata.category(sign)[0] in "SPC"


def _tokens(text: str) -> list[_Token] | Code:
    """The words, dots, signs, comments and spaces of a string, or what first could be none of them."""
    tokens, place = [], 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            break  # never: the last alternative takes any sign
        kind, end = str(found.lastgroup), found.end()
        if kind == "open":
            kind, end = "comment", _closed(text, place)
        fault = _fault(kind, text[place:end])
        if fault is not None:
            return fault
        tokens.append(_Token(kind, text[place:end]))
        place = end
    return tokens


def _closed(text: str, place: int) -> int:
    """Where the comment ends that opens here; the place itself when it never does."""
    depth = 0
    for piece in _IN_COMMENT.finditer(text, place):
        depth += {"(": 1, ")": -1}.get(piece[0], 0)
        if not depth:
            return piece.end()
    return place


def _fault(kind: str, piece: str) -> Code | None:
    """What is wrong with one piece of a string."""
    if kind == "other":
        if piece in '"[]()\\<>':
            return Code.UNBALANCED if piece in '"[]()' else Code.BAD_CHAR
        return Code.CONTROL_CHAR if unicodedata.category(piece) == "Cc" else Code.BAD_CHAR
    if kind == "comment":
        bare = re.sub(r"\\[\s\S]|\r\n[ \t]", "", piece)
        return Code.UNBALANCED if not piece else Code.CONTROL_CHAR if re.search("[\r\n\0]", bare) else None
    if kind == "atom" and not piece.isascii():
        # Composing makes a semicolon of U+037E.
        composed = unicodedata.normalize("NFC", piece)
        return _unsafe(piece) if _ATOM.fullmatch(composed) else Code.BAD_CHAR
    if kind == "quoted" and not piece.isascii():
        return next(filter(None, map(_unseen, piece)), None)
    return None


def _unseen(sign: str) -> Code | None:
    """What is wrong with a sign beyond ASCII that nobody sees: controls, surrogates, lost letters."""
    category = unicodedata.category(sign)
    if sign.isascii() or (category[0] != "C" and sign != _LOST):
        return None
    return Code.CONTROL_CHAR if category == "Cc" else Code.BAD_CHAR


def _unsafe(piece: str) -> Code | None:
    """Signs beyond ASCII that no address should have: spaces, controls, and marks that begin it.

    RFC 6531 allows all that is not ASCII; RFC 6532 §3.1 and RFC 5198 §2 advise against these.
    """
    for place, sign in enumerate(piece):
        fault, category = _unseen(sign), unicodedata.category(sign)
        if fault is not None:
            return fault
        if category[0] == "Z":
            return Code.SPACE
        if category[0] == "M" and not place:
            return Code.BAD_CHAR
    return None


def _around(tokens: list[_Token]) -> tuple[list[_Token], list[_Token], list[_Token]]:
    """Tokens without the spaces and comments at both ends, and those."""
    start, end = 0, len(tokens)
    while start < end and tokens[start].kind in ("space", "comment"):
        start += 1
    while end > start and tokens[end - 1].kind in ("space", "comment"):
        end -= 1
    return tokens[:start], tokens[start:end], tokens[end:]


def _said(tokens: list[_Token], rfc: Rfc) -> tuple[Rfc, list[Code]]:
    """What is to be said of spaces and comments that stand where `rfc` says what they are."""
    codes = [Code.COMMENT if token.kind == "comment" else Code.SPACE for token in tokens]
    if any(_old(token) for token in tokens):
        rfc = worse(rfc, Rfc.OBSOLETE)
    return (rfc if tokens else Rfc.VALID), list(dict.fromkeys(codes))


def _old(token: _Token) -> bool:
    if token.kind == "space":
        return bool(_FOLDED_TWICE.search(token.text))
    return bool(re.search(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]|\\[\x00-\x08\x0a-\x1f\x7f]", token.text))


def _local(tokens: list[_Token]) -> Syntax:
    """The part before the @: words with dots between them."""
    before, words, after = _around(tokens)
    if not words:
        return _no(Code.LOCAL_EMPTY)
    rfc, codes = _said(before, Rfc.UNUSUAL)
    rfc_after, codes_after = _said(after, Rfc.OBSOLETE)  # RFC 5322 §4.4: CFWS at the "@"
    inside = [token for token in words if token.kind in ("space", "comment")]
    rfc_inside, codes_inside = _said(inside, Rfc.OBSOLETE)
    bare = [token for token in words if token not in inside]
    fault = _arranged(bare, words)
    if fault is not None:
        return _no(*codes, fault)
    shape, said = _shape(bare)
    local = unicodedata.normalize("NFC", _plain(bare))
    codes = [*codes, *codes_after, *codes_inside, *said]
    if len(local.encode()) > LONGEST_LOCAL:
        shape, codes = Rfc.INVALID, [*codes, Code.LOCAL_LONG]
    return Syntax(worse(rfc, rfc_after, rfc_inside, shape), tuple(dict.fromkeys(codes)), local)


def _dotted(words: list[_Token]) -> Syntax:
    """A local part with dots where none may be, at a provider that gave out such ones; none begin so."""
    if words[0].kind == "dot" or any(word.kind not in ("atom", "dot") for word in words):
        return _no(Code.DOT_MISPLACED)
    return Syntax(Rfc.INVALID, (Code.DOT_TOLERATED,), "".join(word.text for word in words))


def _arranged(bare: list[_Token], words: list[_Token]) -> Code | None:
    """What is wrong with the order of words and dots."""
    kinds = [token.kind for token in bare]
    if "literal" in kinds:
        return Code.BAD_CHAR
    if kinds[0] == "dot" or kinds[-1] == "dot" or ("dot", "dot") in pairwise(kinds):
        return Code.DOT_MISPLACED
    beside = any(a != "dot" and b != "dot" for a, b in pairwise(kinds))
    if beside:
        return Code.SPACE if any(token.kind == "space" for token in words) else Code.UNBALANCED
    return None


def _shape(bare: list[_Token]) -> tuple[Rfc, list[Code]]:
    quoted = [token for token in bare if token.kind == "quoted"]
    if not quoted:
        return Rfc.VALID, []
    # RFC 5321 §4.1.2: one quoted string, printable; more, or a control sign behind "\", is RFC 5322 §4.
    old = len(bare) > 1 or any(re.search(r"\\[^ -~]|[\t\r\n]", token.text) for token in quoted)
    if not old:
        return Rfc.UNUSUAL, [Code.QUOTED_LOCAL]
    return Rfc.OBSOLETE, [Code.QUOTED_LOCAL, Code.OBSOLETE_FORM]


def _plain(bare: list[_Token]) -> str:
    """The local part without what stands around it; of several quoted words one."""
    if len(bare) == 1 or all(token.kind != "quoted" for token in bare):
        return "".join(token.text for token in bare)
    content = (token.text[1:-1] if token.kind == "quoted" else token.text for token in bare)
    return f'"{"".join(content)}"'


def _domain(tokens: list[_Token]) -> Syntax:
    """The part after the @."""
    before, words, after = _around(tokens)
    if not words:
        return _no(Code.DOMAIN_EMPTY)
    rfc_before, codes = _said(before, Rfc.OBSOLETE)
    rfc_after, codes_after = _said(after, Rfc.UNUSUAL)
    inside = [token for token in words if token.kind in ("space", "comment")]
    rfc_inside, codes_inside = _said(inside, Rfc.OBSOLETE)
    bare = [token for token in words if token not in inside]
    kinds = [token.kind for token in bare]
    if "quoted" in kinds or ("literal" in kinds and len(kinds) > 1) or ("atom", "atom") in pairwise(kinds):
        return _no(*codes, Code.SPACE if inside and "quoted" not in kinds else Code.BAD_CHAR)
    found: Host = host("".join(token.text for token in bare))
    codes = [*codes, *codes_after, *codes_inside, *found.codes]
    rfc = worse(rfc_before, rfc_after, rfc_inside, found.rfc)
    return Syntax(rfc, tuple(dict.fromkeys(codes)), None, found.ascii)
