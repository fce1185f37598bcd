"""Why is this address stopped? A few words and a date, for the refusal that its sender reads."""

from collections.abc import Sequence
from dataclasses import dataclass

from retour.instants import Instant
from retour.lifecycle import TypeRule, as_judged, preset, reverted
from retour.model import Decision, Event, EventKind, Standing, State, StateName
from retour.ports import Ledger, Life

# What stops an address without a bounce. ASCII, because they stand in an SMTP reply (RFC 5321 §4.2).
_WORDS = {
    "complaint": "complaint",
    "support": "stopped by support",
    "hard": "not deliverable",
    "platform": "stopped on this platform",
    "import": "on an imported list",
    "block": "blocked",
    "soft": "too many temporary failures",
    "unsubscribed": "unsubscribed",
    "incident": "incident at the provider",
    "correction": "waiting for confirmation",
}
_BY_BOUNCE = frozenset({"hard", "soft", "block"})
# A revert undoes hard bounces (rule 12). A policy may type some others so.
_HARD = frozenset(
    reason
    for reason, rule in preset("default").types.items()
    if rule in (TypeRule.HARD, TypeRule.HARD_CONFIRMED)
)
_OF_MAIL = (EventKind.DELIVERED, EventKind.BOUNCE)


@dataclass(frozen=True, slots=True)
class Stop:
    """Words like "mailbox full", and since when; None where the ledger does not tell."""

    words: str
    since: Instant | None = None


def plainly(decision: Decision) -> Stop:
    """The words for the cause alone, where the ledger is not asked."""
    return Stop(_WORDS.get(decision.why, "stopped"))


def why(account: str, address: str, decision: Decision, ledger: Ledger, now: Instant) -> Stop:
    """The reason of the bounce that stopped the address, else the words for the cause."""
    life = ledger.life(account, address, now)
    plain = plainly(decision)
    if life is None:
        return plain
    bounce = telling(life.events, life.state) if decision.why in _BY_BOUNCE else None
    if bounce is None or bounce.reason is None:
        return Stop(plain.words, life.state.since)
    return Stop(bounce.reason.value.replace("_", " "), life.state.since)


def telling(events: Sequence[Event], state: State) -> Event | None:
    """The bounce at which the address became invalid; where a policy did that later, the last before.

    None that a revert has undone, as far as the others tell of the state: it never was.
    """
    since = state.since
    bounces = [
        event
        for event in as_judged(events)[0]
        if event.kind is EventKind.BOUNCE and event.standing is Standing.PROVEN and event.reason is not None
    ]
    is_void = reverted(events)
    counted = [event for event in bounces if event.reason not in _HARD or not is_void(event.at)]
    bounces = counted if counted or state.state is StateName.VALID else bounces
    before = [event for event in bounces if since is None or event.at <= since]
    return max(before or bounces, key=lambda event: event.at, default=None)


def is_greylisted(bounce: Event) -> bool:
    """Whether a final failure is of a mail that greylisting put off (RFC 6647) for too long."""
    verdict = None if bounce.evidence is None else bounce.evidence.verdict
    return bounce.kind is EventKind.BOUNCE and verdict is not None and verdict.rule == "text.greylisted"


def untried(life: Life) -> Instant | None:
    """When an address was given back, if no mail is known to have gone there since; None otherwise.

    A restore that was taken back is none.
    """
    events = [event for event in life.events if event.standing is Standing.PROVEN]
    withdrawn = {event.outcome for event in events if event.kind is EventKind.WITHDRAWAL}
    restored = [
        event.at for event in events if event.kind is EventKind.RESTORE and event.id.hex() not in withdrawn
    ]
    latest = max(restored, default=None)
    mail = [send.handed_over for send in life.sends] + [e.at for e in events if e.kind in _OF_MAIL]
    return None if latest is None or any(at > latest for at in mail) else latest


def forgotten(life: Life) -> Instant | None:
    """When an address bounced last, if the end of an incident has undone that, and no mail is known to have
    gone there since; None otherwise.
    """
    is_undone = reverted(life.events)
    of_mail = [event for event in life.events if event.standing is Standing.PROVEN and event.kind in _OF_MAIL]
    undone = [event.at for event in of_mail if event.reason in _HARD and is_undone(event.at)]
    latest = max(undone, default=None)
    mail = [send.handed_over for send in life.sends] + [event.at for event in of_mail]
    return None if latest is None or any(at > latest for at in mail) else latest
