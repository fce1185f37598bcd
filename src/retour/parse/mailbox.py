"""Addresses as reports write them. What is no single address is refused, never repaired by guessing."""

import re
from functools import lru_cache
from typing import Final

from retour import swift

# A quoted or plain local part, one @, a domain or literal; no controls, no spaces outside of quotes.
# Bounds (RFC 5321 §4.5.3.1) are generous: octets are counted by whoever sends.
_ADDRESS: Final = re.compile(
    r'(?:"(?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f]){1,128}"|[^\s"<>()\[\]\\,;:@\x00-\x1f\x7f]{1,128})'
    r"@(?:\[[0-9A-Fa-f:.IPv]{3,60}\]|[^\s\"<>()\[\]\\,;:@!'|*\x00-\x1f\x7f]{1,255})"
)
# What nearly all are, of those: sets without classes take a third of the time.
_PLAIN: Final = re.compile(r"[!#$%&'*+/=?^_`{|}~0-9A-Za-z.-]{1,128}+@[0-9A-Za-z.-]{0,190}[0-9A-Za-z-]")
_LOCAL_END: Final = re.compile(
    r'(?:"[^"\n]{1,64}"|[^\s"<>()\[\]\\,;:@：，；（）\'=\x00-\x20\x7f][^\s"<>()\[\]\\,;:@：，；（）\x00-\x20\x7f]{0,127})$'
)
_DOMAIN: Final = re.compile(
    r"(?:[\w](?:[\w-]{0,62}[\w])?\.){0,20}[\w](?:[\w-]{0,62}[\w])?|\[[0-9A-Fa-f:.IPv]{3,60}\]"
)
_LONGEST: Final = 320  # characters: RFC 5321 §4.5.3.1.1 and .2, with the @
_COMMENT: Final = re.compile(r"\([^()]{0,500}\)")
_UNICODE_ESCAPE: Final = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")  # RFC 6533 §3
_OCTAL: Final = re.compile(r"(?:\\[0-7]{3}){1,64}")
_XTEXT_PLUS_EQUAL: Final = re.compile(r"\+(2B|3D)")  # RFC 3461 §4
_XTEXT: Final = re.compile(r"\+([0-9A-F]{2})")
_is_plain: Final = swift.is_plain if swift.IN_C else None


def one_address(text: str) -> str | None:
    """The one address that `text` is: "a@b", "<a@b>", with a comment or a closing dot. None for all else."""
    bare = text[1:-1] if text[:1] == "<" and text[-1:] == ">" and text[1:2] != "'" else text
    if _is_plain(bare) if _is_plain is not None else _PLAIN.fullmatch(bare):
        return bare
    return _remembered(text) if len(text) <= _LONGEST else _one_address(text)


def _one_address(text: str) -> str | None:
    text = text.strip()
    if len(text) <= _LONGEST and _ADDRESS.fullmatch(text) and text[-1:] not in ".":
        return text
    if "(" in text and not text.startswith('"'):
        text = _COMMENT.sub("", text).strip()  # RFC 5322 §3.2.2
    if text[:1] == "<":
        text = text[1:].partition(">")[0].strip() if ">" in text else text[1:]
    elif text[-1:] == ">" and "<" in text:
        text = text[text.rfind("<") + 1 : -1].strip()
    text = text.strip("'").rstrip(".;,:")
    if text[:1] == "@" and ":" in text:
        text = text.partition(":")[2]  # RFC 5321 appendix C: source route
    return text if len(text) <= _LONGEST and _ADDRESS.fullmatch(text) else None


# A report names each of its addresses several times.
_remembered: Final = lru_cache(maxsize=256)(_one_address)


def typed_address(value: str) -> tuple[str | None, bool]:
    """The address of "rfc822; a@b" (RFC 3464 §2.3.1) and whether there was something that is none.

    "utf-8" addresses are decoded (RFC 6533 §3); a missing type is forgiven.
    """
    kind, semicolon, rest = value.partition(";")
    if not semicolon or "@" in kind:
        kind, rest = "", value
    text = rest.strip()
    if "\\x{" in text and kind.strip().lower() in ("utf-8", ""):
        text = _UNICODE_ESCAPE.sub(_unescape, text)
    address = one_address(text)
    return address, address is None and "@" in text


def original_address(value: str) -> tuple[str | None, bool]:
    """As `typed_address`, for Original-Recipient: some servers leave it in xtext (RFC 3461 §4)."""
    address, bad = typed_address(value)
    # QUIRK: ORCPT handed on without being decoded; no other escape is in use by mistake (233-xtext-left).
    if address and "+" in address:
        address = _XTEXT_PLUS_EQUAL.sub(lambda match: "+" if match[1] == "2B" else "=", address)
    return address, bad


def from_xtext(text: str) -> str:
    """Decoded xtext (RFC 3461 §4); what would become a control character stays as it is."""
    return _XTEXT.sub(lambda match: chr(code) if 32 < (code := int(match[1], 16)) < 127 else match[0], text)


def from_octal(text: str) -> str:
    """Octets written as "\\303\\274" decoded; what is no UTF-8 stays as it is.

    QUIRK: Exim writes them so in its words and in X-Failed-Recipients (668-exim-utf8).
    """
    return _OCTAL.sub(_from_octal, text) if "\\" in text else text


def _from_octal(match: re.Match[str]) -> str:
    try:
        return bytes(int(digits, 8) for digits in match[0][1:].split("\\")).decode()
    except ValueError:
        return match[0]


def addresses_in(text: str, limit: int = 100) -> list[str]:
    """The addresses that stand in a text, in order, each once, at most `limit`.

    Jumps from @ to @ and looks at a bounded stretch around it, ten times as often as it may find.
    """
    found: list[str] = []
    at = text.find("@")
    tries = 10 * limit
    while at >= 0 and len(found) < limit and tries:
        tries -= 1
        address, end = address_around(text, at)
        if address and address not in found:
            found.append(address)
        at = text.find("@", max(end, at + 1))
    return found


def address_around(text: str, at: int) -> tuple[str | None, int]:
    """The address whose @ stands at `at`, and where it ends; None when it is none."""
    before = text[max(0, at - 130) : at]
    # Only in quotes may it hold a space: without, the search begins in the last word (a third of the time).
    local = _LOCAL_END.search(before, 0 if '"' in before else before.rfind(" ") + 1)
    domain = _DOMAIN.match(text, at + 1)
    if (
        not local
        or not domain
        or "@" in (text[domain.end() : domain.end() + 1], before[: local.start()][-1:])
    ):
        return None, domain.end() if domain else at + 1
    if local[0][:3].isdigit() and before[: local.start()].endswith("\\"):
        return (
            None,
            domain.end(),
        )  # QUIRK: Exim writes octets as \303\274 (668-exim-utf8); this is half of one
    return f"{local[0]}@{domain[0]}", domain.end()


def _unescape(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return chr(code) if 32 < code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else match[0]
