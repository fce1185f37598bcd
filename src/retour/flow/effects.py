"""What resets did (E22): how many addresses came back, were reached since, and bounced again.

Counted as it happens (ports.Counts.effects); here week by week or month by month, for each version of the
policy. Each return counts where it came about; the first delivery and the first bounce after it count where
they occurred, to the version that let the address come back. One that returns again is counted again.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from retour.instants import DAY, SECOND, Instant
from retour.lifecycle import as_judged
from retour.model import Event, EventKind, Standing
from retour.ports import Effect

Row = tuple[int, str]  # version and period


def effects(counted: Iterable[Effect], by: str) -> Mapping[Row, Mapping[str, int]]:
    """Counts by version and period: `freed`, `delivered`, `bounced` (again); `by` is "week" or "month"."""
    found: dict[Row, Counter[str]] = {}
    for each in counted:
        found.setdefault((each.version, period(each.day * DAY, by)), Counter())[each.what] += each.addresses
    return found


def followed(
    events: Sequence[Event],
    deliveries: Sequence[tuple[int | None, Instant]],
    after: Instant,
    until: Instant | None,
) -> tuple[Instant | None, Instant | None]:
    """When an address was first reached after a return, and first bounced; before it returned once more."""
    told = as_judged(events)[0]
    bounces = [e for e in told if e.kind is EventKind.BOUNCE and e.standing is Standing.PROVEN]
    sends = {event.send for event in bounces if event.send is not None}
    delivered = [at for send, at in deliveries if send not in sends]
    return _first(delivered, after, until), _first([event.at for event in bounces], after, until)


def _first(times: Iterable[Instant], after: Instant, until: Instant | None) -> Instant | None:
    return min((at for at in times if at > after and (until is None or at < until)), default=None)


def period(at: Instant, by: str) -> str:
    """The ISO week ("2026-W07") or the month ("2026-02") of a moment, in UTC."""
    day = datetime.fromtimestamp(at // SECOND, UTC)
    if by == "month":
        return f"{day.year}-{day.month:02}"
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"
