"""The ports of what Postfix asks: the policy service, and lookup tables by socketmap."""

from contextlib import AsyncExitStack

from retour import wiring
from retour.dataplane.opening import Ports, failed, opened, opened_socket
from retour.outlets import postfix
from retour.outlets.postfix import Policy
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
    await _socketmaps(house, service, ports, stack)


async def _socketmaps(house: House, service: Policy, ports: Ports, stack: AsyncExitStack) -> None:
    told = failed(house, "socketmap")
    maps_of = wiring.socketmaps(house, service, told)
    for place, chosen in enumerate(house.settings.postfix.socketmaps):
        key, where = f"postfix.socketmaps[{place}]", chosen.path or (chosen.host, chosen.port)
        opening = postfix.serve(maps_of(chosen), service.counts, where, told, mode=int(chosen.mode, 8))
        if chosen.path is not None:
            listener = await opened_socket(opening, chosen.path, f"{key}.path")
        else:
            listener = await opened(opening, chosen.host, chosen.port, f"{key}.port")
        stack.push_async_callback(listener.close)
        ports.socketmaps.append(chosen.path or listener.port)
