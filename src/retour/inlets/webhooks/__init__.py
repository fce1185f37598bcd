"""Webhooks of sending providers: verified, made durable, acknowledged; read later by the intake."""

from retour.inlets.webhooks.app import LIMIT, Source, Webhooks
from retour.inlets.webhooks.building import Setup, SetupError, is_undated, missing, scheme_of
from retour.inlets.webhooks.certificates import Fetched
from retour.inlets.webhooks.fetch import Https
from retour.inlets.webhooks.jwks import Fetch
from retour.inlets.webhooks.scheme import Key
from retour.inlets.webhooks.subscriptions import Pending
from retour.inlets.webhooks.watch import Watch

__all__ = [
    "LIMIT",
    "Fetch",
    "Fetched",
    "Https",
    "Key",
    "Pending",
    "Setup",
    "SetupError",
    "Source",
    "Watch",
    "Webhooks",
    "is_undated",
    "missing",
    "scheme_of",
]
