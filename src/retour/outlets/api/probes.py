"""For machines that watch: is it alive, is it ready, what does it count.

Without a key there is no data of anybody; the key of an account is shown its own numbers, a staff key all.
"""

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from retour.outlets.api.access import key_of
from retour.outlets.api.problems import CATALOGUE, LANGUAGES, Problem
from retour.outlets.api.services import services

router = APIRouter(tags=["probes"])


class Health(BaseModel):
    """The process answers."""

    status: str = "ok"


class Readiness(BaseModel):
    """Whether each part can do its work."""

    status: str
    checks: dict[str, bool]


@router.get("/healthz", summary="The process lives")
async def healthz() -> Health:
    """Answers as long as the event loop turns."""
    return Health()


@router.get(
    "/readyz",
    summary="Everything can do its work",
    response_model=Readiness,
    responses={503: {"model": Readiness, "description": "Something named in `checks` cannot work"}},
)
async def readyz(request: Request) -> Response:
    """Asks each part; 503 when one of them cannot work."""
    checks = services(request).checks
    results = {name: await run_in_threadpool(check) for name, check in checks.items()}
    ready = all(results.values())
    return JSONResponse(
        {"status": "ready" if ready else "not ready", "checks": results}, 200 if ready else 503
    )


@router.get("/metrics", summary="Metrics in the Prometheus text format", response_class=Response)
async def metrics(request: Request) -> Response:
    """Counters and gauges, without any address. Those by account are shown to its keys and to staff alone."""
    key = await key_of(request) if "authorization" in request.headers else None

    def sees(account: str) -> bool:
        return key is not None and key.account in ("", account)

    counted = await run_in_threadpool(services(request).metrics, sees)
    return Response(counted, media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/problems/{name}", summary="What the type of a problem means")
async def problem(name: str) -> dict[str, dict[str, str]]:
    """The texts of a problem type, by language."""
    if name not in CATALOGUE:
        raise Problem("not_found")
    return {language: CATALOGUE[name][language] for language in LANGUAGES}
