"""The decision ledger verified on the server: whether every line follows from the one before."""

from secrets import token_hex

from fastapi import APIRouter, Request

from retour.flow.jobs import Job
from retour.flow.ledger_check import VERIFY
from retour.outlets.api.access import AccountChoice, Member, existing_account
from retour.outlets.api.jobs import JobShape, shape
from retour.outlets.api.services import services

router = APIRouter(tags=["looking"])


@router.post("/v1/ledger/verify", status_code=202, summary="Verify the decision ledger")
def post_verify(request: Request, key: Member, account: AccountChoice = None) -> JobShape:
    """A job; its result has `lines`, `first`, `last`, `head` (link of the last line: note it outside),
    `whole` (it begins with the first line there ever was) and `broken`: a line that does not follow, or null.
    """
    chosen, known = existing_account(request, key, account), services(request)
    job = Job(token_hex(8), chosen, VERIFY, key.actor, known.clock.now(), {})
    known.desk.jobs.add(job)
    known.wake_jobs()
    return shape(request, job)
