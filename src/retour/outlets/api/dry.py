"""Dry runs: what a write would do, without doing it. Where a route knows none, it is refused, not ignored."""

from typing import Annotated

from fastapi import Query, Request

from retour.outlets.api.problems import Problem
from retour.outlets.api.repeats import WRITING

DryRun = Annotated[bool, Query(description="Tell what the call would do, and do nothing.", examples=[False])]


def known(request: Request) -> None:
    """Raises Problem `dry_run_unknown` for a write that would be done in spite of `?dry_run=`."""
    if "dry_run" not in request.query_params or request.method not in WRITING:
        return
    if all(each.alias != "dry_run" for each in request.scope["route"].dependant.query_params):
        raise Problem("dry_run_unknown", "dry_run")
