"""Topics of SNS that ask whether they may post here, and what an operator answers."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from retour.flow import topics
from retour.outlets.api.access import AccountChoice, Manager, existing_account
from retour.outlets.api.described import refusals
from retour.outlets.api.problems import Problem
from retour.outlets.api.services import services
from retour.outlets.api.shown import time
from retour.ports import Key

router = APIRouter(tags=["topics"])

Id = Annotated[str, Path(description="Id of it, as GET /v1/topics shows it.", examples=["5b1f0c2a9d3e"])]


class TopicShape(BaseModel):
    """A topic that waits to be answered."""

    id: str
    source: str = Field(description="the webhook of the settings that it asks to post to", examples=["shop"])
    topic: str = Field(examples=["arn:aws:sns:eu-west-1:123456789012:bounces"])
    asks: Literal["to_post", "to_post_again"] = Field(
        description="`to_post_again`: somebody has unsubscribed it; to confirm subscribes it once more"
    )
    at: str | None = Field(description="when it last asked; its token is good for three days")


class TopicList(BaseModel):
    """Topics that wait, the oldest first."""

    account: str
    topics: list[TopicShape]


class Answered(BaseModel):
    """What was answered."""

    id: str
    source: str
    topic: str
    answer: Literal["confirmed", "refused"]


@router.get("/v1/topics", summary="Topics that ask to post here")
def get_topics(request: Request, key: Manager, account: AccountChoice = None) -> TopicList:
    """A topic that the settings list has subscribed a webhook of the account; it posts nothing until it is
    confirmed."""
    chosen = existing_account(request, key, account)
    return TopicList(account=chosen, topics=[_shape(each) for each in _waiting(request, chosen)])


@router.post(
    "/v1/topics/{id}/confirm", summary="Let a topic post here", responses={502: refusals(502)["502"]}
)
def confirm_topic(request: Request, key: Manager, id: Id, account: AccountChoice = None) -> Answered:
    """Asks its host over HTTPS, by a URL built from the topic of the settings; with a line in the ledger."""
    found = _one(request, key, id, account)
    known = services(request)
    try:
        topics.confirm(found, _operator(request, key), known.subscriptions, known.store.acts)
    except topics.UnconfirmedError as error:
        raise Problem("topic_unconfirmed", "id", fault=str(error)) from error
    return _answered(found, "confirmed")


@router.post("/v1/topics/{id}/refuse", summary="Leave a topic unconfirmed")
def refuse_topic(request: Request, key: Manager, id: Id, account: AccountChoice = None) -> Answered:
    """It is asked about no more, unless it asks again; a line in the ledger."""
    found = _one(request, key, id, account)
    known = services(request)
    topics.refuse(found, _operator(request, key), known.subscriptions, known.store.acts)
    return _answered(found, "refused")


def _waiting(request: Request, account: str) -> list[topics.Waiting]:
    return [each for each in services(request).subscriptions.pending() if each.account == account]


def _one(request: Request, key: Key, id: str, account: str | None) -> topics.Waiting:
    chosen = existing_account(request, key, account)
    found = next((each for each in _waiting(request, chosen) if each.id == id), None)
    if found is None:
        raise Problem("topic_unknown", "id")
    return found


def _operator(request: Request, key: Key) -> topics.Operator:
    return topics.Operator(key.actor, services(request).clock.now())


def _shape(each: topics.Waiting) -> TopicShape:
    asks: Literal["to_post", "to_post_again"] = (
        "to_post" if each.kind == "SubscriptionConfirmation" else "to_post_again"
    )
    return TopicShape(id=each.id, source=each.source, topic=each.topic, asks=asks, at=time(each.at))


def _answered(found: topics.Waiting, answer: Literal["confirmed", "refused"]) -> Answered:
    return Answered(id=found.id, source=found.source, topic=found.topic, answer=answer)
