"""How long after it happened something is known, by day and by source."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from retour.flow.lags import HALF, MOST, STEPS, Delays, by_day, by_source
from retour.instants import DAY, text, utc_day
from retour.outlets.api.access import AccountChoice, Member, existing_account
from retour.outlets.api.addresses import Moment
from retour.outlets.api.counted import span
from retour.outlets.api.services import services

router = APIRouter(tags=["looking"])

_WITHIN = "place in `steps` within which so many became known; one more than the last: later than that"


class DelayShape(BaseModel):
    """Of one day, or of one source."""

    of: str = Field(examples=["2026-05-03", "lmtp"])
    events: int = Field(description="that became known and told when they happened")
    untold: int = Field(description="that told no time, or one that cannot be: their lag is not known")
    half: int | None = Field(description=f"{_WITHIN}: half of `events`; null where there are none")
    most: int | None = Field(description=f"{_WITHIN}: 95 of 100")


class DelayList(BaseModel):
    """Days in their order, sources by how late they are."""

    account: str
    since: str
    until: str = Field(description="whole UTC days, both included")
    steps: list[int] = Field(description="seconds", examples=[list(STEPS)])
    days: list[DelayShape]
    sources: list[DelayShape]


@router.get("/v1/sources/lag", summary="How long after it happened something is known")
def get_lag(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    since: Moment = None,
    until: Moment = None,
) -> DelayList:
    """From when it occurred, as its source says, until it was judged; the last thirty days by default."""
    chosen = existing_account(request, key, account)
    begin, end = span(request, since, until)
    lags = services(request).lags(chosen, utc_day(begin), utc_day(end))
    return DelayList(
        account=chosen,
        since=text(begin)[:10],
        until=text(end)[:10],
        steps=list(STEPS),
        days=[_shape(text(day * DAY)[:10], delays) for day, delays in by_day(lags).items()],
        sources=[_shape(source, delays) for source, delays in by_source(lags).items()],
    )


def _shape(of: str, delays: Delays) -> DelayShape:
    half, most = (delays.within(share) if delays.events else None for share in (HALF, MOST))
    return DelayShape(of=of, events=delays.events, untold=delays.untold, half=half, most=most)
