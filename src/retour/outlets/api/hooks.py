"""What the routes of webhooks take and answer."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from retour.flow.notices import TYPES
from retour.outlets.api.messages import MessageShape

Type = Literal[
    "address.stopped",
    "address.held",
    "address.restored",
    "address.complained",
    "address.unsubscribed",
    "arrival.unparsed",
    "incident.opened",
    "incident.closed",
    "restore.decided",
]
Types = Annotated[
    list[Type], Field(description=f"of these alone; empty: all. {', '.join(TYPES)}", max_length=20)
]
Url = Annotated[str, Field(max_length=2000, examples=["https://shop.example/retour"])]


class HookBody(BaseModel):
    """A webhook to be made."""

    model_config = ConfigDict(extra="forbid")

    url: Url
    types: Types = []


class HookChange(BaseModel):
    """What is to be changed of a webhook; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    url: Url | None = None
    types: Types | None = None
    enabled: bool | None = Field(
        None, description="true: send what has waited; false: let it wait", examples=[True]
    )


class HookShape(BaseModel):
    """A webhook and how it stands."""

    id: str
    account: str
    url: str
    types: list[str]
    created_at: str
    enabled: bool
    disabled_why: str = Field(
        description="`asked`, `gone` (410), `failing` (five days without success), or empty"
    )
    disabled_at: str | None
    failing_since: str | None = Field(description="since when no attempt succeeded")
    old_secret_until: str | None = Field(description="until then the secret before the rotation signs too")


class NewHook(HookShape):
    """A webhook with its secret."""

    secret: str = Field(description="of Standard Webhooks; shown this once", examples=["whsec_…"])


class HookList(BaseModel):
    """The webhooks of an account."""

    account: str
    webhooks: list[HookShape]


class AttemptShape(BaseModel):
    """One attempt."""

    at: str
    status: int | None
    said: str
    fault: str = Field(description="why it was not heard, by name; empty where it was")
    told: str = Field(description="the same as a sentence with what to do")
    milliseconds: int


class WholeMessage(MessageShape):
    """A message with its body and every attempt."""

    body: str
    log: list[AttemptShape]


class MessagePage(BaseModel):
    """Messages, the latest first."""

    webhook: str
    messages: list[MessageShape]
    next: str | None = Field(description="cursor for ?after= of the next page; null on the last page")


class Queued(BaseModel):
    """What waits to be sent now."""

    webhook: str
    queued: int
