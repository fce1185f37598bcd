"""Whether what bounces at a provider is an outage rather than dead addresses (lifecycle rule 12). Pure.

Gmail answered 550 5.1.1 for mailboxes that were alive on 14 and 15 December 2020: many at once, against what
was usual there. That is what is looked for.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from retour.address import domain_of
from retour.flow.rates import ENOUGH, LIMITS
from retour.flow.suppressions import provider_of
from retour.instants import DAY, HOUR, Instant
from retour.lifecycle import Policy, TypeRule
from retour.model import EventKind, Reason
from retour.ports.incidents import EVERYWHERE, Incident, Suspect

NORM_DAYS = 30
LATELY: Instant = NORM_DAYS * DAY  # a delivery since then says that an address lives
LATE: Instant = 5 * DAY  # mail waits that long in a queue: its bounce is of the outage that it met
_UNKNOWN_NORM = LIMITS[0]  # of an account without a month behind it: where providers begin to look
_NORM_HOURS = NORM_DAYS * 24
_DOUBTED = (TypeRule.HARD, TypeRule.HARD_CONFIRMED)


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


def holds(incident: Incident, address: str, at: Instant) -> bool:
    """Whether a hard bounce of this address and time is held by an incident, or was."""
    is_within = incident.begins <= at and (incident.closed_at is None or at < incident.closed_at)
    return is_within and covers(incident, address)


def is_hard(kind: EventKind, reason: Reason | None, status: str | None, policy: Policy) -> bool:
    """Whether a policy takes a report for a hard bounce that counts, or for one once it is confirmed."""
    rule = policy.types.get(reason or Reason.UNDETERMINED)
    return kind is EventKind.BOUNCE and rule in _DOUBTED and status not in policy.uncounted_codes
