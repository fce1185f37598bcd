"""Which strings are the same mailbox: the normalised address and its key.

An address is normalised once, where it enters; inside, everything compares normalised addresses or their
keys. Form 1: Unicode NFC, the domain as lower-case A-labels, the local part as given except where
`address_rules.toml` says that a provider ignores a difference. The parser is strict where two programs could
read two things (two "@", control characters, comments: CVE-2019-16056), and lenient where a mailbox lives
behind a form that the RFC does not know: what is no address here could never be mailed.
"""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from importlib.resources import files
from ipaddress import IPv4Address, IPv6Address

FORM = 1  # version of the normalised form; stored, so that keys can be rebuilt when the rules change

# QUIRK: local parts over the 64 octets of RFC 5321 §4.5.3.1.1 are in use (reply addresses of ticket systems
# and relays); only the whole is bounded. Sample: tests/core/test_address.py.
MAX_ADDRESS = 254  # octets, RFC 5321 §4.5.3.1.3 without the angle brackets (RFC 3696 erratum 1690)
ERASED = "erased:"  # begins the name of an erased address, which has no "@" as every address has


class Fault(StrEnum):
    """Why a string is no address that Retour would act on."""

    NO_AT = "no_at"
    TWO_ATS = "two_ats"
    CONTROL = "control_character"
    LOCAL = "bad_local_part"
    DOMAIN = "bad_domain"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class Provider:
    """What one provider ignores in a local part."""

    domain: str  # the name under which its addresses are kept
    case: bool
    dots: bool
    cut: str


_RULES = tomllib.loads(files("retour").joinpath("address_rules.toml").read_text("utf-8"))


def _providers() -> dict[str, Provider]:
    return {
        domain: Provider(
            rule.get("same_as", domain), rule.get("case", False), rule.get("dots", False), rule.get("cut", "")
        )
        for rule in _RULES["provider"]
        for domain in rule["domains"]
    }


PROVIDERS = _providers()
# Whose capitals tell no mailboxes apart, and which are kept as they came all the same.
CASELESS = frozenset(domain for rule in _RULES["caseless"] for domain in rule["domains"])
# What is looked up for an address: as it is kept, and without the capitals that its provider does not heed.
LOOKED_UP = PROVIDERS | {domain: Provider(domain, True, False, "") for domain in CASELESS}

# RFC 5321 §4.1.2: Dot-string, with RFC 6531 §3.3 letters; and a Quoted-string (its "@" is refused before).
# QUIRK: docomo and au gave out addresses with dots in a row and at the end, which go about without their
# quotes. Sample: tests/core/test_address.py.
_DOT_STRING = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-\u0080-\U0010ffff]+")
_QUOTED = re.compile(r'"((?:[ !#-\[\]-~\u0080-\U0010ffff]|\\[ -~])*)"')
# QUIRK: names with "_" are no host names (RFC 952), but the DNS has them, and mail goes there.
# Sample: tests/core/test_address.py.
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
# What most addresses look like already: nothing to do but to ask for the provider's rule.
_SHORT = 63  # no label can be longer than it may
_PLAIN = re.compile(
    r"[A-Za-z0-9_+\-]+(?:\.[A-Za-z0-9_+\-]+)*@((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9])"
).fullmatch


def normalise(text: str) -> str | None:
    """The normalised form of an address; None when it is none (`fault` says why). Idempotent."""
    if len(text) <= _SHORT:  # shorter than the limits of its parts: its shape is all there is to check
        plain = _PLAIN(text)
        if plain is not None and plain[1] not in PROVIDERS:
            return text
    parts = _parts(text)
    return None if isinstance(parts, Fault) else "@".join(parts)


def mailbox(address: str) -> str:
    """The spelling that stands for all of one mailbox, of a normalised address; mostly the address itself.

    Capitals of ASCII alone: no provider has said how it folds others. What stops one spelling stops each
    that has the same mailbox; where events are kept, they stay two addresses. (To make them one would name
    lines of the ledger anew, whose chain holds their keys; and of who was erased only the key is left.)
    """
    if address.islower():
        return address
    local, _, host = address.rpartition("@")
    if host not in CASELESS or not local.isascii() or local.startswith('"'):
        return address
    return f"{local.lower()}@{host}"


def fault(text: str) -> Fault | None:
    """Why `normalise` refuses this text; None when it does not."""
    parts = _parts(text)
    return parts if isinstance(parts, Fault) else None


