"""The guided review of stopped addresses (E37), step by step: correct slips, take the rest along, delete."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from retour.console.asking import Answer, Api, api_of
from retour.console.slips import candidates
from retour.model import Role

STEPS = ("correct", "export", "delete")
REST = "state=invalid&corrected=no"  # whoever was corrected is neither taken along nor deleted


@login_required
def show(request: HttpRequest, account: str) -> HttpResponse:
    """One step; each has an address of its own."""
    api = api_of(request, account)
    step = request.GET.get("step", "")
    step = step if step in STEPS else STEPS[0]
    found = candidates(api.get, request.GET.get("after")) if step == "correct" else None
    return _page(request, api, step, found, None)


@login_required
def of_job(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """The slips that a look at all stopped addresses has found."""
    api = api_of(request, account)
    job = api.get(f"/v1/jobs/{id}")
    if job["kind"] != "review":
        raise Http404
    if job["state"] != "done":
        return redirect("job", account=account, id=id)
    slips = api.get("/v1/review", job=id, after=request.GET.get("after"))
    return _page(request, api, STEPS[0], slips, job)


@login_required
@require_POST
def look(request: HttpRequest, account: str) -> HttpResponse:
    """Look at all of them."""
    job = api_of(request, account).post("/v1/review", None)
    return redirect("job", account=account, id=job["id"])


def _page(
    request: HttpRequest, api: Api, step: str, found: Answer | None, job: Answer | None
) -> HttpResponse:
    """A step; what was found by a page, or by a job that has looked at all of them."""
    count = api.get("/v1/counts", status="invalid")["addresses"]
    corrected = api.get("/v1/bounces/count", status="invalid", corrected="yes")
    is_counted = not corrected["is_more"]
    context = {
        "account": api.account, "role": api.role, "section": "review", "steps": STEPS, "step": step,
        "found": found, "count": count, "may_write": api.role != Role.MEMBER,
        "first": "after" not in request.GET, "query": REST, "job": job,
        "latest": None if job or step != STEPS[0] else _latest(api),
        "corrected": corrected["addresses"] or 0, "is_counted": is_counted,
        "rest": max(0, count - corrected["addresses"]) if is_counted else None,
    }  # fmt: skip
    return render(request, "console/review.html", context)


def _latest(api: Api) -> Answer | None:
    """The last look at all of them that has not failed: it is done, or stands in the midst of it."""
    jobs = api.get("/v1/jobs", kind="review", limit=5)["jobs"]
    return next((job for job in jobs if job["state"] not in ("failed", "cancelled")), None)
