"""Corrected addresses: what was probably meant, the correction, and its confirmation (K29, E9)."""

from datetime import UTC
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from retour.address import fault, normalise
from retour.flow.browse import MOST
from retour.flow.corrections import DAYS, MOST_DAYS, Made, Refusal, Wish, confirm, correct, letters
from retour.flow.corrections import withdraw as taken_back
from retour.flow.days import day_in
from retour.flow.slips import SIBLINGS, Asked, Meant, suggestions, with_contact
from retour.outlets.api.access import AccountChoice, Manager, Member, existing_account
from retour.outlets.api.problems import Problem, language_of, wrong
from retour.outlets.api.services import services
from retour.outlets.api.shapes import CorrectionShape
from retour.outlets.api.shown import correction_shape
from retour.ports import Correction
from retour.texts import catalogue

router = APIRouter(tags=["corrections"])

Address = Annotated[str, Field(max_length=1016, examples=["w.wislon@b.example"])]


class Body(BaseModel):
    """Nothing else is understood."""

    model_config = ConfigDict(extra="forbid")


class SuggestBody(Body):
    """An address that bounced, and what is known of its contact."""

    address: Address
    name: str = Field(
        "", max_length=200, description="that of the contact if left out", examples=["Wendy Wilson"]
    )
    siblings: list[Address] = Field(
        default=[], max_length=SIBLINGS, description="other addresses of the contact, or of colleagues"
    )
    account: str | None = None


class HintShape(BaseModel):
    """What speaks for a suggestion."""

    hint: str = Field(examples=["name"])
    told: str


class SuggestionShape(BaseModel):
    """An address that may have been meant."""

    address: str
    odds: float = Field(description="so many to one that it was meant", examples=[15.0])
    hints: list[HintShape]


class SuggestionList(BaseModel):
    """The most probable first; empty where to guess would be worse."""

    account: str
    address: str
    suggestions: list[SuggestionShape]


class CorrectBody(Body):
    """The address as it stands, the right one, and why."""

    old: Address
    new: Annotated[str, Field(max_length=1016, examples=["w.wilson@b.example"])]
    reason: str = Field(max_length=2000, examples=["the contact told us on the phone"])
    confirm: bool | None = Field(
        None,
        description="hold mail to the new address until its contact confirms it; left out: as "
        "`corrections` of the policy says. false is refused where that is `confirm`",
    )
    days: int = Field(DAYS, ge=1, le=MOST_DAYS, description="how long the link works")
    sender: str = Field("", max_length=200, description="who signs the mail; the account if left out")
    account: str | None = None


class LetterShape(BaseModel):
    """A mail to the contact, ready to send."""

    subject: str
    text: str


class MadeShape(CorrectionShape):
    """A correction; what confirms it is shown this once."""

    token: str | None = Field(description="of the link; null where nobody confirms")
    url: str | None = Field(description="the link; null where no page is served (webhooks.confirm)")
    letters: dict[str, LetterShape] = Field(description="in each language; empty without a link")


class CorrectionPage(BaseModel):
    """The latest first."""

    account: str
    corrections: list[CorrectionShape]
    next: str | None = Field(description="cursor for ?after= of the next page; null on the last page")


class ConfirmBody(Body):
    """The token that a page of your own was opened with."""

    token: str = Field(max_length=200, examples=["p3Jz…"])
    account: str | None = None


class ConfirmedShape(BaseModel):
    """Whether the address is its contact's."""

    account: str
    confirmed: bool = Field(description="false: unknown, used, replaced or expired; which is not told")


@router.post("/v1/corrections/suggest", summary="What was probably meant by an address that bounced")
def suggest(
    request: Request, key: Member, body: SuggestBody, account: AccountChoice = None
) -> SuggestionList:
    """Slips in the domain and in the local part, with odds. Suggestions are for people: check before use."""
    chosen = existing_account(request, key, body.account or account)
    known, address = services(request), normalise(body.address)
    if address is None:
        raise Problem("address_malformed", "address", fault=fault(body.address))
    asked = with_contact(Asked(chosen, address, body.name, body.siblings), known.store.contacts)
    found = suggestions(asked, known.store, known.clock.now())
    language = language_of(request)
    return SuggestionList(
        account=chosen,
        address=address,
        suggestions=[suggestion_shape(each, address, language) for each in found],
    )


