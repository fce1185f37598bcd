"""What an address in a form is worth, while somebody types it: syntax, lists, and what was probably meant.

A public form may ask without a key, where the settings name its origin. So the answer is made of the string
and the shipped tables alone: whether an address is known here, delivered to or stopped, it never tells.
"""

from ipaddress import IPv6Address, IPv6Network, ip_address
from urllib.parse import unquote

import msgspec
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from retour.outlets.api import described
from retour.outlets.api.access import existing_account, key_of
from retour.outlets.api.asked import only
from retour.outlets.api.limits import Buckets
from retour.outlets.api.problems import wrong
from retour.outlets.api.services import services
from retour.vet.screen import Screen

SUGGEST = "/v1/suggest"
BUCKET = "suggestions"
_LONGEST = 1_000  # signs of an address that are looked at
_ONE_LINE = 64  # bits of an IPv6 address that say whose it is

router = APIRouter(tags=["check"])


class Suggested(msgspec.Struct):
    """The answer: nothing but what the string itself and the tables say."""

    address: str
    rfc: str
    practical: str
    reasons: list[str]
    suggestion: str | None
    odds: float | None


_encode = msgspec.json.Encoder().encode
_ASKED = frozenset(("address", "account"))
_SCREEN = Screen(most_domains=10_000)  # of no account


@router.get(SUGGEST, **described.SUGGEST)
async def suggest(request: Request) -> Response:
    """Is this an address, and what was probably meant?"""
    origin = await _asked_by(request)
    only(request, _ASKED)
    asked = _address(request.scope["query_string"]).strip(" ")
    if not asked.strip(" +"):
        raise wrong("address", "missing", "is missing")
    checked = _SCREEN.check(asked[:_LONGEST])
    told = Suggested(
        asked,
        checked.rfc,
        checked.practical,
        [code.value for code in checked.reasons],
        checked.suggestion,
        checked.odds,
    )
    headers = {"cache-control": "no-store", "vary": "Origin"}
    if origin is not None:
        headers["access-control-allow-origin"] = origin
    return Response(_encode(told), media_type="application/json", headers=headers)


def _address(query: bytes) -> str:
    """What somebody has typed, as JavaScript encodes it.

    QUIRK: a plus in a URL stands for a space in what forms send (WHATWG URL §5.1). Here it is one that nobody
    encoded: who types a space is told so, and not that they meant a plus.
    """
    pairs = (pair.partition(b"=") for pair in query.split(b"&"))
    return next((unquote(value) for name, _, value in pairs if name == b"address"), "")


async def _asked_by(request: Request) -> str | None:
    """The origin of the form that asks, None for a program with its key.

    Raises Problem `unauthenticated` for anybody else, and `rate_limited`.
    """
    known = services(request)
    origin = request.headers.get("origin")
    if "authorization" in request.headers or origin not in known.forms.origins:
        key = await key_of(request)
        asked = request.query_params.get("account")
        if asked:
            await run_in_threadpool(existing_account, request, key, asked)
        return origin if origin in known.forms.origins else None
    buckets: Buckets = request.app.state.buckets[BUCKET]
    buckets.take(request.scope, _from(request), known.clock.now())
    return origin


def _from(request: Request) -> str:
    """The address of whoever asks: the peer's; behind a proxy on this machine the one that it has seen."""
    peer = request.client.host if request.client else ""
    seen = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return _client(seen if seen and peer in ("127.0.0.1", "::1", "") else peer)


def _client(address: str) -> str:
    """What counts as one client: an IPv4 address, or the whole network that one line is given in IPv6.

    RFC 6177 §2: no site has less than a /64, so that anybody may ask from as many addresses as they like.
    """
    try:
        read = ip_address(address)
    except ValueError:
        return address[:_LONGEST]
    if not isinstance(read, IPv6Address):
        return str(read)
    mapped = read.ipv4_mapped
    return str(mapped or IPv6Network((int(read), _ONE_LINE), strict=False))
