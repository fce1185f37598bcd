"""The six nouns of a bounce's life: Arrival → Report → Verdict → Event → State → Decision.

All are frozen values without behaviour of their own, some of them tuples with names: those are made in a
third of the time. The rooms named after the journey make one out of the other. `Send` is what an arrival is
tied to; `Reading` is all that parsing read out of one arrival. They stand in one file with their
vocabularies, longer than others, so that all words of Retour can be read in one go. Everything a remote
party wrote (diagnostics, subjects, addresses) is hostile text until shown as text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Final, NamedTuple

from retour import swift
from retour.instants import Instant

# --- vocabularies: stable identifiers, never renamed, only added -----------------------------------------


class Kind(StrEnum):
    """What an arrival, a report or an event is."""

    BOUNCE = "bounce"
    DELAY = "delay"
    COMPLAINT = "complaint"
    AUTOREPLY = "autoreply"
    CHALLENGE = "challenge"
    DELIVERED = "delivered"
    UNSUBSCRIBE = "unsubscribe"
    SUPPRESSED = "suppressed"  # a provider or Retour itself refused to try: no bounce
    OTHER = "other"


class Action(StrEnum):
    """RFC 3464 §2.3.3: what the reporting MTA did."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


class Group(StrEnum):
    """What a reason means for the address."""

    DEAD = "dead"
    FULL = "full"
    BLOCK = "block"
    CONTENT = "content"
    TRANSPORT = "transport"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """What happened. The group of each stands in `GROUPS`; its type is the policy's choice."""

    ADDRESS_UNKNOWN = "address_unknown"
    ADDRESS_INVALID = "address_invalid"
    ADDRESS_MOVED = "address_moved"
    MAILBOX_DISABLED = "mailbox_disabled"
    OWNER_CHANGED = "owner_changed"
    DOMAIN_UNKNOWN = "domain_unknown"
    DOMAIN_NO_MAIL = "domain_no_mail"
    MAILBOX_FULL = "mailbox_full"
    SERVER_UNREACHABLE = "server_unreachable"
    SERVER_BUSY = "server_busy"
    DNS_TEMPORARY = "dns_temporary"
    DELIVERY_EXPIRED = "delivery_expired"
    ROUTING_ERROR = "routing_error"
    SYSTEM_ERROR = "system_error"
    PROTOCOL_ERROR = "protocol_error"
    MESSAGE_TOO_LARGE = "message_too_large"
    CONTENT_REJECTED = "content_rejected"
    SPAM_REJECTED = "spam_rejected"
    VIRUS_REJECTED = "virus_rejected"
    FORMAT_REJECTED = "format_rejected"
    SENDER_BLOCKED = "sender_blocked"
    SENDER_BLOCKLISTED = "sender_blocklisted"
    BAD_REPUTATION = "bad_reputation"
    AUTH_FAILED = "auth_failed"
    POLICY_REJECTED = "policy_rejected"
    RATE_LIMITED = "rate_limited"
    REFUSED = "refused"
    UNDETERMINED = "undetermined"


GROUPS: Mapping[Reason, Group] = {
    **dict.fromkeys(
        (
            Reason.ADDRESS_UNKNOWN,
            Reason.ADDRESS_INVALID,
            Reason.ADDRESS_MOVED,
            Reason.MAILBOX_DISABLED,
            Reason.OWNER_CHANGED,
            Reason.DOMAIN_UNKNOWN,
            Reason.DOMAIN_NO_MAIL,
        ),
        Group.DEAD,
    ),
    Reason.MAILBOX_FULL: Group.FULL,
    **dict.fromkeys(
        (
            Reason.SERVER_UNREACHABLE,
            Reason.SERVER_BUSY,
            Reason.DNS_TEMPORARY,
            Reason.DELIVERY_EXPIRED,
            Reason.ROUTING_ERROR,
            Reason.SYSTEM_ERROR,
            Reason.PROTOCOL_ERROR,
        ),
        Group.TRANSPORT,
    ),
    **dict.fromkeys(
        (
            Reason.MESSAGE_TOO_LARGE,
            Reason.CONTENT_REJECTED,
            Reason.SPAM_REJECTED,
            Reason.VIRUS_REJECTED,
            Reason.FORMAT_REJECTED,
        ),
        Group.CONTENT,
    ),
    **dict.fromkeys(
        (
            Reason.SENDER_BLOCKED,
            Reason.SENDER_BLOCKLISTED,
            Reason.BAD_REPUTATION,
            Reason.AUTH_FAILED,
            Reason.POLICY_REJECTED,
            Reason.RATE_LIMITED,
        ),
        Group.BLOCK,
    ),
    Reason.REFUSED: Group.UNKNOWN,
    Reason.UNDETERMINED: Group.UNKNOWN,
}


