"""Correct and confirm: a mistyped address gets a right one, which its contact confirms (rule 9, N9).

The new address starts without history; the old one keeps its own. A link that confirms holds 256 random bits;
only its digest is kept, and that only while it works: one that was used, has been replaced or never was are
all the same to us.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from enum import StrEnum
from secrets import token_urlsafe

from retour.address import normalise
from retour.flow.days import day_in
from retour.flow.policy import in_force
from retour.identity import act_id
from retour.instants import DAY, Instant
from retour.model import Event, EventKind, StateName
from retour.ports import Bus, Change, Correction, Corrections, Stand, Store
from retour.secret import digest
from retour.texts import LANGUAGES, catalogue

DAYS, MOST_DAYS = 7, 30  # how long a link works
LONGEST_TOKEN = 64  # characters; ours have 43
ACTOR = "confirmation"


class Refusal(StrEnum):
    """Why a correction is not made. Nothing was changed."""

    OLD = "old"  # is no address
    NEW = "new"
    SAME = "same"  # both are one mailbox
    REASON = "reason"  # none was told
    STOPPED = "stopped"  # the new address is: only support gives it back
    CONFIRM = "confirm"  # the account has its contacts asked, and one call does not go behind that


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be corrected, and whether its contact must confirm it before it is mailed."""

    account: str
    old: str
    new: str
    reason: str
    confirm: bool | None = None  # as the account's policy says; stricter is always possible
    days: int = DAYS


@dataclass(frozen=True, slots=True)
class Made:
    """A correction; with the token of its link, which is shown this once, where it is to be confirmed."""

    correction: Correction
    token: str | None
    changes: Sequence[Change] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail ready to send. It names neither the old address nor the contact: a stranger may read it."""

    subject: str
    text: str


def correct(wish: Wish, store: Store, bus: Bus, actor: str, now: Instant) -> Made | Refusal:
    """Link the new address to the old; it is held until it is confirmed, where that is wished.

    Once more makes a new link, and the one before is dead.
    """
    pair = _pair(wish, store, now)
    if isinstance(pair, Refusal):
        return pair
    old, new = pair
    asks = in_force(store.accounts.policies(wish.account), now).policy.corrections == "confirm"
    if asks and wish.confirm is False:
        return Refusal.CONFIRM
    is_asked = asks if wish.confirm is None else wish.confirm
    id = act_id("correction", wish.account, new, now, f"{actor} {old}")
    expires = now + wish.days * DAY if is_asked else None
    correction = Correction(id, wish.account, old, new, now, actor, wish.reason.strip(), expires)
    # Held first: a crash between leaves an address that waits, and no link to it that was ever told.
    changes = store.ledger.record(_events(correction), now)
    bus.publish(changes)
    token = token_urlsafe(32) if is_asked else None
    store.corrections.add(correction, digest(token) if token else None)
    return Made(correction, token, changes)


def _pair(wish: Wish, store: Store, now: Instant) -> tuple[str, str] | Refusal:
    old, new = normalise(wish.old), normalise(wish.new)
    if old is None:
        return Refusal.OLD
    if new is None:
        return Refusal.NEW
    if old == new:
        return Refusal.SAME
    if not wish.reason.strip():
        return Refusal.REASON
    if store.ledger.state(wish.account, new, now).state is StateName.INVALID:
        return Refusal.STOPPED
    return old, new


def _events(correction: Correction) -> list[Event]:
    held = Event(
        correction.id,
        EventKind.CORRECTION,
        correction.at,
        account=correction.account,
        address=correction.new,
        actor=correction.actor,
        note=correction.reason,
    )
    if correction.expires is not None:
        return [held]
    # Whoever corrected it vouches for it: both stand in its life, apart, so that their order is sure.
    return [held._replace(at=correction.at - 1), _confirmation(correction, correction.actor, correction.at)]


def _confirmation(correction: Correction, actor: str, now: Instant) -> Event:
    """Of one correction there is one, however often its link is used at once."""
    id = act_id("confirmation", correction.account, correction.new, correction.at, correction.id.hex())
    return Event(
        id,
        EventKind.CONFIRMATION,
        now,
        account=correction.account,
        address=correction.new,
        actor=actor,
    )


def confirm(token: str, store: Store, bus: Bus, now: Instant, account: str | None = None) -> bool:
    """Confirm the address of a link; False for one that does not work, for whatever cause.

    `account`: by whom it is shown, where that is known; another's links do not work there. Durable when it
    returns. Recorded before the link is used up: after a crash it works once more, and changes nothing more.
    """
    found = store.corrections.linked(digest(token[:LONGEST_TOKEN]), now)
    if found is None or account not in (None, found.account):
        return False
    bus.publish(store.ledger.record([_confirmation(found, ACTOR, now)], now))
    store.corrections.confirm(found, now)
    return True


def is_corrected(account: str, address: str, corrections: Corrections) -> bool:
    """Whether this normalised address was corrected into another, and that was not taken back."""
    made = corrections.of(account, address)
    return any(each.old == address and each.withdrawn is None for each in made)


def withdraw(account: str, id: bytes, store: Store, bus: Bus, actor: str, now: Instant) -> Correction | None:
    """Take a correction back as though it had never been; None where there is none of this id."""
    found = store.corrections.named(account, id)
    if found is None:
        return None
    if found.withdrawn is not None:
        return found
    undo = Event(
        act_id("withdrawal", account, found.new, found.at, found.id.hex()),
        EventKind.WITHDRAWAL,
        now,
        outcome=found.id.hex(),
        account=account,
        address=found.new,
        actor=actor,
        note="correction",
    )
    bus.publish(store.ledger.record([undo], now))
    store.corrections.withdraw(found, now)
    return replace(found, withdrawn=now)


def letters(url: str, sender: str) -> dict[str, Letter]:
    """The mail that asks the contact, in each language."""
    found = {}
    for language in LANGUAGES:
        words = catalogue(f"correction.{language}")
        found[language] = Letter(
            words("letter.subject", sender=sender), words("letter.text", url=url, sender=sender)
        )
    return found


def in_words(correction: Correction, now: Instant, language: str) -> str:
    """Where it stands, in a sentence; its days are those of UTC."""
    day = day_in(language, UTC)
    words = catalogue(f"correction.{language}")
    stand = correction.stand(now)
    moments = {
        Stand.CONFIRMED: correction.confirmed,
        Stand.WITHDRAWN: correction.withdrawn,
        Stand.EXPIRED: correction.expires,
        Stand.WAITING: correction.expires,
    }
    when = moments.get(stand)
    told = {"old": correction.old, "new": correction.new, "date": day(correction.at)}
    return words(f"stand.{stand}", when=day(when) if when is not None else "", **told)
