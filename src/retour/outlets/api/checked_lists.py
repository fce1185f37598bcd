"""A check that is done, looked at and decided upon: its rows, its proposals, how its imports came out."""

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from retour.flow.jobs import ENDED, Job, JobState
from retour.flow.listcheck.decision import Pile
from retour.flow.listcheck.encoding import ENCODINGS
from retour.flow.listcheck.outcome import OUTCOME
from retour.flow.listcheck.pages import ours, page_of
from retour.flow.listcheck.proposals import FORMS, accepted_of, decide, decisions_of, proposals_of, rows_taken
from retour.flow.listcheck.taking import IMPORT, UNDO
from retour.flow.listcheck.work import FILES, KIND, REPORTS, RESULTS, place_of
from retour.instants import text
from retour.outlets.api.access import AccountChoice, Manager, Member, existing_account
from retour.outlets.api.jobs import JobShape, shape
from retour.outlets.api.list_checks import CHECKS, begun, check_of
from retour.outlets.api.problems import Problem
from retour.outlets.api.services import services

router = APIRouter(tags=["list checks"])

Form = Literal["at_spelled", "several_in_cell", "typo_local", "form"]
assert set(FORMS) == set(get_args(Form))


class Decision(BaseModel):
    """What was decided of a proposal."""

    accepted: bool
    by: str
    at: str


class OfDomain(BaseModel):
    """What is proposed for the rows of one domain."""

    domain: str = Field(description="as it stands in the list")
    suggestion: str
    rows: int
    standing: int = Field(description="of these rows, those that could be written to as they stand")
    decision: Decision | None


class OfForm(BaseModel):
    """What is proposed for the rows of one form."""

    form: Form
    rows: int
    standing: int = Field(description="as above")
    decision: Decision | None


class Proposals(BaseModel):
    """Everything that is proposed."""

    domains: list[OfDomain] = Field(description="the thousand of the most rows")
    more: int = Field(description="rows of domains beyond those; they stand in corrected.csv")
    forms: list[OfForm]
    accepted: int = Field(description="rows whose proposal was accepted")
    importable: int = Field(description="rows that an import takes now: kept, accepted, left as they stand")


class Imported(BaseModel):
    """One import, and what became of it."""

    job: JobShape
    undo: JobShape | None
    outcome: JobShape | None = Field(description="the latest count of what came back")


class CheckShape(BaseModel):
    """A check with all that belongs to it."""

    job: JobShape
    files: list[str] = Field(description="those that there are")
    report: dict[str, Any] | None = Field(description="report.json; null as the proposals are")
    proposals: Proposals | None = Field(description="null before it is done, and when its files are gone")
    imports: list[Imported]


class Possible(BaseModel):
    """What a new check can ask for."""

    dns: bool = Field(description="the settings name a resolver")
    validators: list[str] = Field(description="plug-ins that the settings allow")
    encodings: list[str] = Field(description="that a form may offer; others can be named, too")
    most_bytes: int = Field(description="of a list")


class CheckList(BaseModel):
    """A page of checks, the latest first."""

    account: str
    checks: list[JobShape]
    next: str | None = Field(description="`after` of the next page; null at the end")
    possible: Possible


class RowShape(BaseModel):
    """A row of a pile, as far as the check speaks of it."""

    row: int = Field(description="its number in the list")
    address: str
    rfc: str
    practical: str
    reasons: list[str]
    suggestion: str
    odds: str
    evidence: str


class Rows(BaseModel):
    """A page of rows."""

    rows: list[RowShape]
    next: int | None = Field(description="`after` of the next page, which may be empty; null at the end")


class Decisions(BaseModel):
    """What is decided now; true: the proposal is right, false: the address is, null: open again."""

    model_config = ConfigDict(extra="forbid")

    domains: dict[Annotated[str, Field(max_length=253)], bool | None] = Field(
        {}, max_length=1000, examples=[{"gmial.com": True}]
    )
    forms: dict[Form, bool | None] = Field({}, examples=[{"at_spelled": True}])


