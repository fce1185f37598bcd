"""Settings: one TOML file, over it the environment (RETOUR_, two underscores between the levels).

Every key is described in docs/settings.md; a test holds that page to these classes.
"""

import re
import tomllib
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as SourceError

from retour.inlets.webhooks.providers import PROVIDERS
from retour.model import MailKind, Proof
from retour.parse.logs import LOGS

FILE = Path("retour.toml")
Port = Annotated[int, Field(ge=0, le=65535)]
_NAME = r"^[a-z0-9][a-z0-9_-]{0,63}$"  # of a source: a word in metrics and logs
_WITH_SECRETS = ("webhooks", "mailboxes", "relay", "lists")
# Keys of mailboxes and the relay whose value a message may repeat.
_SHOWN = ("kind", "host", "port", "tls", "ca_file", "folder", "poll", "proof", "recipient_header", "delete")


class SettingsError(Exception):
    """Settings that cannot be used; the message names file, key, fault and remedy, a line each."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Api(_Section):
    """The HTTP API."""

    host: str = "127.0.0.1"
    port: Port = 8025
    body_limit: Annotated[int, Field(ge=1024)] = 4 * 1024 * 1024
    import_limit: Annotated[int, Field(ge=1024)] = 1024 * 1024 * 1024
    requests_per_second: Annotated[float, Field(ge=0)] = 1000
    requests_burst: Annotated[int, Field(ge=1)] = 5000
    checks_per_second: Annotated[float, Field(ge=0)] = 0
    checks_burst: Annotated[int, Field(ge=1)] = 10000


class Smtp(_Section):
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


class Origin(_Section):
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


class Postfix(_Section):
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


class _Source(_Section):
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


class Inlet(_Source):
    """An address of ours that takes in reports without being a signed return address."""

    name: str = ""


class Mailbox(_Source):
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
        if self.tls == "none" and not _is_loopback(self.host):
            yield 'tls = "none" shows the password to the network: only where host is this machine'


class Queue(_Section):
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
        if url and parts.scheme != "https" and not _is_loopback(parts.hostname or ""):
            raise ValueError("must begin with https://")
        return url


class Log(_Section):
    """A log of a mail server, which is followed."""

    format: str
    path: Path | None = None
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
        if bool(self.path) is bool(self.unit):
            raise ValueError("is read from a file or from the journal: set path or unit, one of the two")
        if self.journal and not self.unit:
            raise ValueError("journal is the directory of a journal: set unit, too")
        return self


class Next(_Section):
    """The mail server that the relay hands everything on to."""

    host: str = "127.0.0.1"
    port: Port = 25
    tls: Literal["none", "starttls", "implicit"] = "none"
    verify: bool = True
    ca_file: Path | None = None
    login: str = ""
    password: SecretStr = SecretStr("")
    connections: Annotated[int, Field(ge=1, le=1000)] = 20
    patience: Annotated[int, Field(ge=1, le=3600)] = 600

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> "Next":
        if self.login and self.tls == "none" and not _is_loopback(self.host):
            raise ValueError("a password must not cross a network in clear: set tls, or leave out login")
        return self


class RelayLogin(_Section):
    """A user name of the relay: whose mail it hands in, and of what kind."""

    account: str
    kind: MailKind | None = None


class Relay(_Section):
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


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _hard_to_guess(secret: SecretStr) -> SecretStr:
    """128 bits in the alphabet of base64url: 22 characters, and not the same few again and again."""
    text = secret.get_secret_value()
    if not re.fullmatch(r"[A-Za-z0-9_-]{22,200}", text, re.ASCII) or len(set(text)) < 8:
        raise ValueError("must be hard to guess: take what `retour webhook secret` prints")
    return secret


class Webhook(_Section):
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


class Webhooks(_Section):
    """The port that providers post to; opened where there is a source."""

    host: str = "127.0.0.1"
    port: Port = 8026
    public_url: str = ""
    unsubscribe: bool = False
    sources: dict[Annotated[str, Field(pattern=_NAME)], Webhook] = {}

    @model_validator(mode="after")
    def _with_a_url(self) -> "Webhooks":
        if self.unsubscribe and not self.public_url.startswith("https://"):
            raise ValueError("RFC 8058 wants an https URL for List-Unsubscribe: set webhooks.public_url")
        return self


class Notify(_Section):
    """Telling others by HTTP: webhooks out, and the own lists of providers."""

    allow_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    ca_file: Path | None = None
    patience: Annotated[float, Field(gt=0, le=120)] = 15
    kept_days: Annotated[int, Field(ge=1, le=90)] = 14


class ProviderList(_Section):
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


class Rules(_Section):
    """An operator's own rules, tried before ours (docs/rules.md)."""

    files: tuple[Path, ...] = ()


class Retention(_Section):
    """How long what is kept."""

    raw_days: Annotated[int, Field(ge=1, le=400)] = 14
    unparsed_days: Annotated[int, Field(ge=0, le=3650)] = 180


class Settings(BaseSettings):
    """All settings of `retour serve`."""

    model_config = SettingsConfigDict(
        env_prefix="RETOUR_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    data_dir: Path = Path("data")
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    api: Api = Api()
    smtp: Smtp = Smtp()
    lmtp: Lmtp = Lmtp()
    postfix: Postfix = Postfix()
    relay: Relay = Relay()
    inlets: dict[str, Inlet] = {}
    logs: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")], Log] = {}
    webhooks: Webhooks = Webhooks()
    mailboxes: dict[Annotated[str, Field(pattern=_NAME)], Mailbox] = {}
    queues: dict[Annotated[str, Field(pattern=_NAME)], Queue] = {}
    retention: Retention = Retention()
    rules: Rules = Rules()
    notify: Notify = Notify()
    lists: dict[Annotated[str, Field(pattern=_NAME)], ProviderList] = {}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment stands over the file, whose content arrives as the arguments."""
        return env_settings, init_settings


def load(file: Path | None = None) -> Settings:
    """The settings of a file (default: retour.toml here, if there is one) and the environment.

    Raises SettingsError.
    """
    chosen = file or (FILE if FILE.exists() else None)
    content = _read(chosen) if chosen is not None else {}
    try:
        return Settings(**content)
    except (ValidationError, SourceError) as error:
        raise SettingsError(_said(error, str(chosen or "environment"))) from error


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: cannot be read ({error}); check the path after --config") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: is no TOML: {error}") from error


def _said(error: ValidationError | SourceError, where: str) -> str:
    if isinstance(error, SourceError):
        return f"environment: {error}; see docs/settings.md"
    lines = [f"{where}: {_fault(fault)}" for fault in error.errors()]
    return "\n".join([*lines, "Every key is described in docs/settings.md."])


def _fault(fault: ErrorDetails) -> str:
    """Key, fault and value; but for what may hold a secret: a password, even under a slip of a key, a whole
    section with what is in it, and all of webhooks.
    """
    place, value = fault["loc"], fault["input"]
    plain = place[0] not in _WITH_SECRETS or (place[0] != "webhooks" and place[-1] in _SHOWN)
    return f"{'.'.join(map(str, place))}: {fault['msg']}" + (f" (it is {value!r})" if plain else "")
