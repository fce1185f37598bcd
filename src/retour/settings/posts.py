"""What is posted to Retour."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from retour.inlets.webhooks.providers import PROVIDERS
from retour.model import Proof
from retour.settings.section import NAME, Port, Section


def _hard_to_guess(secret: SecretStr) -> SecretStr:
    """128 bits in the alphabet of base64url: 22 characters, and not the same few again and again."""
    text = secret.get_secret_value()
    if not re.fullmatch(r"[A-Za-z0-9_-]{22,200}", text, re.ASCII) or len(set(text)) < 8:
        raise ValueError("must be hard to guess: take what `retour webhook secret` prints")
    return secret


class Webhook(Section):
    """One URL that a provider posts to, for one account. Closed while what proves a post is missing."""

    provider: str
    account: str
    paths: Annotated[
        tuple[Annotated[SecretStr, AfterValidator(_hard_to_guess)], ...], Field(max_length=2)
    ] = ()
    keys: Annotated[tuple[SecretStr, ...], Field(max_length=2)] = ()
    scheme: str = ""
    proof: Proof = Proof.TRUSTED
    topics: tuple[str, ...] = ()
    certificate_host: str = ""
    public_url: SecretStr = SecretStr("")
    mapping: Path | None = None
    header: str = ""
    query: str = ""
    algorithm: Literal["sha256", "sha512", "sha1"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    template: str = "{body}"
    timestamp: str = ""
    tenant: str = ""
    audience: str = ""
    application: str = ""
    jwks: str = ""

    @field_validator("provider")
    @classmethod
    def _known(cls, provider: str) -> str:
        if provider not in PROVIDERS:
            raise ValueError(f"is none of {', '.join(PROVIDERS)}")
        return provider

    @model_validator(mode="after")
    def _mapped_where_it_is_generic(self) -> "Webhook":
        if self.mapping and self.provider != "generic":
            raise ValueError("mapping belongs to provider 'generic'; how the others write is known")
        return self

    @field_validator("keys")
    @classmethod
    def _not_empty(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not all(key.get_secret_value().strip() for key in keys):
            raise ValueError("an empty key would let everybody in")
        return keys


class Webhooks(Section):
    """The port that providers post to; opened where there is a source."""

    host: str = "127.0.0.1"
    port: Port = 8026
    public_url: str = ""
    unsubscribe: bool = False
    confirm: bool = False
    sources: dict[Annotated[str, Field(pattern=NAME)], Webhook] = {}

    @model_validator(mode="after")
    def _with_a_url(self) -> "Webhooks":
        if self.unsubscribe and not self.public_url.startswith("https://"):
            raise ValueError("RFC 8058 wants an https URL for List-Unsubscribe: set webhooks.public_url")
        if self.confirm and not self.public_url.startswith("https://"):
            raise ValueError("a link that confirms needs an https URL: set webhooks.public_url")
        return self
