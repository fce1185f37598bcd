"""The guided review of stopped addresses: where somebody has probably slipped, with what was meant (E37)."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from retour.flow.review import LOOKED_AT, Candidate, candidates
from retour.outlets.api.access import AccountChoice, Member, existing_account
from retour.outlets.api.corrections import SuggestionShape, suggestion_shape
from retour.outlets.api.problems import language_of, wrong
from retour.outlets.api.services import services
from retour.outlets.api.shapes import BounceShape
from retour.outlets.api.shown import bounce_shape, reader_of

router = APIRouter(tags=["corrections"])


class CandidateShape(BounceShape):
    """A stopped address as GET /v1/bounces shows it, and what was probably meant."""

    suggestions: list[SuggestionShape]


class ReviewPage(BaseModel):
    """Candidates, the latest bounce first."""

    account: str
    candidates: list[CandidateShape]
    looked_at: int = Field(description=f"stopped addresses looked at, {LOOKED_AT} at most")
    next: str | None = Field(
        description="cursor for ?after= of the next page; null on the last. A page without any may have one"
    )


@router.get("/v1/review", summary="Stopped addresses in which somebody has probably slipped")
def get_review(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=LOOKED_AT)] = 20,
) -> ReviewPage:
    """Only those not corrected yet. Suggestions are for people: POST /v1/corrections corrects one."""
    chosen, known = existing_account(request, key, account), services(request)
    try:
        found = candidates(chosen, known.store, known.clock.now(), limit, after)
    except ValueError as error:  # a cursor that was never given out
        raise wrong("after", "cursor", str(error)) from error
    reader = reader_of(request, key)
    policy = known.store.accounts.policies(chosen)[-1].policy

    def shape(each: Candidate) -> CandidateShape:
        told = bounce_shape(each.row, policy, reader)
        language = language_of(request)
        meant = [suggestion_shape(one, each.row.address, language) for one in each.meant]
        return CandidateShape(**dict(told), suggestions=meant)

    return ReviewPage(
        account=chosen,
        candidates=[shape(each) for each in found.candidates],
        looked_at=found.looked_at,
        next=found.after,
    )
