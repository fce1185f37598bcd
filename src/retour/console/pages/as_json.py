"""The rows of a list page as JSON, under the page's own address: the same filters, the same rights."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, JsonResponse

from retour.client.connection import Refused

FORMAT = "format"
_JSON, _HTML = "application/json", "text/html"


def wanted(request: HttpRequest) -> bool:
    """Whether JSON is asked for: `?format=json`, or before HTML in Accept. A browser never does by itself."""
    if FORMAT in request.GET:
        return request.GET[FORMAT] == "json"
    return request.get_preferred_type([_HTML, _JSON]) == _JSON


def rows(request: HttpRequest, page: Mapping[str, Any], named: str, **more: object) -> JsonResponse:
    """The rows as the API tells them, and where the next are; `next` is null on the last page."""
    return _told({**more, "page": _address(request), "rows": page[named], "next": _next(request, page)})


def refused(error: Refused) -> JsonResponse:
    """What the API refused, as it said so."""
    told = {"type": error.type, "detail": error.detail, "field": error.field, "remedy": error.remedy}
    return _told(told, error.status)


def _told(told: Mapping[str, object], status: int = 200) -> JsonResponse:
    response = JsonResponse(told, status=status, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response.headers["Vary"] = "Accept, Cookie"
    return response


def _next(request: HttpRequest, page: Mapping[str, Any]) -> str | None:
    if page.get("next") is None:
        return None
    asked = request.GET.copy()
    asked["after"] = str(page["next"])
    asked[FORMAT] = "json"
    return request.build_absolute_uri(f"{request.path}?{asked.urlencode()}")


def _address(request: HttpRequest) -> str:
    """Of the page for people."""
    asked = request.GET.copy()
    asked.pop(FORMAT, None)
    query = asked.urlencode()
    return request.build_absolute_uri(f"{request.path}?{query}" if query else request.path)
