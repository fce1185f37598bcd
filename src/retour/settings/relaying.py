"""The relay."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from retour.model import MailKind
from retour.settings.section import Port, Section, is_loopback


class Next(Section):
    """The mail server that the relay hands everything on to."""

    host: str = "127.0.0.1"
    port: Port = 25
    tls: Literal["none", "starttls", "implicit"] = "none"
    verify: bool = True
    ca_file: Path | None = None
    login: str = ""
    password: SecretStr = SecretStr("")
    connections: Annotated[int, Field(ge=1, le=1000)] = 20
    connections_of_account: Annotated[int, Field(ge=1, le=1000)] | None = None
    patience: Annotated[int, Field(ge=1, le=3600)] = 600

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> "Next":
        if self.login and self.tls == "none" and not is_loopback(self.host):
            raise ValueError("a password must not cross a network in clear: set tls, or leave out login")
        return self


class RelayLogin(Section):
    """A user name of the relay: whose mail it hands in, and of what kind."""

    account: str
    kind: MailKind | None = None


class Relay(Section):
    """The submission server."""

    enabled: bool = False
    host: str = "127.0.0.1"
    port: Port = 5587
    hostname: str = "retour.localhost"
    tls: Literal["starttls", "implicit"] = "starttls"
    certificate: Path | None = None
    certificate_key: Path | None = None
    message_limit: Annotated[int, Field(ge=64 * 1024)] = 64 * 1024 * 1024
    connections: Annotated[int, Field(ge=1, le=10_000)] = 200
    clients: tuple[IPv4Network | IPv6Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    kind: MailKind = MailKind.MAILING
    stopped: Literal["refuse", "drop"] = "refuse"
    accounts: dict[str, Literal["refuse", "drop"]] = {}
    further: Literal["defer", "refuse"] = "defer"
    logins: dict[str, RelayLogin] = {}
    next: Next = Next()

    @field_validator("hostname")
    @classmethod
    def _a_host_name(cls, name: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9.:\[\]-]{1,255}", name):
            raise ValueError("stands in the greeting and in Received: a host name")
        return name

    @model_validator(mode="after")
    def _whole_certificate(self) -> "Relay":
        if (self.certificate is None) is not (self.certificate_key is None):
            raise ValueError("certificate and certificate_key belong together: set both")
        if self.tls == "implicit" and self.certificate is None:
            raise ValueError("tls 'implicit' needs certificate and certificate_key")
        return self
