"""How an import came out: of those who were written to since, how many came back, beside what was forecast.

An address counts once, as hard where anything of it was hard. One that nothing was sent to says nothing yet;
who was sent to is known by registered sends, and by what came back or arrived.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import sqrt
from pathlib import Path
from typing import Any

from retour.flow.jobs import Course, Facts, FailedError, Job, Jobs, Work
from retour.flow.listcheck.proposals import addresses_of
from retour.flow.listcheck.taking import accepted_by
from retour.flow.listcheck.work import RESULTS, place_of
from retour.instants import Instant, text
from retour.lifecycle import Policy, TypeRule, as_judged
from retour.model import EventKind, Standing
from retour.ports import Clock, History, Records

OUTCOME = "list_outcome"
_BATCH = 500
_SIGMAS = 1.96  # as the forecast has it
_COUNTED = frozenset((TypeRule.SOFT, TypeRule.BLOCK, TypeRule.HARD_CONFIRMED))


@dataclass(slots=True)
class Count:
    """Addresses of an import, as far as they were looked at."""

    looked: int = 0
    mailed: int = 0
    hard: int = 0
    soft: int = 0


def works(room: Path, store: Records, jobs: Jobs, clock: Clock) -> Mapping[str, Work]:
    """Counts what became of an import, and compares."""

    def compare(job: Job, course: Course) -> Facts:
        taken = jobs.one(job.account, str(job.order["import"]))
        if taken is None or taken.ended_at is None:
            raise FailedError("list_gone")
        results = place_of(room, str(taken.order["check"])) / RESULTS
        if not (results / "report.json").exists():
            raise FailedError("list_gone_file")
        count = Count(**job.place.get("count", {}))
        policy = store.accounts.policies(job.account)[-1].policy
        addresses = islice(addresses_of(results, accepted_by(taken)), count.looked, None)
        while batch := list(islice(addresses, _BATCH)):
            _look(store, job.account, batch, taken.ended_at, policy, count)
            course.told(count.looked, int(taken.result["addresses"]), {"count": _told(count)})
        forecast = json.loads((results / "report.json").read_text("utf-8")).get("forecast")
        return {"import": taken.id, "at": text(clock.now()), **_told(count), **compared(count, forecast)}

    return {OUTCOME: compare}


def _look(
    store: Records, account: str, batch: Sequence[str], since: Instant, policy: Policy, count: Count
) -> None:
    """Count some addresses; one that stands twice in the list counts as often as it does in the forecast."""
    sent = store.sends.handed_over(account, batch)
    known = store.ledger.known(account, batch)
    for address in batch:
        came_back = _came_back(known[address], since, policy) if address in known else None
        arrived = address in known and any(at >= since for _, at in known[address].deliveries)
        count.looked += 1
        count.hard += came_back == "hard"
        count.soft += came_back == "soft"
        count.mailed += came_back is not None or arrived or sent.get(address, since - 1) >= since


def _came_back(known: History, since: Instant, policy: Policy) -> str | None:
    """Whether mail to an address has come back since, and for good."""
    rules = set(_rules(known, since, policy))
    if TypeRule.HARD in rules:
        return "hard"
    return "soft" if rules & _COUNTED else None


def _rules(known: History, since: Instant, policy: Policy) -> Iterator[TypeRule | None]:
    for event in as_judged(known.events)[0]:
        proven = event.standing is Standing.PROVEN and event.kind is EventKind.BOUNCE
        if proven and event.at >= since and event.reason is not None:
            yield policy.types.get(event.reason)


def compared(count: Count, forecast: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The rates of those who were written to, against what was to be expected of so many."""
    told: dict[str, Any] = {}
    for kind, came_back in (("hard", count.hard), ("soft", count.soft)):
        rate = came_back / count.mailed if count.mailed else None
        told[f"{kind}_rate"] = None if rate is None else round(rate, 6)
        if forecast is not None:
            low, high = _range(forecast[kind], count.mailed)
            told[f"{kind}_forecast"] = {**forecast[kind], "low": low, "high": high}
            told[f"{kind}_verdict"] = _verdict(rate, low, high)
    return told


def _range(forecast: Mapping[str, float], mailed: int) -> tuple[float, float]:
    """The interval for so few of them: what is not known of the rate, and chance on top."""
    if not mailed:
        return forecast["low"], forecast["high"]
    rate, known = forecast["rate"], (forecast["high"] - forecast["low"]) / 2 / _SIGMAS
    spread = _SIGMAS * sqrt(known**2 + rate * (1 - rate) / mailed)
    return round(max(0.0, rate - spread), 6), round(min(1.0, rate + spread), 6)


def _verdict(rate: float | None, low: float, high: float) -> str:
    if rate is None:
        return "nobody"
    return "above" if rate > high else "below" if rate < low else "within"


def _told(count: Count) -> dict[str, int]:
    return {"looked": count.looked, "mailed": count.mailed, "hard": count.hard, "soft": count.soft}
