"""What Postfix is told about a recipient: nothing against it, or a refusal with its reason."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from retour.address import normalise
from retour.flow.check import may_send
from retour.flow.why import Stop, plainly
from retour.instants import MINUTE, Instant
from retour.instants import text as moment
from retour.model import Answer, Decision
from retour.outlets.postfix.origins import NOWHERE, Origin, Origins
from retour.outlets.postfix.request import attributes_of, in_quotes, text
from retour.ports import Clock, Snapshot

Explain = Callable[[str, str, Decision], Stop]
"""Account, normalised address, decision → why. Asked in a thread, because it may read the ledger."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A recipient that must not get this mail."""

    account: str
    address: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class Words:
    """A refusal as an SMTP server says it."""

    code: str  # "550" or "450"
    text: str  # the enhanced code, and a sentence: one line of ASCII

    @property
    def final(self) -> bool:
        """Whether it is refused for good."""
        return self.code == "550"


class Policy:
    """Answers requests. One for all listeners and connections of a process, within one event loop."""

    def __init__(
        self,
        snapshot: Snapshot,
        origins: Origins,
        explain: Explain,
        clock: Clock,
        *,
        defer_stops: bool = False,
        more_url: str = "",
        spared: Callable[[str, str], None] = lambda account, address: None,
    ) -> None:
        """`spared` is told of each answer that stopped a send, before it is given: it must not wait."""
        self.counts: Counter[str] = Counter()  # answers by outcome, for the metrics
        self.avoided: Counter[str] = Counter()  # answers that stopped a send, by account
        self.origins = origins
        self._snapshot = snapshot
        self._explain = explain
        self._clock = clock
        self._defer_stops = defer_stops
        self._more_url = more_url
        self._spared = spared
        self._known = _Remembered()

    def decide(self, request: bytes, listener: Origin = NOWHERE) -> Refusal | None:
        """What there is against the recipient of one policy request; None: nothing (DUNNO)."""
        attributes = attributes_of(request)
        if attributes.get(b"protocol_state") != b"RCPT" or b"recipient" not in attributes:
            return self._nothing("not_rcpt")
        return self.judge(text(attributes, b"recipient"), self.origins.of(attributes, listener))

    def judge(self, recipient: str, origin: Origin) -> Refusal | None:
        """What there is against a recipient of this account and kind; None: nothing."""
        if origin.account is None or origin.kind is None:
            return self._nothing("unknown_account")
        now = self._clock.now()
        decision = may_send(recipient, origin.account, origin.kind, self._snapshot, now)
        if decision.why == "no_address":
            recipient = in_quotes(recipient)
            decision = may_send(recipient, origin.account, origin.kind, self._snapshot, now)
        if decision.answer is Answer.SEND or decision.why == "no_address":
            return self._nothing("send" if decision.would_be is None else "would_be_" + decision.would_be)
        self.counts[decision.answer.value] += 1
        if decision.answer is Answer.STOP:
            self.avoided[origin.account] += 1
            self._spared(origin.account, recipient)
        return Refusal(origin.account, normalise(recipient) or recipient, decision)

    def _nothing(self, outcome: str) -> Refusal | None:
        self.counts[outcome] += 1
        return None

    def remembered(self, refusal: Refusal) -> Words | None:
        """The words for a refusal that was explained within the last minute; None: ask `explained`."""
        stop = self._known.get(refusal, self._clock.now())
        return None if stop is None else self._words(refusal.decision, stop)

    async def explained(self, refusal: Refusal) -> Words:
        """The words for a refusal, with its reason read from the ledger."""
        stop = await asyncio.to_thread(self._explain, refusal.account, refusal.address, refusal.decision)
        self._known.put(refusal, stop, self._clock.now())
        return self._words(refusal.decision, stop)

    def plainly(self, refusal: Refusal) -> Words:
        """The words for a refusal without what the ledger knows of it."""
        return self._words(refusal.decision, plainly(refusal.decision))

    def _words(self, decision: Decision, stop: Stop) -> Words:
        since = f" since {moment(stop.since)[:10]}" if stop.since is not None else ""
        held = decision.answer is Answer.HOLD
        code = "450" if held or self._defer_stops else "550"
        enhanced, marker = ("4.7.1", "[retour:held]") if code == "450" else ("5.7.1", "[retour:stopped]")
        verb = "held" if held else "stopped"
        sentence = f"Sending to this recipient is {verb} ({stop.words}{since}) {marker} {self._more_url}"
        return Words(code, one_ascii_line(f"{enhanced} {sentence}"))


class _Remembered:
    """Reasons of the latest refusals, each for a minute: a campaign asks for the same address many times."""

    _MOST = 10_000

    def __init__(self) -> None:
        self._stops: OrderedDict[Refusal, tuple[Instant, Stop]] = OrderedDict()

    def get(self, refusal: Refusal, now: Instant) -> Stop | None:
        at, stop = self._stops.get(refusal, (0, None))
        return stop if now - at < MINUTE else None

    def put(self, refusal: Refusal, stop: Stop, now: Instant) -> None:
        self._stops[refusal] = now, stop
        if len(self._stops) > self._MOST:
            self._stops.popitem(last=False)


def one_ascii_line(line: str) -> str:
    """Fit to stand in a reply: whatever else it held is a question mark."""
    return "".join(sign if " " <= sign <= "~" else "?" for sign in line).strip()
