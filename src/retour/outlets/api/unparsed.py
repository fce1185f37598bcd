"""What was not understood, with its bytes: the queue that support works off (promise 3)."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from retour.flow.browse import unparsed
from retour.instants import text
from retour.model import Arrival
from retour.outlets.api.access import Support
from retour.outlets.api.problems import wrong
from retour.outlets.api.services import services

router = APIRouter(tags=["unparsed"])


class ArrivalShape(BaseModel):
    """An arrival as it came. Hostile content: the bytes are base64, show them as text only."""

    id: str
    inlet: str
    received_at: str
    size: int = Field(description="octets as they arrived; `raw` holds at most the first 1 MiB")
    mail_from: str | None
    rcpt_to: str | None
    account: str | None
    proof: str
    defects: list[str]
    raw: str | None = Field(description="base64; null unless ?raw=true")


class UnparsedPage(BaseModel):
    """Newest first."""

    arrivals: list[ArrivalShape]
    next: str | None = Field(description="cursor for ?after= of the next page; null on the last page")


@router.get("/v1/unparsed", summary="Arrivals that were not understood (support only)")
def get_unparsed(
    request: Request,
    key: Support,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
    raw: Annotated[bool, Query(description="with the bytes")] = False,
) -> UnparsedPage:
    """A page of the queue; a key of one account sees the arrivals of sources of that account only."""
    found = unparsed(services(request).inbox, limit, _cursor(after))
    shapes = [_shape(arrival, raw) for arrival in found if not key.account or arrival.account == key.account]
    return UnparsedPage(arrivals=shapes, next=_next(request, found))


def _next(request: Request, page: Sequence[Arrival]) -> str | None:
    """Whether a page is the last one its length does not tell: large mails make it shorter than `limit`."""
    if not page or not unparsed(services(request).inbox, 1, page[-1].id):
        return None
    return page[-1].id.hex()


def _cursor(given: str | None) -> bytes | None:
    try:
        return None if given is None else bytes.fromhex(given)
    except ValueError as error:
        raise wrong("after", "cursor", "is no cursor of this queue") from error


def _shape(arrival: Arrival, raw: bool) -> ArrivalShape:
    return ArrivalShape(
        id=arrival.id.hex(),
        inlet=arrival.inlet,
        received_at=text(arrival.received_at),
        size=arrival.size,
        mail_from=arrival.mail_from,
        rcpt_to=arrival.rcpt_to,
        account=arrival.account,
        proof=arrival.proof,
        defects=list(arrival.defects),
        raw=b64encode(arrival.raw).decode("ascii") if raw else None,
    )
