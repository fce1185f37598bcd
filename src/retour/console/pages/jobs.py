"""Long work: how far it is, when it will be done, what came of it, and a way to end it.

Nobody waits on a page: the work goes on when the tab is closed, and this page finds it again.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from retour.console.asking import Answer, api_of
from retour.console.pages import as_json
from retour.console.pages.meant import ways_on
from retour.console.reader import reader
from retour.model import Role
from retour.texts import Catalogue

KINDS = (
    "what_if", "replay", "replay_apply", "replay_undo", "wave_plan", "wave_apply", "wave_undo",
    "list_check", "list_import", "list_import_undo", "list_outcome", "list_save", "ledger_verify", "erase",
    "delete", "count", "review",
)  # fmt: skip
UNSTOPPABLE = frozenset({"erase"})  # nothing cancels it: half an erasure would be none
ENDED = frozenset({"done", "failed", "cancelled"})
# The page that shows what a job found: its name, and where in the job its id stands ("" is the job itself).
RESULTS: Mapping[str, tuple[str, str]] = {
    "what_if": ("what_if", ""),
    "list_check": ("check", ""),
    "ledger_verify": ("ledger_verified", ""),
    "review": ("review_of", ""),
    "replay": ("replay", ""),
    "replay_apply": ("replay", "replay"),
    "replay_undo": ("replay", "replay"),
    "wave_plan": ("wave", "wave"),
    "wave_apply": ("wave", "wave"),
    "wave_undo": ("wave", "wave"),
}
STAFF = frozenset({"replay", "wave"})  # pages that show nothing to people of an account


@login_required
def listed(request: HttpRequest, account: str) -> HttpResponse:
    """The jobs of an account, the latest first."""
    api, say = api_of(request, account), reader(request).say
    kind = request.GET.get("kind") or None
    page = api.get("/v1/jobs", kind=kind, after=request.GET.get("after"), limit=50)
    if as_json.wanted(request):
        return as_json.rows(request, page, "jobs", account=account)
    context = {
        "account": account, "role": api.role, "section": "jobs", "kind": kind, "next": page["next"],
        "jobs": [shown(job, say) for job in page["jobs"]],
        "kinds": [(each, kind_told(each, say)) for each in KINDS],
    }  # fmt: skip
    return render(request, "console/jobs.html", context)


@login_required
def show(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """One job. While it runs, the page asks again by itself where a browser lets it."""
    api = api_of(request, account)
    job = shown(api.get(f"/v1/jobs/{id}"), reader(request).say)
    context = {
        "account": account, "role": api.role, "section": "jobs", "job": job,
        "may_cancel": api.role != Role.MEMBER and job["kind"] not in UNSTOPPABLE and not job["ended"],
        "result_url": _result(job, account, api.role), "may_write": api.role != Role.MEMBER,
        "ways_on": ways_on(request, account, job),
    }  # fmt: skip
    return render(request, "console/job.html", context)


@login_required
@require_POST
def cancel(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """It ends at its next step, and leaves nothing half done."""
    api_of(request, account).post(f"/v1/jobs/{id}/cancel", None)
    messages.success(request, reader(request).say("jobs.cancel_asked"))
    return redirect("job", account=account, id=id)


def shown(job: Answer, say: Catalogue) -> dict[str, Any]:
    """A job as every page shows it: its kind in words, how much of it is done, whether it has ended."""
    total = job["total"]
    return {
        **job,
        "named": kind_told(job["kind"], say),
        "stated": say(f"job_state.{'cancelling' if job['cancelling'] else job['state']}"),
        "ended": job["state"] in ENDED,
        "part": job["done"] / total if total else None,
    }


def kind_told(kind: str, say: Catalogue) -> str:
    """What a kind of job is called; its bare name where this version has no words for it."""
    key = f"job_kind.{kind}"
    return say(key) if key in say else kind


def _result(job: Answer, account: str, role: str) -> str | None:
    """Where to look at what it found, once it is done."""
    if job["state"] == "done" and job["kind"] == "list_save":
        return f"{reverse('contacts', args=[account])}?{urlencode({'list': job['result']['list']})}"
    if job["state"] != "done" or job["kind"] not in RESULTS:
        return None
    name, of = RESULTS[job["kind"]]
    if name in STAFF and role not in (Role.SUPPORT, Role.ADMIN):
        return None
    return reverse(name, args=[account, job["result"][of] if of else job["id"]])
