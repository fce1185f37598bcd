"""How many addresses that bounced softly are reached again, by day and reason."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from retour.flow.effects import period
from retour.flow.recoveries import Curve, curves
from retour.instants import DAY
from retour.outlets.api.access import AccountChoice, Member, existing_account
from retour.outlets.api.addresses import Moment, moment
from retour.outlets.api.problems import wrong
from retour.outlets.api.services import services

router = APIRouter(tags=["looking"])

_MONTH = 31 * DAY


class PointShape(BaseModel):
    """After so many whole days."""

    day: int
    waiting: int = Field(description="addresses neither reached nor stopped before, as far as was looked")
    reached: float = Field(description="share that a mail had reached again by the end of the day")
    stopped: float = Field(description="share that was stopped before a mail reached it")


class CurveShape(BaseModel):
    """Of one reason, or of all."""

    reason: str = Field(description="of its soft bounce; empty: of all", examples=["mailbox_full"])
    began: int = Field(description="soft bounces of addresses of which none was being followed")
    reached: int
    stopped: int
    half: int | None = Field(description="day by which half were reached; null: it did not come to that")
    points: list[PointShape] = Field(description="days 0 to 90")


class RecoveryList(BaseModel):
    """The curve of all first, then the most frequent reasons."""

    account: str
    since: str = Field(description="month in which the first of them began", examples=["2025-06"])
    until: str = Field(description="month in which the last of them began", examples=["2026-05"])
    curves: list[CurveShape]


@router.get("/v1/recoveries", summary="How soon addresses are reached again after a soft bounce")
def get_recoveries(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    since: Moment = None,
    until: Moment = None,
    months: Annotated[
        int, Query(ge=1, le=36, description="how many months back they began, where no `since` is given")
    ] = 12,
) -> RecoveryList:
    """Whole UTC months, those of `since` and `until` included; the last `months` where no `since` is given.

    Read from roll-ups that are made behind the events, by the deliveries that were told.

    An address that still waits counts as long as was looked at; one that was stopped is not reached later.
    """
    chosen = existing_account(request, key, account)
    known = services(request)
    end = moment("until", until)
    end = known.clock.now() if end is None else end
    begin = moment("since", since)
    begin = end - (months - 1) * _MONTH if begin is None else begin
    if begin > end:
        raise wrong("since", "turned_round", "lies after until")
    first, last = period(begin, "month"), period(end, "month")
    found = curves(known.store.recoveries.of(chosen, first, last))
    return RecoveryList(account=chosen, since=first, until=last, curves=[_shape(curve) for curve in found])


def _shape(curve: Curve) -> CurveShape:
    points = [
        PointShape(
            day=point.day,
            waiting=point.waiting,
            reached=round(point.reached, 6),
            stopped=round(point.stopped, 6),
        )
        for point in curve.points
    ]
    counts = {"began": curve.began, "reached": curve.reached, "stopped": curve.stopped}
    return CurveShape(reason=curve.reason, half=curve.half, points=points, **counts)
