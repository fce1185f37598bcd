"""The few Protocols that the stories in `flow` need. Bodies stand in stores/, snapshot/, bus/; contract tests
run one suite against every body.

All calls are synchronous and thread-safe; whoever lives in an event loop calls them from a thread. A call
that returns has committed (promise 1). Repeating a call with the same ids changes nothing (promise 2).
"""

from retour.ports.accounts import Account, Accounts, Key, KnownKey, StaleVersionError
from retour.ports.acts import OF_MANY, Acts
from retour.ports.clock import Clock
from retour.ports.contacts import Contact, ContactChange, ContactList, Contacts
from retour.ports.corrections import Correction, Corrections, Stand
from retour.ports.counts import MOST_LISTED, Counts, Effect, ListedCount, Mark, Shown
from retour.ports.engagements import ENGAGED, LOOKED_BACK, Engagement, Engagements, Latest, Sign
from retour.ports.erasing import Erasing, ErasingDesk, Erasure, Erasures, Scrubbing, ScrubbingInbox
from retour.ports.gates import Bus, Snapshot
from retour.ports.inbox import BATCH_OCTETS, NO_CURSORS, Inbox, Outcome
from retour.ports.ledger import Ledger
from retour.ports.lives import (
    BouncedAddress,
    BounceQuery,
    Counted,
    Counting,
    DomainCount,
    Erased,
    History,
    Kept,
    Life,
    Stored,
)
from retour.ports.platform import PlatformStop, PlatformStops, ReadSoFar
from retour.ports.rates import MOST_RATES, RATED, Rate, Rated, RateQuery, Rates
from retour.ports.records import Change, Record, RecordQuery
from retour.ports.requests import (
    EndedRequestError,
    Ending,
    OpenRequestError,
    RequestKind,
    RequestQuery,
    Requests,
    RequestStatus,
    RestoreRequest,
    Ruling,
)
from retour.ports.segments import MOST_REPLIES, Bounced, Segment, Segments, Sought
from retour.ports.sends import SecondName, Sends
from retour.ports.store import Records, Store
from retour.ports.sweep import WHOLE, Brief, Part, Reported, Sweep, Swept
from retour.ports.tallies import MOST_TALLIES, REMEMBERED_DAYS, Passing, Tallies, Tally
from retour.ports.waves import WAVE_BATCH, Stage, Wave, Waves

__all__ = [
    "BATCH_OCTETS",
    "ENGAGED",
    "LOOKED_BACK",
    "MOST_LISTED",
    "MOST_RATES",
    "MOST_REPLIES",
    "MOST_TALLIES",
    "NO_CURSORS",
    "OF_MANY",
    "RATED",
    "REMEMBERED_DAYS",
    "WAVE_BATCH",
    "WHOLE",
    "Account",
    "Accounts",
    "Acts",
    "BounceQuery",
    "Bounced",
    "BouncedAddress",
    "Brief",
    "Bus",
    "Change",
    "Clock",
    "Contact",
    "ContactChange",
    "ContactList",
    "Contacts",
    "Correction",
    "Corrections",
    "Counted",
    "Counting",
    "Counts",
    "DomainCount",
    "Effect",
    "EndedRequestError",
    "Ending",
    "Engagement",
    "Engagements",
    "Erased",
    "Erasing",
    "ErasingDesk",
    "Erasure",
    "Erasures",
    "History",
    "Inbox",
    "Kept",
    "Key",
    "KnownKey",
    "Latest",
    "Ledger",
    "Life",
    "ListedCount",
    "Mark",
    "OpenRequestError",
    "Outcome",
    "Part",
    "Passing",
    "PlatformStop",
    "PlatformStops",
    "Rate",
    "RateQuery",
    "Rated",
    "Rates",
    "ReadSoFar",
    "Record",
    "RecordQuery",
    "Records",
    "Reported",
    "RequestKind",
    "RequestQuery",
    "RequestStatus",
    "Requests",
    "RestoreRequest",
    "Ruling",
    "Scrubbing",
    "ScrubbingInbox",
    "SecondName",
    "Segment",
    "Segments",
    "Sends",
    "Shown",
    "Sign",
    "Snapshot",
    "Sought",
    "Stage",
    "StaleVersionError",
    "Stand",
    "Store",
    "Stored",
    "Sweep",
    "Swept",
    "Tallies",
    "Tally",
    "Wave",
    "Waves",
]
