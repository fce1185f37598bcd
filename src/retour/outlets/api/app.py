"""Puts the API together: routes, keys, refusals, limits, OpenAPI."""

from functools import cache
from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from retour.outlets.api import (
    account,
    addresses,
    advice,
    asked,
    check,
    checked_lists,
    contact_lists,
    contacts,
    corrections,
    counted,
    counts,
    data,
    described,
    dry,
    engagements,
    erasures,
    groups,
    imports,
    incident_held,
    incidents,
    jobs,
    lags,
    ledger_check,
    list_checks,
    looking,
    mails,
    members,
    never_stop,
    people,
    policy,
    previews,
    probes,
    problems,
    provider_lists,
    rates,
    recoveries,
    replay_groups,
    replays,
    requests,
    restores,
    review,
    rulebook,
    rules,
    sends,
    suggest,
    suppressions,
    topics,
    unparsed,
    unproven,
    views,
    waves,
    webhooks,
    whom,
)
from retour.outlets.api.access import Keys
from retour.outlets.api.limits import Buckets, Told
from retour.outlets.api.problems import Problem
from retour.outlets.api.repeats import READS, WRITING, Repeats
from retour.outlets.api.services import Services

ROUTERS: tuple[APIRouter, ...] = (
    check.router,
    suggest.router,
    advice.router,
    addresses.router,
    mails.router,
    sends.router,
    engagements.router,
    previews.router,
    policy.router,
    replays.router,
    replay_groups.router,
    never_stop.router,
    restores.router,
    requests.router,
    corrections.router,
    review.router,
    imports.router,
    jobs.router,
    list_checks.router,
    checked_lists.router,
    suppressions.router,
    looking.router,
    lags.router,
    ledger_check.router,
    counted.router,
    counts.router,
    rates.router,
    recoveries.router,
    data.router,
    contacts.router,
    contact_lists.router,
    whom.router,
    erasures.router,
    waves.router,
    incidents.router,
    incident_held.router,
    unparsed.router,
    groups.router,
    rulebook.router,
    rules.router,
    unproven.router,
    webhooks.router,
    provider_lists.router,
    topics.router,
    account.router,
    people.router,
    members.router,
    views.router,
    probes.router,
)

DESCRIPTION = """\
Ask before you send (`/v1/check`), tell us what you send (`/v1/sends`), look at what came back.

Every call but the probes carries `Authorization: Bearer rk_…`. Times are ISO 8601 in UTC. Every refusal is
`application/problem+json` (RFC 9457) with `field` and `remedy`, in the language of `Accept-Language`
(English or German)."""
_TITLE: Final = "Retour"
_VERSION: Final = "1"


class _Api(FastAPI):
    """An application that is described as a whole, once a process."""

    def openapi(self) -> dict[str, Any]:
        """The description."""
        return _openapi()


def create(services: Services) -> FastAPI:
    """The application over these services."""
    app = _Api(title=_TITLE, version=_VERSION, description=DESCRIPTION, docs_url=None, redoc_url=None)
    app.state.services = services
    app.state.parameters = {}
    app.state.keys = Keys(services.store.accounts, services.down)
    app.state.buckets = {
        "requests": Buckets("requests", services.requests),
        "checks": Buckets("checks", services.checks_rate),
        suggest.BUCKET: Buckets(suggest.BUCKET, services.forms.rate),
    }
    app.router.routes.extend(_routes())
    problems.install(app, services.down)
    app.add_middleware(Repeats, down=services.down)
    app.add_middleware(Shortcut)
    if any(each.per_second for each in (services.requests, services.checks_rate, services.forms.rate)):
        unlimited = frozenset() if services.checks_rate.per_second else frozenset({"/v1/check"})
        app.add_middleware(Told, without=unlimited)
    app.add_middleware(Capped, limit=services.body_limit, lists=services.import_limit)
    return app


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """All routes, analysed once for all applications: what they need they find in `app.state`."""
    whole = APIRouter()
    for router in ROUTERS:
        whole.include_router(router, dependencies=[Depends(dry.known), Depends(asked.known)])
    return tuple(whole.routes)


@cache
def _openapi() -> dict[str, Any]:
    """FastAPI's description, with the key and the refusals added to each route; made once, as these."""
    schema = get_openapi(title=_TITLE, version=_VERSION, description=DESCRIPTION, routes=_routes())
    components = schema.setdefault("components", {})
    components["securitySchemes"] = described.SCHEMES
    components.setdefault("schemas", {})["Problem"] = described.PROBLEM_SCHEMA
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            _add_refusals(path, operation)
            if method.upper() in WRITING and path.startswith("/v1/") and path not in READS:
                _add_repeats(operation)
            for parameter in operation.get("parameters", ()):
                if not parameter.get("description") and parameter["name"] in described.PARAMETERS:
                    parameter["description"] = described.PARAMETERS[parameter["name"]]
    return schema


def _add_refusals(path: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    if not path.startswith("/v1/"):
        responses.pop("422", None)
        return
    operation["security"] = [{"key": []}]
    statuses = [400, 401, 403, 404, 422]
    if "requestBody" in operation:
        statuses.append(413)
    statuses += [429, 503]
    responses.update(described.refusals(*statuses))


def _add_repeats(operation: dict[str, Any]) -> None:
    """A write may be repeated under a key; and what is at odds with what stands there is refused."""
    operation.setdefault("parameters", []).append(described.REPEAT)
    operation["responses"].update(described.refusals(409))


class Shortcut:
    """Brings the check routes their requests without the framework between, which knows them all the same.

    Matching, dependencies and exit stacks of FastAPI cost three times what the check itself does.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._handlers = {
            ("GET", "/v1/check"): check.check_one,
            ("POST", "/v1/check"): check.check_many,
            ("GET", suggest.SUGGEST): suggest.suggest,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        handler = self._handlers.get((scope.get("method", ""), scope.get("path", "")))
        if handler is None:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            response = await handler(request)
        except Problem as problem:
            response = problems.response(problem, request)
        await response(scope, receive, send)


class Capped:
    """Refuses a request body above the limit, by its announced length or while it comes in."""

    def __init__(self, app: ASGIApp, limit: int, lists: int) -> None:
        self._app = app
        self._limit, self._lists = limit, lists

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        taken, limit = 0, self._limit
        if scope["path"] in (imports.IMPORT, list_checks.CHECKS):
            limit = self._lists

        async def capped() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise Problem("body_too_large", "body", most=limit)
            return message

        await self._app(scope, capped, send)
