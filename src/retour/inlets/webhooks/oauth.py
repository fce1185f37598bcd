"""OAuth 2.0 client credentials (RFC 6749 §4.4): who posts fetches a token here first, and shows it then.

SparkPost asks a token endpoint of the receiver with a client id and a secret, and posts with what it was
given as a bearer token (RFC 6750 §2.1). The token is an end and its MAC under the same secret: nothing has to
be kept, and any process can verify it.
"""

import hmac
import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

from retour.inlets.webhooks.credentials import authorization
from retour.inlets.webhooks.post import Post, unbased
from retour.inlets.webhooks.scheme import GENUINE, MISSING, OLD, WRONG, Finding, Keys, any_equals, any_fits
from retour.instants import HOUR, SECOND, Instant

LASTS = HOUR
_PURPOSE = b"retour webhook token\n"
_LONGEST = 2048
_FIELDS = 20


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """A key is `client-id:client-secret`, or two while they are exchanged."""

    keys: Keys

    async def verify(self, post: Post, now: Instant) -> Finding:
        """By the token."""
        end, dot, mac = (authorization(post, b"bearer") or b"").partition(b".")
        if not (dot and mac and end.isdigit() and len(end) <= 11):
            return MISSING
        if not any_fits([_mac(key.octets, end) for key in self.keys], mac):
            return WRONG
        return GENUINE if now < int(end) * SECOND else OLD

    def token(self, post: Post, now: Instant) -> bytes | None:
        """The answer to who asks for a token, as JSON (RFC 6749 §5.1); None for a client that is not ours."""
        given = _client(post)
        if not given or not any_equals(self.keys, given):
            return None
        seconds = LASTS // SECOND
        end = str(now // SECOND + seconds).encode()
        token = (end + b"." + _mac(given, end)).decode()
        return json.dumps({"access_token": token, "token_type": "Bearer", "expires_in": seconds}).encode()


def _mac(key: bytes, end: bytes) -> bytes:
    return hmac.new(key, _PURPOSE + end, sha256).hexdigest().encode()


def _client(post: Post) -> bytes | None:
    """Id and secret: as Basic (RFC 6749 §2.3.1), or in the body, as a form or as JSON."""
    basic = authorization(post, b"basic")
    if basic:
        return unbased(basic)
    said = _fields(post.body) if len(post.body) <= _LONGEST else {}
    id, secret = said.get("client_id"), said.get("client_secret")
    if said.get("grant_type", "client_credentials") != "client_credentials":
        return None
    if not (isinstance(id, str) and isinstance(secret, str)):
        return None
    return f"{id}:{secret}".encode("utf-8", "replace")


def _fields(body: bytes) -> dict[str, Any]:
    try:
        if body.lstrip()[:1] == b"{":
            said = json.loads(body)
            return said if isinstance(said, dict) else {}
        pairs = parse_qsl(body.decode("ascii"), max_num_fields=_FIELDS)
    except (ValueError, RecursionError):
        return {}
    return dict(pairs) if len({name for name, _ in pairs}) == len(pairs) else {}
