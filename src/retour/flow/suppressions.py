"""The suppression list of an account: every address that is not plainly written to, and why."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from retour.address import domain as normalised_domain
from retour.address import domain_of, normalise
from retour.flow.lists.row import UNSUBSCRIBED, Row
from retour.flow.why import telling
from retour.instants import Instant
from retour.model import Cause, EventKind, Reason, State, StateName
from retour.ports import History, Ledger, Stored

MOST_LOOKED_AT = 20_000  # addresses of one request: in a large account most of them are plainly written to
_BATCH = 1000

PROVIDERS: Mapping[str, Sequence[str]] = tomllib.loads(
    files("retour.flow").joinpath("providers.toml").read_text("utf-8")
)
_PROVIDER_OF = {domain: name for name, domains in PROVIDERS.items() for domain in domains}


def provider_of(domain: str) -> str | None:
    """Whose mailboxes a domain holds; None where its name does not tell."""
    return _PROVIDER_OF.get(domain)


@dataclass(frozen=True, slots=True)
class Query:
    """Filters of the list; None means all."""

    account: str
    state: str | None = None  # "invalid", "held" or "unsubscribed"
    cause: Cause | None = None  # one of its causes
    reason: Reason | None = None  # of the bounce that tells why
    since: Instant | None = None  # stopped from then on
    until: Instant | None = None
    domain: str | None = None
    provider: str | None = None  # a key of PROVIDERS
    search: str | None = None  # an address, a domain as "@b.example", or the beginning of addresses
    after: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Suppressed:
    """An address that is not plainly written to."""

    address: str
    state: State
    provider: str | None
    reason: Reason | None  # of the bounce that stopped it
    unsubscribed_at: Instant | None


@dataclass(frozen=True, slots=True)
class Page:
    """Rows by domain; `after` leads on and is None at the end. A page may be short and yet not the last."""

    rows: Sequence[Suppressed]
    after: str | None
    looked_at: int


def suppressions(query: Query, ledger: Ledger) -> Page:
    """A page of the list. Raises ValueError for a cursor that was never given out."""
    found: list[Suppressed] = []
    after, looked_at = query.after, 0
    for domain in _domains(query):
        while stored := ledger.states(query.account, _BATCH, after, domain):
            for row in _fitting(query, stored, ledger):
                if len(found) == query.limit:
                    return Page(found, after, looked_at)
                found.append(row[1])
                after = row[0]
            after = stored[-1].cursor
            looked_at += len(stored)
            if looked_at >= MOST_LOOKED_AT:
                return Page(found, after, looked_at)
    return Page(found, None, looked_at)


def _domains(query: Query) -> Sequence[str | None]:
    """The domains to look through, in their order; None: all."""
    search = query.search or ""
    told = {normalised_domain(query.domain.removeprefix("@")) or ""} if query.domain is not None else None
    if "@" in search:
        address = normalise(search)
        named = domain_of(address) if address else normalised_domain(search.rpartition("@")[2]) or ""
        told = {named} if told is None else told & {named}
    if query.provider is not None:
        theirs = set(PROVIDERS.get(query.provider, ()))
        told = theirs if told is None else told & theirs
    return [None] if told is None else sorted(told)


def _fitting(query: Query, stored: Sequence[Stored], ledger: Ledger) -> Iterator[tuple[str, Suppressed]]:
    """The rows that pass all filters, each with the cursor that leads on from it."""
    wanted = [row for row in stored if _wanted(query, row.address, row.state)]
    known = ledger.known(query.account, [row.address for row in wanted]) if wanted else {}
    for row in wanted:
        shown = _shown(row, known.get(row.address))
        if query.reason in (None, shown.reason):
            yield row.cursor, shown


def _wanted(query: Query, address: str, state: State) -> bool:
    return (
        _stands(query.state, state)
        and (query.cause is None or query.cause in state.causes)
        and (query.since is None or (state.since is not None and state.since >= query.since))
        and (query.until is None or (state.since is not None and state.since < query.until))
        and _sought(query.search, address)
    )


def _stands(wanted: str | None, state: State) -> bool:
    told = {state.state.value, "unsubscribed"} if state.unsubscribed else {state.state.value}
    return bool(told & ({wanted} if wanted is not None else {"invalid", "held", "unsubscribed"}))


def _sought(search: str | None, address: str) -> bool:
    if search is None or search.startswith("@"):
        return True
    return address == normalise(search) if "@" in search else address.startswith(search)


def _shown(row: Stored, known: History | None) -> Suppressed:
    events = () if known is None else known.events
    bounced = {Cause.HARD, Cause.SOFT, Cause.BLOCK} & row.state.causes
    bounce = telling(events, row.state) if bounced or row.state.state is StateName.HELD else None
    unsubscribed = [e.at for e in events if e.kind is EventKind.UNSUBSCRIBE] if row.state.unsubscribed else []
    return Suppressed(
        row.address,
        row.state,
        provider_of(domain_of(row.address)),
        None if bounce is None else bounce.reason,
        max(unsubscribed, default=None),
    )


def exported(account: str, ledger: Ledger) -> Iterator[Row]:
    """The whole list as rows of a file, in constant memory: an address that is stopped for good, and one
    that has unsubscribed; two rows for one that is both."""
    after: str | None = None
    query = Query(account)
    while stored := ledger.states(account, _BATCH, after):
        after = stored[-1].cursor
        for _, row in _fitting(query, stored, ledger):
            if (cause := row.state.cause) is not None:
                yield Row(0, row.address, cause.value, row.state.since, row.reason or "")
            if row.state.unsubscribed:
                yield Row(0, row.address, UNSUBSCRIBED, row.unsubscribed_at)
