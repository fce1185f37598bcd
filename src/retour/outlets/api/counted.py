"""What is counted: deliveries and avoided sends by day, bounces by campaign, provider and domain."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from retour.flow.suppressions import provider_of
from retour.instants import DAY, Instant, text
from retour.outlets.api.access import AccountChoice, Member, existing_account
from retour.outlets.api.addresses import Moment, moment
from retour.outlets.api.problems import wrong
from retour.outlets.api.services import services

router = APIRouter(tags=["looking"])

_DAYS = 30  # looked back where no `since` is given
_MOST_DAYS = 400
_MOST_ROWS = 100  # providers and domains


class TallyShape(BaseModel):
    """How often something of a kind was told of a day."""

    day: str = Field(examples=["2026-05-03"])
    kind: str = Field(examples=["delivered", "avoided"])
    domain: str = Field(description="empty: of many")
    campaign: str = Field(description="empty: of none, or of many")
    times: int


class TallyList(BaseModel):
    """What is only counted, by day and never by address."""

    account: str
    tallies: list[TallyShape]


class BouncesShape(BaseModel):
    """Deliveries, and bounces by type and by reason."""

    delivered: int = Field(description="deliveries that were told and counted")
    bounces: int = Field(description="listed bounces since their addresses were last clean")
    types: dict[str, int] = Field(examples=[{"hard": 3, "soft": 12}])
    reasons: dict[str, int] = Field(examples=[{"address_unknown": 3, "mailbox_full": 12}])

    def add(self, type_: str, reason: str, count: int) -> None:
        """So many bounces more."""
        self.bounces += count
        for of, name in ((self.types, type_ or "none"), (self.reasons, reason or "none")):
            of[name] = of.get(name, 0) + count


class CampaignShape(BouncesShape):
    """One campaign in this time."""

    campaign: str | None = Field(
        description="null: bounces of no campaign, of no send that is known, or of many campaigns"
    )


class CampaignList(BaseModel):
    """The one with the most bounces first."""

    account: str
    since: str
    until: str
    campaigns: list[CampaignShape]


class ProviderShape(BouncesShape):
    """One provider, or one domain of nobody that is known, in this time."""

    provider: str | None = Field(description="null: not known by its domain", examples=["gmail"])
    domain: str | None = Field(description="null: all domains of the provider", examples=["b.example"])


class ProviderRows(BaseModel):
    """The one with the most bounces first."""

    account: str
    since: str
    until: str
    providers: list[ProviderShape]
    others: int = Field(description="bounces of domains beyond the first hundred rows, or of many")


@router.get("/v1/tallies", summary="Deliveries and avoided sends, counted by day")
def get_tallies(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    since: Moment = None,
    until: Moment = None,
    kind: Annotated[
        str | None, Query(description="what was counted", examples=["delivered", "avoided"], max_length=100)
    ] = None,
) -> TallyList:
    """Whole UTC days, the last thirty if no time is given."""
    chosen = existing_account(request, key, account)
    found = services(request).store.tallies.of(chosen, *span(request, since, until))
    return TallyList(
        account=chosen,
        tallies=[
            TallyShape(
                day=text(each.day * DAY)[:10],
                kind=each.kind,
                domain=each.domain,
                campaign=each.campaign,
                times=each.times,
            )
            for each in found
            if kind in (None, each.kind)
        ],
    )


@router.get("/v1/campaigns", summary="Bounces by campaign")
def get_campaigns(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    since: Moment = None,
    until: Moment = None,
) -> CampaignList:
    """By type and reason, beside the deliveries that were told.

    Whole UTC days, the last thirty if no time is given.
    """
    chosen = existing_account(request, key, account)
    begin, end = span(request, since, until)
    store = services(request).store
    found: dict[str | None, CampaignShape] = {}

    def of(campaign: str | None) -> CampaignShape:
        return found.setdefault(campaign, CampaignShape(campaign=campaign, **_nothing()))

    for campaign, type_, reason, count in store.counts.campaigns(chosen, begin, end):
        of(campaign or None).add(type_, reason, count)
    for tally in store.tallies.of(chosen, begin, end):
        if tally.kind == "delivered" and tally.campaign:
            of(tally.campaign).delivered += tally.times
    campaigns = sorted(found.values(), key=lambda each: (-each.bounces, each.campaign or ""))
    return CampaignList(account=chosen, since=text(begin), until=text(end), campaigns=campaigns)


@router.get("/v1/providers", summary="Bounces by provider and domain")
def get_providers(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    since: Moment = None,
    until: Moment = None,
) -> ProviderRows:
    """By type and reason, beside the deliveries that were told.

    Whole UTC days, the last thirty if no time is given.
    """
    chosen = existing_account(request, key, account)
    begin, end = span(request, since, until)
    store = services(request).store
    found: dict[tuple[str | None, str | None], ProviderShape] = {}

    def of(domain: str) -> ProviderShape:
        name = provider_of(domain)
        place = (None, domain) if name is None else (name, None)
        return found.setdefault(place, ProviderShape(provider=place[0], domain=place[1], **_nothing()))

    for domain, type_, reason, count in store.counts.domains(chosen, begin, end):
        of(domain).add(type_, reason, count)
    for tally in store.tallies.of(chosen, begin, end):
        if tally.kind == "delivered" and tally.domain:
            of(tally.domain).delivered += tally.times
    of_many = found.pop((None, ""), None)
    rows = sorted(found.values(), key=lambda each: (-each.bounces, -each.delivered, str(each.domain)))
    others = sum(each.bounces for each in rows[_MOST_ROWS:]) + (of_many.bounces if of_many else 0)
    times = {"since": text(begin), "until": text(end)}
    return ProviderRows(account=chosen, **times, providers=rows[:_MOST_ROWS], others=others)


def _nothing() -> dict[str, Any]:
    return {"delivered": 0, "bounces": 0, "types": {}, "reasons": {}}


def span(request: Request, since: str | None, until: str | None) -> tuple[Instant, Instant]:
    """The time asked for. Raises Problem for one that is turned round, or too long."""
    now = services(request).clock.now()
    end = moment("until", until)
    end = now if end is None else end
    begin = moment("since", since)
    begin = end - _DAYS * DAY if begin is None else begin
    if begin > end:
        raise wrong("since", "turned_round", "lies after until")
    if end - begin > _MOST_DAYS * DAY:
        raise wrong("since", "too_far", f"is at most {_MOST_DAYS} days before until", days=_MOST_DAYS)
    return begin, end
