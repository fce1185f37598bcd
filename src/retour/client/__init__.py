"""Retour's API from Python: `Client`, and `AsyncClient` with the same calls. The standard library alone.

    >>> from retour.client import Client
    >>> retour = Client("http://127.0.0.1:8025", "rk_...")
    >>> retour.decision("ann@b.example").answer
    <Answer.SEND: 'send'>

What the server refuses is `Refused`, with the problem it told; what does not answer is `Unreachable`.
"""

from retour.client.asynchronous import AsyncClient
from retour.client.calls import Client, Draft, Registered
from retour.client.connection import ClientError, Refused, Unreachable

__all__ = ["AsyncClient", "Client", "ClientError", "Draft", "Refused", "Registered", "Unreachable"]
