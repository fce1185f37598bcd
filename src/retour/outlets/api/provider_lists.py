"""The own lists of providers: which follow the account, and what became of each call."""

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from retour.flow.outbox import Sought
from retour.outlets.api.access import AccountChoice, Manager, existing_account
from retour.outlets.api.addresses import Moment, between
from retour.outlets.api.messages import MessageShape, ReplayBody, again, cursor, message_facts
from retour.outlets.api.problems import Problem, language_of
from retour.outlets.api.services import services
from retour.ports import Key

router = APIRouter(tags=["webhooks"])


class ListMessageShape(MessageShape):
    """A stop or a restore on its way to a provider's list."""

    call: dict[str, Any] = Field(examples=[{"act": "stop", "address": "ann@b.example", "of": "bounces"}])


class ListMessagePage(BaseModel):
    """Messages, the latest first."""

    name: str
    messages: list[ListMessageShape]
    next: str | None = Field(description="cursor for ?after= of the next page; null on the last page")


class ListQueued(BaseModel):
    """What waits to be sent now."""

    name: str
    queued: int


class ListShape(BaseModel):
    """The own list of a provider that follows the states of the account."""

    name: str
    provider: str = Field(examples=["ses"])
    stops: bool = Field(description="stops are sent to it")
    restores: bool = Field(description="restores are sent to it")


class ListOfLists(BaseModel):
    """The lists of providers that the settings name for the account."""

    account: str
    lists: list[ListShape]


@router.get("/v1/lists", summary="Lists of providers that follow the account")
def get_lists(request: Request, key: Manager, account: AccountChoice = None) -> ListOfLists:
    """They are made in the settings, with their credentials."""
    chosen = existing_account(request, key, account)
    known = services(request).lists
    return ListOfLists(
        account=chosen,
        lists=[
            ListShape(name=each.name, provider=each.provider, stops=each.stops, restores=each.restores)
            for each in known
            if each.account == chosen
        ],
    )


@router.get("/v1/lists/{name}/messages", summary="What a provider's list was told, and what it answered")
def get_list_messages(
    request: Request,
    key: Manager,
    name: Annotated[str, Path(description="as the settings name it", examples=["ses"])],
    account: AccountChoice = None,
    state: Literal["waiting", "delivered", "failed"] | None = None,
    since: Moment = None,
    until: Moment = None,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> ListMessagePage:
    """Stops and restores of the last days (`notify.kept_days`), the latest first."""
    target = _list(request, key, name, account)
    times = between(since, until)
    found = services(request).desk.outbox.sought(Sought(target, state, *times, cursor(after), limit))
    following = str(found[-1].number) if len(found) == limit else None
    language = language_of(request)
    shapes = [
        ListMessageShape(**message_facts(message, language), call=json.loads(message.body))
        for message in found
    ]
    return ListMessagePage(name=name, messages=shapes, next=following)


@router.post("/v1/lists/{name}/replay", status_code=202, summary="Tell a provider's list again")
def post_list_replay(
    request: Request, key: Manager, name: str, body: ReplayBody, account: AccountChoice = None
) -> ListQueued:
    """By id, or by time. What stands otherwise by now is not sent."""
    target = _list(request, key, name, account)
    return ListQueued(name=name, queued=again(request, target, body))


def _list(request: Request, key: Key, name: str, account: str | None) -> str:
    chosen = existing_account(request, key, account)
    if all((each.name, each.account) != (name, chosen) for each in services(request).lists):
        raise Problem("list_unknown", "name")
    return f"list:{name}"
