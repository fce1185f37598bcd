"""Replay: what an account's history would be under other rules, or under a policy from its beginning (N2).

First the reports are judged again, each text once; then the lives that this is about are played anew. Both
only read. What comes of it are judgements: events that a person has applied, and may have withdrawn.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from retour.flow import queued
from retour.flow.findings import Findings, Judgement, Piece, Understood, move_of, named
from retour.flow.rejudging import Rejudging
from retour.flow.whatif import BATCH, finding, signs_of
from retour.identity import act_id
from retour.instants import Instant
from retour.lifecycle import PolicyVersion, as_judged, fold
from retour.lifecycle.glance import Ruled, Told, glance, plain, ruled
from retour.lifecycle.judgements import is_of_replay, of_bounce, of_life
from retour.lifecycle.life import END_OF_CALENDAR
from retour.lifecycle.relived import Rows, relive, relive_plain
from retour.model import Event, EventKind, Reason, State
from retour.ports import LOOKED_BACK, WHOLE, Brief, Part, Reported, Store, Swept

SPAN = 4000  # numbers of events that are judged at once


@dataclass(frozen=True, slots=True)
class Lives:
    """A replay of whole lives: `what` is "policy" or "types", under one of the versions."""

    account: str
    versions: tuple[PolicyVersion, ...]
    what: str
    version: int
    now: Instant


class Played(NamedTuple):
    """A life without judgements, and with them; in brief where that tells all."""

    life: Swept | Brief
    before: State
    after: State
    reason: Reason | None


# --- the reports ------------------------------------------------------------------------------------------


def judge_again(account: str, rules: Rejudging, store: Store, part: Part = WHOLE) -> Iterator[Piece]:
    """The judgements that rules make of the reports of a share, batch by batch."""
    _, last = store.sweep.size(account)
    for after in range(part[0] * SPAN, last, part[1] * SPAN):
        piece = Piece(min(SPAN, last - after))
        for reported in store.sweep.reports(account, SPAN, after):
            piece.counts["reports",] += 1
            _judge(piece, reported, rules)
        for address in store.sweep.names(account, store.sweep.judged(account, SPAN, after)).items():
            for reported in _of_judged(account, address, store):
                _judge(piece, reported, rules)
        if rules.left:
            piece.counts["left",] += rules.left
            rules.left = 0
        yield piece


def _judge(piece: Piece, reported: Reported, rules: Rejudging) -> None:
    said = rules.again(reported)
    if said is not None:
        kind, reason, rule = said
        piece.judgements.append(Judgement(reported.place, reported.id, kind.value, named(reason), rule))


def _of_judged(account: str, address: tuple[str, str], store: Store) -> Iterator[Reported]:
    """The reports that a replay has judged before, as they are judged now."""
    place, name = address
    life = store.ledger.life(account, name, END_OF_CALENDAR)
    events = life.events if life else ()
    for event, now in zip(events, as_judged(events)[0], strict=True):
        retold = now is not event and event.kind is not EventKind.UNDERSTOOD  # that is asked of its arrival
        if retold and event.evidence is not None:
            yield _as_judged(place, event, now)


def played_judged(
    account: str, findings: Findings, store: Store, now: Instant, part: Part = WHOLE
) -> Iterator[Piece]:
    """What all judgements among the findings would do, batch by batch; a share has some of the batches."""
    after, number = "", 0
    while places := findings.places(BATCH, after):
        after, number = places[-1], number + 1
        if number % part[1] == part[0]:
            made = findings.judgements(places), findings.understood(places)
            yield play_judged(account, places, *made, store, now)


def _as_judged(place: str, event: Event, now: Event) -> Reported:
    """A report as it is judged now."""
    evidence = event.evidence
    assert evidence is not None
    return Reported(place, event.id, now.kind, now.reason, evidence.report, lambda: evidence)


def play_judged(
    account: str,
    places: Sequence[str],
    judgements: Sequence[Judgement],
    understood: Sequence[Understood],
    store: Store,
    now: Instant,
) -> Piece:
    """What judgements would do to the lives at some places, and what was understood of their arrivals."""
    piece, found, whole = Piece(len(places)), list[Played](), list[str]()
    versions, of, read = store.accounts.policies(account), by_place(judgements), _read_at(understood)
    rows = ruled(versions) if all(version.at <= now for version in versions) else None
    for brief in store.sweep.briefs(account, places):
        told = None if rows is None or brief.place in read else _glanced(brief, of[brief.place], rows, now)
        if told is None:
            whole.append(brief.place)
        else:
            said = dict(zip(brief.ids, brief.told, strict=True))
            for judgement in told.fresh:
                _, kind, _, reason, _, _ = said[judgement.id]
                _count(piece, judgement, _word(EventKind(kind), Reason(reason) if reason else None))
            found += told.played
    lives = [*(store.sweep.at(account, whole) if whole else ()), *_unknown(account, read, whole, store)]
    for life, fresh in fresh_of(judgements, lives):
        acts = [act_of(each, "", account, life.address, now, "") for each in fresh]
        new = queued.fresh(read.get(life.place, ()), life.events)
        acts += [queued.act_of(each, "", account, life.address, now, "") for each in new]
        for judgement, before in zip(fresh, _before(life, fresh), strict=True):
            _count(piece, judgement, before)
        if acts:
            state = fold(life.events, versions, now, life.deliveries)
            after = fold((*life.events, *acts), versions, now, life.deliveries)
            found.append(Played(life, state, after, acts[-1].reason))
    _add(piece, account, found, store, now)
    return piece


def _read_at(understood: Sequence[Understood]) -> dict[str, list[Understood]]:
    of: dict[str, list[Understood]] = defaultdict(list)
    for row in understood:
        of[row.place].append(row)
    return dict(of)


def _unknown(
    account: str, read: Mapping[str, Sequence[Understood]], known: Sequence[str], store: Store
) -> list[Swept]:
    """The addresses of which nothing was known before."""
    places = [place for place in read if place not in set(known)]
    names = store.sweep.names(account, places) if places else {}
    return [Swept(place, names.get(place, "")) for place in places]


def _count(piece: Piece, judgement: Judgement, before: str) -> None:
    said = _word(EventKind(judgement.kind), _reason(judgement))
    piece.counts["verdicts", f"{before} > {said}", judgement.rule] += 1


class _Glanced(NamedTuple):
    fresh: Sequence[Judgement]
    played: Sequence[Played] = ()


def _glanced(
    brief: Brief, judgements: Mapping[bytes, Judgement], rows: Sequence[Ruled], now: Instant
) -> _Glanced | None:
    """What becomes of a life by its judgements, as `play_judged` tells it; None: it is played in full."""
    before = plain(brief.told, now)
    if before is None:
        return None
    told, changed = list[Told](), dict[bytes, Judgement]()
    for id, row in zip(brief.ids, brief.told, strict=True):
        at, kind, standing, reason, status, send = row
        judgement = judgements.get(id)
        if judgement is not None and (kind, reason or "") != (judgement.kind, judgement.reason):
            changed[id] = judgement
            row = at, judgement.kind, standing, judgement.reason or None, status, send
        told.append(row)
    if not changed:
        return _Glanced(())
    after = plain(told, now)
    lives = glance(before, rows, now), None if after is None else glance(after, rows, now)
    if lives[0] is None or lives[1] is None:
        return None
    fresh = [judgement for _, judgement in sorted(changed.items())]
    state, judged = lives[0].whole(now), lives[1].whole(now)
    return _Glanced(fresh, (Played(brief, state, judged, _reason(fresh[-1])),))


def by_place(judgements: Sequence[Judgement]) -> dict[str, dict[bytes, Judgement]]:
    """Judgements by the place and the event they are about; of several, the last."""
    of: dict[str, dict[bytes, Judgement]] = defaultdict(dict)
    for judgement in judgements:
        of[judgement.place][judgement.id] = judgement
    return of


def fresh_of(
    judgements: Sequence[Judgement], lives: Sequence[Swept]
) -> Iterator[tuple[Swept, list[Judgement]]]:
    """The judgements of each life that say something else than what holds there now."""
    of = by_place(judgements)
    for life in lives:
        now = {event.id: (event.kind.value, named(event.reason)) for event in as_judged(life.events)[0]}
        yield (
            life,
            [
                each
                for id, each in sorted(of[life.place].items())
                if not id or (id in now and now[id] != (each.kind, each.reason))
            ],
        )


def _before(life: Swept, judgements: Sequence[Judgement]) -> list[str]:
    now = {event.id: _word(event.kind, event.reason) for event in as_judged(life.events)[0]}
    return [now.get(each.id, "") for each in judgements]


def _word(kind: EventKind, reason: Reason | None) -> str:
    return kind.value if kind is not EventKind.BOUNCE or reason is None else reason.value


# --- whole lives ------------------------------------------------------------------------------------------


def play_again(asked: Lives, store: Store, part: Part = WHOLE) -> Iterator[Piece]:
    """What a policy from the beginning on would do to the lives of a share, batch by batch."""
    act = act_of(_judgement(asked, ""), "", asked.account, "", asked.now, "")
    rows = Rows.of(asked.versions, as_judged([act], asked.versions)[1], asked.now)
    after: str | None = None
    while True:
        briefs, after = store.sweep.lives(asked.account, BATCH, asked.now, after, part, whole=True)
        yield _played(asked, rows, store, briefs)
        if after is None:
            return


def _judgement(asked: Lives, place: str) -> Judgement:
    return Judgement(place, b"", asked.what, "", str(asked.version))


def _played(asked: Lives, rows: Rows, store: Store, briefs: Sequence[Brief]) -> Piece:
    piece, found, whole = Piece(len(briefs)), list[Played](), list[str]()
    for brief in briefs:
        bounces = plain(brief.told, asked.now)
        told = None if bounces is None else relive_plain(bounces, rows, asked.now)
        if told is None:
            whole.append(brief.place)
        elif told[0] != told[1]:
            found.append(Played(brief, *told))
    for life in store.sweep.at(asked.account, whole) if whole else ():
        if any(map(is_of_replay, life.events)):
            before, after = _twice(asked, life)
        else:
            before, after = relive(life.events, rows, asked.now, life.deliveries)
        if before != after:
            found.append(Played(life, before, after, _latest(life.events)))
    piece.judgements += [_judgement(asked, each.life.place) for each in found]
    _add(piece, asked.account, found, store, asked.now)
    return piece


def _twice(asked: Lives, life: Swept) -> tuple[State, State]:
    """A life that judgements were made of before: by the act itself."""
    act = act_of(_judgement(asked, life.place), "", asked.account, life.address, asked.now, "")
    return (
        fold(life.events, asked.versions, asked.now, life.deliveries),
        fold((*life.events, act), asked.versions, asked.now, life.deliveries),
    )


def _latest(events: Sequence[Event]) -> Reason | None:
    """The reason of the latest bounce, as it is judged now."""
    bounces = [event for event in as_judged(events)[0] if event.kind is EventKind.BOUNCE]
    latest = max(bounces, key=lambda event: (event.at, event.id), default=None)
    return None if latest is None else latest.reason


# --- both -------------------------------------------------------------------------------------------------


def _add(
    piece: Piece,
    account: str,
    found: Sequence[Played],
    store: Store,
    now: Instant,
) -> None:
    moved = [(each, move) for each in found if (move := move_of(each.before, each.after)) is not None]
    since = now - LOOKED_BACK
    seen_at = signs_of(account, [each.life for each, _ in moved], store, since)
    for ((life, before, after, reason), move), seen in zip(moved, seen_at, strict=True):
        piece.add(finding(life.place, life.address, before, after, move, named(reason), seen))
    for _, before, after, _ in found:
        if before.state is not after.state:
            piece.counts["states", before.state.value, after.state.value] += 1


def act_of(
    judgement: Judgement, replay: str, account: str, address: str, at: Instant, actor: str, note: str = ""
) -> Event:
    """The event that a judgement is. Its id is the same however often it is made."""
    if judgement.id:
        kind = EventKind(judgement.kind)
        outcome, rule = of_bounce(judgement.id, kind), judgement.rule
        said = f"{_word(kind, _reason(judgement))} by {rule}"
    else:
        outcome = of_life(judgement.kind, int(judgement.rule))
        said = f"{judgement.kind} of version {judgement.rule}"
    return Event(
        id=act_id(f"replay {replay} {judgement.id.hex()}", account, address, at, ""),
        kind=EventKind.REJUDGED,
        at=at,
        reason=_reason(judgement),
        outcome=outcome,
        account=account,
        address=address,
        actor=actor,
        note=f"{said} (replay {replay}): {note}" if note else f"{said} (replay {replay})",
    )


def _reason(judgement: Judgement) -> Reason | None:
    return Reason(judgement.reason) if judgement.reason else None
