"""Engagement: signs of life that programs tell, and what they say against a bounce (N7).

They change no state: an open may be a program that fetches pictures, a login another person's. They are shown
beside the bounce, and weighed by whoever decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from retour.address import domain_of, normalise
from retour.flow.facts import AHEAD, HORIZON
from retour.identity import told_id
from retour.instants import DAY, Instant
from retour.lifecycle import as_judged
from retour.model import Event, EventKind, Send, Standing
from retour.ports import REMEMBERED_DAYS, Engagement, Latest, Passing, Sign, Store

MOST = 10_000  # signs in one call
TALLIED = {Sign.OPEN: "opened", Sign.CLICK: "clicked", Sign.REPLY: "replied", Sign.LOGIN: "logged_in"}


@dataclass(frozen=True, slots=True)
class Told:
    """A sign as a program tells it: of an address, of a send, or both. Without `at` it was now."""

    kind: Sign
    address: str | None = None
    send: int | None = None
    at: Instant | None = None
    campaign: str | None = None


class Wrong(StrEnum):
    """Why a sign is not taken; keys of texts."""

    NOBODY = "nobody"  # neither address nor send
    ADDRESS = "address"
    SEND = "send"  # not known, or another's: they look alike
    MISMATCH = "mismatch"  # the send went to another address
    FUTURE = "future"
    PAST = "past"  # beyond the horizon


class Shown(NamedTuple):
    """The last sign of a kind, and whether it came after the last bounce."""

    kind: Sign
    at: Instant
    after_bounce: bool


def engaged(told: Sequence[Told], account: str, store: Store, now: Instant) -> list[Wrong | None]:
    """Keep the signs, each counted once; in the order told why one is not taken, None for those that are."""
    sends = store.sends.by_id({each.send for each in told if each.send is not None})
    results = [_sign(each, account, sends.get(each.send or 0), now) for each in told]
    signs = [sign for sign in results if isinstance(sign, Engagement)]
    store.engagements.note(signs)
    store.tallies.count(
        [
            _passing(sign, each, sends.get(each.send or 0))
            for sign, each in zip(results, told, strict=True)
            # An older one, told again, would no longer be known for the same.
            if isinstance(sign, Engagement) and sign.at > now - (REMEMBERED_DAYS - 1) * DAY
        ]
    )
    return [None if isinstance(each, Engagement) else each for each in results]


def _sign(told: Told, account: str, send: Send | None, now: Instant) -> Engagement | Wrong:
    if told.send is not None and (send is None or send.account != account):
        return Wrong.SEND
    if told.address is None and send is None:
        return Wrong.NOBODY
    of_send = (normalise(send.recipient) or send.recipient) if send else None
    address = normalise(told.address) if told.address is not None else of_send
    if address is None:
        return Wrong.ADDRESS
    if of_send is not None and address != of_send:
        return Wrong.MISMATCH
    at = now if told.at is None else told.at
    if at > now + AHEAD:
        return Wrong.FUTURE
    return Wrong.PAST if at < now - HORIZON else Engagement(account, address, told.kind, at)


def _passing(sign: Engagement, told: Told, send: Send | None) -> Passing:
    campaign = told.campaign or (send.campaign if send else None) or ""
    id = told_id("engagement", sign.account, sign.address, sign.kind, str(sign.at), campaign)
    domain = domain_of(sign.address)
    return Passing(id, sign.account, sign.at, TALLIED[sign.kind], domain, campaign)


def against(latest: Latest, events: Sequence[Event]) -> list[Shown]:
    """The signs of an address beside its bounces, the strongest kind first."""
    judged = as_judged(events)[0]
    proven = (e.at for e in judged if e.kind is EventKind.BOUNCE and e.standing is Standing.PROVEN)
    bounced = max(proven, default=None)
    kinds = [kind for kind in reversed(Sign) if kind in latest]
    return [Shown(kind, latest[kind], bounced is not None and latest[kind] > bounced) for kind in kinds]
