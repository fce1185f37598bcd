"""What resets did (E22): how many addresses came back, were reached since, and bounced again.

Read from the ledger and the lives themselves, week by week or month by month, for each version of the policy.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from retour.instants import SECOND, Instant
from retour.lifecycle import as_judged
from retour.model import EventKind, Standing
from retour.ports import Returned, Store, Swept

MOST = 50_000  # returns that are looked at: somebody waits for the answer
BATCH = 1000

Row = tuple[int, str]  # version and period


@dataclass(frozen=True, slots=True)
class Effects:
    """Counts by version and period: `freed`, `delivered`, `bounced` (again)."""

    counts: Mapping[Row, Mapping[str, int]]
    looked_at: int
    whole: bool  # every return was looked at


def effects(account: str, by: str, store: Store, most: int = MOST) -> Effects:
    """What came of the resets of an account; `by` is "week" or "month". Raises KeyError for an unknown one.

    Each return counts where it came about; the first delivery and the first bounce after it count where
    they occurred, to the version that let the address come back. One that returns again is counted again.
    """
    counts: dict[Row, Counter[str]] = {}
    later: dict[str, Instant] = {}  # where an address came back after this: what follows belongs to that
    before, looked_at = None, 0
    while looked_at < most:
        found = store.sweep.returns(account, min(BATCH, most - looked_at), before)
        if not found:
            return Effects(counts, looked_at, whole=True)
        lives = {life.place: life for life in store.sweep.at(account, [each.place for each in found])}
        for each in found:
            _count(counts, each, lives.get(each.place), later.get(each.place), by)
            later[each.place] = each.at
        looked_at, before = looked_at + len(found), found[-1].number
    return Effects(counts, looked_at, whole=not store.sweep.returns(account, 1, before))


def _count(
    counts: dict[Row, Counter[str]], each: Returned, life: Swept | None, until: Instant | None, by: str
) -> None:
    _add(counts, each, "freed", each.at, by)
    if life is None:
        return
    events = as_judged(life.events)[0]
    bounces = [e for e in events if e.kind is EventKind.BOUNCE and e.standing is Standing.PROVEN]
    sends = {event.send for event in bounces if event.send is not None}
    told = [at for send, at in life.deliveries if send not in sends]
    for name, times in (("delivered", told), ("bounced", [event.at for event in bounces])):
        first = _first(times, each.at, until)
        if first is not None:
            _add(counts, each, name, first, by)


def _first(times: Sequence[Instant], after: Instant, until: Instant | None) -> Instant | None:
    return min((at for at in times if at > after and (until is None or at < until)), default=None)


def _add(counts: dict[Row, Counter[str]], each: Returned, name: str, at: Instant, by: str) -> None:
    counts.setdefault((each.policy, period(at, by)), Counter())[name] += 1


def period(at: Instant, by: str) -> str:
    """The ISO week ("2026-W07") or the month ("2026-02") of a moment, in UTC."""
    day = datetime.fromtimestamp(at // SECOND, UTC)
    if by == "month":
        return f"{day.year}-{day.month:02}"
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"
