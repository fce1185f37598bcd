"""How the values of Retour look as JSON: times as ISO 8601 in UTC, ids as hex or decimal text.

Ids of sends are text, because they have 63 bits and a JavaScript number has 53. `shown` fills them in.
"""

from pydantic import BaseModel, Field


class DecisionShape(BaseModel):
    """The answer to "may I send?" and its reason."""

    decision: str = Field(examples=["stop"])
    why: str = Field(examples=["hard"])
    until: str | None = None
    would_be: str | None = None


class StateShape(BaseModel):
    """The state of an address in an account, with its counters."""

    state: str = Field(examples=["invalid"])
    mark: str = Field(description="x: deactivated, ?: bounced but not deactivated, empty otherwise")
    cause: str | None = Field(None, examples=["hard"])
    causes: list[str]
    since: str | None = Field(None, examples=["2026-05-03T09:00:00Z"])
    until: str | None = None
    hard: int
    soft: int
    block: int
    reasons: dict[str, int]
    reactivations: int
    unsubscribed: bool


class ReportShape(BaseModel):
    """What a report claimed. Everything in it was written by others: show it as text, never as HTML."""

    recipient: str | None
    original_recipient: str | None
    action: str | None
    status: str | None
    reply_code: str | None
    diagnostic: str | None
    remote_mta: str | None
    mta: str | None
    text: str


class VerdictShape(BaseModel):
    """Our reading of the report, with the rule and the words it matched."""

    kind: str
    reason: str | None
    group: str | None
    rule: str
    matched: str
    confidence: float
    conflicts: list[str]
    refused_by: str | None
    part: str | None
    blocklist: str | None
    url: str | None


class EvidenceShape(BaseModel):
    """What an event was judged on."""

    report: ReportShape
    verdict: VerdictShape
    arrival: str | None = Field(description="id of the raw mail, kept for the retention time")


class EventShape(BaseModel):
    """A dated fact about the address."""

    id: str
    kind: str = Field(examples=["bounce"])
    at: str
    reason: str | None = Field(examples=["address_unknown"])
    status: str | None = Field(examples=["5.1.1"])
    standing: str = Field(description="unproven and expired events are kept and change nothing")
    send: str | None
    actor: str
    note: str
    defects: list[str]
    evidence: EvidenceShape | None


class LivedEventShape(EventShape):
    """An event of an address, with what it counts as in its life."""

    type: str | None = Field(
        description="hard, soft or block, as fixed when the bounce occurred; null for what was ignored,"
        " is not proven or is no bounce",
        examples=["hard"],
    )


class SendShape(BaseModel):
    """A message of ours to the address."""

    id: str
    kind: str
    recipient: str
    handed_over: str
    campaign: str | None
    sender: str | None
    subject: str | None
    message_id: str | None
    delivered_at: str | None


class RecordShape(BaseModel):
    """A line of the decision ledger: what changed the state, when and by whom."""

    number: int
    at: str
    actor: str
    before: str
    after: str
    cause: str | None
    event: str | None
    policy: int


class EngagementShape(BaseModel):
    """The last sign of life of a kind."""

    kind: str = Field(examples=["click"])
    at: str
    after_bounce: bool = Field(description="after the last bounce: it speaks against it")


class ExplanationShape(BaseModel):
    """The status of an address for people, in the language of Accept-Language and the zone of Time-Zone."""

    label: str = Field(description="the reason in two words; empty where no bounce tells one")
    words: str = Field(description="at most three sentences: what is the matter, what follows, what to do")
    who: str = Field(description="must act")


class CorrectionShape(BaseModel):
    """One address that stands for another from now on."""

    id: str
    old: str = Field(examples=["w.wislon@b.example"])
    new: str = Field(examples=["w.wilson@b.example"])
    at: str
    actor: str
    reason: str
    stand: str = Field(description="plain, waiting, confirmed, expired or withdrawn", examples=["waiting"])
    told: str = Field(description="the same in a sentence")
    expires: str | None = Field(description="of the link")
    confirmed: str | None
    withdrawn: str | None


class AddressShape(BaseModel):
    """Everything known of one address in one account."""

    account: str
    address: str
    explanation: ExplanationShape
    state: StateShape
    decisions: dict[str, DecisionShape] = Field(description="by mail kind: mailing, automation, system")
    events: list[LivedEventShape] = Field(description="by time of occurrence")
    sends: list[SendShape]
    ledger: list[RecordShape]
    engagements: list[EngagementShape] = Field(description="signs of life, the strongest kind first")
    corrections: list[CorrectionShape] = Field(description="from or to this address, the latest first")
    platform_since: str | None = Field(
        description="the day since which it is stopped on this platform, for all accounts; null: it is not"
    )
    erased: bool = Field(
        description="true: somebody had it erased while it was stopped; it stays so under a keyed hash, and"
        " nothing else is kept of it: events have no evidence, and lists and exports leave it out"
    )


class BounceShape(BaseModel):
    """A row of the Overview: a bounced address with its latest listed bounce."""

    address: str
    explanation: ExplanationShape
    status: str = Field(
        description="valid: bounced, not deactivated, held or not, as `state` tells; invalid: deactivated"
    )
    state: StateShape
    type: str | None = Field(examples=["soft"])
    bounce: EventShape
    send: SendShape | None


class BouncePage(BaseModel):
    """A page of the Overview, latest bounce first."""

    account: str
    bounces: list[BounceShape]
    next: str | None = Field(description="cursor for ?after= of the next page; null on the last page")
