"""Dry runs: what a write would do, without doing it. Where a route knows none, it is refused, not ignored."""

import re
from typing import Annotated

from fastapi import Query, Request

from retour.outlets.api.problems import Problem, wrong
from retour.outlets.api.repeats import WRITING

DryRun = Annotated[bool, Query(description="Tell what the call would do, and do nothing.", examples=[False])]


def known(request: Request) -> None:
    """Raises Problem `dry_run_unknown` for a write that would be done in spite of `?dry_run=`, and `invalid`
    where a slip of the pen ("dry-run", "dryRun") would have it done."""
    if request.method not in WRITING:
        return
    for name in request.query_params:
        if name != "dry_run" and re.sub("[^a-z]", "", name.lower()) == "dryrun":
            raise wrong(name, "dry_run", "it is written dry_run")
    if "dry_run" not in request.query_params:
        return
    if all(each.alias != "dry_run" for each in request.scope["route"].dependant.query_params):
        raise Problem("dry_run_unknown", "dry_run")
