"""Who asks Retour: programs over HTTP, and mail servers."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    Field,
    field_validator,
)

from retour.model import MailKind
from retour.settings.section import Port, Section


class Api(Section):
    """The HTTP API."""

    host: str = "127.0.0.1"
    port: Port = 8025
    body_limit: Annotated[int, Field(ge=1024)] = 4 * 1024 * 1024
    import_limit: Annotated[int, Field(ge=1024)] = 1024 * 1024 * 1024
    requests_per_second: Annotated[float, Field(ge=0)] = 1000
    requests_burst: Annotated[int, Field(ge=1)] = 5000
    checks_per_second: Annotated[float, Field(ge=0)] = 0
    checks_burst: Annotated[int, Field(ge=1)] = 10000


class Forms(Section):
    """Forms on public pages that ask what an address is worth."""

    origins: tuple[Annotated[str, Field(pattern=r"^https?://[a-z0-9.-]+(:[0-9]+)?$")], ...] = ()
    per_second: Annotated[float, Field(ge=0)] = 5
    burst: Annotated[int, Field(ge=1)] = 30


class Origin(Section):
    """Whose mail something stands for, and of what kind."""

    account: str | None = None
    kind: MailKind | None = None


class Listener(Origin):
    """One port of the policy service, and what that port says of the mail it is asked about."""

    host: str = "127.0.0.1"
    port: Port = 10040


class Socketmap(Origin):
    """One socket for lookup tables, and what it says of the mail it is asked about."""

    host: str = "127.0.0.1"
    port: Port = 10041
    path: Path | None = None
    mode: Annotated[str, Field(pattern="^0[0-7]{3}$")] = "0660"
    stopped: Literal["discard", "error"] = "discard"


class Postfix(Section):
    """What Postfix asks: the policy service and socketmap."""

    listeners: tuple[Listener, ...] = (Listener(),)
    socketmaps: tuple[Socketmap, ...] = ()
    stop_answer: Literal["reject", "defer"] = "reject"
    more_url: str = ""
    contexts: dict[str, Origin] = {}
    logins: dict[str, Origin] = {}
    domains: dict[str, Origin] = {}

    @field_validator("more_url")
    @classmethod
    def _one_printable_line(cls, url: str) -> str:
        if not url.isascii() or not url.isprintable() or " " in url or len(url) > 200:
            raise ValueError("stands in an SMTP reply: at most 200 printable ASCII characters without spaces")
        return url

    @field_validator("domains")
    @classmethod
    def _lower_case(cls, domains: dict[str, Origin]) -> dict[str, Origin]:
        return {domain.lower(): origin for domain, origin in domains.items()}
