"""Webhooks out: who is told of what, and what became of each message."""

from dataclasses import replace
from secrets import token_hex
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from retour.flow.notices import TEST, Notice
from retour.flow.outbox import OLD_SECRET, Attempt, Hook, Message, Sought
from retour.flow.unheard import of_attempt
from retour.instants import text
from retour.outlets.api.access import AccountChoice, Manager, existing_account
from retour.outlets.api.addresses import Moment, between
from retour.outlets.api.hooks import (
    AttemptShape,
    HookBody,
    HookChange,
    HookList,
    HookShape,
    MessagePage,
    NewHook,
    Queued,
    WholeMessage,
)
from retour.outlets.api.messages import MessageShape, ReplayBody, again, cursor, message_facts, told
from retour.outlets.api.problems import Problem, language_of
from retour.outlets.api.services import services
from retour.outlets.api.shown import time
from retour.ports import Key

router = APIRouter(tags=["webhooks"])

MOST = 20  # of one account


@router.get("/v1/webhooks", summary="Webhooks of the account")
def get_webhooks(request: Request, key: Manager, account: AccountChoice = None) -> HookList:
    """Each with its state; the secrets are shown once only."""
    chosen = existing_account(request, key, account)
    found = services(request).desk.outbox.hooks(chosen)
    return HookList(account=chosen, webhooks=[HookShape(**_facts(hook)) for hook in found])


@router.post("/v1/webhooks", status_code=201, summary="Make a webhook")
def post_webhook(
    request: Request, response: Response, key: Manager, body: HookBody, account: AccountChoice = None
) -> NewHook:
    """Told from now on. The secret is in this answer only; a rotation makes another."""
    chosen = existing_account(request, key, account)
    known = services(request)
    if len(known.desk.outbox.hooks(chosen)) >= MOST:
        raise Problem("too_many", "url", count=MOST + 1, most=MOST)
    _look_at(request, body.url)
    made = Hook(token_hex(8), chosen, body.url, tuple(body.types), known.clock.now())
    known.desk.outbox.set_hook(made)
    return _new(request, response, made)


@router.get("/v1/webhooks/{id}", summary="One webhook")
def get_webhook(request: Request, key: Manager, id: str, account: AccountChoice = None) -> HookShape:
    """How it stands."""
    return HookShape(**_facts(_hook(request, key, id, account)))


@router.put("/v1/webhooks/{id}", summary="Change, disable or enable a webhook")
def put_webhook(
    request: Request, key: Manager, id: str, body: HookChange, account: AccountChoice = None
) -> HookShape:
    """What waited while it was disabled is sent when it is enabled."""
    hook, known = _hook(request, key, id, account), services(request)
    if body.url is not None:
        _look_at(request, body.url)
        hook = replace(hook, url=body.url)
    if body.types is not None:
        hook = replace(hook, types=tuple(body.types))
    if body.enabled is True:
        hook = replace(hook, disabled_at=None, disabled_why="", failing_since=None)
    if body.enabled is False:
        hook = replace(hook, disabled_at=known.clock.now(), disabled_why="asked")
    known.desk.outbox.set_hook(hook)
    known.telling.wake()
    return HookShape(**_facts(hook))


@router.delete("/v1/webhooks/{id}", status_code=204, summary="Remove a webhook")
def delete_webhook(request: Request, key: Manager, id: str, account: AccountChoice = None) -> Response:
    """With all that waits for it."""
    services(request).desk.outbox.drop_hook(_hook(request, key, id, account).id)
    return Response(status_code=204)


@router.post("/v1/webhooks/{id}/rotate", status_code=201, summary="Another secret")
def post_rotate(
    request: Request, response: Response, key: Manager, id: str, account: AccountChoice = None
) -> NewHook:
    """For a day both secrets sign; a second rotation ends the first at once."""
    hook, known = _hook(request, key, id, account), services(request)
    hook = replace(hook, secret=hook.secret + 1, rotated_at=known.clock.now())
    known.desk.outbox.set_hook(hook)
    return _new(request, response, hook)


