"""The URL of List-Unsubscribe: how it is made, and what it does."""

import asyncio

import structlog

from retour.flow import one_click
from retour.inlets.one_click import PREFIX, OneClick
from retour.instants import Instant
from retour.model import Send
from retour.ports import Account
from retour.wiring.house import House

log = structlog.get_logger("retour")


def unsubscribing(house: House) -> OneClick:
    """What answers at the URL."""
    counts: dict[str, int] = {}
    keyring, store = house.keys.keyring, house.store

    async def unsubscribe(token: str) -> bool:
        return await asyncio.to_thread(one_click.unsubscribe, token, store, keyring, house.clock.now())

    def failed(fault: Exception) -> None:
        log.error("an unsubscribe could not be kept; the reader was told so", exc_info=fault)

    house.metrics.counter("retour_unsubscribes", "Clicks on List-Unsubscribe", "outcome", lambda: counts)
    return OneClick(unsubscribe, failed, counts)


def unsubscribe_url(house: House, account: Account, send: Send, now: Instant) -> str | None:
    """The URL for List-Unsubscribe of a send; None where it is not served, and for system mail."""
    chosen = house.settings.webhooks
    if not chosen.unsubscribe:
        return None
    token = one_click.token(house.keys.keyring, account, send, now)
    return f"{chosen.public_url.rstrip('/')}{PREFIX.decode()}{token}" if token else None
