"""The mail or post that a bounce was read from, as it came: for support alone, with a line in the ledger."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from retour.address import fault, normalise
from retour.identity import told_id
from retour.outlets.api.access import AccountChoice, Support, existing_account
from retour.outlets.api.problems import Problem
from retour.outlets.api.services import services
from retour.ports import Record

router = APIRouter(tags=["addresses"])

READ = "mail read"  # what the line in the ledger says


@router.get(
    "/v1/mail",
    summary="The mail that a bounce was read from (support)",
    response_class=Response,
    responses={
        200: {
            "description": "Its bytes. Hostile content: show them as text, and open nothing in them",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
def get_mail(
    request: Request,
    key: Support,
    address: Annotated[str, Query(description="that bounced", examples=["ann@b.example"], max_length=1016)],
    event: Annotated[str, Query(description="id of the bounce", max_length=64)],
    account: AccountChoice = None,
) -> Response:
    """As long as raw mails are kept. It may name others; who has read it stands in the ledger."""
    chosen, known = existing_account(request, key, account), services(request)
    normalised, now = normalise(address), known.clock.now()
    if normalised is None:
        raise Problem("address_malformed", "address", fault=fault(address))
    life = known.store.ledger.life(chosen, normalised, now)
    found = next((each for each in life.events if each.id.hex() == event), None) if life else None
    arrival = found.evidence.arrival if found is not None and found.evidence is not None else None
    came = None if arrival is None else known.inbox.arrival(arrival)
    if came is None or not came.raw:
        raise Problem("mail_gone", "event")
    id = told_id(READ, chosen, event, key.actor, str(now))
    line = Record(0, now, chosen, normalised, key.actor, "", READ, None, id, 0)
    known.store.acts.note(id, line)
    headers = {
        "Content-Disposition": f'attachment; filename="{event[:16]}.eml"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(came.raw, media_type="application/octet-stream", headers=headers)
