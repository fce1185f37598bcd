"""The mailboxes that Retour visits by itself."""

import ssl
from collections.abc import Callable

from retour.inlets.pickup import imap, maildir, pop3
from retour.inlets.pickup.desk import Desk, Keep, Terms
from retour.inlets.pickup.follow import Follower, Patience, Source
from retour.inlets.pickup.server import Account, Tls
from retour.settings import Mailbox
from retour.wiring.house import House, StartError
from retour.wiring.pickup import noticed, troubled, watch

_PORTS = {("imap", True): 993, ("imap", False): 143, ("pop3", True): 995, ("pop3", False): 110}


def mailbox_followers(
    house: House, keep: Keep, fault: Callable[[Exception], None], patience: Patience | None = None
) -> list[Follower]:
    """One follower for each mailbox of the settings, not yet started. Raises StartError."""
    followers, desks = [], {}
    for name, chosen in house.settings.mailboxes.items():
        terms = Terms(f"mailboxes.{name}", chosen.proof, chosen.account, chosen.recipient_header)
        desk = Desk(terms, keep, house.inbox, house.clock.now, noticed("mailbox", name))
        source = _source(name, chosen, desk)
        followers.append(Follower(name, source, troubled("mailbox", name), fault, patience))
        desks[name] = desk
    watch(house, "mailbox", desks)
    return followers


def _source(name: str, chosen: Mailbox, desk: Desk) -> Source:
    if chosen.kind == "maildir":
        assert chosen.path is not None, "the settings see to that"
        return maildir.Maildir(maildir.Place(chosen.path, chosen.seen, chosen.poll or 2.0), desk)
    account = _account(name, chosen)
    if chosen.kind == "pop3":
        return pop3.Pop3(pop3.Place(account, chosen.poll or 60.0, chosen.delete), desk)
    place = imap.Place(account, chosen.folder, chosen.processed, chosen.unparsed, chosen.poll or 60.0)
    return imap.Imap(place, desk)


def _account(name: str, chosen: Mailbox) -> Account:
    port = chosen.port or _PORTS[chosen.kind, chosen.tls == "implicit"]
    try:
        context = ssl.create_default_context(cafile=chosen.ca_file)
    except OSError as error:
        raise StartError(
            "mailbox_ca", file=chosen.ca_file, mailbox=name, reason=error.strerror or error
        ) from error
    return Account(chosen.host, port, chosen.user, _password(name, chosen), Tls(chosen.tls), context)


def _password(name: str, chosen: Mailbox) -> str:
    file = chosen.password_file
    if file is None:
        return chosen.password.get_secret_value()
    try:
        (password,) = file.read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:  # no text, or not one line: neither may stand in a message
        reason = error.strerror if isinstance(error, OSError) else "is not one line of UTF-8"
        raise StartError("mailbox_password", file=file, mailbox=name, reason=reason) from None
    return password
