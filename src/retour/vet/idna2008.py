"""Labels in other scripts than Latin: IDNA 2008 by its rules, with the standard library alone.

RFC 5892 derives which signs a label may hold from Unicode's own properties, RFC 5893 says what may stand in
a label that is written from right to left, RFC 5891 §4.2 what holds for a label as a whole. The tables of
Unicode are those that Python carries, so that a letter which is newer than them is unassigned here.
"""

import re
import unicodedata

PREFIX = "xn--"
LONGEST = 63  # octets of a label, RFC 1035 §2.3.4

# RFC 5892 §2.6: signs that the derivation would judge otherwise.
_ALLOWED = frozenset("\u00df\u03c2\u06fd\u06fe\u0f0b\u3007")
_REFUSED = frozenset("\u0640\u07fa\u302e\u302f\u3031\u3032\u3033\u3034\u3035\u303b")
_LETTER_DIGIT = frozenset(("Ll", "Lu", "Lo", "Nd", "Lm", "Mn", "Mc"))  # §2.1
_IGNORABLE = re.compile(  # §2.3 and §2.4, as far as a letter or a mark stands among them; §2.9: old Hangul
    "[\u034f\u115f-\u11ff\u17b4\u17b5\u180b-\u180f\u20d0-\u20ff\u3164\ua960-\ua97c\ud7b0-\ud7fb\ufe00-\ufe0f"
    "\uffa0\U0001d100-\U0001d24f\U000e0000-\U000e0fff]"
)
_NON_JOINER, _JOINER, _VIRAMA = "\u200c", "\u200d", 9  # canonical combining class of a virama
# Arabic letters that do not join to what follows: a non-joiner after them says nothing (RFC 5892 A.1).
_NOT_TO_THE_LEFT = frozenset("\u0622\u0623\u0624\u0625\u0627\u0629\u062f\u0630\u0631\u0632\u0648\u0649\u0698")
_RIGHT_TO_LEFT = frozenset(("R", "AL", "AN"))
_IN_RTL = frozenset(("R", "AL", "AN", "EN", "ES", "CS", "ET", "ON", "BN", "NSM"))
_IN_LTR = frozenset(("L", "EN", "ES", "CS", "ET", "ON", "BN", "NSM"))


def mapped(domain: str) -> str:
    """A domain as people type it, in the form that IDNA compares: UTS #46 without transitional processing."""
    return unicodedata.normalize("NFKC", domain.lower()).lower().replace("\u3002", ".")


def a_label(label: str) -> str | None:
    """The A-label of a U-label, None when it may not be one."""
    if not allowed(label):
        return None
    encoded = PREFIX + label.encode("punycode").decode("ascii")
    return encoded if len(encoded) <= LONGEST else None


def u_label(label: str) -> str | None:
    """The U-label of an A-label, None when it stands for none, or not for this spelling."""
    try:
        decoded = label[len(PREFIX) :].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return None
    return decoded if not decoded.isascii() and a_label(decoded) == label.lower() else None


def allowed(label: str) -> bool:
    """Whether a label in any script keeps the rules for U-labels (RFC 5891 §4.2.3)."""
    if not label or label != unicodedata.normalize("NFC", label) or unicodedata.category(label[0])[0] == "M":
        return False
    if label[2:4] == "--" or label.startswith("-") or label.endswith("-"):
        return False
    return all(_sign(label, at) for at in range(len(label))) and _directed(label)


def right_to_left(text: str) -> bool:
    """Whether anything in it is written from right to left."""
    return any(unicodedata.bidirectional(sign) in _RIGHT_TO_LEFT for sign in text)


def _sign(label: str, at: int) -> bool:
    """Whether a sign may stand where it stands (RFC 5892 §3, in the order given there)."""
    sign = label[at]
    if sign.isascii():
        return sign == "-" or sign.islower() or sign.isdigit()
    if sign in _ALLOWED:
        return True
    if sign in _REFUSED:
        return False
    in_context = _in_context(label, at)
    if in_context is not None:
        return in_context
    if unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", sign).casefold()) != sign:
        return False  # §2.2: unstable
    return not _IGNORABLE.match(sign) and unicodedata.category(sign) in _LETTER_DIGIT


def _in_context(label: str, at: int) -> bool | None:
    """Whether a sign with a rule of its own keeps it (RFC 5892 appendix A); None for all others."""
    sign, before, after = label[at], label[at - 1 : at], label[at + 1 : at + 2]
    match sign:
        case "\u200c" | "\u200d":
            return _joined(sign, before, after)
        case "\u00b7":
            return before == after == "l"
        case "\u0375":
            return _script(after, "GREEK")
        case "\u05f3" | "\u05f4":
            return _script(before, "HEBREW")
        case "\u30fb":
            return any(_script(each, "HIRAGANA", "KATAKANA ", "CJK") for each in label.replace(sign, ""))
    if "\u0660" <= sign <= "\u0669":
        return not re.search("[\u06f0-\u06f9]", label)
    if "\u06f0" <= sign <= "\u06f9":
        return not re.search("[\u0660-\u0669]", label)
    return None


def _joined(sign: str, before: str, after: str) -> bool:
    if before and unicodedata.combining(before) == _VIRAMA:
        return True
    # QUIRK: of the joining types that A.1 asks for, only those of Arabic letters are known here.
    arabic = _script(before, "ARABIC LETTER") and _script(after, "ARABIC LETTER")
    return sign == _NON_JOINER and arabic and before not in _NOT_TO_THE_LEFT


def _script(sign: str, *names: str) -> bool:
    return bool(sign) and unicodedata.name(sign, "").startswith(names)


def _directed(label: str) -> bool:
    """The rule of RFC 5893 §2 for a label with signs that are written from right to left; others pass."""
    directions = [unicodedata.bidirectional(sign) for sign in label]
    if not _RIGHT_TO_LEFT.intersection(directions):
        return True
    if directions[0] not in ("R", "AL") or not _IN_RTL.issuperset(directions):
        return False
    last = [direction for direction in directions if direction != "NSM"][-1]
    return last in ("R", "AL", "EN", "AN") and not {"EN", "AN"}.issubset(directions)


def beside_right_to_left(label: str) -> bool:
    """Whether a label may stand beside one from right to left (RFC 5893 §2, rules 1, 5 and 6)."""
    directions = [unicodedata.bidirectional(sign) for sign in label]
    if _RIGHT_TO_LEFT.intersection(directions):
        return True  # judged by `allowed`
    last = [direction for direction in directions if direction != "NSM"][-1]
    return directions[0] == "L" and _IN_LTR.issuperset(directions) and last in ("L", "EN")