def domain_of(address: str) -> str:
    """The domain of a normalised address."""
    return address.rpartition("@")[2]


def domain(text: str) -> str | None:
    """A domain as lower-case A-labels, or an address literal; None when it is neither.

    A single label is one (an intranet's), and the dot of the root at its end means nothing (RFC 1034 §3.1).

    UTS #46 without transitional processing, as far as mail needs it: compatibility forms and case are
    folded, "ß" and final sigma stay themselves. (The idna codec of the standard library is IDNA 2003: it
    would make one domain of straße.example and strasse.example, which have two owners.)
    """
    if text.startswith("["):
        return _literal(text)
    folded = unicodedata.normalize("NFKC", text.lower()).lower().replace("\u3002", ".")
    labels = [_a_label(label) for label in folded.removesuffix(".").split(".")]
    if None in labels or labels[-1] is None or labels[-1].isdigit():
        return None
    return ".".join(label for label in labels if label)


def key(pepper: bytes, address: str) -> bytes:
    """16 bytes that stand for a normalised address, keyed: without the pepper nobody can try addresses.

    The distribution key of every store, and all that is left of an erased contact.
    """
    return blake2b(address.encode(), digest_size=16, key=pepper).digest()


def hasher(pepper: bytes) -> blake2b:
    """What makes such keys of many addresses: copied for each, and told its octets."""
    return blake2b(digest_size=16, key=pepper)


def platform_key(pepper: bytes) -> bytes:
    """The key of the hashes that all accounts share (lifecycle rule 11).

    Another than the store's: whoever has a hash from there finds nothing here.
    """
    return blake2b(b"stopped on this platform", digest_size=32, key=pepper).digest()


def _parts(text: str) -> tuple[str, str] | Fault:
    """Local part and domain, both normalised, or what is wrong with the text."""
    if len(text) > 4 * MAX_ADDRESS:
        return Fault.TOO_LONG
    if any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in text):
        return Fault.CONTROL  # CR, LF and NUL would be a second line wherever the address is written again
    local, at, host = unicodedata.normalize("NFC", text).rpartition("@")
    if not at:
        return Fault.NO_AT
    if "@" in local:
        return Fault.TWO_ATS
    name = domain(host)
    if name is None:
        return Fault.DOMAIN
    plain = _local(local)
    if plain is None:
        return Fault.LOCAL
    provider = PROVIDERS.get(name)
    if provider is not None:
        plain, name = _as_provider(plain, provider), provider.domain
    too_long = len(plain.encode()) + 1 + len(name) > MAX_ADDRESS
    return Fault.TOO_LONG if too_long else (plain, name)


def _local(text: str) -> str | None:
    """A local part in its plainest spelling: "ann" in quotes is ann (RFC 5321 §4.1.2)."""
    if _DOT_STRING.fullmatch(text):
        return text
    quoted = _QUOTED.fullmatch(text)
    if quoted is None:
        return None
    content = re.sub(r"\\(.)", r"\1", quoted[1])
    if _DOT_STRING.fullmatch(content):
        return content
    return '"' + re.sub(r'(["\\])', r"\\\1", content) + '"'


def _as_provider(local: str, provider: Provider) -> str:
    """The local part as the provider reads it; kept as it is where nothing would be left of it."""
    if local.startswith('"'):
        return local
    read = local.lower() if provider.case else local
    if provider.cut:
        read = read.partition(provider.cut)[0] or read
    if provider.dots:
        read = read.replace(".", "") or read
    return read


def _a_label(label: str) -> str | None:
    """One label of a domain as LDH or A-label (RFC 5890 §2.3.1); None when it can be neither."""
    if not label.isascii():
        if not all(unicodedata.category(sign)[0] in "LM" or sign.isalnum() or sign == "-" for sign in label):
            return None
        label = "xn--" + label.encode("punycode").decode("ascii")
    return label if _LABEL.fullmatch(label) else None


def _literal(text: str) -> str | None:
    """An address literal, [192.0.2.1] or [IPv6:2001:db8::1] (RFC 5321 §4.1.3)."""
    inside = text[1:-1].lower()
    if not text.endswith("]"):
        return None
    try:
        if inside.startswith("ipv6:"):
            return f"[IPv6:{IPv6Address(inside[5:]).compressed}]"
        return f"[{IPv4Address(inside)}]"
    except ValueError:
        return None
