"""Unisender Go: `auth` in the body is the MD5 of that body with the API key in the place of `auth`.

"Callback format". Weak, for MD5 was not made to be keyed so; the secret in the path is the real control.
"""

import hmac
import re
from dataclasses import dataclass
from hashlib import md5

from retour.inlets.webhooks.post import Post
from retour.inlets.webhooks.scheme import GENUINE, MISSING, WRONG, Finding, Key, Keys
from retour.instants import Instant

# A quote within a JSON string is escaped: this stands at a key named auth, of whichever object.
_AUTH = re.compile(rb'"auth"[ \t\r\n]{0,9}:[ \t\r\n]{0,9}"([0-9a-f]{32})"')
_MOST = 4  # keys of that name that are tried: metadata of a message may have one, too


@dataclass(frozen=True, slots=True)
class Unisender:
    """The API key, or two while it is exchanged."""

    keys: Keys

    async def verify(self, post: Post, now: Instant) -> Finding:
        """By the digest in the body."""
        places = [match.span(1) for match, _ in zip(_AUTH.finditer(post.body), range(_MOST), strict=False)]
        if not places:
            return MISSING
        fits = [_fits(post.body, start, end, key) for start, end in places for key in self.keys]
        return GENUINE if any(fits) else WRONG


def _fits(body: bytes, start: int, end: int, key: Key) -> bool:
    spliced = md5(body[:start] + key.octets + body[end:], usedforsecurity=True)  # noqa: S324 - their choice
    return hmac.compare_digest(spliced.hexdigest().encode(), body[start:end])
