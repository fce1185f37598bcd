"""What replays have decided: bounces that are judged again, and lives that are played under another policy.

A judgement says in `outcome` what it is about; the latest that was not withdrawn holds, whenever it was made:

- "bounce <id in hex> <kind>": that report is of this kind, and has the reason of the judgement;
- "policy <number>": the life is played as though this version had been in force from its beginning;
- "types <number>": the versions before it counted as they did, and told types and listed codes as it does.

What a replay understood of an arrival that nobody had understood when it came is an event with the facts of
that bounce; its `outcome` is "<id in hex> <when asked>": the id that the bounce has where rules in use make
it. Once they did, that event is the bounce, and this one none: however it is understood, it counts once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from retour.instants import Instant
from retour.lifecycle.policy import Policy, PolicyVersion
from retour.model import Event, EventKind, Standing

RETOLD = frozenset(
    {
        EventKind.BOUNCE,
        EventKind.DELAY,
        EventKind.SUPPRESSED,
        EventKind.AUTOREPLY,
        EventKind.CHALLENGE,
        EventKind.OTHER,
    }
)
"""The kinds that a judgement may give and take. What a person did (a complaint, an unsubscribe) stays."""

_REJUDGED, _UNDERSTOOD, _PROVEN = EventKind.REJUDGED, EventKind.UNDERSTOOD, Standing.PROVEN
_LIFE = "life"
_KINDS: Mapping[str, EventKind] = {kind.value: kind for kind in RETOLD}


def of_bounce(id: bytes, kind: EventKind) -> str:
    """The `outcome` of a judgement about one report."""
    return f"bounce {id.hex()} {kind.value}"


def of_life(what: str, version: int) -> str:
    """The `outcome` of a judgement about a whole life; `what` is "policy" or "types"."""
    return f"{what} {version}"


def of_understood(id: bytes, asked: Instant) -> str:
    """The `outcome` of what was understood of an arrival; `id` is that of the bounce it stands for."""
    return f"{id.hex()} {asked}"


def stands_for(event: Event) -> str:
    """The id in hex of the bounce that something understood stands for."""
    return (event.outcome or "").partition(" ")[0]


def is_of_replay(event: Event) -> bool:
    """Whether an event is what a replay has made of others, or of an arrival."""
    return event.kind is _REJUDGED or event.kind is _UNDERSTOOD


def as_judged(
    events: Sequence[Event], policies: Sequence[PolicyVersion] = ()
) -> tuple[Sequence[Event], Sequence[PolicyVersion]]:
    """Events and policies as the judgements among the events have them; untouched where there is none."""
    made = {event.kind for event in events if event.kind is _REJUDGED or event.kind is _UNDERSTOOD}
    if not made:
        return events, policies
    if _UNDERSTOOD in made:
        events = _with_understood(events)
    in_force = judgements(events)
    life = in_force.pop(_LIFE, None)
    if in_force:
        events = [_retold(event, in_force) for event in events]
    return events, policies if life is None else _ruled(policies, life.outcome or "")


def judgements(events: Sequence[Event]) -> dict[str, Event]:
    """The judgements that hold, by the id in hex of what they are about; that of the life under "life"."""
    proven, withdrawn = _proven(events)
    found: dict[str, Event] = {}
    for event in sorted((e for e in proven if e.kind is _REJUDGED), key=lambda e: (e.at, e.id)):
        match (event.outcome or "").split(" "):
            case ["bounce", id, kind] if kind in _KINDS and event.id.hex() not in withdrawn:
                found[id] = event
            case ["policy" | "types", number] if number.isdecimal() and event.id.hex() not in withdrawn:
                found[_LIFE] = event
    return found


def _proven(events: Sequence[Event]) -> tuple[list[Event], set[str | None]]:
    """The proven events, and the ids in hex of those that were withdrawn."""
    proven = [event for event in events if event.standing is _PROVEN]
    return proven, {event.outcome for event in proven if event.kind is EventKind.WITHDRAWAL}


def _with_understood(events: Sequence[Event]) -> Sequence[Event]:
    """What replays have understood, as the bounces they are; of several readings of one the latest."""
    proven, withdrawn = _proven(events)
    known = {event.id.hex() for event in proven}
    latest: dict[str, Event] = {}
    for event in sorted((each for each in proven if each.kind is _UNDERSTOOD), key=_asked):
        if event.id.hex() not in withdrawn and stands_for(event) not in known:
            latest[stands_for(event)] = event
    in_force = {event.id for event in latest.values()}
    return [event._replace(kind=EventKind.BOUNCE) if event.id in in_force else event for event in events]


def _asked(event: Event) -> tuple[Instant, bytes]:
    asked = (event.outcome or "").partition(" ")[2]
    return int(asked) if asked.isdecimal() else 0, event.id


def _retold(event: Event, judgements: Mapping[str, Event]) -> Event:
    judgement = judgements.get(event.id.hex())
    if judgement is None or event.kind not in RETOLD:
        return event
    kind = _KINDS[(judgement.outcome or "").split(" ")[2]]
    return event._replace(kind=kind, reason=judgement.reason)


def _ruled(policies: Sequence[PolicyVersion], outcome: str) -> Sequence[PolicyVersion]:
    """The versions as a judgement of the life has them; one that names no version changes nothing."""
    what, number, *_ = outcome.split(" ")
    named = next((version for version in policies if version.number == int(number)), None)
    if named is None:
        return policies
    later = tuple(version for version in policies if version.number > named.number)
    if what == "policy":
        return (named, *later)
    before = tuple(
        replace(version, policy=_typed(version.policy, named.policy))
        for version in policies
        if version.number < named.number
    )
    return (*before, named, *later)


def _typed(policy: Policy, like: Policy) -> Policy:
    return replace(policy, types=like.types, uncounted_codes=like.uncounted_codes)
