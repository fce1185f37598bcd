"""The logs that are followed."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import structlog

from retour.flow.follow import Terms
from retour.flow.heard import Standing
from retour.inlets.logtail import Tail
from retour.inlets.logtail.files import FileTail
from retour.inlets.logtail.following import Follower
from retour.inlets.logtail.journal import JournalTail
from retour.inlets.logtail.segments import SegmentTail
from retour.instants import Instant
from retour.model import Arrival
from retour.settings import Log
from retour.wiring.house import House

log = structlog.get_logger("retour")


def followers(house: House) -> list[Follower]:
    """One for each log of the settings; their numbers are told with the others."""
    _warn_of_strangers(house)
    made = [_follower(house, name, chosen) for name, chosen in house.settings.logs.items()]
    _watch(house, made)
    return made


def _warn_of_strangers(house: House) -> None:
    known = {account.name for account in house.store.accounts.accounts()}
    for name, chosen in house.settings.logs.items():
        for account in sorted({*chosen.senders.values(), *filter(None, (chosen.account,))} - known):
            log.warning(
                "a log is of an account that is not there: what it tells has no effect until it is",
                log=name, account=account,
            )  # fmt: skip


def terms(name: str, chosen: Log) -> Terms:
    """How a log is taken."""
    return Terms(name, chosen.format, chosen.proof, chosen.account, chosen.senders, chosen.deliveries)


def tail(chosen: Log, now: Callable[[], Instant]) -> Tail:
    """Where its lines come from."""
    at_end = chosen.begin == "end"
    if chosen.path is not None:
        return FileTail(chosen.path, at_end)
    if chosen.segments is not None:
        return SegmentTail(chosen.segments, at_end, now)
    return JournalTail(chosen.unit, chosen.journal, at_end)


def _follower(house: House, name: str, chosen: Log) -> Follower:
    def keep(arrivals: Sequence[Arrival], cursors: Mapping[str, bytes | None]) -> None:
        house.inbox.put(arrivals, cursors)
        if arrivals:
            house.worker.wake()

    return Follower(
        terms(name, chosen),
        tail(chosen, house.clock.now),
        keep,
        house.inbox.cursors,
        house.clock.now,
        _told(house, name),
    )


def _told(house: House, name: str) -> Callable[[Exception], None]:
    """What cannot be read is the operator's to mend; all else is a fault of ours."""

    def told(error: Exception) -> None:
        if isinstance(error, OSError):
            log.error(
                "a log cannot be read; it is tried again every second, and nothing of it is lost meanwhile",
                log=name, path=error.filename, reason=error.strerror or str(error),
            )  # fmt: skip
        else:
            house.metrics.faults["logs"] += 1
            log.error(
                "a fault of Retour; it goes on at the last place that is durable", log=name, exc_info=error
            )

    return told


def _standing(house: House, follower: Follower) -> Standing:
    state = "failing" if follower.count.trouble else "open"
    return Standing(state, behind=follower.late(house.clock.now()))


def _watch(house: House, made: Sequence[Follower]) -> None:
    def each(number: Callable[[Follower], int]) -> Callable[[], Mapping[str, int]]:
        return lambda: {follower.terms.name: number(follower) for follower in made}

    for follower in made:
        house.ways[f"log:{follower.terms.name}"] = partial(_standing, house, follower)
    metrics = house.metrics
    metrics.counter("retour_log_lines", "Lines read, by log", "log", each(lambda f: f.count.lines))
    metrics.counter("retour_log_events", "Events kept, by log", "log", each(lambda f: f.count.events))
    metrics.counter(
        "retour_log_defects",
        "Lines that could not be believed or read",
        "log",
        each(lambda f: f.count.defects),
    )
    metrics.counter(
        "retour_log_gaps",
        "Times that lines were gone before they were read",
        "log",
        each(lambda f: f.count.gaps),
    )
    metrics.gauge("retour_log_behind_bytes", "Octets not yet read", "log", each(lambda f: f.count.behind))
    metrics.gauge(
        "retour_log_behind_seconds",
        "Seconds since all was read",
        "log",
        each(lambda f: f.late(house.clock.now())),
    )
    metrics.gauge(
        "retour_log_unreadable", "1 while a log cannot be read", "log", each(lambda f: bool(f.count.trouble))
    )
