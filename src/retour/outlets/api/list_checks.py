"""Lists of contacts are checked before they are imported: a file in, a job, files and a report out."""

import os
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import FileResponse, Response, StreamingResponse

from retour.flow.contacts import named
from retour.flow.jobs import ENDED, Job, JobState
from retour.flow.listcheck.proposals import Accepted, accepted_of, fields_of, rows_taken
from retour.flow.listcheck.taking import IMPORT, UNDO
from retour.flow.listcheck.work import FILES, KIND, LIST, REPORTS, RESULTS, forget, place_of
from retour.flow.lists.table import unguarded
from retour.flow.lists.workbook import MEDIA_TYPE, workbook
from retour.mime.charsets import charset_codec
from retour.outlets.api.access import AccountChoice, Manager, Member, existing_account
from retour.outlets.api.jobs import JobShape, shape
from retour.outlets.api.problems import Problem
from retour.outlets.api.services import services

router = APIRouter(tags=["list checks"])

CHECKS = "/v1/list-checks"
_TYPES = {".csv": "text/csv; charset=utf-8", ".json": "application/json", ".html": "text/html; charset=utf-8"}


class Taking(BaseModel):
    """What is taken over from a check."""

    model_config = ConfigDict(extra="forbid")

    list: str = Field(description="id of the contact list", examples=["5f0c"])
    accept: tuple[Annotated[str, Field(max_length=253)], ...] | None = Field(
        None,
        max_length=10_000,
        description="domains as they stand in the list, whose proposals are right; "
        "left out: what was accepted by PUT /v1/list-checks/{id}/decisions",
    )
    rows: int | None = Field(None, description="as many as you have seen; refused where it would be others")


@router.post(
    CHECKS,
    status_code=202,
    summary="Check a list of contacts (manager)",
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "The file as it is: CSV of any layout and encoding, XLSX, or one address a line.",
            "content": {
                "application/octet-stream": {
                    "schema": {"type": "string", "format": "binary"},
                    "example": "name;email\nAnn;ann@b.example\n",
                }
            },
        }
    },
)
async def post_check(
    request: Request,
    key: Manager,
    account: AccountChoice = None,
    name: Annotated[str, Query(description="of the file, for the report", max_length=200)] = "list",
    column: Annotated[
        str, Query(description="name or number of the column of addresses", max_length=200)
    ] = "",
    encoding: Annotated[
        str, Query(description="of the list, such as windows-1252; else it is found", max_length=100)
    ] = "",
    sheet: Annotated[
        str,
        Query(
            description="name or number of the sheet of a workbook; else that with most addresses",
            max_length=200,
        ),
    ] = "",
    dns: Annotated[bool, Query(description="ask the DNS, where the settings name a resolver")] = True,
    validator: Annotated[
        str, Query(description="ask this plug-in as well, one of list_check.validators", max_length=100)
    ] = "",
) -> JobShape:
    """A job; when it is done, its files say of each row what to do with it and why. Changes no address."""
    known = services(request)
    if validator and validator not in known.validators:
        raise Problem("validator_unknown", "validator", known=", ".join(known.validators) or "-")
    if encoding and charset_codec(encoding) is None:
        raise Problem("encoding_unknown", "encoding")
    chosen = await run_in_threadpool(existing_account, request, key, account)
    id = token_hex(8)
    place = place_of(known.list_room, id)
    place.mkdir(parents=True)
    try:
        with (place / LIST).open("xb") as file:
            async for piece in request.stream():
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:  # it never came in whole: nothing may stay that no job names
        forget(known.list_room, id)
        raise
    order = {"name": name, "column": column, "encoding": encoding, "dns": dns and known.resolves}
    order |= {"sheet": sheet, "external": validator}
    return await run_in_threadpool(begun, request, chosen, KIND, key.actor, order, id)


