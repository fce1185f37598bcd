"""A secret that comes along: HTTP Basic, Bearer, a header, a parameter of the query, or the path alone.

The least that a provider can do. None of them covers the body, so that they hold on TLS only.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from retour.inlets.webhooks.post import Post, unbased
from retour.inlets.webhooks.scheme import GENUINE, MISSING, WRONG, Finding, Keys, any_equals
from retour.instants import Instant

_PARAMETERS = 20  # of a query


@dataclass(frozen=True, slots=True)
class Basic:
    """RFC 7617; a key is `user:password`."""

    keys: Keys

    async def verify(self, post: Post, now: Instant) -> Finding:
        """By the header Authorization."""
        given = authorization(post, b"basic")
        decoded = unbased(given) if given else None
        return _found(self.keys, decoded)


@dataclass(frozen=True, slots=True)
class Bearer:
    """RFC 6750 §2.1."""

    keys: Keys

    async def verify(self, post: Post, now: Instant) -> Finding:
        """By the header Authorization."""
        return _found(self.keys, authorization(post, b"bearer"))


@dataclass(frozen=True, slots=True)
class Header:
    """A header of the operator's choice that holds the key."""

    keys: Keys
    name: bytes  # in lower case

    async def verify(self, post: Post, now: Instant) -> Finding:
        """By this header."""
        return _found(self.keys, post.header(self.name))


@dataclass(frozen=True, slots=True)
class Query:
    """A parameter of the query, for those who can send nothing but a URL. It may stand in logs of proxies."""

    keys: Keys
    name: str

    async def verify(self, post: Post, now: Instant) -> Finding:
        """By this parameter, which must stand there once."""
        try:
            pairs = parse_qsl(post.query.decode("ascii"), max_num_fields=_PARAMETERS)
        except ValueError:
            return MISSING
        found = [value.encode("utf-8", "surrogateescape") for name, value in pairs if name == self.name]
        return _found(self.keys, found[0] if len(found) == 1 else None)


@dataclass(frozen=True, slots=True)
class PathAlone:
    """Nothing but the secret in the path, which was compared before: only where an operator chose it."""

    async def verify(self, post: Post, now: Instant) -> Finding:
        """Who knows the path is believed."""
        return GENUINE


def _found(keys: Keys, given: bytes | None) -> Finding:
    if not given:
        return MISSING
    return GENUINE if any_equals(keys, given) else WRONG


def authorization(post: Post, scheme: bytes) -> bytes | None:
    """What stands in the header Authorization under this scheme, in lower case; None for another one."""
    named, _, given = (post.header(b"authorization") or b"").partition(b" ")
    return given.strip() if named.lower() == scheme else None
