"""The ports of the Postfix policy service."""

from contextlib import AsyncExitStack

from retour import wiring
from retour.dataplane.opening import Ports, failed, opened
from retour.outlets import postfix
from retour.wiring import House


async def start(house: House, ports: Ports, stack: AsyncExitStack) -> None:
    """Open all that are listed; they close with the stack. Raises StartError."""
    service = wiring.policy(house)
    for place, chosen in enumerate(house.settings.postfix.listeners):
        listener = await opened(
            postfix.listen(service, chosen.host, chosen.port, failed(house, "policy"), wiring.origin(chosen)),
            chosen.host,
            chosen.port,
            f"postfix.listeners[{place}].port",
        )
        stack.push_async_callback(listener.close)
        ports.policy.append(listener.port)