@router.get(f"{CHECKS}/{{id}}/files/{{file}}", summary="A file of a check", response_class=FileResponse)
def get_file(request: Request, key: Member, id: str, file: str, account: AccountChoice = None) -> Response:
    """kept.csv, corrected.csv, questioned.csv, dropped.csv, the same as .xlsx, report.json,
    report.en.html or report.de.html.
    """
    job = check_of(request, existing_account(request, key, account), id)
    stem, _, ending = file.partition(".")
    name = f"{stem}.csv" if ending == "xlsx" else file
    path: Path = place_of(services(request).list_room, job.id) / RESULTS / name
    if job.state is not JobState.DONE or name not in (*FILES, *REPORTS) or not path.exists():
        raise Problem("list_file_unknown", "file")
    services(request).exported("list check", job.account, key.id)
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    }
    if ending == "xlsx":
        return _workbook(path, file, headers)
    return FileResponse(path, media_type=_TYPES[path.suffix], filename=file, headers=headers)


def _workbook(path: Path, name: str, headers: Mapping[str, str]) -> Response:
    """A pile for a spreadsheet; its guard against formulas is that of the workbook, not an apostrophe."""
    rows = fields_of(path)
    head = next(rows)
    pieces = workbook(head, ([int(row[0]), *map(unguarded, row[1:])] for row in rows))
    told = {**headers, "Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(pieces, media_type=MEDIA_TYPE, headers=told)


@router.delete(f"{CHECKS}/{{id}}", status_code=204, summary="Remove the files of a check (manager)")
def deletecheck_of(request: Request, key: Manager, id: str, account: AccountChoice = None) -> Response:
    """The list and all that was made of it. What was imported stays, and can no longer be undone as one."""
    job = check_of(request, existing_account(request, key, account), id)
    if job.state not in ENDED:
        raise Problem("list_check_running", "id")
    forget(services(request).list_room, job.id)
    return Response(status_code=204)


@router.post(f"{CHECKS}/{{id}}/imports", status_code=202, summary="Put what was kept on a list (manager)")
def post_import(
    request: Request, key: Manager, id: str, body: Taking, account: AccountChoice = None
) -> JobShape:
    """A job, which can be undone. Who is stopped stays stopped, on whatever list."""
    job = check_of(request, existing_account(request, key, account), id)
    if named(services(request).store.contacts.lists(job.account), body.list) is None:
        raise Problem("contact_list_unknown", "list")
    if job.state is not JobState.DONE:
        raise Problem("list_check_running", "id")
    place = place_of(services(request).list_room, job.id)
    accepted = accepted_of(place) if body.accept is None else Accepted(frozenset(body.accept))
    if body.rows is not None and body.rows != (found := rows_taken(place / RESULTS, accepted)):
        raise Problem("list_rows_differ", "rows", seen=body.rows, found=found)
    order = {
        "check": job.id,
        "list": body.list,
        "accept": sorted(accepted.domains),
        "accept_forms": sorted(accepted.forms),
        "leave": sorted(accepted.left),
        "leave_forms": sorted(accepted.left_forms),
    }
    return begun(request, job.account, IMPORT, key.actor, order)


@router.post("/v1/list-imports/{id}/undo", status_code=202, summary="Undo an import of a check (manager)")
def post_undo(request: Request, key: Manager, id: str, account: AccountChoice = None) -> JobShape:
    """A job, which takes off the list whom the import had put on it, and nobody else."""
    done = services(request).desk.jobs.one(existing_account(request, key, account), id)
    if done is None or done.kind != IMPORT:
        raise Problem("job_unknown", "id")
    if done.state not in ENDED:
        raise Problem("list_check_running", "id")
    order = {"check": done.order["check"], "list": done.order["list"], "import": done.id}
    return begun(request, done.account, UNDO, key.actor, order)


def begun(
    request: Request, account: str, kind: str, actor: str, order: Mapping[str, Any], id: str = ""
) -> JobShape:
    """A new job, with its id where it has one already."""
    known = services(request)
    made = Job(id or token_hex(8), account, kind, actor, known.clock.now(), order)
    known.desk.jobs.add(made)
    known.wake_jobs()
    return shape(request, made)


def check_of(request: Request, account: str, id: str) -> Job:
    """The check of this id. Raises Problem `job_unknown`."""
    job = services(request).desk.jobs.one(account, id)
    if job is None or job.kind != KIND:
        raise Problem("job_unknown", "id")
    return job
