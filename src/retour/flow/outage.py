"""Whether what bounces at a provider is an outage rather than dead addresses (lifecycle rule 12). Pure.

"Hard" is here what is hard by the policy, and what else would stop an address at the first bounce.

Gmail answered 550 5.1.1 for mailboxes that were alive on 14 and 15 December 2020: many at once, against what
was usual there. That is what is looked for.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from retour.address import domain_of
from retour.flow.rates import ENOUGH, LIMITS
from retour.flow.suppressions import provider_of
from retour.instants import DAY, HOUR, Instant
from retour.lifecycle import Policy, TypeRule, stops_at_once
from retour.model import BounceType, EventKind, Reason
from retour.ports import Rated
from retour.ports.incidents import EVERYWHERE, Incident, Suspect

NORM_DAYS = 30
LATELY: Instant = NORM_DAYS * DAY  # a delivery since then says that an address lives
EARLIER: Instant = HOUR  # as far back as the guard looks for what opens one
LATE: Instant = 5 * DAY  # mail waits that long in a queue: its bounce is of the outage that it met
_UNKNOWN_NORM = LIMITS[0]  # of an account without a month behind it: where providers begin to look
_NORM_HOURS = NORM_DAYS * 24
_DOUBTED = (TypeRule.HARD, TypeRule.HARD_CONFIRMED)
_PLAIN = {TypeRule.SOFT: BounceType.SOFT, TypeRule.BLOCK: BounceType.BLOCK}


@dataclass(frozen=True, slots=True)
class GuardTerms:
    """When an incident opens, and when it closes by itself."""

    hard: int = 50  # hard bounces within the hour
    times: float = 5.0  # its own norm
    living: int = 20  # addresses that took mail lately, and are said not to exist
    quiet: Instant = 6 * HOUR
    look: Instant = 60_000_000  # between two looks


class Counted(NamedTuple):
    """Hard bounces and attempts of some time; None where nobody told of sends or deliveries."""

    hard: int
    attempts: int | None


class Judged(NamedTuple):
    """What an hour is against its norm."""

    rate: float | None  # of attempts
    norm: float  # the same; or hard bounces an hour, where there is no rate
    times: float  # how many times the norm it is


def judged(hour: Counted, month: Counted) -> Judged:
    """An hour against the thirty days before. Without attempts the bounces of an hour are compared."""
    if hour.attempts:
        rate = hour.hard / max(hour.attempts, hour.hard)
        is_known = month.attempts is not None and month.attempts >= ENOUGH
        norm = month.hard / (month.attempts or 1) if is_known else _UNKNOWN_NORM
        return Judged(rate, norm, ratio(rate, norm))
    norm = month.hard / _NORM_HOURS
    return Judged(None, norm, ratio(hour.hard, norm))


def ratio(value: float, norm: float) -> float:
    """How many times its norm something is."""
    return value / norm if norm else float("inf") if value else 0.0


def is_out(hour: Counted, found: Judged, terms: GuardTerms) -> bool:
    """Whether so many addresses bounce as an outage makes."""
    return hour.hard >= terms.hard and found.times > terms.times


def is_doubtful(living: int, found: Judged, terms: GuardTerms) -> bool:
    """Whether so many addresses that lived are said to be gone. What a great list loses in a usual hour is no
    outage: more than twice the norm must bounce."""
    return living >= terms.living and found.times > 2


def family_of(address: str) -> str:
    """Whose mailbox it is: the provider, or the domain where nobody knows whose it is."""
    domain = domain_of(address)
    return provider_of(domain) or domain


def families(suspects: Iterable[Suspect], terms: GuardTerms) -> Mapping[str, Sequence[Suspect]]:
    """The hard bounces of one account by family. Domains that do not make an outage of their own are looked
    at together: our own DNS may be down."""
    found: dict[str, list[Suspect]] = defaultdict(list)
    for suspect in suspects:
        found[family_of(suspect.address)].append(suspect)
    small = [name for name in found if len(found[name]) < terms.hard and _is_domain(name)]
    everywhere = [suspect for name in small for suspect in found[name]]
    return {**found, EVERYWHERE: everywhere} if len(small) > 1 else found


def _is_domain(family: str) -> bool:
    return "." in family or family.startswith("[")


def rated_as(family: str) -> str | None:
    """The name under which rates count the attempts at a family; None: they do not tell it apart."""
    if family == EVERYWHERE:
        return ""
    return None if _is_domain(family) else family


def covers(incident: Incident, address: str) -> bool:
    """Whether an address is of the family of an incident."""
    family = family_of(address)
    return family == incident.family or (incident.family == EVERYWHERE and _is_domain(family))


def covering(incidents: Iterable[Incident], account: str, address: str) -> Incident | None:
    """Which of some incidents holds an address: that of its own family before one of many domains."""
    theirs = [each for each in incidents if each.account == account and covers(each, address)]
    return min(theirs, key=lambda each: each.family == EVERYWHERE, default=None)


def since(incident: Incident) -> Instant:
    """From when on bounces are held: from before the first that was heard of, for others are told later."""
    return incident.begins - EARLIER


def holds(incident: Incident, address: str, at: Instant) -> bool:
    """Whether a hard bounce of this address and time is held by an incident, or was."""
    is_within = since(incident) <= at and (incident.closed_at is None or at < incident.closed_at)
    return is_within and covers(incident, address)


def is_doubted(kind: EventKind, reason: Reason | None, status: str | None, policy: Policy) -> bool:
    """Whether a report is such as an outage would stop everybody by: listed, and hard by the policy, or hard
    once it is confirmed, or of a type that stops at the first bounce."""
    if kind is not EventKind.BOUNCE or status in policy.uncounted_codes:
        return False
    rule = policy.types.get(reason or Reason.UNDETERMINED, TypeRule.IGNORE)
    return rule in _DOUBTED or stops_at_once(reason or Reason.UNDETERMINED, _PLAIN.get(rule), policy)


def rated_doubted(policy: Policy) -> Sequence[Rated]:
    """What is counted by day of the bounces that are doubted: the norm is made of the same as the hour.

    A reason with a threshold of its own is not told apart by day: it counts in the norm as its type does.
    """
    alone = replace(policy, threshold_by_reason={})
    at_once = [type_ for type_ in _PLAIN.values() if stops_at_once(Reason.SYSTEM_ERROR, type_, alone)]
    return (Rated.HARD, *(Rated(type_.value) for type_ in at_once))
