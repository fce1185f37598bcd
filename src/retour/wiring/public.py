"""What is asked on the port that is reached from outside, by its path."""

from collections.abc import Awaitable, Callable

from retour.inlets import confirm, one_click
from retour.inlets.asgi import Receive, Scope, Send
from retour.inlets.webhooks import Https
from retour.wiring.confirm import confirming
from retour.wiring.house import House
from retour.wiring.one_click import unsubscribing
from retour.wiring.webhooks import webhooks

Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class Public:
    """The ASGI application: unsubscribes and confirmations where they are served, webhooks for all else."""

    def __init__(self, house: House, https: Https | None = None) -> None:
        self.webhooks = webhooks(house, https)
        chosen = house.settings.webhooks
        self._pages: dict[bytes, Application] = {}
        if chosen.unsubscribe:
            self._pages[one_click.PREFIX] = unsubscribing(house)
        if chosen.confirm:
            self._pages[confirm.PREFIX] = confirming(house)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        path = scope["raw_path"] if scope["type"] == "http" else b""
        found = next((page for prefix, page in self._pages.items() if path.startswith(prefix)), self.webhooks)
        await found(scope, receive, send)


def public(house: House, https: Https | None = None) -> Public:
    """The application of the port. Raises StartError."""
    return Public(house, https)
