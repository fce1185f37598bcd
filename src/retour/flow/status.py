"""The status of an address in at most three sentences: what is the matter, what follows, what to do.

Made in one place, so that list, page, API and mail say the same. The sentences stand in texts/status.*.toml.
"""

from collections.abc import Callable
from dataclasses import dataclass

from retour.address import domain_of
from retour.flow.outage import family_of
from retour.flow.why import is_greylisted
from retour.instants import Instant, text
from retour.lifecycle import Mode, Policy, TypeRule, decide, spared
from retour.model import Answer, BounceType, Cause, Event, MailKind, Reason, State, StateName
from retour.ports.incidents import EVERYWHERE
from retour.texts import Catalogue, catalogue

Day = Callable[[Instant], str]
"""Writes a moment as a day, in the language and the zone of the reader."""

MARKS = {StateName.INVALID: "x", StateName.BOUNCING: "?", StateName.HELD: "?", StateName.VALID: ""}
_BY_BOUNCE = frozenset({Cause.HARD, Cause.SOFT, Cause.BLOCK})
# What passes by itself while mail goes on; of an address that stays stopped nobody would find out.
_PASSING = frozenset(
    (
        *(Reason.MAILBOX_FULL, Reason.SERVER_UNREACHABLE, Reason.SERVER_BUSY, Reason.DNS_TEMPORARY),
        *(Reason.DELIVERY_EXPIRED, Reason.SYSTEM_ERROR, Reason.REFUSED, Reason.UNDETERMINED),
    )
)
_ACTS = {
    Cause.COMPLAINT: "respect",
    Cause.SUPPORT: "ask_support",
    Cause.PLATFORM: "ask_review",
    Cause.IMPORT: "ask_import",
}
_WHO = {
    "respect": "recipient",
    "confirm": "recipient",
    "ask_support": "sender",
    "ask_import": "sender",
    "ask_review": "sender",
    "greylisted": "operator",
}


@dataclass(frozen=True, slots=True)
class Status:
    """What is said of an address; `words` are its sentences, with a blank between."""

    mark: str  # "x" invalid, "?" bounced and not deactivated, "" nothing
    label: str  # the reason in two words; "" where no bounce tells one
    words: str
    who: str  # must act


@dataclass(frozen=True, slots=True)
class Known:
    """What a status is made of: the state now, the policy in force, and the bounce that tells most."""

    address: str
    state: State
    policy: Policy
    bounce: Event | None = None
    type: BounceType | None = None  # what the bounce counts as; None: as the policy says
    incident: str | None = None  # the family of the incident that holds it; None: not known, or none does
    restored: Instant | None = None  # when it was given back, while no mail went there since
    forgotten: Instant | None = None  # its last bounce that an incident's end undid, while the same holds


def iso_day(moment: Instant) -> str:
    """A day as programs write it, in UTC."""
    return text(moment)[:10]


def status(known: Known, language: str, day: Day = iso_day) -> Status:
    """The status of an address in the reader's language."""
    say, general = catalogue(f"status.{language}"), catalogue(language)
    reason = None if known.bounce is None else known.bounce.reason
    what, act = _what(known, language, day)
    act = "ask_support" if act in _PASSING and _stays_stopped(known) else act
    words = (what, _then(known, say, day), say(f"act.{act}"))
    return Status(
        MARKS[known.state.state],
        say(f"label.{reason}") if reason is not None else "",
        " ".join(sentence for sentence in words if sentence),
        general(f"who.{_who(act, general)}"),
    )


def _what(known: Known, language: str, day: Day) -> tuple[str, str]:
    """The first sentence, and the key of the last."""
    say = catalogue(f"status.{language}")
    state, bounce = known.state, known.bounce
    provider = domain_of(known.address)
    since = day(state.since) if state.since is not None else ""
    why = _why(state)
    if why is None and bounce is not None and is_greylisted(bounce):
        return say("fact_named.greylisted", provider=provider, date=day(bounce.at)), "greylisted"
    if why is None and bounce is not None and bounce.reason is not None:
        if _is_later(state, bounce, day) and f"latest.{bounce.reason}" in say:
            return say(f"latest.{bounce.reason}", date=day(bounce.at)), bounce.reason.value
        return _fact(bounce, bounce.reason, say, day(bounce.at), provider), bounce.reason.value
    came_back = "bouncing" if state.state is StateName.BOUNCING else "valid"
    key = why or (state.cause.value if state.cause is not None else came_back)
    if key == "incident":
        return _outage(known, language), "wait"
    if key == "valid" and known.restored is not None:
        return say("cause.restored", date=day(known.restored)), "none"
    if key == "valid" and known.forgotten is not None:
        return say("cause.forgotten", date=day(known.forgotten)), "none"
    acts = {"unsubscribed": "respect", "correction": "confirm", "valid": "none", "bouncing": "none"}
    act = acts.get(key) or (_ACTS.get(state.cause, "ask_support") if state.cause is not None else "none")
    return say(f"cause.{key}", provider=provider, date=since), act


