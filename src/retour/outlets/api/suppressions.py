"""The suppression list of an account."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from retour.flow.browse import MOST
from retour.flow.suppressions import MOST_LOOKED_AT, PROVIDERS, Suppressed, suppressions
from retour.flow.suppressions import Query as Wanted
from retour.model import Cause, Reason
from retour.outlets.api.access import AccountChoice, Member, existing_account
from retour.outlets.api.addresses import Moment, between, domains_of
from retour.outlets.api.problems import wrong
from retour.outlets.api.services import services
from retour.outlets.api.shapes import StateShape
from retour.outlets.api.shown import state_shape, time

router = APIRouter(tags=["suppressions"])


class SuppressionShape(BaseModel):
    """An address that is not plainly written to."""

    address: str = Field(examples=["ann@b.example"])
    state: StateShape
    reason: str | None = Field(description="of the bounce that stopped it", examples=["address_unknown"])
    provider: str | None = Field(description="whose mailbox it is, by its domain", examples=["gmail"])
    unsubscribed_at: str | None


class SuppressionPage(BaseModel):
    """A page, in the order of the domains."""

    account: str
    suppressions: list[SuppressionShape]
    looked_at: int = Field(description=f"addresses looked at for this page, {MOST_LOOKED_AT} at most")
    next: str | None = Field(
        description="cursor for ?after= of the next page; null on the last. A page with few rows may have one"
    )


@router.get("/v1/suppressions", summary="Every address that is not plainly written to")
def get_suppressions(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    state: Annotated[
        Literal["invalid", "held", "unsubscribed"] | None, Query(description="all three if left out")
    ] = None,
    cause: Annotated[Cause | None, Query(description="one of its causes")] = None,
    reason: Annotated[Reason | None, Query(description="of the bounce that stopped it")] = None,
    since: Moment = None,
    until: Moment = None,
    domain: Annotated[str | None, Query(examples=["b.example"], max_length=300)] = None,
    provider: Annotated[
        str | None, Query(description=f"by the domain: {', '.join(PROVIDERS)}", examples=["gmail"])
    ] = None,
    search: Annotated[
        str | None,
        Query(
            description="an address, all of a domain as @b.example, or how addresses begin", max_length=1016
        ),
    ] = None,
    after: Annotated[str | None, Query(description="`next` of the page before", max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> SuppressionPage:
    """Stopped, held or unsubscribed addresses, by domain. `since` and `until` ask when they were stopped."""
    chosen = existing_account(request, key, account)
    domains_of(provider)  # refuses one that nobody knows
    times = between(since, until)
    wanted = Wanted(chosen, state, cause, reason, *times, domain, provider, search, after, limit)
    try:
        page = suppressions(wanted, services(request).store.ledger)
    except ValueError as error:  # a cursor that was never given out
        raise wrong("after", "cursor", str(error)) from error
    shapes = [_shape(row) for row in page.rows]
    return SuppressionPage(account=chosen, suppressions=shapes, looked_at=page.looked_at, next=page.after)


def _shape(row: Suppressed) -> SuppressionShape:
    return SuppressionShape(
        address=row.address,
        state=state_shape(row.state),
        reason=row.reason,
        provider=row.provider,
        unsubscribed_at=time(row.unsubscribed_at),
    )
