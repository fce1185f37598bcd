"""Questions about bounces in a query or a body, as every route that takes one takes it."""

import re
from typing import Annotated, Any, Literal

from fastapi import Query, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from retour.flow.questions import NAMES, Question, Wrong, sought
from retour.flow.suppressions import PROVIDERS
from retour.model import Reason
from retour.outlets.api.problems import Problem, language_of
from retour.ports import Sought
from retour.texts import catalogue

Type = Literal["hard", "soft", "block", "ignore"]
_CODE = r"^[245]\.(\d{1,3}\.(\d{1,3})?)?$"


def _code(told: object) -> object:
    """A code or how codes begin. A pattern says to nobody who fills in a form what is wanted."""
    if isinstance(told, str) and re.search(_CODE, told) is None:
        raise PydanticCustomError("bounce_code", "is no code as 4.4.7, nor how codes begin, as 4.4. or 5.")
    return told


class Filter(BaseModel):
    """Which bounces are meant. What is left out means all; all conditions hold of one bounce."""

    model_config = ConfigDict(extra="forbid")

    text: str | None = Field(
        None,
        description="words of the server's reply, in their order; not numbers, addresses or hosts",
        examples=["mailbox full"],
    )
    code: Annotated[str | None, BeforeValidator(_code)] = Field(
        None,
        pattern=_CODE,
        description="enhanced code, or how codes begin: `4.4.`",
        examples=["4.4.7"],
    )
    reason: Reason | None = None
    type: Type | None = Field(None, description="what it counted as; `ignore`: nothing")
    campaign: str | None = Field(None, examples=["spring"])
    domain: str | None = Field(None, description="of the addresses", examples=["b.example"])
    provider: str | None = Field(
        None, description=f"by the domain: {', '.join(PROVIDERS)}", examples=["gmail"]
    )
    since: str | None = Field(None, description="the first day, UTC", examples=["2026-05-01"])
    until: str | None = Field(None, description="the last day, UTC", examples=["2026-05-31"])


class FilterQuery(Filter):
    """The same in a query, where more may stand beside it."""

    model_config = ConfigDict(extra="ignore")


Asked = Annotated[FilterQuery, Query()]


def question_of(asked: Filter) -> Question:
    """The question of a query or body."""
    told: dict[str, Any] = {name: getattr(asked, name) for name in NAMES}
    return Question(**{name: None if value is None else str(value) for name, value in told.items()})


def sought_of(request: Request, question: Question, within: str = "") -> Sought:
    """What is looked for. Raises Problem, which names the field."""
    found = sought(question)
    if isinstance(found, Wrong):
        words = catalogue(f"segments.{language_of(request)}")
        field = within + found.field
        raise Problem("invalid", field, fault=f"{field} {words(f'question.{found.fault}')}")
    return found
