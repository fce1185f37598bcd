"""Settings: one TOML file, over it the environment (RETOUR_, two underscores between the levels).

Every key is described in docs/settings.md; a test holds that page to these classes.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as SourceError

from retour.settings.asking import Api, Forms, Listener, Origin, Postfix, Socketmap
from retour.settings.keeping import ListCheck, Retention, Rules, Waves
from retour.settings.looking import Console
from retour.settings.mail import Inlet, Lmtp, Smtp
from retour.settings.pickup import Log, Mailbox, Queue
from retour.settings.platform import Guard, Platform
from retour.settings.posts import Webhook, Webhooks
from retour.settings.relaying import Next, Relay, RelayLogin
from retour.settings.section import NAME
from retour.settings.telling import Notify, ProviderList

FILE = Path("retour.toml")
_WITH_SECRETS = ("webhooks", "mailboxes", "relay", "lists")
# Keys of mailboxes and the relay whose value a message may repeat.
_SHOWN = ("kind", "host", "port", "tls", "ca_file", "folder", "poll", "proof", "recipient_header", "delete")

__all__ = [
    "Api",
    "Console",
    "Forms",
    "Guard",
    "Inlet",
    "ListCheck",
    "Listener",
    "Lmtp",
    "Log",
    "Mailbox",
    "Next",
    "Notify",
    "Origin",
    "Platform",
    "Postfix",
    "ProviderList",
    "Queue",
    "Relay",
    "RelayLogin",
    "Retention",
    "Rules",
    "Settings",
    "SettingsError",
    "Smtp",
    "Socketmap",
    "Waves",
    "Webhook",
    "Webhooks",
    "load",
]


class SettingsError(Exception):
    """Settings that cannot be used; the message names file, key, fault and remedy, a line each."""


class Settings(BaseSettings):
    """All settings of `retour serve`."""

    model_config = SettingsConfigDict(
        env_prefix="RETOUR_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    data_dir: Path = Path("data")
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    api: Api = Api()
    forms: Forms = Forms()
    console: Console = Console()
    smtp: Smtp = Smtp()
    lmtp: Lmtp = Lmtp()
    postfix: Postfix = Postfix()
    relay: Relay = Relay()
    inlets: dict[str, Inlet] = {}
    logs: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")], Log] = {}
    webhooks: Webhooks = Webhooks()
    mailboxes: dict[Annotated[str, Field(pattern=NAME)], Mailbox] = {}
    queues: dict[Annotated[str, Field(pattern=NAME)], Queue] = {}
    retention: Retention = Retention()
    platform: Platform = Platform()
    guard: Guard = Guard()
    rules: Rules = Rules()
    waves: Waves = Waves()
    list_check: ListCheck = ListCheck()
    notify: Notify = Notify()
    lists: dict[Annotated[str, Field(pattern=NAME)], ProviderList] = {}

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
