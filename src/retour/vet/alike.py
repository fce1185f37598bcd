"""When two rows are the same mailbox: notions apart, for they are not equally sure.

Exact: the same letters, whatever the case of the domain. Composed: the same letters, put together otherwise
(NFC). Case: the same but for the case of the local part, which a server may heed (RFC 5321 §2.4). Provider:
one mailbox by the rules of its provider, those of address_rules.toml, never applied to another domain.
"""

import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from retour import address
from retour.vet.findings import Code
from retour.vet.syntax import read


class Keys(NamedTuple):
    """What an address is compared by, in each sense, from the surest on."""

    exact: str
    nfc: str
    case: str
    provider: str


CODES = (Code.DUP_EXACT, Code.DUP_NFC, Code.DUP_CASE, Code.DUP_PROVIDER)  # in the order of the keys


def keys(text: str) -> Keys | None:
    """The keys of an address, None for what is none."""
    syntax = read(text)
    if syntax.local is None or syntax.domain is None:
        return None
    given = text.strip().rpartition("@")[0]
    if unicodedata.normalize("NFC", given) != syntax.local:
        given = syntax.local  # what stood around it is not part of it
    composed = f"{syntax.local}@{syntax.domain}"
    case = f"{unicodedata.normalize('NFC', syntax.local.casefold())}@{syntax.domain}"
    one = address.normalise(composed)
    return Keys(f"{given}@{syntax.domain}", composed, case, composed if one is None else one)


def first_in_common(one: Keys, other: Keys) -> Code | None:
    """In which sense two addresses are alike, the surest; None when in none.

    Case and provider go together too: "Ann.Lee@googlemail.com" and "annlee@gmail.com" are one mailbox.
    """
    for code, mine, its in zip(CODES, one, other, strict=True):
        if mine == its:
            return code
    return None


def seen_before(one: Keys, seen: Mapping[Code, Mapping[str, object]]) -> Code | None:
    """In which sense an address was seen before, the surest; `seen`: what was seen, by sense and key."""
    for code, key in zip(CODES, one, strict=True):
        if key in seen.get(code, ()):
            return code
    return None