def _outage(known: Known, language: str) -> str:
    """What the incident is about, which may be more than the address' own domain."""
    say, names = catalogue(f"status.{language}"), catalogue(f"console.{language}")
    if known.incident == EVERYWHERE:
        return say("cause.incident_everywhere")
    family = known.incident or family_of(known.address)
    mailbox = f"mailbox.{family}"
    return say("cause.incident", provider=names(mailbox) if mailbox in names else family)


def _fact(bounce: Event, reason: Reason, say: Catalogue, date: str, provider: str) -> str:
    """What happened; the blocklist by its name, and what of the mail was refused, where the reply said so."""
    verdict = None if bounce.evidence is None else bounce.evidence.verdict
    if verdict is not None and reason is Reason.SENDER_BLOCKLISTED and verdict.blocklist:
        return say("fact_named.blocklist", list=verdict.blocklist, date=date)
    if verdict is not None and reason is Reason.CONTENT_REJECTED and verdict.part is not None:
        return say("fact_named.part", part=say(f"refused_part.{verdict.part}"), date=date)
    return say(f"fact.{reason}", provider=provider, date=date)


def _is_later(state: State, bounce: Event, day: Day) -> bool:
    """Whether the state began on an earlier day than its latest bounce, which is no beginning then."""
    return state.since is not None and state.since < bounce.at and day(state.since) != day(bounce.at)


def _why(state: State) -> str | None:
    """What is the matter where it is no bounce."""
    if state.state is StateName.INVALID:
        cause = state.cause
        return None if cause is None or cause in _BY_BOUNCE else cause.value
    if state.unsubscribed:
        return "unsubscribed"
    if state.state is StateName.HELD:
        return "incident" if state.listed else "correction"
    return None if state.state is StateName.BOUNCING else "valid"


def _then(known: Known, say: Catalogue, day: Day) -> str:
    """What follows for mail to it."""
    state, policy = known.state, known.policy
    if spared(known.address, policy) and state.state is not StateName.VALID:
        return say("then.never_stop")
    if policy.mode is Mode.OBSERVE and state.state in (StateName.INVALID, StateName.HELD):
        return say("then.observed")
    if state.state is StateName.INVALID:
        return _stopped(state, policy, say, day)
    if state.unsubscribed:
        return say("then.no_mailings")
    if state.state is StateName.HELD:
        return say("then.incident" if state.listed else "then.waiting")
    return _going_on(known, say) if state.state is StateName.BOUNCING else ""


def _stays_stopped(known: Known) -> bool:
    """Whether an address is stopped, and does not come back by itself."""
    state, policy = known.state, known.policy
    is_stopped = state.state is StateName.INVALID and policy.mode is not Mode.OBSERVE
    return is_stopped and state.until is None and not spared(known.address, policy)


def _stopped(state: State, policy: Policy, say: Catalogue, day: Day) -> str:
    if decide(state, policy, MailKind.SYSTEM).answer is Answer.SEND:
        return say("then.mailings_stopped")
    if state.cause not in _BY_BOUNCE or state.since is None:
        return ""
    if state.until is not None:
        tries = {"attempt": state.reactivations + 1, "most": policy.max_reactivations}
        return say("then.stopped_for_now", date=day(state.since), until=day(state.until), **tries)
    return say("then.stopped", date=day(state.since))


def _going_on(known: Known, say: Catalogue) -> str:
    reason = None if known.bounce is None else known.bounce.reason
    left = _left(known, reason)
    if reason is not None and known.policy.types.get(reason) is TypeRule.HARD_CONFIRMED:
        return say("then.confirmed")
    if left is None:
        return say("then.active")
    return say("then.one_more") if left == 1 else say("then.more", count=left)


def _left(known: Known, reason: Reason | None) -> int | None:
    """How many more of these bounces stop it; None where they never do."""
    state, policy = known.state, known.policy
    if reason is Reason.UNDETERMINED:
        return None
    if reason is not None and reason in policy.threshold_by_reason:
        own = policy.threshold_by_reason[reason]
        return max(own - state.reasons.get(reason, 0), 1) if own else None
    counters = {
        BounceType.HARD: (policy.hard_threshold, state.hard),
        BounceType.SOFT: (policy.soft_threshold, state.soft),
        BounceType.BLOCK: (policy.block_threshold, state.block),
    }
    counts_as = known.type or _type(policy.types.get(reason) if reason is not None else None)
    threshold, counted = (0, 0) if counts_as is None else counters[counts_as]
    return max(threshold - counted, 1) if threshold else None


def _type(rule: TypeRule | None) -> BounceType | None:
    if rule is None or rule is TypeRule.IGNORE:
        return None
    return BounceType.SOFT if rule is TypeRule.HARD_CONFIRMED else BounceType(rule.value)


def _who(act: str, general: Catalogue) -> str:
    """The key of whoever must act: of a reason, that of its advice."""
    if act in set(Reason):
        return general(f"reason.{act}.who")
    return _WHO.get(act, "nobody")
