"""Bounce rates against the providers' limits, and the sends that were avoided (K22-K24)."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from retour.flow.rates import LIMITS, NORM, Asked, By, Figures, Row, in_words, rated, total
from retour.instants import DAY, text, utc_day
from retour.outlets.api.access import AccountChoice, Member, existing_account
from retour.outlets.api.addresses import Moment, domains_of
from retour.outlets.api.counted import span
from retour.outlets.api.problems import language_of
from retour.outlets.api.services import services
from retour.ports import Rated

router = APIRouter(tags=["looking"])

_MOST_ROWS = 500


class AvoidedShape(BaseModel):
    """Sends that were spared, by the way of the answer."""

    relay: int
    policy: int = Field(description="answers to Postfix")
    check: int = Field(description="answers of the check; an address once an hour")
    total: int


class NormShape(BaseModel):
    """The thirty days before."""

    since: str
    until: str
    bounces: int
    attempts: int | None
    rate: float | None
    hard_rate: float | None


class RateShape(BaseModel):
    """One row: numerator, denominator, and what they mean."""

    of: str = Field(description="provider, campaign or day; empty: of none that is known, or of all")
    sent: int = Field(description="registered before they were handed over")
    delivered: int
    types: dict[str, int] = Field(examples=[{"hard": 3, "soft": 12, "block": 0}])
    bounces: int = Field(description="the numerator: each failed send once")
    attempts: int | None = Field(description="the denominator: registered sends, or deliveries and bounces")
    basis: str | None = Field(description="which of these: sent or told; null where neither was told")
    rate: float | None = Field(examples=[0.031])
    hard_rate: float | None
    without: float | None = Field(description="the rate, had nothing been avoided and each of these bounced")
    avoided: AvoidedShape
    norm: NormShape
    level: str = Field(description="unknown, few, good, watch, high or stop", examples=["watch"])
    told: str = Field(description="what happens if one goes on")


class RateList(BaseModel):
    """Days in their order, all else by attempts."""

    account: str
    since: str
    until: str = Field(description="whole UTC days, both included")
    by: By
    limits: list[float] = Field(examples=[[0.02, 0.05, 0.1]])
    avoided: AvoidedShape
    rates: list[RateShape]
    others: int = Field(description=f"rows beyond the first {_MOST_ROWS}")


@router.get("/v1/rates", summary="Bounce rates by provider, campaign and day, and sends avoided")
def get_rates(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    by: Annotated[By, Query(description="what the rows are")] = By.TOTAL,
    since: Moment = None,
    until: Moment = None,
    provider: Annotated[
        str | None, Query(description="of one alone; empty: unknown", examples=["gmail"], max_length=100)
    ] = None,
    campaign: Annotated[str | None, Query(max_length=2000)] = None,
) -> RateList:
    """Read from what was counted as it happened; the last thirty days if no time is given."""
    chosen = existing_account(request, key, account)
    domains_of(provider or None)  # refuses one that nobody knows
    begin, end = span(request, since, until)
    begin = utc_day(begin) * DAY
    rows = rated(Asked(chosen, begin, end, by, provider, campaign), services(request).store.rates)
    norm = {"since": text(begin - NORM)[:10], "until": text(begin - 1)[:10]}
    language = language_of(request)
    return RateList(
        account=chosen,
        since=text(begin)[:10],
        until=text(end)[:10],
        by=by,
        limits=list(LIMITS),
        avoided=_avoided(total(rows)),
        rates=[_shape(row, norm, language) for row in rows[:_MOST_ROWS]],
        others=max(len(rows) - _MOST_ROWS, 0),
    )


def _avoided(figures: Figures) -> AvoidedShape:
    return AvoidedShape(
        relay=figures.counts[Rated.BY_RELAY],
        policy=figures.counts[Rated.BY_POLICY],
        check=figures.counts[Rated.BY_CHECK],
        total=figures.avoided,
    )


def _shape(row: Row, norm: dict[str, str], language: str) -> RateShape:
    figures = row.figures
    return RateShape(
        of=row.of,
        sent=figures.counts[Rated.SENT],
        delivered=figures.counts[Rated.DELIVERED],
        types={kind.value: figures.counts[kind] for kind in (Rated.HARD, Rated.SOFT, Rated.BLOCK)},
        bounces=figures.bounces,
        attempts=figures.attempts,
        basis=figures.basis,
        rate=_rounded(figures.rate),
        hard_rate=_rounded(figures.hard_rate),
        without=_rounded(figures.without),
        avoided=_avoided(figures),
        norm=NormShape(
            **norm,
            bounces=row.norm.bounces,
            attempts=row.norm.attempts,
            rate=_rounded(row.norm.rate),
            hard_rate=_rounded(row.norm.hard_rate),
        ),
        level=figures.level,
        told=in_words(row, language),
    )


def _rounded(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 6)
