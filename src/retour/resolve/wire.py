"""Questions to the DNS and its answers, as octets (RFC 1035 §4), as far as mail needs them."""

import struct
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address

_NAMES = 128  # labels followed in one name: a pointer may point at a pointer


class Type(IntEnum):
    """Types of records (RFC 1035 §3.2.2, RFC 3596)."""

    A = 1
    MX = 15
    AAAA = 28


class Rcode(IntEnum):
    """What a server says of a question as a whole (RFC 1035 §4.1.1); others are trouble, too."""

    NOERROR = 0
    SERVFAIL = 2
    NXDOMAIN = 3


class MalformedError(Exception):
    """Octets that are no answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: `exchanges` of MX records with their preference, `addresses` of A and AAAA records."""

    rcode: int
    cut: bool = False
    exchanges: tuple[tuple[int, str], ...] = ()
    addresses: tuple[IPv4Address | IPv6Address, ...] = ()


def question(id: int, name: str, type: Type) -> bytes:
    """A question with recursion desired. Raises MalformedError for a name that the DNS cannot hold."""
    return struct.pack("!6H", id, 0x0100, 1, 0, 0, 0) + _packed(name) + struct.pack("!2H", type, 1)


def _packed(name: str) -> bytes:
    out = bytearray()
    for label in name.rstrip(".").encode("ascii", "replace").split(b"."):
        if not 0 < len(label) < 64:
            raise MalformedError(name)
        out += bytes((len(label),)) + label
    if len(out) > 254:
        raise MalformedError(name)
    return bytes(out) + b"\0"


def id_of(raw: bytes) -> int | None:
    """The number of an answer; None for what is none."""
    return int.from_bytes(raw[:2], "big") if len(raw) >= 12 and raw[2] & 0x80 else None


def answer(raw: bytes, name: str, type: Type) -> Answer:
    """The answer to a question. Raises MalformedError for what does not answer just that one."""
    try:
        return _read(raw, name, type)
    except (IndexError, struct.error, ValueError) as error:
        raise MalformedError(name) from error


def _read(raw: bytes, name: str, type: Type) -> Answer:
    _, flags, questions, answers, _, _ = struct.unpack_from("!6H", raw)
    if questions != 1:
        raise MalformedError(name)
    asked, place = _name(raw, 12)
    if asked.lower() != name.lower() or struct.unpack_from("!2H", raw, place) != (type, 1):
        raise MalformedError(name)
    rcode, place = flags & 0xF, place + 4
    exchanges: list[tuple[int, str]] = []
    addresses: list[IPv4Address | IPv6Address] = []
    for _ in range(0 if flags & 0x0200 else answers):
        _, place = _name(raw, place)
        kind, _, _, length = struct.unpack_from("!2HIH", raw, place)
        place += 10
        if kind == Type.MX and type is Type.MX:
            exchanges.append((struct.unpack_from("!H", raw, place)[0], _name(raw, place + 2)[0]))
        elif kind == Type.A and type is Type.A:
            addresses.append(IPv4Address(raw[place : place + 4]))
        elif kind == Type.AAAA and type is Type.AAAA:
            addresses.append(IPv6Address(raw[place : place + 16]))
        place += length
        if place > len(raw):
            raise MalformedError(name)
    return Answer(rcode, bool(flags & 0x0200), tuple(sorted(exchanges)), tuple(addresses))


def _name(raw: bytes, place: int) -> tuple[str, int]:
    """A name and the place behind it; each step forward or back is counted, so that none runs in a ring."""
    labels: list[str] = []
    end = 0
    for _ in range(_NAMES):
        length = raw[place]
        if length >= 0xC0:
            end = end or place + 2
            place = (length & 0x3F) << 8 | raw[place + 1]
        elif length == 0:
            return ".".join(labels), end or place + 1
        elif length < 0x40:
            labels.append(raw[place + 1 : place + 1 + length].decode("ascii", "replace"))
            place += 1 + length
        else:
            break
    raise MalformedError("name")
