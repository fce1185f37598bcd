"""The bounce inlet: mail to our return addresses, over SMTP or LMTP.

It decides at RCPT, before a byte of content is read, so that backscatter costs us a MAC and nothing else
(security.md, threat 3). Accepted are:

    a genuine return address   its own proof; an expired one too, which the intake keeps without effect
    a registered address       the proof level and the account that the settings give it
    postmaster                 RFC 5321 §4.5.1; kept, never proven
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from retour import address, return_address
from retour.inlets.arrivals import arrival
from retour.instants import Instant
from retour.model import Arrival, Proof
from retour.return_address import Keyring
from retour.smtpd import LOOPBACK, Limits, Listener, Message, Reply, listen
from retour.smtpd.limits import Networks
from retour.smtpd.replies import KEPT

# One reply for forged and for unknown: it must not teach anybody what a genuine address looks like.
UNKNOWN = Reply(550, "5.1.1", "No such address here")
FOREIGN = Reply(550, "5.7.1", "Not a domain of this server; it relays nothing")

Accept = Callable[[Sequence[Arrival]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Source:
    """What an accepted recipient is to us: the name, proof level and account of its arrivals."""

    inlet: str
    proof: Proof = Proof.TOKEN
    account: str | None = None


class BounceInlet:
    """The opinions of the SMTP and LMTP ports; a `retour.smtpd.Handler`.

    `accept` returns when the arrivals are durable and raises when they are not. `is_ours` tells return
    domains (normalised) from foreign ones. `addresses` are the registered ones, in any case. The counters
    only grow; metrics read them as they are.
    """

    def __init__(
        self,
        name: str,
        keyring: Callable[[], Keyring],
        is_ours: Callable[[str], bool],
        accept: Accept,
        clock: Callable[[], Instant],
        addresses: Mapping[str, Source] | None = None,
    ) -> None:
        self.accepted = 0  # arrivals that are durable
        self.failed = 0  # messages that were told 451
        self.forged = 0  # recipients with the shape of a token and a wrong MAC
        self.unknown = 0
        self.foreign = 0
        self._token = Source(name)
        self._keyring = keyring
        self._is_ours = is_ours
        self._accept = accept
        self._clock = clock
        self._addresses = {_folded(text): source for text, source in (addresses or {}).items()}
        self._their_domains = {domain for _, domain in self._addresses}

    @property
    def refused(self) -> int:
        """How many recipients were refused, for whatever cause."""
        return self.forged + self.unknown + self.foreign

    def recipient(self, rcpt: str) -> Source | Reply:
        """At RCPT: what this address is to us, or 550. Costs one HMAC at most and keeps nothing."""
        local, domain = _folded(rcpt)
        registered = self._addresses.get((local, domain))
        if registered is not None:
            return registered
        if return_address.looks_like(local):
            return self._token_or_refusal(local, domain)
        if not self._is_local(domain):
            self.foreign += 1
            return FOREIGN
        if local == "postmaster":
            return self._token
        self.unknown += 1
        return UNKNOWN

    async def message(self, message: Message[Source]) -> Sequence[Reply]:
        """After the content: one arrival for each recipient, all durable in one commit."""
        arrivals = self._arrivals(message)
        try:
            await self._accept(arrivals)
        except Exception:
            self.failed += 1
            raise  # the listener logs it and says 451 4.3.0
        self.accepted += len(arrivals)
        return [KEPT] * len(message.recipients)

    def _is_local(self, domain: str) -> bool:
        return not domain or domain in self._their_domains or self._is_ours(domain)

    def _token_or_refusal(self, local: str, domain: str) -> Source | Reply:
        if return_address.verify(self._keyring(), local, domain) is not None:
            return self._token
        self.forged += 1
        return UNKNOWN

    def _arrivals(self, message: Message[Source]) -> list[Arrival]:
        now = self._clock()
        arrivals = (
            arrival(
                recipient.ticket.inlet,
                message.content,
                message.size,
                now,
                mail_from=message.sender,
                rcpt_to=recipient.address,
                proof=recipient.ticket.proof,
                account=recipient.ticket.account,
            )
            for recipient in message.recipients
        )
        return list({each.id: each for each in arrivals}.values())  # a recipient named twice is one


def _folded(rcpt: str) -> tuple[str, str]:
    """Local part in lower case, as all of ours are, and normalised domain, "" for a name without one."""
    local, at, host = rcpt.rpartition("@")
    return (local.lower(), address.domain(host) or host.lower()) if at else (host.lower(), "")


async def start_smtp(
    host: str,
    port: int,
    inlet: BounceInlet,
    *,
    lmtp: bool,
    hostname: str,
    limits: Limits | None = None,
    clients: Networks = LOOPBACK,
) -> Listener[Source]:
    """Open the port for bounces and return it; `await listener.close()` ends it without losing a message.

    Raises OSError when the port is taken. Only hosts in `clients` are talked to.
    """
    return await listen(host, port, inlet, lmtp=lmtp, hostname=hostname, limits=limits, clients=clients)
