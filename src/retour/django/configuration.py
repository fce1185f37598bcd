"""RETOUR in Django's settings."""

import atexit
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from retour.client import Client
from retour.gate import Gate, GateError
from retour.model import Decision, MailKind

SMTP = "django.core.mail.backends.smtp.EmailBackend"


class Asked(Protocol):
    """Who answers: a gate or a client."""

    def decisions(self, addresses: Sequence[str], kind: MailKind | str = ...) -> list[Decision]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The keys of RETOUR, in lower case, with what holds where they are left out (docs/python.md)."""

    backend: str = SMTP  # that sends what may be sent
    url: str = ""
    key: str = field(default="", repr=False)  # pages of Django about errors show values
    data: str | Path = ""
    account: str = ""
    kind: str = MailKind.MAILING
    when_unavailable: str = "raise"  # or "send"
    return_path: str = ""  # "from_email", "none"; empty: from_email for SMTP, none for others
    webhook_url: str = field(default="", repr=False)  # its path is secret
    webhook_key: str = field(default="", repr=False)

    def client(self) -> Client | None:
        """Where sends are recorded; None without a server."""
        return _client(self.url, self.key, self.account or None, os.getpid()) if self.url else None

    def asked(self, client: Client | None) -> Asked:
        """The gate of a data directory, else the server. Raises ImproperlyConfigured."""
        if self.data:
            try:
                return _gate(str(self.data), self.account, os.getpid())
            except GateError as error:
                raise ImproperlyConfigured(f"RETOUR['DATA']: {error}") from error
        if client is None:
            raise ImproperlyConfigured("RETOUR needs URL and KEY of a server, or DATA and ACCOUNT")
        return client


# Django makes a backend for each call of send_mail; a gate is loaded and connections are kept once a process.
@cache
def _client(url: str, key: str, account: str | None, process: int) -> Client:
    client = Client(url, key, account)
    atexit.register(client.close)
    return client


@cache
def _gate(data: str, account: str, process: int) -> Gate:
    return Gate(data, account)


def configuration() -> Configuration:
    """What the settings say now. Raises ImproperlyConfigured, which names the key at fault."""
    given: Mapping[str, Any] = getattr(settings, "RETOUR", {})
    known = {each.name.upper(): each.name for each in fields(Configuration)}
    unknown = [name for name in given if name not in known]
    if unknown:
        raise ImproperlyConfigured(f"RETOUR[{unknown[0]!r}] is none of {', '.join(known)}")
    made = Configuration(**{known[name]: value for name, value in given.items()})
    if made.when_unavailable not in ("raise", "send"):
        raise ImproperlyConfigured("RETOUR['WHEN_UNAVAILABLE'] is 'raise' or 'send'")
    if made.return_path not in ("", "from_email", "none"):
        raise ImproperlyConfigured("RETOUR['RETURN_PATH'] is 'from_email' or 'none'")
    if made.kind not in list(MailKind):
        raise ImproperlyConfigured(f"RETOUR['KIND'] is one of {', '.join(MailKind)}")
    return made
