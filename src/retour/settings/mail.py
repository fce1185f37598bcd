"""Bounce mail: the SMTP and LMTP inlets, and addresses that are no signed return addresses."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Self

from pydantic import (
    Field,
    model_validator,
)

from retour.model import Proof
from retour.settings.section import Port, Section


class Smtp(Section):
    """The SMTP inlet. Port 0 lets the system choose one."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: Port = 2525
    hostname: str = "retour.localhost"
    message_limit: Annotated[int, Field(ge=64 * 1024)] = 64 * 1024 * 1024
    kept: Annotated[int, Field(ge=64 * 1024)] = 1024 * 1024
    clients: tuple[IPv4Network | IPv6Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


class Lmtp(Smtp):
    """The LMTP inlet."""

    port: Port = 2424


class Source(Section):
    """Whose the reports of a source are, and what they must prove."""

    account: str | None = None
    proof: Proof = Proof.TOKEN

    @model_validator(mode="after")
    def _believed_about_one_account(self) -> Self:
        if self.account is None and self.proof in (Proof.TRUSTED, Proof.OPEN):
            raise ValueError(
                f"proof {self.proof.value!r} believes what it reads, about one account: set account"
            )
        return self


class Inlet(Source):
    """An address of ours that takes in reports without being a signed return address."""

    name: str = ""
