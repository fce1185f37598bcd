"""Whom we connect to. An account names the URL, so it could name what only we can reach (SSRF).

A name is resolved once, every address of it is looked at, and the connection goes to the very address that
was looked at: a name that answers otherwise a moment later (DNS rebinding) gains nothing.
"""

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from retour.flow.unheard import Fault

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Prefixes in which an IPv4 address hides (RFC 6052, 8215, 3056, 4380): a gateway may lead on to it.
_HIDING = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))


# What getaddrinfo says where the name service, and not the name, is at fault (RFC 3493 §6.1).
_SILENT = frozenset({socket.EAI_AGAIN, socket.EAI_FAIL})


class UnreachableError(Exception):
    """Where we do not connect to; the message says why, `fault` by its name."""

    def __init__(self, fault: Fault, said: str) -> None:
        self.fault = fault
        super().__init__(said)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a URL leads, looked at and found right."""

    host: str
    port: int
    addresses: tuple[str, ...]  # to connect to, the first that answers
    path: str
    tls: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """Networks that may be reached though they are no public ones; plain HTTP goes to these alone."""

    allowed: tuple[Network, ...] = ()

    def place(self, url: str) -> Place:
        """Where this URL leads. Raises UnreachableError."""
        parts, port = _parts(url)
        host = parts.hostname or ""
        addresses = _resolved(host, port)
        for address in addresses:
            if not self._may(address):
                raise UnreachableError(
                    Fault.NOT_PUBLIC, f"{host} leads to {address}, which is not a public address"
                )
            if parts.scheme == "http" and not self._is_allowed(address):
                raise UnreachableError(Fault.NOT_ENCRYPTED, "http is not encrypted: https is needed")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Place(host, port, tuple(map(str, dict.fromkeys(addresses))), path, parts.scheme == "https")

    def _may(self, address: Address) -> bool:
        if self._is_allowed(address):
            return True
        if isinstance(address, IPv6Address):
            if address.ipv4_mapped is not None:
                return self._may(address.ipv4_mapped)
            if any(address in network for network in _HIDING):
                return False
        return address.is_global and not address.is_multicast

    def _is_allowed(self, address: Address) -> bool:
        return any(address in network for network in self.allowed if network.version == address.version)


def _parts(url: str) -> tuple[SplitResult, int]:
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}[parts.scheme]
    except (ValueError, KeyError) as error:
        raise UnreachableError(Fault.BAD_URL, "is no https URL") from error
    if not parts.hostname or parts.username is not None or parts.password is not None:
        raise UnreachableError(Fault.BAD_URL, "names no host, or a user")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise UnreachableError(Fault.BAD_URL, "has signs in it that stand in no URL")
    return parts, port


def _resolved(host: str, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    except (OSError, UnicodeError, ValueError) as error:
        silent = isinstance(error, socket.gaierror) and error.errno in _SILENT
        fault = Fault.NAME_SERVICE if silent else Fault.NAME_UNKNOWN
        raise UnreachableError(fault, f"{host} cannot be resolved ({error})") from error
