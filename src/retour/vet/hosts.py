"""The part after the @: a host name, in any script, or an address in brackets."""

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

from retour.vet import idna2008
from retour.vet.findings import Code, Rfc
from retour.vet.tables import special_use, tld_known

LONGEST = 253  # octets of a name as it is written, RFC 1035 §2.3.4
_CACHED = 65_536  # verdicts kept: lists name the same few domains again and again

_LDH = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?").fullmatch
_BARE_ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}").fullmatch
_DOTS = "\u3002\uff0e\uff61"  # full stops that IDNA takes for dots (UTS #46 §2.3)


@dataclass(frozen=True, slots=True)
class Host:
    """What stands after the @. `ascii` is None for what is no name at all."""

    ascii: str | None
    rfc: Rfc
    codes: tuple[Code, ...] = ()


@lru_cache(_CACHED)
def host(text: str) -> Host:
    """What a domain is, whatever the string. Kept: the same few domains come again and again."""
    if text.startswith("["):
        return _literal(text)
    if not text:
        return Host(None, Rfc.INVALID, (Code.DOMAIN_EMPTY,))
    name = text.lower() if text.isascii() else idna2008.mapped(text)
    fault = _layout(text, name)
    if fault is not None:
        return Host(None, Rfc.INVALID, (fault,))
    labels = [_label(label) for label in name.split(".")]
    faults = {code for label in labels for code in label[1]}
    known = [label[0] for label in labels if label[0] is not None]
    if len(known) < len(labels) or len(".".join(known)) > LONGEST:
        return Host(None, Rfc.INVALID, tuple(sorted(faults)) or (Code.TOO_LONG,))
    return _named(text, known, faults)


def is_ordinary(name: str) -> bool:
    """Whether `host` has nothing to say of a name of letters, digits and hyphens that stand within labels."""
    if "--" not in name and len(name) <= idna2008.LONGEST:
        return tld_known(name.rpartition(".")[2]) and not special_use(name)
    found = host(name)
    return found.rfc is Rfc.VALID and not found.codes and found.ascii == name


def _layout(text: str, name: str) -> Code | None:
    """What is wrong with a name as a whole, before its labels are looked at."""
    if len(text) > 4 * LONGEST:
        return Code.TOO_LONG
    if not text.isascii() and name.count(".") != sum(text.count(dot) for dot in "." + _DOTS):
        return Code.BAD_CHAR  # a sign that holds a dot, like "..." in one
    if name.startswith(".") or name.endswith(".") or ".." in name:
        return Code.DOT_MISPLACED
    if _BARE_ADDRESS(name):
        # RFC 5321 §4.1.3: it stands in brackets. No name ends in a number (RFC 3696 §2).
        return Code.BAD_LITERAL
    return None


def _label(label: str) -> tuple[str | None, tuple[Code, ...]]:
    """A label as it stands in the DNS and what is to be said about it; None when it cannot stand there."""
    if not label.isascii():
        encoded = idna2008.a_label(label)
        return (None, (Code.BAD_LABEL,)) if encoded is None else (encoded, _scripts(label))
    if re.search(r"[^a-z0-9_-]", label):
        return None, (Code.BAD_CHAR,)
    if len(label) > idna2008.LONGEST:
        return None, (Code.BAD_LABEL,)
    if label.startswith(idna2008.PREFIX):
        decoded = idna2008.u_label(label)
        return (None, (Code.BAD_PUNYCODE,)) if decoded is None else (label, _scripts(decoded))
    if _LDH(label) and label[2:4] != "--":
        return label, ()
    # QUIRK: the DNS has names with "_", and mail goes there (retour.address says the same); "--" at this
    # place is reserved (RFC 5890 §2.3.1) and was registered before it was.
    return (label, (Code.BAD_LABEL,)) if _LDH(label.replace("_", "x")) else (None, (Code.BAD_LABEL,))


def _scripts(label: str) -> tuple[Code, ...]:
    """A label in which Latin letters stand beside Greek or Cyrillic ones that look like them."""
    latin = re.search("[a-z\u00df-\u024f]", label)
    return (Code.MIXED_SCRIPT,) if latin and re.search("[\u0370-\u052f]", label) else ()


def _named(text: str, labels: list[str], faults: set[Code]) -> Host:
    """A name whose labels can all stand in the DNS."""
    name = ".".join(labels)
    if "xn--" in name and not _directed(labels):
        return Host(None, Rfc.INVALID, (Code.BAD_LABEL,))
    rfc = Rfc.VALID
    if Code.BAD_LABEL in faults:
        rfc = Rfc.INVALID if "_" in name else Rfc.UNUSUAL
    if special_use(name):
        faults.add(Code.SPECIAL_USE)
    if len(labels) == 1 and not labels[0].isdigit():
        faults.add(Code.DOTLESS)
    elif not tld_known(labels[-1]):
        faults.add(Code.TLD_UNKNOWN)
        rfc = max(rfc, Rfc.UNUSUAL, key=list(Rfc).index) if not labels[-1][-1].isalpha() else rfc
    return Host(name, rfc, tuple(sorted(faults)))


def _directed(labels: list[str]) -> bool:
    """Whether labels from right to left, if there are any, have none beside them that may not be there."""
    spoken = [idna2008.u_label(label) or label if label.startswith("xn--") else label for label in labels]
    if not any(map(idna2008.right_to_left, spoken)):
        return True
    return all(map(idna2008.beside_right_to_left, spoken))


def _literal(text: str) -> Host:
    """An address in brackets, RFC 5321 §4.1.3. A tag but IPv6 is registered nowhere."""
    inside, closed = text[1:-1], text.endswith("]")
    try:
        if closed and inside[:5].lower() == "ipv6:" and "%" not in inside:
            written = f"[IPv6:{IPv6Address(inside[5:]).compressed}]"
        elif closed:
            written = f"[{IPv4Address(inside)}]"
        else:
            return Host(None, Rfc.INVALID, (Code.UNBALANCED,))
    except ValueError:
        return Host(None, Rfc.INVALID, (Code.BAD_LITERAL,))
    return Host(written, Rfc.UNUSUAL, (Code.ADDRESS_LITERAL,))
