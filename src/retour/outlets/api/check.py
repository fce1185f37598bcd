"""May I send? The hot route: raw bytes in, bytes out, no model in between (performance.md, hint 11)."""

from collections.abc import Sequence

import msgspec
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from retour.flow.check import MOST, may_send, may_send_all
from retour.instants import Instant, text
from retour.model import Answer, Decision, MailKind
from retour.outlets.api import described
from retour.outlets.api.access import account_of, existing_account, key_of
from retour.outlets.api.asked import only
from retour.outlets.api.problems import Problem, wrong
from retour.outlets.api.services import services
from retour.ports import Key

router = APIRouter(tags=["check"])


class Question(msgspec.Struct, forbid_unknown_fields=True):
    """Body of POST /v1/check."""

    addresses: list[str]
    kind: MailKind = MailKind.MAILING
    account: str | None = None


class Result(msgspec.Struct, gc=False):
    """The answer for one address."""

    address: str
    decision: str
    why: str
    until: str | None
    would_be: str | None


class Single(Result):
    """Answer of GET /v1/check."""

    account: str
    kind: str


class Batch(msgspec.Struct):
    """Answer of POST /v1/check; results in the order of the addresses."""

    account: str
    kind: str
    results: list[Result]


_Said = tuple[str, str, str | None, str | None]
"""Answer, cause, until when, and what it would have been."""

_question = msgspec.json.Decoder(Question).decode
_encode = msgspec.json.Encoder().encode
_ASKED, _ASKED_OF_MANY = frozenset(("address", "kind", "account")), frozenset(("account",))
_KINDS = {kind.value: kind for kind in MailKind}


@router.get("/v1/check", **described.CHECK_ONE)
async def check_one(request: Request) -> Response:
    """May this address be sent mail of this kind?"""
    key = await key_of(request, "checks")
    only(request, _ASKED)
    asked = request.query_params
    # QUIRK: "ann+x@b.example" written into a URL as it is arrives as "ann x@b.example" (a form's plus, WHATWG
    # URL §5.1). No address without quotes has a space, and "stop" for a mere slip would lose a contact.
    address = asked.get("address", "").replace(" ", "+")
    if not address:
        raise wrong("address", "missing", "is missing")
    kind = _kind(asked.get("kind"))
    account = await _account(request, key, asked.get("account"))
    known = services(request)
    decision = may_send(address, account, kind, known.snapshot, known.clock.now())
    if _spares(decision):
        known.avoided(account, (address,))
    return _json(Single(address, *_said(decision), account, kind.value))


@router.post("/v1/check", **described.CHECK_MANY)
async def check_many(request: Request) -> Response:
    """May these addresses, at most 10,000, be sent mail of this kind?"""
    key = await key_of(request, "checks")
    only(request, _ASKED_OF_MANY)
    question = _read(await request.body())
    if len(question.addresses) > MOST:
        raise Problem("too_many", "addresses", count=len(question.addresses), most=MOST)
    account = await _account(request, key, question.account or request.query_params.get("account"))
    decisions = await _decided(request, account, question)
    if spared := [each for each, told in zip(question.addresses, decisions, strict=True) if _spares(told)]:
        services(request).avoided(account, spared)
    results = _results(question.addresses, decisions)
    return _json(Batch(account, question.kind.value, results))


async def _decided(request: Request, account: str, question: Question) -> list[Decision]:
    known = services(request)
    asked = question.addresses, account, question.kind, known.snapshot, known.clock.now()
    if known.snapshot.slow(account):  # seconds for ten thousand, in which Postfix must not wait
        return await run_in_threadpool(may_send_all, *asked)
    return may_send_all(*asked)


def _read(body: bytes) -> Question:
    try:
        return _question(body)
    except msgspec.ValidationError as error:
        said, _, place = str(error).partition(" - at `$.")
        raise Problem("invalid", place.rstrip("`") or None, fault=said) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem("body_not_json", "body", fault=str(error)) from error


def _kind(given: str | None) -> MailKind:
    if given is None:
        return MailKind.MAILING
    kind = _KINDS.get(given)
    if kind is None:
        raise wrong("kind", "one_of", f"is one of {', '.join(_KINDS)}", known=", ".join(_KINDS))
    return kind


async def _account(request: Request, key: Key, asked: str | None) -> str:
    """An account's key costs nothing; what a staff key names is looked up."""
    if key.account:
        return account_of(key, asked)
    return await run_in_threadpool(existing_account, request, key, asked)


def _results(addresses: Sequence[str], decisions: Sequence[Decision]) -> list[Result]:
    """The answers; one decision mostly stands for many addresses, and is put into words once."""
    told: dict[int, _Said] = {}  # by identity: `decisions` keeps them alive
    results: list[Result] = []
    for address, decision in zip(addresses, decisions, strict=True):
        said = told.get(id(decision))
        if said is None:
            said = told[id(decision)] = _said(decision)
        results.append(Result(address, *said))
    return results


def _spares(decision: Decision) -> bool:
    """Whether the answer stops a send that would have gone out."""
    return decision.answer is Answer.STOP and decision.why != "no_address"


def _said(decision: Decision) -> _Said:
    would_be = decision.would_be.value if decision.would_be is not None else None
    return decision.answer.value, decision.why, _time(decision.until), would_be


def _time(instant: Instant | None) -> str | None:
    return None if instant is None else text(instant)


def _json(value: msgspec.Struct) -> Response:
    return Response(_encode(value), media_type="application/json")
