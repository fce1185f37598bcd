"""The courier: reads what has happened out of the ledger into the queue, and carries it to its targets.

It follows the ledger by number, so that a crash loses and repeats nothing: messages and how far was read are
one commit, and the id of a message comes from what it tells. Nobody waits for it.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import uniform

from retour.flow.notices import Notice, of_act, of_record
from retour.flow.outbox import Attempt, Hook, Message, Outbox, pause_after
from retour.flow.unheard import Fault, of_status
from retour.instants import DAY, HOUR, SECOND, Instant
from retour.outlets.notify.carriers import Carrier, Fate, Moot
from retour.outlets.notify.post import Poster, Reply
from retour.ports import Clock, Ledger

BATCH = 1000
_AT_ONCE = 16  # requests on their way
_AFTER_FAULT = 5.0  # seconds
_IN_ORDER = "list:"  # targets that are told one thing at a time
_OF_ONE = 4  # of them to one target

Lists = Callable[[Notice], Iterable[tuple[str, str, str]]]
"""Which calls to lists of providers a notice asks for: target, what tells them apart, body."""


class Courier:
    """Works in a thread of its own, with a few more that wait for answers."""

    def __init__(
        self,
        ledger: Ledger,
        outbox: Outbox,
        carriers: Mapping[str, Carrier],
        poster: Poster,
        clock: Clock,
        lists: Lists = lambda notice: (),
        kept_days: int = 14,
        lost: Callable[[int], None] = lambda count: None,
    ) -> None:
        """`carriers` by the kind of target; `lost` is told how many messages went that nobody had heard."""
        self._ledger, self._outbox, self._carriers = ledger, outbox, carriers
        self._poster, self._clock, self._lists = poster, clock, lists
        self._kept_days, self._lost = kept_days, lost
        self._pool = ThreadPoolExecutor(_AT_ONCE, "notify")
        self._lock = threading.Lock()
        self._under_way: dict[int, str] = {}  # messages by number, with their targets
        self._failing: set[str] = set()  # targets whose last attempt failed: one at a time
        self._work, self._ended = threading.Event(), threading.Event()
        self._purged: Instant | None = None
        self._fault: Callable[[Exception], None] = lambda error: None
        self.tried: Counter[str] = Counter()

    def run(self, fault: Callable[[Exception], None], pause: float = 1.0) -> None:
        """Work until `end`; a fault of a store is told, and it goes on."""
        self._fault = fault
        while not self._ended.is_set():
            self._work.clear()
            try:
                self.step()
            except Exception as error:
                fault(error)
            self._work.wait(pause)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def wake(self) -> None:
        """There may be something to do. May be called from any thread."""
        self._work.set()

    def end(self) -> None:
        """Let `run` return when the requests on their way are answered; what waits stays in the queue."""
        self._ended.set()
        self._work.set()

    def step(self) -> None:
        """Gather what is new, and send what is due."""
        while self.gather() and not self._ended.is_set():
            pass
        self._purge()
        for message in self._due():
            with self._lock:
                self._under_way[message.number] = message.target
            self._pool.submit(self._carried, message)

    # --- into the queue ---------------------------------------------------------------------------------

    def gather(self) -> int:
        """Read on in the ledger, at most a batch; returns how far it came."""
        begun = self._outbox.mark("records"), self._outbox.mark("events")
        if begun[0] is None or begun[1] is None:  # what was before somebody listened, nobody is told
            records, events = self._ledger.ends()
            self._outbox.put((), {"records": records, "events": events})
            return 0
        happened, record = self._ledger.happened(begun[0], BATCH)
        acts, event = self._ledger.acts(begun[1], BATCH)
        moved = record - begun[0] + event - begun[1]
        if moved:
            notices = [notice for each in happened if (notice := of_record(each)) is not None]
            notices += [notice for each in acts if (notice := of_act(*each)) is not None]
            self.tell(notices, {"records": record, "events": event})
        return moved

    def tell(self, notices: Sequence[Notice], marks: Mapping[str, int] | None = None) -> None:
        """Queue notices for all whom they concern. Raises what the store raises."""
        now = self._clock.now()
        hooks: dict[str, list[Hook]] = {}
        for hook in self._outbox.hooks() if notices else ():
            hooks.setdefault(hook.account, []).append(hook)
        messages = [
            Message(target, notice.id(target + place), notice.account, notice.type, body, now, due_at=now)
            for notice in notices
            for target, place, body in self._told(notice, hooks.get(notice.account, ()))
        ]
        if messages or marks:
            self._outbox.put(messages, marks)
            self.wake()

    def _told(self, notice: Notice, hooks: Iterable[Hook]) -> Iterable[tuple[str, str, str]]:
        yield from ((hook.target, "", notice.body()) for hook in hooks if hook.wants(notice.type))
        yield from self._lists(notice)

    # --- out of it --------------------------------------------------------------------------------------

    def _due(self) -> list[Message]:
        with self._lock:
            busy = Counter(self._under_way.values())
            known = set(self._under_way)
            failing = set(self._failing)
        room = {target: (1 if target in failing else _OF_ONE) for target in {*busy, *failing}}
        wanted = {target: most + busy[target] if most > busy[target] else 0 for target, most in room.items()}
        found, taken = list[Message](), busy.copy()
        for message in self._outbox.due(self._clock.now(), wanted, _AT_ONCE + len(known)):
            most = 1 if message.target in failing or message.target.startswith(_IN_ORDER) else _OF_ONE
            if message.number in known or taken[message.target] >= most or taken.total() >= _AT_ONCE:
                continue
            taken[message.target] += 1
            found.append(message)
        return found

    def _carried(self, message: Message) -> None:
        try:
            self._settle(message)
        except Exception as error:  # of a store: what was sent is not noted, and will be sent again
            self._fault(error)
            self._ended.wait(_AFTER_FAULT)
        finally:
            with self._lock:
                self._under_way.pop(message.number, None)
            self.wake()

    def _settle(self, message: Message) -> None:
        begun, now = time.monotonic(), self._clock.now()
        carrier = self._carriers[message.target.partition(":")[0]]
        request = carrier.request(message, now)
        if isinstance(request, Moot):
            reply, fate = Reply(None, request.why, fault=Fault.NOT_SENT), request.fate
        else:
            reply = self._poster.send(request)
            fate = carrier.judge(message, reply, self._clock.now())
        now = self._clock.now()
        milliseconds = round((time.monotonic() - begun) * 1000)
        with self._lock:
            (self._failing.add if fate is Fate.RETRY else self._failing.discard)(message.target)
        self.tried[fate.value] += 1
        self._outbox.tried(
            _after(message, fate, reply, now),
            Attempt(now, reply.status, reply.said, milliseconds, _unheard(fate, reply)),
        )

    def _purge(self) -> None:
        now = self._clock.now()
        if self._purged is None or now - self._purged >= HOUR:
            self._purged = now
            if lost := self._outbox.purge(now - self._kept_days * DAY):
                self._lost(lost)


def _unheard(fate: Fate, reply: Reply) -> str:
    """The name of what went wrong; empty where nothing did."""
    if fate is Fate.DELIVERED:
        return ""
    return reply.fault or (Fault.OTHER if reply.status is None else of_status(reply.status))


def _after(message: Message, fate: Fate, reply: Reply, now: Instant) -> Message:
    """The message as it stands after an attempt."""
    told = replace(
        message, attempts=message.attempts + 1, status=reply.status, said=reply.said,
        fault=_unheard(fate, reply),
    )  # fmt: skip
    if fate is Fate.DELIVERED:
        return replace(told, state="delivered", ended_at=now)
    pause = pause_after(told.attempts)
    if fate is Fate.REFUSED or pause is None:
        return replace(told, state="failed", ended_at=now)
    spread = uniform(0.9, 1.1)  # noqa: S311 - so that many do not come back at once
    return replace(told, due_at=now + max(SECOND, round(pause * spread)))
