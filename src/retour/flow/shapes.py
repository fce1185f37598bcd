"""What no rule knows, grouped by shape: unparsed arrivals, and bounces whose cause nothing told.

Texts of one shape differ in addresses, ids, numbers, dates and hosts alone (`classify.shape`), so that one
rule answers a group, however many mails are in it. Memory is bounded by the number of groups kept apart.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from retour.classify.shape import shape, shape_id
from retour.flow.late import counts
from retour.instants import Instant
from retour.mime import scan
from retour.model import LATE, MAIL, Arrival, Event
from retour.parse import parse
from retour.ports import Inbox, Ledger

MOST_SHAPES = 5000  # kept apart; what has another shape than these is counted as others
EXAMPLES = 3  # ids of a group that are named
_TEXT = 4096  # characters of an example
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Told:
    """A text that no rule knows, with where it came from."""

    text: str
    at: Instant
    example: str  # id of the arrival, or of the event
    inlet: str  # source of an arrival; host that refused, for a bounce
    account: str = ""
    late: bool = False  # a post that came days after what it tells


@dataclass(slots=True)
class Group:
    """All texts of one shape."""

    id: str
    shape: str
    count: int
    first: Instant
    last: Instant
    text: str  # of the latest
    examples: list[str] = field(default_factory=list)  # ids, the latest first
    inlets: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Grouped:
    """The groups, the largest first."""

    groups: Sequence[Group]
    looked_at: int
    others: int = 0  # of shapes that were too many to be kept apart
    late: int = 0  # came days after what they tell

    def group(self, id: str) -> Group | None:
        """The group of this id; None when there is none."""
        return next((group for group in self.groups if group.id == id), None)


def grouped(told: Iterable[Told]) -> Grouped:
    """Texts by shape; the order in which they come does not matter, but for which of them are examples."""
    groups: dict[str, Group] = {}
    looked_at = others = late = 0
    for each in told:
        looked_at += 1
        late += each.late
        form = shape(each.text)
        group = groups.get(form)
        if group is None:
            if len(groups) == MOST_SHAPES:
                others += 1
                continue
            group = groups[form] = Group(shape_id(form), form, 0, each.at, each.at, each.text[:_TEXT])
        _add(group, each)
    in_order = sorted(groups.values(), key=lambda group: (-group.count, -group.last, group.shape))
    return Grouped(in_order, looked_at, others, late)


def _add(group: Group, each: Told) -> None:
    group.count += 1
    group.first, group.last = min(group.first, each.at), max(group.last, each.at)
    if len(group.examples) < EXAMPLES:
        group.examples.append(each.example)
    if each.inlet and each.inlet not in group.inlets and len(group.inlets) < EXAMPLES:
        group.inlets.append(each.inlet)


def unparsed(inbox: Inbox, most: int | None = None, account: str | None = None) -> Iterator[Told]:
    """The queue, newest first: all of it, or the newest `most`; of all sources, or of those of an account."""
    for arrival in arrivals(inbox, most):
        if account is None or arrival.account == account:
            told, at, id = words_of(arrival), arrival.received_at, arrival.id.hex()
            yield Told(told, at, id, arrival.inlet, arrival.account or "", not counts(arrival))


def arrivals(inbox: Inbox, most: int | None = None) -> Iterator[Arrival]:
    """Unparsed arrivals with their bytes, page by page, newest first."""
    left, after = most, None
    while left is None or left > 0:
        page = inbox.unparsed(_PAGE if left is None else min(_PAGE, left), after)
        if not page:
            return
        yield from page
        after = page[-1].id
        left = None if left is None else left - len(page)


def words_of(arrival: Arrival) -> str:
    """What an arrival says to people; its subject where it says nothing; of another form its beginning."""
    if arrival.form != MAIL:
        mark = "" if counts(arrival) else f"[{LATE}] "  # told, for nothing in its bytes tells it
        return mark + arrival.raw[:_TEXT].decode("utf-8", "replace")
    return parse(arrival.raw).text.strip() or scan(arrival.raw).head.text(b"subject")


def undetermined(ledger: Ledger, most: int | None = None, account: str | None = None) -> Iterator[Told]:
    """Bounces whose cause nothing told, latest first: all, or the latest `most`; of all accounts or one."""
    left, after = most, None
    while left is None or left > 0:
        rows = ledger.undetermined(_PAGE if left is None else min(_PAGE, left), after, account)
        if not rows:
            return
        yield from (_told(event) for _, event in rows)
        after = rows[-1][0]
        left = None if left is None else left - len(rows)


def _told(event: Event) -> Told:
    report = event.evidence.report if event.evidence else None
    words = (report.diagnostic or report.text) if report else ""
    host = (report.remote_mta or "") if report else ""
    return Told(words, event.at, event.id.hex(), host, event.account)
