"""Signed return addresses: the proof that a bounce is about a send of ours (sources.md §8; N5).

The local part is "rt-" and 40 letters of base32, lower case, from 25 bytes:

    1  version (high 4 bits) and mail kind (low 4 bits)
    1  id of the key
    3  number of the account
    8  id of the send
    2  last day of its validity, days since 1970-01-01
    10 HMAC-SHA256, cut to 80 bits, over all of the above and the return domain

Each account signs with a key of its own, derived from the keyring's: what account A can make, account B
refuses. No personal datum is inside. Some MTAs change case, so that reading folds it.
"""

import hmac
import re
import struct
from base64 import b32decode, b32encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from retour.instants import DAY, Instant, utc_day
from retour.model import MailKind

PREFIX = "rt-"
VALID_DAYS = 30  # the queue of an MTA lives 5 days; late bounces come after that

_VERSION = 1
_KINDS = {MailKind.MAILING: 0, MailKind.AUTOMATION: 1, MailKind.SYSTEM: 2}
_KIND_OF = {code: kind for kind, code in _KINDS.items()}
_FIELDS = struct.Struct(">BB3sQH")
_MAC = 10
_SHAPE = re.compile(r"rt-[a-z2-7]{40}", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys that sign and verify. Retired ones stay until the last of their tokens is expired."""

    current: int  # id (0 … 255) of the key that signs
    keys: Mapping[int, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Token:
    """What a genuine return address says."""

    account: int
    kind: MailKind
    send: int
    key_id: int
    expires: Instant  # genuine after it too, but then without effect


def make(
    keyring: Keyring,
    account_number: int,
    domain: str,
    send: int,
    kind: MailKind,
    now: Instant,
    days: int = VALID_DAYS,
) -> str:
    """The local part of the return address of a send, valid to the end of the UTC day `days` from now.

    Also to be given as ENVID of the send (RFC 3461 §4.4). `domain` is the account's return domain.
    Raises struct.error or OverflowError for an account number or a send id out of range: a fault of ours.
    """
    body = _FIELDS.pack(
        _VERSION << 4 | _KINDS[kind],
        keyring.current,
        account_number.to_bytes(3),
        send,
        utc_day(now) + days,
    )
    mac = _mac(keyring.keys[keyring.current], body, domain)
    return PREFIX + b32encode(body + mac).decode("ascii").lower()


def looks_like(local: str) -> bool:
    """Whether a local part has the shape of a token: refused at RCPT when it then fails to verify."""
    return _SHAPE.fullmatch(local) is not None


def claimed_account(local: str) -> int | None:
    """The account number that a token names, before any proof: only to find the domain to verify it with."""
    return int.from_bytes(_octets(local)[2:5]) if looks_like(local) else None


def verify(keyring: Keyring, local: str, domain: str) -> Token | None:
    """The token in a local part of this return domain; None when it is none or not of our making.

    An expired token verifies: the caller compares `expires` and keeps the event without effect.
    """
    if not looks_like(local):
        return None
    octets = _octets(local)
    body, mac = octets[:-_MAC], octets[-_MAC:]
    version_kind, key_id, number, send, day = _FIELDS.unpack(body)
    master, kind = keyring.keys.get(key_id), _KIND_OF.get(version_kind & 0x0F)
    if master is None or kind is None or version_kind >> 4 != _VERSION:
        return None
    if not hmac.compare_digest(_mac(master, body, domain), mac):
        return None
    return Token(int.from_bytes(number), kind, send, key_id, (day + 1) * DAY)


def _octets(local: str) -> bytes:
    return b32decode(local[len(PREFIX) :].upper())


def _mac(master: bytes, body: bytes, domain: str) -> bytes:
    signed = body + domain.lower().encode("utf-8", "surrogatepass")
    return hmac.digest(_account_key(master, body[2:5]), signed, "sha256")[:_MAC]


@lru_cache(maxsize=4096)
def _account_key(master: bytes, number: bytes) -> bytes:
    return hmac.digest(master, b"retour return address of account " + number, "sha256")
