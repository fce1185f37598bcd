"""The URL that confirms a corrected address: how it is made, and what it does."""

import asyncio

import structlog

from retour.flow import corrections
from retour.inlets.confirm import PREFIX, Confirm
from retour.wiring.house import House

log = structlog.get_logger("retour")


def confirming(house: House) -> Confirm:
    """What answers at the URL."""
    counts: dict[str, int] = {}
    store, bus = house.store, house.told

    async def confirm(token: str) -> bool:
        return await asyncio.to_thread(corrections.confirm, token, store, bus, house.clock.now())

    def failed(fault: Exception) -> None:
        log.error("a confirmation could not be kept; the reader was told so", exc_info=fault)

    about = "Clicks on links that confirm an address"
    house.metrics.counter("retour_confirmations", about, "outcome", lambda: counts)
    return Confirm(confirm, failed, counts, house.clock.now)


def confirm_url(house: House, token: str) -> str | None:
    """The URL for the token of a correction; None where it is not served."""
    chosen = house.settings.webhooks
    return f"{chosen.public_url.rstrip('/')}{PREFIX.decode()}{token}" if chosen.confirm else None
