"""Azure Event Grid: a secret that comes along, and a handshake that is answered only behind it.

"Endpoint validation with Event Grid event schema": the code that comes is sent back. "Endpoint validation
with CloudEvents schema": OPTIONS asks whether an origin may post (HTTP 1.1 Web Hooks for Event Delivery §4).
"""

import json
import re
from dataclasses import dataclass

from retour.inlets.webhooks.post import Post
from retour.inlets.webhooks.scheme import Answered, Finding, Genuine, Scheme
from retour.instants import Instant

_VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"
_SAID = b"SubscriptionValidationEvent"
_LONGEST = 200
ORIGIN = b"webhook-request-origin"
_ORIGIN = re.compile(rb"[!-~]{1,255}")


@dataclass(frozen=True, slots=True)
class EventGrid:
    """Behind a header or a parameter of the query."""

    secret: Scheme

    async def verify(self, post: Post, now: Instant) -> Finding:
        """By the secret; then whether it is the handshake."""
        found = await self.secret.verify(post, now)
        code = _code(post.body) if isinstance(found, Genuine) and _SAID in post.body else None
        return found if code is None else Answered(json.dumps({"validationResponse": code}).encode())

    async def allowed(self, post: Post, now: Instant) -> bytes | None:
        """The origin that asks whether it may post, where it has the secret; else None."""
        origin = post.header(ORIGIN)
        if origin is None or not _ORIGIN.fullmatch(origin):
            return None
        return origin if isinstance(await self.secret.verify(post, now), Genuine) else None


def _code(body: bytes) -> str | None:
    """The code of a handshake; None for everything else, which is kept."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    event = said[0] if isinstance(said, list) and len(said) == 1 else None
    if not isinstance(event, dict) or event.get("eventType") != _VALIDATION:
        return None
    data = event.get("data")
    code = data.get("validationCode") if isinstance(data, dict) else None
    return code if isinstance(code, str) and len(code) <= _LONGEST and code.isprintable() else None
