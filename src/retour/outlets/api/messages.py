"""Messages to others as the routes show them: webhooks and lists of providers alike."""

from typing import Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from retour.flow.outbox import Message
from retour.flow.unheard import of_message
from retour.instants import text
from retour.outlets.api.addresses import between
from retour.outlets.api.problems import Problem, wrong
from retour.outlets.api.services import services
from retour.outlets.api.shown import time
from retour.texts import catalogue

_END = 1 << 62


class MessageShape(BaseModel):
    """A message and how far it is."""

    id: str = Field(description="`webhook-id`: the same at every attempt")
    type: str
    created_at: str
    state: str = Field(description="`waiting`, `delivered`, or `failed` after three days")
    attempts: int
    due_at: str | None = Field(description="of the next attempt")
    status: int | None = Field(description="of the last answer; null when there was none")
    said: str = Field(description="what went wrong, or the beginning of the answer. Hostile: show as text")
    fault: str = Field(
        description="why the last attempt was not heard, by name; empty where it was",
        examples=["connection_refused"],
    )
    told: str = Field(description="the same as a sentence that says what to do")
    ended_at: str | None


class ReplayBody(BaseModel):
    """Which messages are to be sent again."""

    model_config = ConfigDict(extra="forbid")

    ids: list[str] = Field([], max_length=1000)
    since: str | None = Field(
        None, description="all that were created from then on", examples=["2026-05-01T00:00:00Z"]
    )
    until: str | None = None


def again(request: Request, target: str, body: ReplayBody) -> int:
    """Let messages of a target wait once more; returns how many.

    Raises Problem `replay_target`, and `messages_unknown` for an id that is not kept: then none is sent.
    """
    known = services(request)
    since, until = between(body.since, body.until)
    if bool(body.ids) == (since is not None):
        raise Problem("replay_target", "ids")
    end = _END if until is None else until
    for place, id in enumerate(body.ids):
        if known.desk.outbox.message(target, id) is None:
            raise Problem("messages_unknown", f"ids.{place}", id=id)
    queued = known.desk.outbox.again(target, body.ids, since or 0, end, known.clock.now())
    known.telling.wake()
    return queued


def cursor(given: str | None) -> int | None:
    """A cursor that is a number. Raises Problem `invalid`."""
    if given is None:
        return None
    if not (given.isascii() and given.isdigit()) or len(given) > 18:
        raise wrong("after", "cursor", "is no cursor of this list")
    return int(given)


def message_facts(message: Message, language: str) -> dict[str, Any]:
    """The fields of a MessageShape."""
    return {
        "id": message.id,
        "type": message.type,
        "created_at": text(message.created_at),
        "state": message.state,
        "attempts": message.attempts,
        "due_at": text(message.due_at) if message.state == "waiting" else None,
        "status": message.status,
        "said": message.said,
        "fault": of_message(message),
        "told": told(of_message(message), language),
        "ended_at": time(message.ended_at),
    }


def told(fault: str, language: str) -> str:
    """The sentence of a fault; empty where nothing went wrong."""
    return catalogue(f"notify.{language}")(f"fault.{fault}") if fault else ""
