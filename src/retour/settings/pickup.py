"""What Retour goes to look at: mailboxes, queues, logs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from retour.model import Proof
from retour.parse.logs import LOGS
from retour.settings.mail import Source
from retour.settings.section import Section, is_loopback


class Mailbox(Source):
    """A mailbox that Retour visits by itself (docs/mailboxes.md)."""

    kind: Literal["imap", "pop3", "maildir"]
    host: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    tls: Literal["implicit", "starttls", "none"] = "implicit"
    ca_file: Path | None = None
    user: str = ""
    password: SecretStr = SecretStr("")
    password_file: Path | None = None
    folder: str = "INBOX"
    processed: str = "Retour"
    unparsed: str = ""
    delete: bool = False
    path: Path | None = None
    seen: bool = False
    poll: Annotated[float, Field(ge=0.1, le=1500)] | None = None
    recipient_header: Annotated[str, Field(pattern=r"^([A-Za-z0-9-]{1,64})?$")] = ""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for fault in self._faults():
            raise ValueError(fault)
        return self

    def _faults(self) -> Iterator[str]:
        if self.kind == "maildir":
            if self.path is None:
                yield "a Maildir needs path"
            return
        given = self.password.get_secret_value()
        if not self.host or not self.user:
            yield f"{self.kind} needs host and user"
        if bool(given) == (self.password_file is not None):
            yield "set password or password_file, one of them"
        if set("\r\n\0") & set(self.user + given):
            yield "user and password are one line each"
        if self.tls == "none" and not is_loopback(self.host):
            yield 'tls = "none" shows the password to the network: only where host is this machine'
        if self.kind == "imap" and _folded(self.folder) in map(_folded, (self.processed, self.unparsed)):
            yield 'mails moved within folder are new each time: name another in processed, or ""'


def _folded(folder: str) -> str:
    """INBOX is one folder in whatever case (RFC 3501 §5.1)."""
    return "INBOX" if folder.upper() == "INBOX" else folder


class Queue(Section):
    """A queue of Amazon SQS that Retour visits by itself (docs/queues.md)."""

    url: Annotated[str, Field(pattern=r"^https?://[^\s]{1,500}$")]
    account: str
    topics: tuple[str, ...] = ()
    raw: bool = False
    proof: Proof = Proof.TRUSTED
    region: str = ""
    profile: str = ""
    endpoint_url: str = ""
    wait: Annotated[int, Field(ge=1, le=20)] = 20
    visibility: Annotated[int, Field(ge=30, le=43200)] = 300

    @field_validator("url", "endpoint_url")
    @classmethod
    def _by_tls(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            raise ValueError("must begin with https://")
        return url


class Log(Section):
    """A log of a mail server, which is followed."""

    format: str
    path: Path | None = None
    segments: Path | None = None
    unit: str = ""
    journal: Path | None = None
    begin: Literal["start", "end"] = "start"
    account: str | None = None
    senders: dict[str, str] = {}
    proof: Proof = Proof.TRUSTED
    deliveries: bool = True

    @field_validator("format")
    @classmethod
    def _known(cls, format: str) -> str:
        if format not in LOGS:
            raise ValueError(f"no log is of this format; known are {', '.join(sorted(LOGS))}")
        return format

    @field_validator("senders")
    @classmethod
    def _folded(cls, senders: dict[str, str]) -> dict[str, str]:
        return {sender.lower().removeprefix("@"): account for sender, account in senders.items()}

    @model_validator(mode="after")
    def _from_one_place(self) -> "Log":
        if sum(map(bool, (self.path, self.segments, self.unit))) != 1:
            raise ValueError(
                "is read from a file, from closed segments or from the journal: set path, segments or unit,"
                " one of the three"
            )
        if self.segments and self.format != "kumomta-log":
            raise ValueError("segments are the directory of a KumoMTA's log: set format kumomta-log, or path")
        if self.journal and not self.unit:
            raise ValueError("journal is the directory of a journal: set unit, too")
        return self
