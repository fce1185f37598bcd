"""Parameters of a query that a route does not know are refused: a filter that is ignored shows too much."""

from collections.abc import Mapping
from typing import Final

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool

from retour.outlets.api.problems import Problem

_MOST: Final = 20  # names that a refusal lists


async def known(request: Request) -> None:
    """Raises Problem `unknown_parameter` that names the first one, and what the route knows."""
    if not request.query_params:
        return
    method = "GET" if request.method == "HEAD" else request.method
    names = (await run_in_threadpool(_names, request.app)).get((method, request.scope["route"].path_format))
    if names is not None:
        only(request, names)


def only(request: Request, names: frozenset[str]) -> None:
    """Raises Problem `unknown_parameter` for a parameter that is none of these."""
    for name in request.query_params:
        if name not in names:
            listed = ", ".join(sorted(names)[:_MOST]) or "-"
            raise Problem("unknown_parameter", name, parameter=name, known=listed)


def _names(app: FastAPI) -> Mapping[tuple[str, str], frozenset[str]]:
    """What each route knows, as the description of the API tells it."""
    found: Mapping[tuple[str, str], frozenset[str]] | None = getattr(app.state, "parameters", None)
    if found is None:
        found = app.state.parameters = {
            (method.upper(), path): frozenset(
                each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"
            )
            for path, operations in app.openapi()["paths"].items()
            for method, operation in operations.items()
        }
    return found
