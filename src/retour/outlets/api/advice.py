"""What to do about an address, or about a reason (N8)."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from retour.address import fault, normalise
from retour.flow.advice import Advice, on_life, on_reason
from retour.flow.platform import under
from retour.flow.redact import redacted
from retour.model import VALID, Reason
from retour.outlets.api.access import AccountChoice, Member, existing_account
from retour.outlets.api.problems import Problem, language_of
from retour.outlets.api.services import services
from retour.outlets.api.shown import reader_of
from retour.ports import Life

router = APIRouter(tags=["addresses"])


class LetterShape(BaseModel):
    """A letter ready to send, plain text."""

    subject: str
    text: str


class AdviceShape(BaseModel):
    """What is the matter and what to do."""

    about: Annotated[str, Field(description="a reason, a state, or the cause of an invalid one")]
    what: str
    who: Annotated[str, Field(description="who must act")]
    do: str
    insist: Annotated[str, Field(description="what happens if one sends all the same")]
    contact: Annotated[LetterShape | None, Field(description="by another way than the address")] = None
    postmaster: LetterShape | None = None


class AddressAdvice(BaseModel):
    """Advice on the state of an address, and on the bounce that tells most; null without one."""

    account: str
    address: str
    state: AdviceShape
    bounce: AdviceShape | None


@router.get("/v1/advice", summary="What to do about an address, with letters ready to send")
def advice_on_address(
    request: Request,
    key: Member,
    address: Annotated[str, Query(description="as it was written to", examples=["ann@b.example"])],
    account: AccountChoice = None,
    sender: Annotated[str | None, Query(description="who signs the letters; the account if left out")] = None,
) -> AddressAdvice:
    """In the language of Accept-Language. Addresses of others in the server's words are hidden."""
    chosen = existing_account(request, key, account)
    normalised = normalise(address)
    if normalised is None:
        raise Problem("address_malformed", "address", fault=fault(address))
    known = services(request)
    life = known.store.ledger.life(chosen, normalised, known.clock.now())
    since = known.platform.since(chosen, normalised)
    if life is None and since is None:
        raise Problem("address_never_seen", "address")
    life = under(life or Life(normalised, VALID), since)
    reader = reader_of(request, key)
    state, bounce = on_life(life, reader.language, sender or chosen, reader.day)
    shown = None if bounce is None else _shape(bounce, None if reader.support else normalised)
    return AddressAdvice(account=chosen, address=normalised, state=_shape(state), bounce=shown)


@router.get("/v1/advice/reasons", summary="What to do about each reason")
def advice_on_reasons(request: Request, key: Member, account: AccountChoice = None) -> Sequence[AdviceShape]:
    """In the language of Accept-Language; the letters with their blanks, as {address}."""
    existing_account(request, key, account)
    return [_shape(on_reason(reason, language_of(request))) for reason in Reason]


def _shape(advice: Advice, only: str | None = None) -> AdviceShape:
    """`only`: the address that may be shown, of all in the letters."""
    told = asdict(advice)
    for to in ("contact", "postmaster"):
        if told[to] is not None and only is not None:
            told[to] = {name: redacted(words, only) for name, words in told[to].items()}
    return AdviceShape(**told)
