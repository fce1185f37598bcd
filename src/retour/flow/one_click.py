"""Unsubscribing by one click (RFC 8058): a URL for each send, and what a POST to it does.

The URL is told to whoever reads the mail, to link scanners, and to those it is passed on to. So what stands
in it is signed for this purpose alone: it can end mailings to its own address, and can never be a bounce.
"""

from retour.address import normalise
from retour.identity import act_id
from retour.instants import Instant
from retour.model import Event, EventKind, MailKind, Send
from retour.ports import Account, Store
from retour.return_address import Keyring, Token, claimed_account, make, verify

ACTOR = "one-click"
DAYS = 3650  # an old mail is as good a reason as a new one


def token(keyring: Keyring, account: Account, send: Send, now: Instant) -> str | None:
    """What stands in the URL of a send; None for system mail, which nobody unsubscribes from."""
    if send.kind is MailKind.SYSTEM:
        return None
    return make(keyring, account.number, _purpose(account), send.id, send.kind, now, DAYS)


def unsubscribe(text: str, store: Store, keyring: Keyring, now: Instant) -> bool:
    """End mailings to the address of a send; False for a token that is none, or whose send is forgotten.

    Durable when it returns. Once more changes nothing, unless the address was subscribed again meanwhile.
    """
    found = _genuine(text, store, keyring)
    if found is None:
        return False
    account, genuine = found
    send = store.sends.by_id([genuine.send]).get(genuine.send)
    if send is None or send.account != account.name:
        return False
    address = normalise(send.recipient) or send.recipient
    if not store.ledger.state(account.name, address, now).unsubscribed:
        store.ledger.record([_event(send, address, now)], now)
    return True


def _genuine(text: str, store: Store, keyring: Keyring) -> tuple[Account, Token] | None:
    number = claimed_account(text)
    account = next((each for each in store.accounts.accounts() if each.number == number), None)
    genuine = verify(keyring, text, _purpose(account)) if account else None
    return (account, genuine) if account and genuine else None


def _event(send: Send, address: str, now: Instant) -> Event:
    return Event(
        act_id("unsubscribe", send.account, address, now, ACTOR),
        EventKind.UNSUBSCRIBE,
        now,
        send=send.id,
        handed_over=send.handed_over,
        account=send.account,
        address=address,
        actor=ACTOR,
    )


def _purpose(account: Account) -> str:
    """What is signed in the place of the return domain; no domain has a slash."""
    return f"unsubscribe/{account.return_domain}"