def suggestion_shape(meant: Meant, address: str, language: str) -> SuggestionShape:
    """What was probably meant by an address, and why, in words."""
    day = day_in(language, UTC)
    words = catalogue(f"correction.{language}")
    domains = {"old": address.rpartition("@")[2], "new": meant.address.rpartition("@")[2]}
    hints = [
        HintShape(hint=hint, told=words(f"why.{hint}", date="" if at is None else day(at), **domains))
        for hint, at in meant.hints.items()
    ]
    return SuggestionShape(address=meant.address, odds=float(f"{meant.odds:.2g}"), hints=hints)


@router.post("/v1/corrections", status_code=201, summary="Correct an address; its contact may confirm it")
def post_correction(
    request: Request, response: Response, key: Manager, body: CorrectBody, account: AccountChoice = None
) -> MadeShape:
    """The new address starts without history, the old one keeps its own; mail waits for the confirmation."""
    chosen = existing_account(request, key, body.account or account)
    known, now = services(request), services(request).clock.now()
    wish = Wish(chosen, body.old, body.new, body.reason, body.confirm, body.days)
    made = correct(wish, known.store, known.bus, key.actor, now)
    if isinstance(made, Refusal):
        raise _problem(made, body)
    response.headers["Cache-Control"] = "no-store"  # a token: nothing keeps it, also for a repetition
    return _made(request, made, body.sender or chosen)


def _made(request: Request, made: Made, sender: str) -> MadeShape:
    known = services(request)
    url = known.confirm_url(made.token) if made.token else None
    mails = letters(url, sender) if url else {}
    shape = correction_shape(made.correction, known.clock.now(), language_of(request))
    return MadeShape(
        **shape.model_dump(),
        token=made.token,
        url=url,
        letters={name: LetterShape(subject=mail.subject, text=mail.text) for name, mail in mails.items()},
    )


def _problem(refusal: Refusal, body: CorrectBody) -> Problem:
    match refusal:
        case Refusal.OLD:
            return Problem("address_malformed", "old", fault=fault(body.old))
        case Refusal.NEW:
            return Problem("address_malformed", "new", fault=fault(body.new))
        case Refusal.SAME:
            return Problem("correction_same", "new")
        case Refusal.REASON:
            return Problem("reason_missing", "reason")
        case Refusal.STOPPED:
            return Problem("correction_stopped", "new")
        case Refusal.CONFIRM:
            return Problem("correction_confirm", "confirm")


@router.get("/v1/corrections", summary="Corrected addresses")
def get_corrections(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    after: Annotated[str | None, Query(description="`next` of the page before", max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> CorrectionPage:
    """Each with where it stands, the latest first."""
    chosen = existing_account(request, key, account)
    known = services(request)
    found = known.store.corrections.page(chosen, limit, _id(after, "after") if after else None)
    now, language = known.clock.now(), language_of(request)
    shapes = [correction_shape(each, now, language) for each in found]
    return CorrectionPage(
        account=chosen, corrections=shapes, next=shapes[-1].id if len(shapes) == limit else None
    )


@router.post("/v1/corrections/confirm", summary="Confirm by the token of a link, for a page of your own")
def post_confirmation(
    request: Request, key: Member, body: ConfirmBody, account: AccountChoice = None
) -> ConfirmedShape:
    """As the page of Retour does; a token works once."""
    chosen = existing_account(request, key, body.account or account)
    known = services(request)
    done = confirm(body.token, known.store, known.bus, known.clock.now(), chosen)
    return ConfirmedShape(account=chosen, confirmed=done)


@router.delete("/v1/corrections/{id}", summary="Take a correction back")
def delete_correction(
    request: Request,
    key: Manager,
    id: Annotated[str, Path(max_length=64)],
    account: AccountChoice = None,
) -> CorrectionShape:
    """As though it had never been: the new address is what it was before, and its link is dead."""
    chosen = existing_account(request, key, account)
    known, now = services(request), services(request).clock.now()
    found: Correction | None = None
    if len(id) == 32 and all(c in "0123456789abcdef" for c in id):
        found = taken_back(chosen, bytes.fromhex(id), known.store, known.bus, key.actor, now)
    if found is None:
        raise Problem("correction_unknown", "id")
    return correction_shape(found, now, language_of(request))


def _id(given: str, where: str) -> bytes:
    try:
        return bytes.fromhex(given)
    except ValueError as error:
        raise wrong(where, "cursor", "is none that a page gave") from error