class BounceType(StrEnum):
    """What a reason counts as under a policy."""

    HARD = "hard"
    SOFT = "soft"
    BLOCK = "block"


class MailKind(StrEnum):
    """What sort of mail a send was; unknown is read as MAILING, the most careful."""

    MAILING = "mailing"
    AUTOMATION = "automation"
    SYSTEM = "system"


class Party(StrEnum):
    """Who refused."""

    RECIPIENT = "recipient"
    OURS = "ours"
    FORWARDER = "forwarder"
    PROVIDER = "provider"


class Part(StrEnum):
    """Which part of the message was refused, where the reply says so."""

    SUBJECT = "subject"
    BODY = "body"
    SENDER = "sender"
    ATTACHMENT = "attachment"
    LINK = "link"
    HEADER = "header"


class Proof(StrEnum):
    """How well an arrival is tied to a send, and what a source demands; strongest first (docs/proof.md)."""

    TOKEN = "token"  # noqa: S105 - a level, not a secret: a signed return address of ours
    SEND = "send"  # ENVID, Message-ID or provider id of a send that we know
    TRUSTED = "trusted"  # the source is authenticated, or is our own log
    OPEN = "open"  # believes what it reads; off by default


class Standing(StrEnum):
    """Whether an event may change a state."""

    PROVEN = "proven"
    UNPROVEN = "unproven"  # below the proof level of its source: kept, counted, without effect
    EXPIRED = "expired"  # a genuine token past its time, or older than the horizon: without effect


class StateName(StrEnum):
    """State of an address in an account."""

    VALID = "valid"
    BOUNCING = "bouncing"
    HELD = "held"
    INVALID = "invalid"


class Cause(StrEnum):
    """Why an address is invalid; strongest first."""

    COMPLAINT = "complaint"
    SUPPORT = "support"
    HARD = "hard"
    PLATFORM = "platform"
    IMPORT = "import"
    BLOCK = "block"
    SOFT = "soft"


class Answer(StrEnum):
    """The answer to "may I send?"."""

    SEND = "send"
    HOLD = "hold"
    STOP = "stop"


class Role(StrEnum):
    """Role of a key or a person."""

    MEMBER = "member"
    MANAGER = "manager"
    SUPPORT = "support"
    ADMIN = "admin"


# --- the nouns ----------------------------------------------------------------------------------------------


