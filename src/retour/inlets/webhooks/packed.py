"""Bodies that come packed by gzip (RFC 9110 §8.4.1.3), unpacked within bounds.

A few kilobytes can hold gigabytes: nothing is unpacked beyond the limit of a post. Some providers sign what
they packed, others what they send: either proves it.
"""

import asyncio
import zlib
from typing import Final

from retour.inlets.webhooks.post import Post
from retour.inlets.webhooks.scheme import Finding, Refused, Scheme
from retour.instants import Instant

_PLAIN: Final = (b"", b"identity")
_GZIP: Final = (b"gzip", b"x-gzip")
_AUTO: Final = 31  # window bits: a gzip header, with its checksum


def packing(post: Post) -> bool | None:
    """Whether the body is packed; None where it is in a way that is not read here."""
    codings = [
        coding.strip().lower() for value in post.all(b"content-encoding") for coding in value.split(b",")
    ]
    named = [coding for coding in codings if coding not in _PLAIN]
    if not named:
        return False
    return True if len(named) == 1 and named[0] in _GZIP else None


def unpacked(body: bytes, limit: int) -> bytes | None:
    """The content, of what is longer than the limit one octet more; None where it is no whole gzip member."""
    member = zlib.decompressobj(wbits=_AUTO)
    try:
        content = member.decompress(body, limit + 1)
    except zlib.error:
        return None
    if len(content) > limit:
        return content
    return content if member.eof and not member.unused_data else None


async def unpacked_aside(body: bytes, limit: int) -> bytes | None:
    """The same, where it holds up nobody else."""
    return await asyncio.to_thread(unpacked, body, limit)


async def verified(scheme: Scheme, post: Post, sent: bytes | None, now: Instant) -> Finding:
    """What a post is, by its content or, where it came packed, by what was sent."""
    found = await scheme.verify(post, now)
    if sent is None or not isinstance(found, Refused):
        return found
    return await scheme.verify(Post(post.headers, sent, post.query), now)
