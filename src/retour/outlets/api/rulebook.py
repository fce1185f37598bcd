"""The rules in force, one by one: what each looks for, what it stands for, where that is known from."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from retour.model import Group, Kind, Party, Reason
from retour.outlets.api.access import AccountChoice, Member, existing_account
from retour.outlets.api.problems import Problem
from retour.outlets.api.services import services
from retour.ports import Key

if TYPE_CHECKING:
    from retour.classify import Rule

router = APIRouter(tags=["looking"])


class RuleLine(BaseModel):
    """A rule as a list tells it."""

    id: str = Field(examples=["code.5.1.1"])
    reason: Reason | None = Field(description="that it stands for; null: `kind` says what it is instead")
    kind: Kind | None = None
    weight: str = Field(
        description="against other evidence, the heaviest first: ours, provider, specific, clear, broad,"
        " faint, overloaded, reply",
        examples=["specific"],
    )
    own: bool = Field(description="of whoever runs this installation; tried before those of Retour")
    provider: str | None = Field(description="whose words or codes alone it reads")


class RuleShape(RuleLine):
    """A rule with all that it looks for."""

    group: Group | None
    confidence: float
    refused_by: Party | None
    blocklist: str | None
    codes: list[str] = Field(examples=[["5.1.1"]])
    phrases: list[str] = Field(description="words; * stands for a few others")
    source: str = Field(description="where that is known from")
    samples: list[str] = Field(description="replies that it is tested with")
    withheld: bool = Field(
        description="codes, phrases, source and samples are left out: an own rule may quote mails of other"
        " accounts, so staff alone see what it is made of"
    )


class RuleLines(BaseModel):
    """In the order in which they decide."""

    account: str
    rules: list[RuleLine]


@router.get("/v1/rulebook", summary="The rules that verdicts name")
def get_rulebook(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    reason: Reason | None = None,
    provider: Annotated[
        str | None, Query(max_length=200, description="whose words alone they read", examples=["gmail"])
    ] = None,
) -> RuleLines:
    """All that are in force, those of Retour and own ones."""
    chosen = existing_account(request, key, account)
    wanted = [
        _line(rule)
        for rule in services(request).rulebook().rules
        if reason in (None, rule.reason) and provider in (None, rule.provider)
    ]
    return RuleLines(account=chosen, rules=wanted)


@router.get("/v1/rulebook/{id}", summary="One rule: what it looks for, and where that is known from")
def get_rule(request: Request, key: Member, id: str, account: AccountChoice = None) -> RuleShape:
    """As it stands now; a verdict of before may have been found by an earlier edition of it."""
    existing_account(request, key, account)
    rule = services(request).rulebook().rule(id)
    if rule is None:
        raise Problem("rule_unknown", "id")
    return _whole(rule, key)


def _line(rule: "Rule") -> RuleLine:
    return RuleLine(
        id=rule.id,
        reason=rule.reason,
        kind=rule.kind,
        weight=rule.weight.name.lower(),
        own=rule.own,
        provider=rule.provider,
    )


def _whole(rule: "Rule", key: Key) -> RuleShape:
    withheld = rule.own and bool(key.account)
    return RuleShape(
        **_line(rule).model_dump(),
        group=rule.group,
        confidence=rule.confidence,
        refused_by=rule.refused_by,
        blocklist=rule.blocklist,
        codes=[] if withheld else sorted(rule.codes),
        phrases=[] if withheld else list(rule.phrases),
        source="" if withheld else rule.source,
        samples=[] if withheld else list(rule.samples),
        withheld=withheld,
    )
