"""What is asked on the port that is reached from outside, by its path."""

from retour.inlets.asgi import Receive, Scope, Send
from retour.inlets.one_click import PREFIX
from retour.inlets.webhooks import Https
from retour.wiring.house import House
from retour.wiring.one_click import unsubscribing
from retour.wiring.webhooks import webhooks


class Public:
    """The ASGI application: unsubscribes where they are served, webhooks for all else."""

    def __init__(self, house: House, https: Https | None = None) -> None:
        self.webhooks = webhooks(house, https)
        self._unsubscribing = unsubscribing(house) if house.settings.webhooks.unsubscribe else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if self._unsubscribing and scope["type"] == "http" and scope["raw_path"].startswith(PREFIX):
            await self._unsubscribing(scope, receive, send)
        else:
            await self.webhooks(scope, receive, send)


def public(house: House, https: Https | None = None) -> Public:
    """The application of the port. Raises StartError."""
    return Public(house, https)
