"""Restore requests: who asks to give an address back, and what support said (K25-K28)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, Protocol

from retour.instants import Instant

ERASED = "erased"  # nobody is left of whom it was about


class RequestKind(StrEnum):
    """What is asked for."""

    RESTORE = "restore"  # what this account knows of the address is to be forgiven
    REVIEW = "review"  # the stop of the whole platform is to be looked at (lifecycle rule 11)


class RequestStatus(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"
    MIXED = "mixed"  # some addresses were given back, and some not
    WITHDRAWN = "withdrawn"


class Ruling(NamedTuple):
    """What support said, and why."""

    approved: bool
    reason: str


class Ending(NamedTuple):
    """How a request ends."""

    status: RequestStatus
    at: Instant
    by: str
    ruling: Ruling | None = None  # None of a withdrawn one
    apart: Mapping[str, Ruling] = MappingProxyType({})  # addresses that are ruled on otherwise
    for_all: bool = False  # ruled by the staff of the platform
    why: str = ""  # one withdrawn by nobody who asked: ERASED


@dataclass(frozen=True, slots=True)
class RestoreRequest:
    """One request. Either addresses or a domain; `ending` is None while it is open."""

    id: str
    account: str
    kind: RequestKind
    addresses: tuple[str, ...]  # normalised
    domain: str | None
    done: str  # what was done about the cause
    at: Instant
    by: str
    ending: Ending | None = None
    number: int = field(default=0, compare=False)  # its place in the queue; given by the store

    @property
    def status(self) -> RequestStatus:
        """Where it stands."""
        return RequestStatus.OPEN if self.ending is None else self.ending.status

    def ruling_on(self, address: str) -> Ruling | None:
        """What was said of one of its addresses; None while it is open, or when it was withdrawn."""
        if self.ending is None:
            return None
        return self.ending.apart.get(address, self.ending.ruling)


@dataclass(frozen=True, slots=True)
class RequestQuery:
    """Which requests are looked for; None means all. The oldest comes first, or the latest."""

    account: str | None = None
    status: RequestStatus | None = None
    kind: RequestKind | None = None
    address: str | None = None  # named by it, or in the domain that it names
    since: Instant | None = None
    until: Instant | None = None
    after: int | None = None  # number of the last one of the page before
    latest_first: bool = False
    limit: int = 50


class OpenRequestError(ValueError):
    """There is an open request for this address already."""

    def __init__(self, id: str, target: str) -> None:
        super().__init__(f"{target} stands in request {id}, which is open")
        self.id, self.target = id, target


class EndedRequestError(ValueError):
    """The request was decided or withdrawn before."""

    def __init__(self, request: RestoreRequest) -> None:
        super().__init__(f"request {request.id} is {request.status} already")
        self.request = request


class Requests(Protocol):
    """Restore requests. What was asked and said is kept; an erasure takes the address out of it."""

    def ask(self, request: RestoreRequest) -> RestoreRequest:
        """Keep a new request; the same id again changes nothing. Raises OpenRequestError where an open one of
        the account names one of its addresses, or covers it by its domain, and KeyError for an unknown
        account."""

    def end(self, id: str, ending: Ending) -> RestoreRequest:
        """End an open request: of several callers one alone succeeds. Raises EndedRequestError for the
        others, KeyError for an unknown one."""

    def one(self, id: str) -> RestoreRequest | None: ...

    def sought(self, query: RequestQuery) -> list[RestoreRequest]:
        """A page of requests."""

    def unsettled(self, limit: int) -> list[RestoreRequest]:
        """Those whose consequences may not be done yet, oldest first."""

    def settled(self, request: RestoreRequest) -> None:
        """The consequences of the request as it is given are done; one that has ended since is not."""


def status_of(ruling: Ruling, apart: Sequence[Ruling]) -> RequestStatus:
    """What a request becomes by these rulings together."""
    said = {each.approved for each in (ruling, *apart)}
    if len(said) > 1:
        return RequestStatus.MIXED
    return RequestStatus.APPROVED if ruling.approved else RequestStatus.REFUSED
