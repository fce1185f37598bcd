"""Counts beside the filters of the Overview (E26-E30), from roll-ups: no bounce is looked at."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from retour.flow.counts import Wanted, counted
from retour.flow.whom import QUICK
from retour.model import BounceType, MailKind, Reason
from retour.outlets.api.access import AccountChoice, Member, existing_account
from retour.outlets.api.addresses import Meant, Provider, Status, domains_of
from retour.outlets.api.services import services

router = APIRouter(tags=["addresses"])

MOST_COUNTED = 10_000  # bounces that are looked at for a page


class CountsShape(BaseModel):
    """Addresses. Each value is counted under all the other filters, without the one it belongs to.

    An address counts under every type, reason and mail kind that one of its bounces has.
    """

    account: str
    addresses: int = Field(description="that pass all filters")
    status: dict[str, int] = Field(
        description="who is held counts under valid too", examples=[{"valid": 12, "held": 2, "invalid": 3}]
    )
    state: dict[str, int] = Field(examples=[{"bouncing": 10, "held": 2, "invalid": 3}])
    type: dict[str, int] = Field(examples=[{"hard": 3, "soft": 12}])
    reason: dict[str, int] = Field(examples=[{"address_unknown": 3, "mailbox_full": 12}])
    kind: dict[str, int] = Field(
        description="mail kind; other: of no send that is known", examples=[{"mailing": 9, "other": 6}]
    )
    provider: dict[str, int] = Field(
        description="other: not known by the domain", examples=[{"gmail": 4, "other": 11}]
    )


@router.get("/v1/counts", summary="How many bounced addresses each filter of the Overview would find")
def get_counts(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    status: Status = None,
    type: Annotated[BounceType | None, Query(description="type of the bounce")] = None,
    campaign: str | None = None,
    reason: Reason | None = None,
    kind: Annotated[MailKind | None, Query(description="mail kind of the send")] = None,
    provider: Provider = None,
) -> CountsShape:
    """Of the states as they are stored: after a change of policy the counts follow with the rewriting.

    The filters of time and search are not told apart here.
    """
    chosen = existing_account(request, key, account)
    domains_of(provider)  # refuses one that nobody knows
    rows = services(request).store.counts.shown(chosen, campaign)
    found = counted(rows, Wanted(status, type, reason, kind, provider))
    return CountsShape(
        account=chosen,
        addresses=found.addresses,
        status=found.statuses,
        state=found.states,
        type=found.types,
        reason=found.reasons,
        kind=found.kinds,
        provider=found.providers,
    )


class BouncesCounted(BaseModel):
    """How many addresses a list has."""

    account: str
    addresses: int | None = Field(description="null: the time was up before they were counted")
    is_more: bool = Field(description="there are more than were counted")


@router.get("/v1/bounces/count", summary="How many addresses the Overview lists for these filters")
def get_bounces_count(
    request: Request,
    key: Member,
    asked: Meant,
) -> BouncesCounted:
    """Of every filter, those of time and search too, by looking at the bounces: `/v1/counts` looks at none.

    Exact to 10,000 bounces, and so quick that a page may ask it. `POST /v1/contacts/counts` counts them all.
    """
    known = services(request)
    found = known.store.ledger.bounced(asked, known.clock.now(), MOST_COUNTED, QUICK)
    if found is None:
        return BouncesCounted(account=asked.account, addresses=None, is_more=True)
    return BouncesCounted(account=asked.account, addresses=found.addresses, is_more=not found.whole)


class EmailShape(BaseModel):
    """A campaign as a value of the filter."""

    campaign: str
    addresses: int


class EmailList(BaseModel):
    """The one with the most addresses first."""

    account: str
    campaigns: list[EmailShape]


@router.get("/v1/counts/campaigns", summary="How many bounced addresses each campaign of the Overview has")
def get_campaign_counts(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> EmailList:
    """Without other filters; an address counts for every campaign that one of its bounces belongs to."""
    chosen = existing_account(request, key, account)
    found = services(request).store.counts.emails(chosen, limit)
    return EmailList(
        account=chosen, campaigns=[EmailShape(campaign=each, addresses=count) for each, count in found]
    )
