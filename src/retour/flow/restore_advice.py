"""Should support give this address back? An advice with its reasons, out of all that is known of it.

Pure: the same life, requests and moment give the same advice. What each cause and reason asks for stands in
restore_advice.toml, the sentences in texts/restores.*.toml. Support decides; the advice never does.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any

from retour.flow.days import written
from retour.flow.why import telling
from retour.instants import DAY, Instant, text
from retour.lifecycle import as_judged
from retour.model import Cause, Event, EventKind, Reason, Standing, StateName
from retour.ports import Latest, Life, RequestStatus, RestoreRequest, Sign
from retour.texts import catalogue

_DAYS = frozenset({"day", "bounced"})
_BY_BOUNCE = frozenset({Cause.HARD, Cause.SOFT, Cause.BLOCK})
_READ = (Sign.LOGIN, Sign.REPLY, Sign.CLICK)  # an open may be a program's
_ANSWERS = frozenset({EventKind.AUTOREPLY, EventKind.CHALLENGE})  # a mailbox that answers is there


class Verdict(StrEnum):
    """What support is advised to do."""

    APPROVE = "approve"
    REFUSE = "refuse"
    ASK_BACK = "ask_back"  # something is to be known first: refuse, with the question as the reason
    CORRECT = "correct"  # refuse: another address is more likely to help than this one


@dataclass(frozen=True, slots=True)
class Why:
    """One reason of an advice, by the key of its sentence, with what is to be filled in."""

    code: str
    facts: Mapping[str, str]

    def told(self, language: str) -> str:
        """The sentence."""
        facts = dict(self.facts)
        if "reason" in facts:
            facts["reason"] = catalogue(language)(f"reason.{facts['reason']}.what")
        for name in _DAYS & facts.keys():
            facts[name] = written(date.fromisoformat(facts[name]), language)
        return catalogue(f"restores.{language}")(f"why.{self.code}", **facts)


@dataclass(frozen=True, slots=True)
class RestoreAdvice:
    """The verdict, and why; the reason that decided comes first."""

    verdict: Verdict
    reasons: tuple[Why, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request is advised on: the life of one address, and the requests for it before this one."""

    life: Life
    earlier: Sequence[RestoreRequest]
    latest: Latest
    now: Instant
    dead_at: Instant = 0  # of a review: when an account heard last that it is gone

    @property
    def bounce(self) -> Event | None:
        """The bounce that stopped it, if one did."""
        stopped = self.life.state.causes & _BY_BOUNCE or self.life.state.state is StateName.HELD
        return telling(self.life.events, self.life.state) if stopped else None

    @property
    def last(self) -> Instant:
        """When it bounced last; 0 when it never did."""
        bounced = (e.at for e in _proven(self.life) if e.kind is EventKind.BOUNCE)
        return max((self.dead_at, *bounced))


def advise(life: Life, earlier: Sequence[RestoreRequest], latest: Latest, now: Instant) -> RestoreAdvice:
    """What to do about a request to give this address back; `latest` are its signs of life."""
    asked = Asked(life, earlier, latest, now)
    rulings = [ruling for rule in _RULES if (ruling := rule(asked)) is not None]
    verdict, first = rulings[0]
    return RestoreAdvice(verdict, (first, *(why for _, why in rulings[1:]), *_beside(asked)))


def advise_review(
    life: Life, earlier: Sequence[RestoreRequest], latest: Latest, dead: Sequence[Instant], now: Instant
) -> RestoreAdvice:
    """What to do about a request to review a stop of the platform; `dead`: when accounts heard it last."""
    asked = Asked(life, earlier, latest, now, max(dead, default=0))
    facts = {"times": str(len(dead)), "day": _day(asked.dead_at)}
    verdict, why = _alive(asked) or (Verdict.ASK_BACK, Why("review", facts))
    return RestoreAdvice(verdict, (why, *_beside(asked)))


_Ruling = tuple[Verdict, Why]


def _complained(asked: Asked) -> _Ruling | None:
    """Nobody but the reader takes a complaint back."""
    if Cause.COMPLAINT not in asked.life.state.causes:
        return None
    at = max((e.at for e in _proven(asked.life) if e.kind is EventKind.COMPLAINT), default=0)
    came_back = any(e.kind is EventKind.RESUBSCRIBE and e.at > at for e in _proven(asked.life))
    code = "complained_and_came_back" if came_back else "complained"
    return Verdict.ASK_BACK if came_back else Verdict.REFUSE, Why(code, {"day": _day(at)})


