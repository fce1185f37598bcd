"""Whom Retour tells: signed webhooks, the lists that providers keep."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    Field,
    SecretStr,
    model_validator,
)

from retour.settings.section import Section


class Notify(Section):
    """Telling others by HTTP: webhooks out, and the own lists of providers."""

    allow_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    ca_file: Path | None = None
    patience: Annotated[float, Field(gt=0, le=120)] = 15
    kept_days: Annotated[int, Field(ge=1, le=90)] = 14


class ProviderList(Section):
    """The own list of a sending provider, which follows the states of one account."""

    provider: Literal["ses", "sendgrid", "mailgun", "postmark"]
    account: str
    key: SecretStr = SecretStr("")
    access_key: str = ""
    secret_key: SecretStr = SecretStr("")
    session_token: SecretStr = SecretStr("")
    region: Annotated[str, Field(pattern=r"^[a-z0-9-]{0,40}$")] = ""
    domain: str = ""
    stream: str = "outbound"
    base_url: str = ""
    stops: bool = True
    restores: bool = True

    @model_validator(mode="after")
    def _complete(self) -> "ProviderList":
        if self.provider == "ses" and not (
            self.access_key and self.secret_key.get_secret_value() and self.region
        ):
            raise ValueError("ses needs access_key, secret_key and region")
        if self.provider != "ses" and not self.key.get_secret_value():
            raise ValueError(f"{self.provider} needs key")
        if self.provider == "mailgun" and not self.domain:
            raise ValueError("mailgun needs domain")
        secrets = (self.key, self.secret_key, self.session_token)
        told = (self.access_key, *(secret.get_secret_value() for secret in secrets))
        if not all(text.isascii() and (text.isprintable() or not text) and " " not in text for text in told):
            raise ValueError("keys stand in a header: printable ASCII without spaces")
        return self
