"""What the DNS says of mail to a domain (RFC 5321 §5.1, RFC 7505). Trouble is told as trouble."""

from collections import OrderedDict
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

from retour.resolve.client import Client
from retour.resolve.wire import Answer, Rcode, Type
from retour.vet import Code

_EXCHANGES = 5  # of one domain that are looked up, the preferred first
_REMEMBERED = 50_000  # hosts: most domains share the servers of a few
Addresses = tuple[IPv4Address | IPv6Address, ...]


class Found(NamedTuple):
    """What was found: a code of the domain family, and the servers of the domain."""

    state: Code
    hosts: tuple[str, ...] = ()


class Domains:
    """Looks domains up with a client; remembers the addresses of mail servers for the others."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._hosts: OrderedDict[str, Addresses] = OrderedDict()

    async def look_up(self, name: str) -> Found:
        """How things stand with a domain."""
        told = await self._client.ask(name, Type.MX)
        if told is None or told.rcode not in (Rcode.NOERROR, Rcode.NXDOMAIN):
            return Found(Code.TIMEOUT if told is None else Code.SERVFAIL)
        if told.rcode == Rcode.NXDOMAIN:
            return Found(Code.NXDOMAIN)
        if not told.exchanges:
            return await self._implicit(name)
        if _is_null(told):
            return Found(Code.NULL_MX)
        return await self._servers(told)

    async def _implicit(self, name: str) -> Found:
        """No MX: the domain's own address takes its mail, where it has one."""
        addresses = await self._addresses(name)
        if isinstance(addresses, Code):
            return Found(addresses)
        if not addresses:
            return Found(Code.NODATA)
        return Found(Code.BAD_IP if all(map(_is_bad, addresses)) else Code.IMPLICIT_A, (name,))

    async def _servers(self, told: Answer) -> Found:
        """The servers that the MX records name. The domain is at fault only when every one is known to
        be out of reach; where one is in trouble, the benefit of the doubt is the domain's."""
        hosts = tuple(host.lower() for _, host in told.exchanges if host)
        found: list[IPv4Address | IPv6Address] = []
        for host in hosts[:_EXCHANGES]:
            addresses = await self._addresses(host)
            if isinstance(addresses, Code) or any(not _is_bad(each) for each in addresses):
                return Found(Code.MX, hosts)
            found += addresses
        if len(hosts) > _EXCHANGES:
            return Found(Code.MX, hosts)
        return Found(Code.BAD_IP if found else Code.NODATA, hosts)

    async def _addresses(self, host: str) -> Addresses | Code:
        """The addresses of a host, () when it has none; or what trouble there was."""
        if host in self._hosts:
            self._hosts.move_to_end(host)
            return self._hosts[host]
        found: list[IPv4Address | IPv6Address] = []
        for type in (Type.A, Type.AAAA):
            told = await self._client.ask(host, type)
            if told is None or told.rcode not in (Rcode.NOERROR, Rcode.NXDOMAIN):
                return Code.TIMEOUT if told is None else Code.SERVFAIL
            found += told.addresses
            if any(not _is_bad(each) for each in found):
                break
        self._hosts[host] = tuple(found)
        if len(self._hosts) > _REMEMBERED:
            self._hosts.popitem(last=False)
        return tuple(found)


def _is_null(told: Answer) -> bool:
    """One MX record with the root as its host (RFC 7505 §3)."""
    return len(told.exchanges) == 1 and told.exchanges[0][1] == ""


def _is_bad(address: IPv4Address | IPv6Address) -> bool:
    """Whether nobody outside could reach it: this machine, a private network, nobody's."""
    return not address.is_global or address.is_multicast