def _alive(asked: Asked) -> _Ruling | None:
    """It has been reached, or has answered, since it bounced last."""
    if not (asked.last and (sign := _sign_of_life(asked))):
        return None
    code, at = sign
    return Verdict.APPROVE, Why(code, {"day": _day(at), "bounced": _day(asked.last)})


def _sign_of_life(asked: Asked) -> tuple[str, Instant] | None:
    signs = [
        ("delivered", send.delivered_at)
        for send in asked.life.sends
        if send.delivered_at is not None and send.handed_over > asked.last
    ]
    signs += [("answered", e.at) for e in _proven(asked.life) if e.kind in _ANSWERS and e.at > asked.last]
    signs += [(kind.value, asked.latest[kind]) for kind in _READ if asked.latest.get(kind, 0) > asked.last]
    return max(signs, key=lambda sign: sign[1], default=None)


def _in_vain(asked: Asked) -> _Ruling | None:
    """It was given back before, and bounced each time."""
    events = sorted(_proven(asked.life), key=lambda event: event.at)
    restored = [event.at for event in events if event.kind is EventKind.RESTORE]
    bounced = [event.at for event in events if event.kind is EventKind.BOUNCE]
    spans = pairwise([*restored, asked.now])
    vain = sum(any(begin < at <= end for at in bounced) for begin, end in spans)
    if vain < _knowledge()["restored"]["in_vain"]:
        return None
    return Verdict.REFUSE, Why("in_vain", {"times": str(vain)})


def _by_reason(asked: Asked) -> _Ruling | None:
    """What the reason of the bounce asks for: time, a second refusal, or an answer."""
    bounce = asked.bounce
    if bounce is None or bounce.reason is None:
        return None
    row = _knowledge()["reason"][bounce.reason.value]
    times = len({e.send if e.send is not None else e.id for e in _same(asked, bounce.reason)})
    days = (asked.now - max(asked.last, bounce.at)) // DAY
    facts = {"reason": bounce.reason.value, "times": str(times), "days": str(days)}
    facts["wait"] = str(row.get("days", 0))
    if times >= row.get("times", times + 1):
        return Verdict(row["again"]), Why("again", facts)
    if "days" in row and days >= row["days"]:
        return Verdict(row["later"]), Why("later", facts)
    return Verdict(row["first"]), Why("early" if "days" in row else f"first.{row['first']}", facts)


def _same(asked: Asked, reason: Reason) -> Iterator[Event]:
    """Bounces of this reason since it was last given back or reached."""
    restored = [e.at for e in _proven(asked.life) if e.kind in (EventKind.RESTORE, EventKind.DELIVERED)]
    reached = [send.delivered_at for send in asked.life.sends if send.delivered_at is not None]
    since = max([at for at in (*restored, *reached) if at < asked.last], default=0)
    for event in _proven(asked.life):
        if event.kind is EventKind.BOUNCE and event.reason is reason and event.at > since:
            yield event


def _by_cause(asked: Asked) -> _Ruling:
    """What stops it without a bounce; or nothing does."""
    cause = asked.life.state.cause
    about = cause.value if cause is not None else asked.life.state.state.value
    return Verdict(_knowledge()["cause"][about]), Why(f"cause.{about}", {})


_RULES = (_complained, _alive, _in_vain, _by_reason, lambda asked: None if asked.bounce else _by_cause(asked))


def _beside(asked: Asked) -> Iterator[Why]:
    """What support should know beside."""
    refused = [each for each in asked.earlier if each.status is RequestStatus.REFUSED]
    if refused:
        last = max(refused, key=lambda each: each.at)
        yield Why("refused_before", {"times": str(len(refused)), "day": _day(last.at), "request": last.id})
    if asked.latest.get(Sign.OPEN, 0) > asked.last:
        yield Why("open", {"day": _day(asked.latest[Sign.OPEN])})
    if asked.life.state.unsubscribed:
        yield Why("unsubscribed", {})


def _proven(life: Life) -> Iterator[Event]:
    """What may be believed, as replays have judged it, without the acts that were taken back."""
    gone = {e.outcome for e in life.events if e.kind is EventKind.WITHDRAWAL}
    judged = as_judged(life.events)[0]
    return (e for e in judged if e.standing is Standing.PROVEN and e.id.hex() not in gone)


def _day(at: Instant) -> str:
    return text(at)[:10]


@cache
def _knowledge() -> Mapping[str, Any]:
    file = resources.files("retour.flow").joinpath("restore_advice.toml")
    return tomllib.loads(file.read_text("utf-8"))
