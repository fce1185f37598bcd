"""The port of the HTTP API."""

from contextlib import AsyncExitStack

from retour import wiring
from retour.dataplane.http import serving
from retour.dataplane.opening import Ports, bound
from retour.outlets.api.app import create
from retour.wiring import House


async def start(house: House, ports: Ports, stack: AsyncExitStack) -> None:
    """Open the port; it closes with the stack. Raises StartError."""
    chosen = house.settings.api
    listening = bound(chosen.host, chosen.port, "api.port")
    ports.api = await stack.enter_async_context(serving(create(wiring.services(house)), listening))
