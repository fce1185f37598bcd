"""The system of record: its ports together."""

from collections.abc import Callable
from dataclasses import dataclass

from retour.ports.accounts import Accounts
from retour.ports.acts import Acts
from retour.ports.contacts import Contacts
from retour.ports.corrections import Corrections
from retour.ports.counts import Counts
from retour.ports.engagements import Engagements
from retour.ports.erasing import Erasing
from retour.ports.incidents import Incidents
from retour.ports.ledger import Ledger
from retour.ports.platform import PlatformStops
from retour.ports.rates import Rates
from retour.ports.recoveries import Recoveries
from retour.ports.requests import Requests
from retour.ports.segments import Segments
from retour.ports.sends import Sends
from retour.ports.sweep import Sweep
from retour.ports.tallies import Tallies


@dataclass(frozen=True, slots=True)
class Store:
    """The system of record: the ports of one place on disk."""

    accounts: Accounts
    sends: Sends
    ledger: Ledger
    tallies: Tallies
    engagements: Engagements
    requests: Requests
    corrections: Corrections
    sweep: Sweep
    platform: PlatformStops
    rates: Rates
    incidents: Incidents
    close: Callable[[], None]  # nothing may be asked of the ports afterwards


@dataclass(frozen=True, slots=True)
class Records(Store):
    """What a server keeps beside: the same place on disk, and what only a database can tell of it."""

    acts: Acts
    segments: Segments
    contacts: Contacts
    erasing: Erasing
    counts: Counts
    recoveries: Recoveries
