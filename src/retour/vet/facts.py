"""What a check is told: the facts about one address and its domain, and what the account wants made of them.

The core asks nobody. Whoever calls it has asked the DNS, the ledger and the lists, and says when.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from retour.vet.findings import Code, Finding

NOTHING: Mapping[str, int] = MappingProxyType({})


def _nothing() -> Mapping[str, int]:
    return NOTHING


@dataclass(frozen=True, slots=True)
class Dns:
    """What the DNS said about a domain. `state` is one of the codes from MX to BAD_IP.

    `runs` counts the separate runs that gave this same answer: a name that does not exist is believed from
    two on.
    """

    state: Code
    source: str
    checked_at: datetime
    expires_at: datetime | None = None
    runs: int = 1
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known about one address beyond its letters. Everything may be left out.

    delivered: the account's own deliveries, by domain. bounced: its hard bounces, by domain. history: what
    its ledger says about this address. repairs: what was done to the cell before. names: words of the row's
    name columns. frequent: first and last names often seen in the account's delivered addresses, with
    counts.
    """

    dns: Dns | None = None
    delivered: Mapping[str, int] = field(default_factory=_nothing)
    bounced: Mapping[str, int] = field(default_factory=_nothing)
    history: tuple[Finding, ...] = ()
    repairs: tuple[Finding, ...] = ()
    duplicates: tuple[Finding, ...] = ()
    names: tuple[str, ...] = ()
    frequent: Mapping[str, int] = field(default_factory=_nothing)


UNTOLD = Facts()


@dataclass(frozen=True, slots=True)
class Policy:
    """What the account wants: the settings of a check."""

    allow_dotless: bool = False  # intranets
    allow_special_use: bool = False  # .local, .test, example.com
    typo_odds: float = 20.0  # a suggestion is made from these odds on
    known_real: int = 5  # so many own deliveries make a domain real, whatever it looks like
    allowed: frozenset[str] = field(default_factory=frozenset)  # domains that no list and no typo may touch
    disposable: bool = True
    role: bool = True
    free: bool = True
    trap_like: bool = True


DEFAULT = Policy()
