"""Parameters of a query that a route does not know are refused: a filter that is ignored shows too much."""

from typing import Final

from fastapi import FastAPI, Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Cookie, Header, Path
from fastapi.routing import APIRoute

from retour.outlets.api.problems import Problem

_ELSEWHERE: Final = (Path, Header, Cookie)  # where parameters stand that are not in the query
_MOST: Final = 20  # names that a refusal lists


def known(request: Request) -> None:
    """Raises Problem `unknown_parameter` that names the first one, and what the route knows."""
    if request.query_params:
        only(request, names_of(request.app, request.scope["route"]))


def only(request: Request, names: frozenset[str]) -> None:
    """Raises Problem `unknown_parameter` for a parameter that is none of these."""
    for name in request.query_params:
        if name not in names:
            listed = ", ".join(sorted(names)[:_MOST]) or "-"
            raise Problem("unknown_parameter", name, parameter=name, known=listed)


def names_of(app: FastAPI, route: APIRoute) -> frozenset[str]:
    """What a route knows: what its function asks for, and what it says of itself (`described`).

    Not read out of the whole description of the API, which takes half a second to make.
    """
    known: dict[tuple[str, frozenset[str]], frozenset[str]] = app.state.parameters
    name = (route.path_format, frozenset(route.methods or ()))
    if name not in known:
        fields = get_flat_params(route.dependant)
        asked = {each.alias for each in fields if not isinstance(each.field_info, _ELSEWHERE)}
        told = (route.openapi_extra or {}).get("parameters", ())
        known[name] = frozenset(asked | {each["name"] for each in told if each["in"] == "query"})
    return known[name]
