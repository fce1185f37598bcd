"""What is told of everything that Retour visits by itself, mailboxes and queues: log lines and numbers."""

from collections.abc import Callable, Mapping
from functools import partial

import structlog

from retour.flow.heard import Standing
from retour.inlets.pickup.desk import Desk, TroubleError
from retour.instants import SECOND
from retour.texts import catalogue
from retour.wiring.house import House

log = structlog.get_logger("retour")
_TEXTS = catalogue("pickup.en")


def troubled(kind: str, name: str) -> Callable[[TroubleError, float], None]:
    """Logs why it cannot be read, and when it is tried again."""

    def told(trouble: TroubleError, pause: float) -> None:
        words = _TEXTS(f"trouble.{trouble.code}")
        again = round(pause)
        log.error(f"{kind}: {words}", **{kind: name}, reason=trouble.reason, again_in_seconds=again)

    return told


def noticed(kind: str, name: str) -> Callable[[str, str, str], None]:
    """Logs what a person should know and what stops nothing."""

    def told(code: str, reason: str, source: str) -> None:
        words = _TEXTS(f"notice.{code}")
        log.warning(f"{kind}: {words}", **{kind: name}, reason=reason, what=source)

    return told


def standing(desk: Desk) -> Standing:
    """How something that is visited stands now."""
    counts = desk.counts
    state = "failing" if counts.failing else "open"
    return Standing(state, counts.last_success or None, waiting=counts.waiting)


def watch(house: House, kind: str, desks: Mapping[str, Desk]) -> None:
    """The numbers of all of a kind, by name."""
    metrics = house.metrics
    for desk in desks.values():
        house.ways[desk.inlet] = partial(standing, desk)

    def of(field: str, scale: int = 1) -> Callable[[], dict[str, int]]:
        return lambda: {name: int(getattr(desk.counts, field)) // scale for name, desk in desks.items()}

    first = f"retour_{kind}"
    metrics.counter(f"{first}_fetched", "Taken in and durable", kind, of("fetched"))
    metrics.counter(f"{first}_failed", "Could not be read where it lies", kind, of("failed"))
    metrics.gauge(f"{first}_waiting", "Seen there and not yet durable", kind, of("waiting"))
    metrics.gauge(f"{first}_failing", "1 where it cannot be read now", kind, of("failing"))
    metrics.gauge(
        f"{first}_last_success_seconds",
        "When a visit last went through, seconds since 1970",
        kind,
        of("last_success", SECOND),
    )
