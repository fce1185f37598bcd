"""The relay: a submission server without a queue of its own.

A client proves whose it is, each recipient is looked up in the gate, the message gets the signed return
address of a send that is recorded, and goes on to the next mail server while it comes in. The answer to the
client is the next server's answer: nothing is ever held here that somebody believes to be delivered.

    logins    user name and password → account
    client    one connected client: AUTH, RCPT, DATA
    head      what the header section tells
    envelope  MAIL and RCPT for the next server
    passage   one message on its way through
    link      one connection to the next server
    links     a few of them, kept for the next message
    shared    what all clients have in common
"""

from retour.outlets.relay.client import Client
from retour.outlets.relay.link import NextServer
from retour.outlets.relay.links import Links
from retour.outlets.relay.logins import Login, Logins
from retour.outlets.relay.shared import Avoided, Bounced, Explain, Shared


class Relay:
    """What the port for submissions thinks of its clients: for each a `Client`."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared

    def of(self) -> Client:
        """A new client has connected."""
        return Client(self.shared)


__all__ = [
    "Avoided",
    "Bounced",
    "Client",
    "Explain",
    "Links",
    "Login",
    "Logins",
    "NextServer",
    "Relay",
    "Shared",
]
