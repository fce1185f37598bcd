"""What the routes work with; put together in `wiring`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from retour.flow.desk import Desk
from retour.flow.directory import Directory
from retour.flow.findings import Shelf
from retour.flow.guard import Guard
from retour.flow.heard import FromSource, Standing
from retour.flow.lags import Lag
from retour.flow.platform import Platform
from retour.flow.restore_desk import RestoreDesk
from retour.flow.rules_desk import RulesDesk
from retour.flow.topics import Subscriptions
from retour.identity import SendIds
from retour.instants import Instant
from retour.lifecycle import PolicyVersion
from retour.model import Proof, Send
from retour.outlets.api.limits import UNLIMITED, Rate
from retour.ports import Account, Bus, Clock, Inbox, Records, Snapshot
from retour.ports.people import People, Views
from retour.return_address import Keyring

if TYPE_CHECKING:  # the hot path, which reads this, judges nothing
    from retour.classify import Rulebook

Checks = Mapping[str, Callable[[], bool]]
"""Named checks of readiness, each quick: the database answers, the worker lives …"""

ChangePolicy = Callable[[str, Mapping[str, Any], int, str], PolicyVersion]
"""Account, settings, expected version, author → the new version, in force (flow.rewrite)."""

UnsubscribeUrl = Callable[[Account, Send, Instant], str | None]
"""The URL for List-Unsubscribe of a send; None where none is served."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What the routes of webhooks need of those who carry them."""

    secret: Callable[[str, int], str] = lambda hook, number: ""  # as the receiver is given it
    unreachable: Callable[[str], str | None] = lambda url: None
    """Why a URL is never connected to: a name of `retour.flow.unheard`."""
    wake: Callable[[], None] = lambda: None  # there is something to send


@dataclass(frozen=True, slots=True)
class Source:
    """A way in that the settings name."""

    name: str  # as arrivals name it
    kind: str  # "address", "webhook", "log", "mailbox", "queue", "smtp", "lmtp"
    account: str | None  # None: of all accounts
    form: str = ""  # whose posts or lines they are
    proof: Proof | None = None  # None: each mail proves itself
    url: str = field(default="", repr=False)  # to enter at a provider, with its secret
    undated: bool = False  # its posts are signed without a time, and could be with one


@dataclass(frozen=True, slots=True)
class Forms:
    """The public forms that may ask what an address is worth."""

    origins: frozenset[str] = frozenset()  # of the pages they stand on; none: only programs with a key ask
    rate: Rate = UNLIMITED  # of each client


@dataclass(frozen=True, slots=True)
class Listed:
    """The own list of a provider that follows an account."""

    name: str
    provider: str
    account: str
    stops: bool
    restores: bool


@dataclass(frozen=True, slots=True)
class Services:
    """The bodies of the ports, and what else the stories need."""

    clock: Clock
    store: Records
    inbox: Inbox
    bus: Bus
    snapshot: Snapshot
    directory: Directory
    keyring: Keyring
    send_ids: SendIds
    change_policy: ChangePolicy
    desk: Desk
    restores: RestoreDesk
    platform: Platform
    guard: Guard
    shelf: Shelf
    rules: RulesDesk
    rulebook: "Callable[[], Rulebook]"  # what arrivals are judged with now
    subscriptions: Subscriptions  # of topics that ask to post here
    metrics: Callable[[Callable[[str], bool]], bytes] = lambda sees: b""  # Prometheus text format, for whom
    unsubscribe_url: UnsubscribeUrl = lambda account, send, now: None
    confirm_url: Callable[[str], str | None] = lambda token: (
        None
    )  # of a correction; None where none is served
    avoided: Callable[[str, Sequence[str]], None] = lambda account, addresses: None  # by answers of the check
    checks: Checks = field(default_factory=dict)
    body_limit: int = 4 * 1024 * 1024
    rewriting: Callable[[str], int | None] = lambda account: None  # addresses done; None when all are
    wake_jobs: Callable[[], None] = lambda: None  # there is a job to do
    sources: Sequence[Source] = ()
    standing: Callable[[], Mapping[str, Standing]] = dict  # by name of source; others are open
    reached: Mapping[str, str] = field(default_factory=dict)  # lmtp, smtp, policy, webhooks: where
    lists: Sequence[Listed] = ()
    heard: Callable[[str | None], Sequence[FromSource]] = lambda account: ()
    lags: Callable[[str, int, int], Sequence[Lag]] = lambda account, first, last: ()
    telling: Telling = field(default_factory=Telling)
    exported: Callable[[str, str, str], None] = lambda what, account, key: None  # is to be logged
    list_room: Path = Path("list-checks")  # where lists that are checked lie
    resolves: bool = False  # the settings name a resolver
    validators: Sequence[str] = ()  # of lists, that the settings allow
    import_limit: int = 1024 * 1024 * 1024
    four_eyes: bool = True  # who asks for a wave does not apply it
    requests: Rate = UNLIMITED  # of each key
    checks_rate: Rate = UNLIMITED
    forms: Forms = field(default_factory=Forms)
    people: People | None = None  # None: without a console there are none
    views: Views | None = None
    console_url: str = ""  # as the settings name it, for links
    console: bytes | None = None  # digest of the secret of the console, which speaks for people
    down: tuple[type[Exception], ...] = ()  # what the store raises when it cannot write or read for now


def services(request: Request) -> Services:
    """The services of the application that a request reached."""
    found: Services = request.app.state.services
    return found
