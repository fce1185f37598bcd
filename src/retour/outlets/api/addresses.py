"""One address with everything known of it, and the list of bounced addresses (E26-E30)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import StreamingResponse

from retour import instants
from retour.address import CASELESS, domain_of, fault, normalise
from retour.flow.browse import MOST, Page, overview
from retour.flow.lists.workbook import Cell
from retour.flow.platform import under
from retour.flow.restore import spelled
from retour.flow.suppressions import PROVIDERS
from retour.instants import Instant
from retour.model import VALID, BounceType, MailKind, Reason, StateName
from retour.outlets.api import tables
from retour.outlets.api.access import AccountChoice, Member, existing_account
from retour.outlets.api.problems import Form, Problem, wrong
from retour.outlets.api.services import services
from retour.outlets.api.shapes import AddressShape, BouncePage, BounceShape
from retour.outlets.api.shown import Reader, address_shape, bounce_shape, linked, reader_of
from retour.ports import BounceQuery, Ledger, Life

router = APIRouter(tags=["addresses"])

_COLUMNS = (
    *("address", "state", "since", "until", "type", "reason", "status", "at", "campaign"),
    *("explanation", "kind", "subject", "sender", "recipient"),
)

Status = Annotated[
    str | None,
    Query(
        pattern="^(valid|held|invalid)$",
        description="valid: bounced, not deactivated; held: of these, held back; invalid: deactivated",
    ),
]
Provider = Annotated[
    str | None, Query(description="of consumer mailboxes, by their domains", examples=["gmail"])
]
Corrected = Annotated[
    bool | None, Query(description="whether it was corrected into another address, and not taken back")
]
Moment = Annotated[str | None, Query(description="ISO 8601 with zone", examples=["2026-05-01T00:00:00Z"])]


@router.get("/v1/addresses/{address:path}", summary="One address: state, decisions, history and evidence")
def address(
    request: Request,
    key: Member,
    address: Annotated[str, Path(description="percent-encoded", examples=["ann@b.example"])],
    account: AccountChoice = None,
) -> AddressShape:
    """State and decisions of an address, its events with evidence, its sends, its lines of the ledger."""
    chosen = existing_account(request, key, account)
    known, now = services(request), services(request).clock.now()
    normalised = normalise(address)
    if normalised is None:
        raise Problem("address_malformed", "address", fault=fault(address))
    life = _life(known.store.ledger, chosen, normalised, now)
    corrections = linked(request, chosen, normalised)
    if life is None and corrections:  # the wrong one of a registration, perhaps, which was never mailed
        life = Life(normalised, known.store.ledger.state(chosen, normalised, now))
    since = known.platform.since(chosen, normalised)
    if life is None and since is None:
        raise Problem("address_never_seen", "address")
    life = under(life or Life(normalised, VALID), since)
    policies = known.store.accounts.policies(chosen)
    latest = known.store.engagements.latest(chosen, [normalised]).get(normalised, {})
    reader = reader_of(request, key)
    return address_shape(chosen, life, policies, latest, corrections, reader, since)


def _life(ledger: Ledger, account: str, address: str, now: Instant) -> Life | None:
    """That of the address, unless another spelling of its mailbox is what stops it, or alone has one."""
    own = ledger.life(account, address, now)
    if domain_of(address) not in CASELESS or (own and own.state.state is StateName.INVALID):
        return own
    others = [each for each in spelled([address], account, ledger) if each != address]
    lives = [life for each in others if (life := ledger.life(account, each, now)) is not None]
    stops = [life for life in lives if life.state.state is StateName.INVALID]
    return next(iter([*stops, *([own] if own else []), *lives]), None)


def meant(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    status: Status = None,
    type: Annotated[BounceType | None, Query(description="type of the bounce")] = None,
    campaign: str | None = None,
    reason: Reason | None = None,
    kind: Annotated[MailKind | None, Query(description="mail kind of the send")] = None,
    since: Moment = None,
    until: Moment = None,
    search: Annotated[
        str | None, Query(description="an address, or all of a domain as @b.example", examples=["@b.example"])
    ] = None,
    provider: Provider = None,
    corrected: Corrected = None,
) -> BounceQuery:
    """The filters of the Overview, as a list and a file of it take them."""
    chosen, (begin, end) = existing_account(request, key, account), between(since, until)
    return BounceQuery(
        account=chosen,
        status=status,
        type=type,
        campaign=campaign,
        reason=reason,
        mail_kind=kind,
        since=begin,
        until=end,
        search=search,
        domains=domains_of(provider),
        corrected=corrected,
    )


Meant = Annotated[BounceQuery, Depends(meant)]


@router.get("/v1/bounces", summary="Bounced addresses, with the filters of the Overview")
def bounces(
    request: Request,
    key: Member,
    asked: Meant,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> BouncePage:
    """A page of bounced addresses, each with its latest bounce that passes all filters of a bounce together.

    The latest is first; `next` is the cursor of the page after it.
    """
    page, reader = _page(request, replace(asked, after=after, limit=limit)), reader_of(request, key)
    policy = services(request).store.accounts.policies(asked.account)[-1].policy
    return BouncePage(
        account=asked.account,
        bounces=[bounce_shape(row, policy, reader) for row in page.rows],
        next=page.after,
    )


@router.get(
    "/v1/bounces/export",
    summary="The Overview as a file",
    response_class=StreamingResponse,
    responses=tables.described("All addresses that pass the filters, the latest bounce first", _COLUMNS),
)
def export_bounces(
    request: Request, key: Member, asked: Meant, form: tables.Choice = tables.Form.CSV
) -> StreamingResponse:
    """However long the list is, in constant memory; fields are guarded against formulas."""
    services(request).exported("bounces", asked.account, key.id)
    return tables.table(request, form, "bounces", _COLUMNS, _rows(request, asked, reader_of(request, key)))


def _rows(request: Request, asked: BounceQuery, reader: Reader) -> Iterator[list[Cell]]:
    policy = services(request).store.accounts.policies(asked.account)[-1].policy
    asked = replace(asked, limit=MOST)
    while True:
        page = _page(request, asked)
        for row in page.rows:
            yield _cells(bounce_shape(row, policy, reader))
        if page.after is None:
            return
        asked = replace(asked, after=page.after)


def _cells(row: BounceShape) -> list[Cell]:
    state, bounce, send = row.state, row.bounce, row.send
    return [
        row.address,
        state.state,
        tables.moment(state.since),
        tables.moment(state.until),
        row.type,
        bounce.reason,
        bounce.status,
        tables.moment(bounce.at),
        None if send is None else send.campaign,
        row.explanation.words,
        *((None,) * 4 if send is None else (send.kind, send.subject, send.sender, send.recipient)),
    ]


def _page(request: Request, query: BounceQuery) -> Page:
    known = services(request)
    try:
        return overview(query, known.store.ledger, known.clock.now())
    except ValueError as error:  # a cursor that was never given out
        raise wrong("after", "cursor", str(error)) from error


def domains_of(provider: str | None) -> frozenset[str] | None:
    """The domains of a provider's consumer mailboxes. Raises Problem."""
    if provider is None:
        return None
    if provider not in PROVIDERS:
        raise wrong("provider", "one_of", f"is one of {', '.join(PROVIDERS)}", known=", ".join(PROVIDERS))
    return frozenset(PROVIDERS[provider])


def between(since: str | None, until: str | None, place: str = "") -> tuple[Instant | None, Instant | None]:
    """The instants of two parameters, each None where it is not given; `place` is that of their object.

    Raises Problem, also where they are turned round.
    """
    begin, end = moment(f"{place}since", since), moment(f"{place}until", until)
    if begin is not None and end is not None and begin > end:
        raise wrong(f"{place}since", "turned_round", "lies after until")
    return begin, end


def moment(field: str, given: str | None) -> Instant | None:
    """The instant of a parameter. Raises Problem."""
    if given is None:
        return None
    try:
        return instants.parse(given)
    except ValueError as error:
        raise Problem("invalid", field, fault=Form(field, "moment", str(error), {})) from error