MAIL: Final = "mail"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Raw bytes that reached an inlet, with where, when and how authenticated; stored before acknowledged.

    One arrival has one envelope recipient: an LMTP transaction with three recipients is three arrivals.
    """

    id: bytes  # 16 bytes: hash of inlet, source id or content, envelope recipient (Retour's promise 2)
    inlet: str  # the configured source by name: "lmtp", "ingest", "bounces@return.example" ...
    received_at: Instant
    raw: bytes  # of a mail at most the first 1 MiB, of a post all (docs/limits.md)
    size: int  # octets as they arrived, more than len(raw) when cut
    mail_from: str | None = None  # envelope sender, "" for the null sender, None when the inlet has none
    rcpt_to: str | None = None  # envelope recipient, None when the inlet has none
    proof: Proof = Proof.TOKEN  # level that this source demands
    account: str | None = None  # account of a source that belongs to one; never from the content
    defects: tuple[str, ...] = ()
    form: str = MAIL  # what its bytes are: a mail, or what a provider of parse.providers or a log wrote
    passing: bool = False  # tells of deliveries alone: nothing of it is kept once it is judged


class Report(NamedTuple):
    """One claim about one recipient, read out of an arrival. Nothing here is believed yet."""

    kind: Kind
    recipient: str | None = None  # whom the report says we wrote to, else whom it names; evidence only
    original_recipient: str | None = None  # RFC 3464 Original-Recipient, decoded
    action: Action | None = None
    status: str | None = None  # the most telling enhanced code "5.1.1", wherever it stood
    reply_code: str | None = None  # "550"
    diagnostic: str | None = None  # the server's words on one line, None when there are none
    remote_mta: str | None = None  # host that refused
    text: str = ""  # the human words about this recipient, at most 4 KiB; read where codes say nothing
    mta: str | None = None  # software that wrote the report: "postfix", "exim" ...
    at: Instant | None = None  # the source's own time where it has a zone, else None
    final_recipient: str | None = None  # Final-Recipient where the mail went on to it from `recipient`


class Original(NamedTuple):
    """What the returned message or its headers tell; all None when nothing was returned."""

    message_id: str | None = None  # without angle brackets
    subject: str | None = None  # decoded
    sender: str | None = None  # From, decoded
    date: str | None = None
    envid: str | None = None  # RFC 3464 Original-Envelope-Id, xtext-decoded
    return_path: str | None = None  # of the returned message: may hold our token
    recipient: str | None = None  # To of the returned message, only where it names exactly one address


NOTHING_RETURNED: Final = Original()


class Reading(NamedTuple):
    """All that parsing read out of one arrival: what could be read, plus named defects."""

    kind: Kind
    reports: tuple[Report, ...] = ()
    original: Original = NOTHING_RETURNED
    message_id: str | None = None
    mta: str | None = None
    defects: tuple[str, ...] = ()
    text: str = ""  # the human part, at most 16 KiB, for the unparsed queue and the console


READ_BY_RULE: Final = "read_by_rule"  # the defect of a mail that only an operator's own rule could read
NULL_SENDER_ALONE: Final = "null_sender_alone"  # of a mail that only its null sender tells to be a reply
UNDATED: Final = "undated"  # of a post that neither tells a time nor is signed with one (flow.late)
LATE: Final = "late"  # of a post that came days after what it tells (flow.late)
LATE_COUNTED: Final = "late_counted"  # the same, once somebody wants its deliveries counted


class Verdict(NamedTuple):
    """Our reading of a report. `reason` and `group` are None for what is neither bounce nor delay."""

    kind: Kind  # the report's, unless its words say otherwise (our own refusal: SUPPRESSED)
    reason: Reason | None
    group: Group | None
    rule: str  # id of the rule in rules/*.toml or "none"
    matched: str  # the words or code it matched
    confidence: float  # 0 … 1
    conflicts: tuple[str, ...] = ()  # what spoke against it, in the form "status 5.7.1 says policy_rejected"
    refused_by: Party | None = None
    part: Part | None = None
    blocklist: str | None = None
    url: str | None = None


class EventKind(StrEnum):
    """What moves (or is merely kept in) the life of an address; names are those of scenario files."""

    BOUNCE = "bounce"
    DELAY = "delay"
    DELIVERED = "delivered"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    RESUBSCRIBE = "resubscribe"
    IMPORT = "import"
    PLATFORM = "platform"
    STOP = "stop"
    RESTORE = "restore"
    INCIDENT_OPEN = "incident_open"
    INCIDENT_CLOSE = "incident_close"
    CORRECTION = "correction"  # this address is the corrected one and waits for its confirmation
    CONFIRMATION = "confirmation"
    WITHDRAWAL = "withdrawal"  # undoes the act whose id `outcome` names, as though it had never been
    REJUDGED = "rejudged"  # a replay judged what `outcome` names again (lifecycle.judgements)
    UNDERSTOOD = "understood"  # a replay read as a bounce what nobody had understood (the same)
    SUPPRESSED = "suppressed"  # from here on: kept, without effect
    RESTORE_REQUESTED = "restore_requested"
    RESTORE_WITHDRAWN = "restore_withdrawn"
    RESTORE_REFUSED = "restore_refused"
    AUTOREPLY = "autoreply"
    CHALLENGE = "challenge"
    OTHER = "other"


class Evidence(NamedTuple):
    """What an event was judged on; lives as long as the event, so that it can be judged again."""

    report: Report
    verdict: Verdict
    original: Original = NOTHING_RETURNED
    arrival: bytes | None = None  # id of the raw mail, which may be gone before


FOR_ALL: Final = "platform"
"""Scope of a restore by the staff of the platform: older verdicts of no account count for its stop."""

OF_BOUNCES: Final = "bounces"
"""Scope of a restore that gives back only what bounces stopped: complaints and the like stand."""


class Event(NamedTuple):
    """A dated fact about one address in one account, with a deterministic id.

    The fold reads kind, at, id, reason, status, send, handed_over, standing, begins and outcome only.
    """

    id: bytes  # 16 bytes; unique; also the last tie-breaker in time
    kind: EventKind
    at: Instant  # time of occurrence
    reason: Reason | None = None  # of a bounce
    status: str | None = None  # enhanced code of a bounce
    send: int | None = None  # id of the send it is tied to; below 0: stands for one that nobody registered
    handed_over: Instant | None = None  # when that send was handed over
    standing: Standing = Standing.PROVEN
    begins: Instant | None = None  # of an incident_open: since when hard bounces are doubted
    # Of an incident_open: the guard's incident; of its close: "confirm" or "revert"; of a withdrawal: an id
    # in hex; of a restore: its scope.
    outcome: str | None = None
    account: str = ""
    address: str = ""  # normalised; the one we sent to
    actor: str = ""  # rule, job, key or person
    note: str = ""  # a restore's reason, a stop's cause in words
    evidence: Evidence | None = None
    defects: tuple[str, ...] = ()  # "time_doubted" ...


@cache
def strongest(causes: frozenset[Cause]) -> Cause | None:
    """The strongest of several causes, None of none. Remembered: there are few sets of so few."""
    return next((cause for cause in Cause if cause in causes), None)


class State(NamedTuple):
    """The state of an address in an account at one moment: a pure function of events, policies and moment."""

    state: StateName = StateName.VALID
    causes: frozenset[Cause] = frozenset()
    since: Instant | None = None  # of invalid: time of the first cause
    until: Instant | None = None  # due time of a reset
    hard: int = 0
    soft: int = 0
    block: int = 0
    reasons: Mapping[Reason, int] = MappingProxyType({})  # a key for each own threshold above 0
    reactivations: int = 0
    unsubscribed: bool = False
    changes_at: Instant | None = None  # next moment at which time alone changes it; None: never
    last_bounce: Instant | None = None  # of the latest listed bounce, for the Overview
    listed: int = 0  # listed bounces since clean

    @property
    def cause(self) -> Cause | None:
        """The strongest cause of `invalid`, None otherwise."""
        return strongest(self.causes)


if swift.IN_C:
    for _noun in (Report, Original, Reading, Verdict, Evidence, Event, State):
        swift.quickly_made(_noun)

VALID: Final = State()


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to "may I send?" with its reason."""

    answer: Answer
    why: str = ""  # "", a cause ("hard"), "unsubscribed", "incident", "correction" or "never_stop"
    until: Instant | None = None
    would_be: Answer | None = None  # under `observe` or never_stop: what it would have said


@dataclass(frozen=True, slots=True)
class Send:
    """One message to one recipient, as the sender told us before handing it over."""

    id: int  # 64 bits, in the return address
    account: str
    recipient: str  # as given
    kind: MailKind
    handed_over: Instant
    campaign: str | None = None
    sender: str | None = None
    subject: str | None = None
    message_id: str | None = None  # without angle brackets
    delivered_at: Instant | None = None
