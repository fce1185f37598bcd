"""The works that jobs name, and the runner that does them."""

from collections.abc import Mapping

import structlog

from retour.flow.jobs import Job, Runner, Work
from retour.wiring.house import House

log = structlog.get_logger("retour")


def runner(house: House) -> Runner:
    """The runner over everything that can be asked for."""
    return Runner(house.desk.jobs, works(house), house.clock, lambda job, error: _crashed(house, job, error))


def works(house: House) -> Mapping[str, Work]:
    """What each kind of job does; a new kind is a line here."""
    return {}


def _crashed(house: House, job: Job | None, error: Exception) -> None:
    house.metrics.faults["jobs"] += 1
    told = {} if job is None else {"job": job.id, "kind": job.kind}
    log.error("a job ended in a fault of Retour's own", exc_info=error, **told)