@router.post("/v1/webhooks/{id}/test", status_code=202, summary="Send a test message")
def post_test(request: Request, key: Manager, id: str, account: AccountChoice = None) -> MessageShape:
    """Signed and tried like every other, whatever types the webhook wants. The log tells what came of it."""
    hook, known = _hook(request, key, id, account), services(request)
    now = known.clock.now()
    notice = Notice(TEST, hook.account, f"test {token_hex(8)}", now, {"webhook": hook.id})
    message_id = notice.id(hook.target)
    message = Message(hook.target, message_id, hook.account, TEST, notice.body(), now, due_at=now)
    known.desk.outbox.put([message])
    known.telling.wake()
    return MessageShape(**message_facts(message, language_of(request)))


@router.post("/v1/webhooks/{id}/replay", status_code=202, summary="Send messages again")
def post_replay(
    request: Request, key: Manager, id: str, body: ReplayBody, account: AccountChoice = None
) -> Queued:
    """By id, or by time; with the same `webhook-id`, so that a receiver knows what it has had already."""
    hook = _hook(request, key, id, account)
    return Queued(webhook=hook.id, queued=again(request, hook.target, body))


@router.get("/v1/webhooks/{id}/messages", summary="What a webhook was told, and what it answered")
def get_messages(
    request: Request,
    key: Manager,
    id: str,
    account: AccountChoice = None,
    state: Literal["waiting", "delivered", "failed"] | None = None,
    since: Moment = None,
    until: Moment = None,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> MessagePage:
    """Messages of the last days (`notify.kept_days`), the latest first."""
    hook = _hook(request, key, id, account)
    times = between(since, until)
    found = services(request).desk.outbox.sought(Sought(hook.target, state, *times, cursor(after), limit))
    following = str(found[-1].number) if len(found) == limit else None
    language = language_of(request)
    shapes = [MessageShape(**message_facts(message, language)) for message in found]
    return MessagePage(webhook=hook.id, messages=shapes, next=following)


@router.get("/v1/webhooks/{id}/messages/{message}", summary="One message with its body and its attempts")
def get_message(
    request: Request, key: Manager, id: str, message: str, account: AccountChoice = None
) -> WholeMessage:
    """Everything that is known of one delivery."""
    hook, outbox = _hook(request, key, id, account), services(request).desk.outbox
    found = outbox.message(hook.target, message)
    if found is None:
        raise Problem("message_unknown", "message")
    language = language_of(request)
    log = [_attempt(each, language) for each in outbox.attempts(found.number)]
    return WholeMessage(**message_facts(found, language), body=found.body, log=log)


def _hook(request: Request, key: Key, id: str, account: str | None) -> Hook:
    chosen = existing_account(request, key, account)
    hook = services(request).desk.outbox.hook(id)
    if hook is None or hook.account != chosen:
        raise Problem("webhook_unknown", "id")
    return hook


def _look_at(request: Request, url: str) -> None:
    fault = services(request).telling.unreachable(url)
    if fault is not None:
        raise Problem("url_refused", "url", fault=told(fault, language_of(request)))


def _new(request: Request, response: Response, hook: Hook) -> NewHook:
    response.headers["Cache-Control"] = "no-store"
    return NewHook(**_facts(hook), secret=services(request).telling.secret(hook.id, hook.secret))


def _facts(hook: Hook) -> dict[str, Any]:
    old = None if hook.rotated_at is None else hook.rotated_at + OLD_SECRET
    return {
        "id": hook.id,
        "account": hook.account,
        "url": hook.url,
        "types": list(hook.types),
        "created_at": text(hook.created_at),
        "enabled": hook.disabled_at is None,
        "disabled_why": hook.disabled_why,
        "disabled_at": time(hook.disabled_at),
        "failing_since": time(hook.failing_since),
        "old_secret_until": time(old),
    }


def _attempt(attempt: Attempt, language: str) -> AttemptShape:
    fault = of_attempt(attempt)
    return AttemptShape(
        at=text(attempt.at), status=attempt.status, said=attempt.said, fault=fault,
        told=told(fault, language), milliseconds=attempt.milliseconds,
    )  # fmt: skip
