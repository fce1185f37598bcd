"""The lab's own DNS: reserved names and documentation addresses, and every way in which a name can fail."""

import asyncio
import struct
import tomllib
from pathlib import Path
from typing import Any

_A, _SOA, _MX = 1, 6, 15
_NOERROR, _SERVFAIL, _NXDOMAIN = 0, 2, 3
NAMES = "192.0.2.1"  # where the server of names listens
WORLD: dict[str, Any] = tomllib.loads((Path(__file__).parent / "world.toml").read_text("utf-8"))


def wire_name(name: str) -> bytes:
    """A name as it stands in a packet; the root is empty (RFC 1035 §3.1)."""
    labels = [label for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"


def records(name: str, kind: int) -> tuple[int, list[bytes]]:
    """Reply code and record data for one question."""
    domain = WORLD["domains"].get(name)
    address = WORLD["hosts"].get(name, {}).get("address")
    if domain is None and address is None:
        known = any(other.endswith("." + name) for other in (*WORLD["domains"], *WORLD["hosts"]))
        return (_NOERROR if known else _NXDOMAIN), []
    if domain is not None and "dns" in domain:
        return (_SERVFAIL if domain["dns"] == "servfail" else _NXDOMAIN), []
    if kind == _A and address:
        return _NOERROR, [bytes(int(part) for part in address.split("."))]
    if kind == _MX and domain and "mx" in domain:
        return _NOERROR, [struct.pack("!H", 10 if domain["mx"] else 0) + wire_name(domain["mx"])]
    return _NOERROR, []


def answer(query: bytes) -> bytes:
    """The packet that answers a packet with one question (RFC 1035 §4.1)."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("latin-1").lower())
        at += query[at] + 1
    kind = struct.unpack("!H", query[at + 1 : at + 3])[0]
    code, found = records(".".join(labels), kind)
    question = query[12 : at + 5]
    head = query[:2] + struct.pack("!HHHHH", 0x8580 | code, 1, len(found), 0 if found else 1, 0)
    body = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(data)) + data for data in found)
    if not found:  # a negative answer says for how long (RFC 2308 §3)
        data = wire_name("ns.example") + wire_name("hostmaster.example") + struct.pack("!5I", 1, 1, 1, 1, 1)
        body = wire_name("example") + struct.pack("!HHIH", _SOA, 1, 1, len(data)) + data
    return head + question + body


class Names(asyncio.DatagramProtocol):
    """The server, on UDP."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._transport.sendto(answer(data), addr)


async def over_tcp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One question on a stream, each packet behind its length (RFC 1035 §4.2.2)."""
    size = struct.unpack("!H", await reader.readexactly(2))[0]
    reply = answer(await reader.readexactly(size))
    writer.write(struct.pack("!H", len(reply)) + reply)
    await writer.drain()
    writer.close()
