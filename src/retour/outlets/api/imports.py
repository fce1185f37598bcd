"""Suppression lists as files: in, out, and an import taken back."""

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from starlette.responses import StreamingResponse

from retour.flow.desk import Import
from retour.flow.imports import COUNTS, Order, Place, bring_in, take_back
from retour.flow.lists import FORMS, Defect, Form, form_of
from retour.flow.suppressions import exported
from retour.instants import text
from retour.outlets.api.access import AccountChoice, Manager, Member, existing_account
from retour.outlets.api.dry import DryRun
from retour.outlets.api.problems import Problem, language_of
from retour.outlets.api.services import services
from retour.texts import catalogue

router = APIRouter(tags=["suppressions"])

IMPORT = "/v1/suppressions/import"
MOST_DEFECTS = 1000  # told in one answer; the counts tell all
_IN_MEMORY = 1024 * 1024
_PIECES = 500  # rows of an export that are sent at once

FormChoice = Annotated[
    str, Query(alias="format", description=f"one of {', '.join(FORMS)}", examples=["ses", "csv"])
]


class DefectShape(BaseModel):
    """A line that was left out."""

    line: int = Field(examples=[17])
    code: str = Field(examples=["address_no_at"])
    told: str = Field(description="what is wrong and what to do, in the language of Accept-Language")


class ImportShape(BaseModel):
    """One import and what came of it."""

    account: str
    id: str | None = Field(description="null for a dry run")
    at: str
    actor: str
    format: str
    counts: dict[str, int] = Field(
        description="rows read; newly stopped by `import`, `complaint`, `unsubscribe`; `known` before, "
        "`restored` since the date in the list, `repeated` in it, `defects` left out",
        examples=[dict.fromkeys(COUNTS, 0)],
    )
    undone_at: str | None = None


class ImportReport(ImportShape):
    """An import just made, with the lines that were left out."""

    dry_run: bool
    defects: list[DefectShape] = Field(
        description=f"the first {MOST_DEFECTS}; `counts` tells how many there are"
    )


class ImportPage(BaseModel):
    """Imports, the latest first."""

    account: str
    imports: list[ImportShape]
    next: str | None = Field(description="cursor for ?after= of the next page; null on the last page")


class Undone(BaseModel):
    """An import taken back."""

    account: str
    id: str
    dry_run: bool
    withdrawn: int = Field(description="entries taken back; 0 when that was done before")
    freed: int = Field(description="addresses that nothing else stops: they may be written to again")


@router.post(
    IMPORT,
    status_code=201,
    summary="Import a suppression list (manager)",
    responses={200: {"model": ImportReport, "description": "A dry run: what would come of it"}},
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "The file as it is, in the form that `format` names.",
            "content": {
                "application/octet-stream": {
                    "schema": {"type": "string", "format": "binary"},
                    "example": "address,cause,since,note\nann@b.example,complaint,2026-05-01T00:00:00Z,\n",
                }
            },
        }
    },
)
async def post_import(
    request: Request,
    response: Response,
    key: Manager,
    form: FormChoice,
    account: AccountChoice = None,
    dry_run: DryRun = False,
) -> ImportReport:
    """Stops what is on the list, and revives nothing. Rows that change nothing are counted, not recorded."""
    chosen = _form(form)
    response.status_code = 200 if dry_run else 201  # RFC 9110 §15.3.2: 201 is for what was made
    named = await run_in_threadpool(existing_account, request, key, account)
    with SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        async for piece in request.stream():
            file.write(piece)
        file.seek(0)
        order = Order(named, chosen, key.actor, dry_run)
        return await run_in_threadpool(_imported, request, order, file)


@router.get("/v1/suppressions/imports", summary="Imports of the account")
def get_imports(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    after: Annotated[str | None, Query(description="`next` of the page before", max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> ImportPage:
    """Who imported which form of list when, what came of it, and whether it was undone."""
    chosen = existing_account(request, key, account)
    found = services(request).desk.imports.listed(chosen, limit, after)
    shapes = [ImportShape(**_facts(each)) for each in found]
    return ImportPage(account=chosen, imports=shapes, next=found[-1].id if len(found) == limit else None)


@router.delete("/v1/suppressions/imports/{id}", summary="Take an import back (manager)")
def delete_import(
    request: Request, key: Manager, id: str, account: AccountChoice = None, dry_run: DryRun = False
) -> Undone:
    """As though it had never been. What else stops an address goes on stopping it."""
    chosen = existing_account(request, key, account)
    made = services(request).desk.imports.one(chosen, id)
    if made is None:
        raise Problem("import_unknown", "id")
    counts = take_back(made, key.actor, _place(request, chosen), dry_run)
    return Undone(account=chosen, id=id, dry_run=dry_run, **counts)


@router.get(
    "/v1/suppressions/export",
    summary="The whole suppression list as a file",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The file; what the form cannot hold is not in it",
            "content": {"text/csv": {"example": "address,cause,since,note\n"}},
        }
    },
)
def get_export(
    request: Request, key: Member, form: FormChoice, account: AccountChoice = None
) -> StreamingResponse:
    """As it is while it is written, in constant memory. Fields of CSV are guarded against formulas."""
    chosen, named = _form(form), existing_account(request, key, account)
    services(request).exported("suppressions", named, key.id)
    rows = exported(named, services(request).store.ledger)
    ending = chosen.media_type.partition(";")[0].rpartition("/")[2]
    headers = {
        "Content-Disposition": f'attachment; filename="suppressions-{chosen.name}.{ending}"',
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(_together(chosen.written(rows)), media_type=chosen.media_type, headers=headers)


def _together(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Many rows in a piece: each is a turn of the event loop."""
    held: list[bytes] = []
    for piece in pieces:
        held.append(piece)
        if len(held) == _PIECES:
            yield b"".join(held)
            held.clear()
    yield b"".join(held)


def _form(name: str) -> Form:
    form = form_of(name)
    if form is None:
        raise Problem("form_unknown", "format", form=name, known=", ".join(FORMS))
    return form


def _place(request: Request, account: str) -> Place:
    known = services(request)
    policies = known.store.accounts.policies(account)
    return Place(known.store.ledger, known.bus, known.desk.imports, known.clock, policies)


def _imported(request: Request, order: Order, file: IO[bytes]) -> ImportReport:
    defects: list[Defect] = []

    def report(defect: Defect) -> None:
        if len(defects) < MOST_DEFECTS:
            defects.append(defect)

    made = bring_in(order, order.form.read(file), _place(request, order.account), report)
    words = catalogue(f"lists.{language_of(request)}")
    told = [
        DefectShape(line=each.line, code=each.code, told=words(f"row.{each.code}", value=each.value))
        for each in defects
    ]
    facts = _facts(made) | ({"id": None} if order.dry else {})
    return ImportReport(**facts, dry_run=order.dry, defects=told)


def _facts(made: Import) -> dict[str, Any]:
    return {
        "account": made.account,
        "id": made.id,
        "at": text(made.at),
        "actor": made.actor,
        "format": made.form,
        "counts": dict(made.counts),
        "undone_at": None if made.undone_at is None else text(made.undone_at),
    }
