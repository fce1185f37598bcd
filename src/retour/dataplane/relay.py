"""The port of the relay."""

from contextlib import AsyncExitStack

from retour import wiring
from retour.dataplane.opening import Ports, opened
from retour.smtpd import Limits, listen_for_submissions
from retour.wiring import House

# A client with many recipients a message is told 452 for all but one: that is no reason to hang up on it.
_REFUSED = 1_000_000


async def start(house: House, ports: Ports, stack: AsyncExitStack) -> None:
    """Open the port if it is enabled; it closes with the stack. Raises StartError."""
    chosen = house.settings.relay
    if not chosen.enabled:
        return
    relay = wiring.relay(house)
    stack.callback(relay.shared.links.close)
    listener = await opened(
        listen_for_submissions(
            chosen.host,
            chosen.port,
            relay,
            hostname=chosen.hostname,
            limits=Limits(
                message=chosen.message_limit,
                refused=_REFUSED,
                connections=chosen.connections,
                of_stranger=chosen.connections,  # whoever submits has a password: none is a stranger
            ),
            clients=chosen.clients,
            tls=wiring.submission_tls(house),
            implicit=chosen.tls == "implicit",
        ),
        chosen.host,
        chosen.port,
        "relay.port",
    )
    stack.push_async_callback(listener.close)
    ports.relay = listener.port
