"""Every refusal as problem details (RFC 9457): what is wrong, where, what to do; in the reader's language."""

import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any, NamedTuple

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"
LANGUAGES = ("en", "de")
RETRY_AFTER = "5"  # seconds

CATALOGUE: Mapping[str, Any] = tomllib.loads(
    files("retour.outlets.api").joinpath("problems.toml").read_text("utf-8")
)


CODES: Mapping[str, Any] = tomllib.loads(
    files("retour.outlets.api").joinpath("codes.toml").read_text("utf-8")
)


class Problem(HTTPException):
    """A refusal by its name in problems.toml; `words` fill the braces, `field` says where."""

    def __init__(self, name: str, field: str | None = None, **words: object) -> None:
        super().__init__(CATALOGUE[name]["status"], name)
        self.name = name
        self.field = field
        self.words = words

    def details(self, language: str) -> dict[str, object]:
        """The members of RFC 9457 §3.1, and two of ours: field and remedy."""
        texts = CATALOGUE[self.name][language]
        words = {name: _said(name, value, language) for name, value in self.words.items()}
        return {
            "type": f"/problems/{self.name}",
            "title": texts["title"],
            "status": self.status_code,
            "detail": texts["detail"].format_map(words),
            "field": self.field,
            "remedy": texts["remedy"].format_map(words),
        }


class Form(NamedTuple):
    """What is wrong with the form of a value, as pydantic found it."""

    field: str
    type: str
    said: str  # in English
    facts: Mapping[str, Any]

    def told(self, language: str) -> str:
        """In the language, where there are words for it."""
        words = CODES["form"].get(self.type, {}).get(language)
        return f"{self.field}: {self.said if words is None else words.format_map(self._facts(language))}"

    def _facts(self, language: str) -> Mapping[str, Any]:
        """pydantic joins the values that there are in English: 'a', 'b' or 'c'."""
        if "expected" not in self.facts:
            return self.facts
        return {
            **self.facts,
            "expected": str(self.facts["expected"]).replace("' or '", CODES["or"][language]),
        }


def wrong(field: str, type: str, said: str, **facts: object) -> Problem:
    """A value that cannot be used: `said` in English, in other languages what codes.toml has for the type."""
    return Problem("invalid", field, fault=Form(field, type, said, facts))


def _said(name: str, value: object, language: str) -> object:
    """A code among the words of a problem, or several with commas, as the language says it."""
    if isinstance(value, Form):
        return value.told(language)
    known: Mapping[str, Any] = CODES.get(name, {})
    if not isinstance(value, str) or not known:
        return value
    return ", ".join(known[code][language] if code in known else code for code in value.split(", "))


def language_of(request: Request) -> str:
    """The first language of Accept-Language that we speak; English when there is none."""
    wanted = request.headers.get("accept-language", "")
    for choice in wanted.split(",")[:10]:
        language = choice.partition(";")[0].strip()[:2].lower()
        if language in LANGUAGES:
            return language
    return "en"


def response(problem: Problem, request: Request) -> Response:
    """The problem as an HTTP response."""
    language = language_of(request)
    headers = {"Content-Language": language, "Vary": "Accept-Language"}
    if problem.status_code == 401:
        headers["WWW-Authenticate"] = "Bearer"  # RFC 9110 §11.6.1
    if problem.status_code == 503:
        headers["Retry-After"] = RETRY_AFTER  # RFC 9110 §10.2.3
    if problem.name == "repeat_running":
        headers["Retry-After"] = "1"
    told = {name: _encodable(value) for name, value in problem.details(language).items()}
    return Response(msgspec.json.encode(told), problem.status_code, headers, media_type=MEDIA_TYPE)


def _encodable(value: object) -> object:
    """A JSON text may spell half of a surrogate pair (RFC 8259 §8.2); quoted back it becomes "?"."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def install(app: FastAPI, down: Iterable[type[Exception]]) -> None:
    """Turn what can go wrong in a request into problem details; `down` passes, and may be repeated."""

    @app.exception_handler(Problem)
    async def refused(request: Request, problem: Problem) -> Response:
        return response(problem, request)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return response(_of_validation(error), request)

    @app.exception_handler(HTTPException)
    async def by_the_framework(request: Request, error: HTTPException) -> Response:
        names = {404: "not_found", 405: "method_not_allowed", 400: "body_not_json"}
        name = names.get(error.status_code, "failed")
        return response(Problem(name, fault=str(error.detail)), request)

    async def unavailable(request: Request, error: Exception) -> Response:
        return response(Problem("store_down", fault=str(error)), request)

    for fault in down:
        app.add_exception_handler(fault, unavailable)

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> Response:
        return response(Problem("failed"), request)  # the server logs the cause


def _of_validation(error: RequestValidationError) -> Problem:
    """The first fault that FastAPI found, as a problem: one thing at a time is easier to mend."""
    fault = error.errors()[0]
    if fault["type"] == "json_invalid":
        return Problem("body_not_json", "body", fault=fault.get("ctx", {}).get("error", fault["msg"]))
    # The first says where in the request; names in angle brackets are forms of a body (sends.AnyBody).
    where, *places = (str(place) for place in fault["loc"])
    field = ".".join(place for place in places if not place.startswith("<")) or where
    told = Form(field, fault["type"], str(fault["msg"]), fault.get("ctx", {}))
    return Problem("invalid", field, fault=told)
