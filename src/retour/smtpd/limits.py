"""How much a client may ask of us. Every number is a bound on memory or time, none on meaning."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

Networks = Sequence[IPv4Network | IPv6Network]

LOOPBACK: Networks = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one listener; octets, seconds and counts."""

    message: int = 64 * MIB  # more is read to its end and then refused with 552 5.3.4
    kept: int = 1 * MIB  # of a message; the rest is counted, not kept
    command: int = 2 * KIB  # RFC 5321 §4.5.3.1.4 asks for 512, RFC 3461 §5 and RFC 6531 §3.4 for more
    recipients: int = 100  # of one message; RFC 5321 §4.5.3.1.8 asks for 100 at least
    refused: int = 1000  # recipients refused in one connection; then 421, which loses nothing: he tries again
    errors: int = 20  # commands in a row that are no SMTP; then 421. A refused recipient is no error
    idle: float = 300.0  # RFC 5321 §4.5.3.2.7: at least five minutes
    connections: int = 200  # open at once; one more is told 421
    of_stranger: int = 50  # of those, from one IPv4 address or one IPv6 network of a site
    at_home: Networks = LOOPBACK  # who is no stranger
