"""What happens at the webhooks, for those who watch: counts, and an alarm where a source stops working.

A post that is refused is lost for ever with some providers. So the first refusal of a source that has worked
before is no routine: a key was changed on one side only, or a clock is wrong.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Protocol

from retour.inlets.webhooks.scheme import Subscription, Why
from retour.instants import Instant

WORKED, ALARM = "webhooks/worked/", "webhooks/alarm/"  # names of marks in the inbox, the source behind
Marks = Mapping[str, bytes | None]


class Log(Protocol):
    """Where what an operator should read is told: a sentence, and values by name."""

    def __call__(self, event: str, /, **values: object) -> None: ...


class Watch:
    """Counts and marks; the marks outlive the process. Belongs to one event loop."""

    def __init__(self, marks: Iterable[str], alarm: Log, told: Log) -> None:
        known = set(marks)
        self._worked = {name.removeprefix(WORKED) for name in known if name.startswith(WORKED)}
        self.alarms = {name.removeprefix(ALARM): 1 for name in known if name.startswith(ALARM)}
        self.counts: Counter[str] = Counter()  # posts by what became of them
        self._alarm, self._told = alarm, told

    def marks(self, source: str, now: Instant) -> Marks:
        """What is put beside an arrival of this source: that it works, the first time and after an alarm."""
        marks: dict[str, bytes | None] = {}
        if source not in self._worked:
            marks[WORKED + source] = str(now).encode()
        if source in self.alarms:
            marks[ALARM + source] = None
        return marks

    def stored(self, source: str, late: bool = False) -> None:
        """A post of it is on disk; `late` where it came days after what it tells."""
        self.counts["stored"] += 1
        if late:
            self.counts["late"] += 1
            self._alarm(
                "a webhook's post is days old: its deliveries wait for `retour unparsed retry --late`",
                source=source,
            )
        self._worked.add(source)
        if self.alarms.pop(source, None):
            self._told("a webhook that was refused works again", source=source)

    def refused(self, source: str, why: Why | str, now: Instant) -> Marks:
        """A post of it, behind its secret path, was not believed or too much; what is to be kept of that."""
        self.counts["refused"] += 1
        if source not in self._worked or source in self.alarms:
            return {}
        self.alarms[source] = 1
        self._alarm(
            "a webhook that has worked is refused: its events may be lost; compare keys and clocks",
            source=source,
            why=str(why),
        )
        return {ALARM + source: f"{now} {why}".encode()}

    def failed(self, source: str, fault: object) -> None:
        """It could not be taken just now, and the provider was told to try again."""
        self.counts["later"] += 1
        self._alarm("a webhook's post could not be taken; it is sent again", source=source, fault=str(fault))

    def pending(self, source: str, asked: Subscription) -> None:
        """A topic of ours waits to be confirmed, or somebody has ended its subscription."""
        self.counts["pending"] += 1
        self._alarm(
            "a topic waits for you: retour webhook pending, then retour webhook confirm",
            source=source,
            topic=asked.topic,
            kind=asked.kind,
        )
