"""What the relay is made of."""

import asyncio
import os
import ssl
from collections import Counter
from secrets import token_bytes

from retour.flow.gathered import Gathered
from retour.identity import SendIds
from retour.inlets.arrivals import arrival
from retour.model import Decision, Proof, Send
from retour.outlets.postfix import Policy, Refusal
from retour.outlets.relay import Links, Login, Logins, NextServer, Relay, Shared
from retour.outlets.relay.report import report
from retour.ports import Passing
from retour.settings import Next
from retour.settings import Relay as RelaySettings
from retour.smtpd import Reply
from retour.wiring.house import House, StartError
from retour.wiring.postfix import speaker

AVOIDED = "avoided"  # the kind of their tally
_COMMAND, _CONNECTING = 300.0, 30.0  # seconds; RFC 5321 §4.5.3.2


def relay(house: House) -> Relay:
    """The relay; its refusals are said in the words of the policy service. Raises StartError."""
    words = speaker(house)
    chosen = house.settings.relay
    sends: Gathered[Send] = Gathered(house.store.sends.add)
    avoided: Gathered[Passing] = Gathered(house.store.tallies.count)
    counts: Counter[str] = Counter()
    by_account: Counter[str] = Counter()

    async def count(account: str, domain: str) -> None:
        # Each refusal is one: whoever is told 550 does not ask again for the same mail.
        await avoided.add(Passing(token_bytes(16), account, house.clock.now(), AVOIDED, domain))
        by_account[account] += 1

    house.metrics.counter("retour_relay", "Recipients and messages at the relay", "outcome", lambda: counts)
    house.metrics.counter("retour_sends_avoided", "Sends avoided by the relay", "account", lambda: by_account)
    return Relay(
        Shared(
            clock=house.clock,
            snapshot=house.table,
            keyring=lambda: house.keys.keyring,
            ids=SendIds(),
            logins=_logins(house, chosen),
            links=Links(_next(chosen), chosen.next.connections, chosen.next.connections_of_account),
            sends=sends,
            registered=lambda id: asyncio.to_thread(lambda: house.store.sends.by_id([id]).get(id)),
            explain=lambda account, address, decision: _explain(words, account, address, decision),
            avoided=count,
            bounced=lambda to, recipient, reply: _take_in(house, to, recipient, reply),
            hostname=chosen.hostname,
            kind=chosen.kind,
            drops=lambda account: chosen.accounts.get(account, chosen.stopped) == "drop",
            alone=chosen.further == "refuse",
            counts=counts,
        )
    )


def submission_tls(house: House) -> ssl.SSLContext | None:
    """What clients of the relay are met with; None without a certificate. Raises StartError."""
    chosen = house.settings.relay
    if chosen.certificate is None or chosen.certificate_key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(chosen.certificate, chosen.certificate_key)
    except OSError as error:  # ssl.SSLError is one
        reason = error.strerror or error
        raise StartError("certificate", file=chosen.certificate, reason=reason, user=os.getuid()) from error
    return context


def _logins(house: House, chosen: RelaySettings) -> Logins:
    logins = {name: Login(login.account, login.kind) for name, login in chosen.logins.items()}
    return Logins(house.store.accounts, house.directory.named, house.clock, logins)


def _next(chosen: RelaySettings) -> NextServer:
    following = chosen.next
    return NextServer(
        following.host,
        following.port,
        chosen.hostname,
        following.tls,
        None if following.tls == "none" else _trust(following),
        following.login,
        following.password.get_secret_value(),
        connecting=min(_CONNECTING, following.patience),
        command=min(_COMMAND, following.patience),
        dot=following.patience,
    )


def _trust(following: Next) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=following.ca_file)
    except OSError as error:
        raise StartError("ca_file", file=following.ca_file, reason=error.strerror or error) from error
    if not following.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def _explain(words: Policy, account: str, address: str, decision: Decision) -> Reply:
    refusal = Refusal(account, address, decision)
    said = words.remembered(refusal) or await words.explained(refusal)
    enhanced, _, sentence = said.text.partition(" ")
    return Reply(int(said.code), enhanced, sentence)


async def _take_in(house: House, to: str, recipient: str, reply: Reply) -> None:
    """A refusal by the next server, as the report that nobody writes, to the address that proves it."""
    following, host = house.settings.relay.next, house.settings.relay.hostname
    raw = report(to, recipient, reply, host, f"{following.host}:{following.port}")
    await house.door.accept(
        [arrival("relay", raw, len(raw), house.clock.now(), mail_from="", rcpt_to=to, proof=Proof.TOKEN)]
    )
