"""A parameter that a route does not know is refused by its name, on every route."""

from fastapi.routing import APIRoute

from outlets.conftest import Installation
from retour.outlets.api.app import ROUTERS
from retour.outlets.api.asked import names_of

ROUTES = [
    (method, route.path)
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute) and route.path.startswith("/v1/")
    for method in sorted(route.methods)
]


def test_an_unknown_parameter_is_named_by_every_route(retour: Installation) -> None:
    silent = []
    for method, path in ROUTES:
        place = path.replace("{", "").replace("}", "")
        body = {"addresses": []} if (method, path) == ("POST", "/v1/check") else None
        answer = retour.ask(method, f"{place}?acount=demo", json=body)
        told = answer.json()
        if (answer.status_code, told["field"], told["type"]) != (
            422,
            "acount",
            "/problems/unknown_parameter",
        ):
            silent.append((method, path, told))
    assert silent == []


def test_every_route_knows_the_parameters_that_it_is_described_with(retour: Installation) -> None:
    described = {
        (method.upper(), path): {
            each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"
        }
        for path, operations in retour.app.openapi()["paths"].items()
        for method, operation in operations.items()
    }
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    known = {
        (method, route.path_format): set(names_of(retour.app, route))
        for route in routes
        for method in route.methods
    }
    assert known == described


def test_the_refusal_says_what_the_route_knows(retour: Installation) -> None:
    told = retour.ask("GET", "/v1/check?adress=ann@b.example").json()
    assert "account, address, kind" in told["detail"]


def test_what_a_route_knows_is_taken(retour: Installation) -> None:
    assert retour.ask("GET", "/v1/suppressions?limit=1&account=demo").status_code == 200
