"""What a provider told django-anymail goes on to Retour, in Retour's own words."""

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from retour.client.connection import Connection
from retour.django.configuration import Configuration, configuration

_KINDS = {
    "bounced": "bounce",
    "rejected": "suppressed",  # the provider did not even try
    "deferred": "delay",
    "complained": "complaint",
    "delivered": "delivered",
    "unsubscribed": "unsubscribe",
}


def on_tracking(sender: object, event: Any, esp_name: str, **given: object) -> None:
    """Post one event; Retour's webhook source is of the provider `generic`, without a mapping.

    Raises what the client raises when Retour does not take it, so that django-anymail answers the provider
    with an error and it comes again. Events that are about no delivery (opened, clicked) are left out.
    """
    kind = _KINDS.get(event.event_type)
    if kind is None or not event.recipient:
        return
    chosen = configuration()
    if not chosen.webhook_url:
        raise ImproperlyConfigured("RETOUR['WEBHOOK_URL'] is missing: that of a webhook source of Retour")
    _post(chosen, told(event, kind, esp_name))


def told(event: Any, kind: str, esp_name: str) -> dict[str, object]:
    """The event as docs/providers.md describes JSON that was written for Retour."""
    return {
        "kind": kind,
        "recipient": event.recipient,
        "time": event.timestamp.isoformat() if event.timestamp else None,
        "event_id": f"{esp_name}:{event.event_id}" if event.event_id else None,
        "message_id": event.message_id,
        "diagnostic": event.mta_response or event.description or event.reject_reason,
        "tags": event.tags or [],
        "metadata": event.metadata or {},
    }


def _post(chosen: Configuration, body: dict[str, object]) -> None:
    place = urlsplit(chosen.webhook_url)
    connection = Connection(f"{place.scheme}://{place.netloc}", chosen.webhook_key, retries=1)
    try:
        connection.call("POST", place.path, body=body)
    finally:
        connection.close()
