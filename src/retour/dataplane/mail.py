"""The ports of the SMTP and LMTP inlets."""

from contextlib import AsyncExitStack

from retour import wiring
from retour.dataplane.opening import Ports, opened
from retour.flow.intake import Door
from retour.inlets.smtp import Source, start_smtp
from retour.settings import Smtp
from retour.smtpd import Limits, Listener
from retour.wiring import House


async def start(house: House, ports: Ports, stack: AsyncExitStack) -> None:
    """Open those that are enabled; they close with the stack. Raises StartError."""
    for name, settings in (("smtp", house.settings.smtp), ("lmtp", house.settings.lmtp)):
        if settings.enabled:
            listener = await _inlet(house, name, settings, house.door)
            stack.push_async_callback(listener.close)
            setattr(ports, name, listener.port)


async def _inlet(house: House, name: str, chosen: Smtp, door: Door) -> Listener[Source]:
    limits = Limits(message=chosen.message_limit, kept=chosen.kept)
    return await opened(
        start_smtp(
            chosen.host,
            chosen.port,
            wiring.inlet(house, name, door),
            lmtp=name == "lmtp",
            hostname=chosen.hostname,
            limits=limits,
            clients=chosen.clients,
        ),
        chosen.host,
        chosen.port,
        f"{name}.port",
    )
