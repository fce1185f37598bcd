"""Who belongs to an account, as lines of its ledger: told by the console, which keeps the people.

The console tells at least once, under an id of its own, and the line is written once: whoever got in
stands in the same chain as what they then did.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from retour.flow import account_lines
from retour.flow.account_lines import Change
from retour.outlets.api.access import console_alone
from retour.outlets.api.addresses import moment
from retour.outlets.api.problems import Problem
from retour.outlets.api.services import services
from retour.ports import Key, Records
from retour.ports.people import PersonChange

router = APIRouter(tags=["account"])

CAUSE = "people"  # of every such line

Standing = Literal[
    "invited_member",
    "invited_manager",
    "member",
    "manager",
    "support",
    "admin",
    "gone",
    "link",
    "entered",
    "second_factor",
    "no_second_factor",
]


class PersonBody(BaseModel):
    """One person, and how they stand."""

    model_config = ConfigDict(extra="forbid")

    standing: Standing
    person: str = Field(min_length=1, max_length=254, examples=["ann@shop.example"])

    def told(self) -> str:
        """As the ledger writes it."""
        return f"{self.standing} {self.person}"


class ChangeBody(BaseModel):
    """What changed, when and by whom."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1, max_length=64, description="the same id changes nothing")
    account: str | None = Field(description="null: all of them, for staff belong to none")
    at: str
    by: str = Field(max_length=300, examples=["person bob@shop.example", "command line"])
    before: PersonBody | None
    after: PersonBody


class Noted(BaseModel):
    """In how many ledgers it stands."""

    accounts: int


@router.post("/v1/people/changes", status_code=201, summary="Note who belongs to an account (console)")
def post_change(request: Request, key: Annotated[Key, Depends(console_alone)], body: ChangeBody) -> Noted:
    """A line in the ledger of the account, or of every account; the console's own key alone may ask it."""
    at, store = moment("at", body.at), services(request).store
    assert at is not None  # it was given
    known = {each.name for each in store.accounts.accounts()}
    if body.account is not None and body.account not in known:
        raise Problem("account_unknown", "account")
    before = "" if body.before is None else body.before.told()
    return Noted(
        accounts=note(
            store, PersonChange(body.id, body.account or "", at, body.by, before, body.after.told())
        )
    )


def note(store: Records, told: PersonChange) -> int:
    """Write it down, once, where it belongs: in so many ledgers."""
    change = Change(CAUSE, told.name, told.account, told.at, told.by, told.before, told.after)
    return account_lines.note(store, change)
