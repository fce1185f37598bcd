"""The port that is reached from outside: providers post to it, readers unsubscribe, contacts confirm."""

from contextlib import AsyncExitStack

from retour import wiring
from retour.dataplane.http import serving
from retour.dataplane.opening import Ports, bound
from retour.wiring import House


async def start(house: House, ports: Ports, stack: AsyncExitStack) -> None:
    """Open the port where there is a use of it; it closes with the stack. Raises StartError."""
    chosen = house.settings.webhooks
    if chosen.sources or chosen.unsubscribe or chosen.confirm:
        app = wiring.public(house)
        listening = bound(chosen.host, chosen.port, "webhooks.port")
        ports.webhooks = await stack.enter_async_context(serving(app, listening))