@router.get(CHECKS, summary="Checks of lists, the latest first")
def get_checks(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> CheckList:
    """With what a new one can ask for."""
    chosen, known = existing_account(request, key, account), services(request)
    jobs = known.desk.jobs.listed(chosen, limit, after, KIND)
    return CheckList(
        account=chosen,
        checks=[shape(request, job) for job in jobs],
        next=jobs[-1].id if len(jobs) == limit else None,
        possible=Possible(
            dns=known.resolves,
            validators=list(known.validators),
            encodings=list(ENCODINGS),
            most_bytes=known.import_limit,
        ),
    )


@router.get(f"{CHECKS}/{{id}}", summary="A check with its proposals and imports")
def get_check(request: Request, key: Member, id: str, account: AccountChoice = None) -> CheckShape:
    """What there is to decide, and what became of what was imported."""
    job = check_of(request, existing_account(request, key, account), id)
    results = place_of(services(request).list_room, job.id) / RESULTS
    files = [name for name in (*FILES, *REPORTS) if (results / name).exists()]
    done = job.state is JobState.DONE and len(files) == len(FILES) + len(REPORTS)
    return CheckShape(
        job=shape(request, job),
        files=files if job.state is JobState.DONE else [],
        report=json.loads((results / "report.json").read_text("utf-8")) if done else None,
        proposals=_proposals(request, job) if done else None,
        imports=list(_imports(request, job)),
    )


@router.get(f"{CHECKS}/{{id}}/rows", summary="Rows of a check")
def get_rows(
    request: Request,
    key: Member,
    id: str,
    pile: Annotated[Pile, Query(description="which of the four")],
    account: AccountChoice = None,
    reason: Annotated[str, Query(description="with this code alone", max_length=40)] = "",
    domain: Annotated[str, Query(description="at this domain alone, as it stands", max_length=253)] = "",
    after: Annotated[int, Query(ge=0, le=1 << 60, description="`next` of the page before")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> Rows:
    """In their order in the list."""
    job = check_of(request, existing_account(request, key, account), id)
    path = place_of(services(request).list_room, job.id) / RESULTS / f"{pile}.csv"
    if job.state is not JobState.DONE or not path.exists():
        raise Problem("list_file_unknown", "pile")
    found, after_them = page_of(path, after, limit, reason, domain)
    told = map(ours, found)
    rows = [
        RowShape.model_validate({**each, "row": int(each["row"]), "reasons": each["reasons"].split()})
        for each in told
    ]
    return Rows(rows=rows, next=after_them)


@router.put(f"{CHECKS}/{{id}}/decisions", summary="Accept proposals, or leave them (manager)")
def put_decisions(
    request: Request, key: Manager, id: str, body: Decisions, account: AccountChoice = None
) -> Proposals:
    """Who decided is kept beside. An import takes what is accepted when it is asked for."""
    job = check_of(request, existing_account(request, key, account), id)
    known = services(request)
    if job.state is not JobState.DONE:
        raise Problem("list_check_running", "id")
    place = place_of(known.list_room, job.id)
    if not (place / RESULTS / "corrected.csv").exists():
        raise Problem("list_file_unknown", "id")
    forms = {str(form): accepted for form, accepted in body.forms.items()}
    decide(place, body.domains, forms, key.actor, text(known.clock.now()))
    return _proposals(request, job)


@router.post("/v1/list-imports/{id}/outcome", status_code=202, summary="Count what came back (manager)")
def post_outcome(request: Request, key: Manager, id: str, account: AccountChoice = None) -> JobShape:
    """A job: of those imported who were written to since, how many came back, beside the forecast."""
    done = services(request).desk.jobs.one(existing_account(request, key, account), id)
    if done is None or done.kind != IMPORT:
        raise Problem("job_unknown", "id")
    if done.state not in ENDED:
        raise Problem("list_check_running", "id")
    order = {"check": done.order["check"], "import": done.id}
    return begun(request, done.account, OUTCOME, key.actor, order)


def _proposals(request: Request, job: Job) -> Proposals:
    place = place_of(services(request).list_room, job.id)
    told, decided = proposals_of(place / RESULTS), decisions_of(place)

    def with_decision(each: Mapping[str, Any], kind: str, name: str) -> dict[str, Any]:
        return {**each, "decision": decided[kind].get(each[name])}

    domains = [OfDomain.model_validate(with_decision(each, "domains", "domain")) for each in told["domains"]]
    forms = [OfForm.model_validate(with_decision(each, "forms", "form")) for each in told["forms"]]
    decided_on: list[OfDomain | OfForm] = [*domains, *forms]
    accepted = sum(each.rows for each in decided_on if each.decision is not None and each.decision.accepted)
    importable = rows_taken(place / RESULTS, accepted_of(place))
    return Proposals(
        domains=domains, more=told["more"], forms=forms, accepted=accepted, importable=importable
    )


def _imports(request: Request, job: Job) -> Iterator[Imported]:
    """The imports of a check, the latest first, each with its latest undoing and count."""
    undos = {each.order["import"]: each for each in reversed(_jobs(request, job, UNDO))}
    outcomes = {each.order["import"]: each for each in reversed(_jobs(request, job, OUTCOME))}
    for each in _jobs(request, job, IMPORT):
        undo, outcome = undos.get(each.id), outcomes.get(each.id)
        yield Imported(
            job=shape(request, each),
            undo=None if undo is None else shape(request, undo),
            outcome=None if outcome is None else shape(request, outcome),
        )


def _jobs(request: Request, job: Job, kind: str) -> list[Job]:
    """The jobs of a kind that belong to a check, the latest first."""
    found: list[Job] = []
    after: str | None = None
    jobs = services(request).desk.jobs
    while page := jobs.listed(job.account, 1000, after, kind):
        found += [each for each in page if each.order.get("check") == job.id]
        after = page[-1].id
    return found
