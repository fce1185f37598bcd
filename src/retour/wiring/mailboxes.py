"""The mailboxes that Retour visits by itself."""

import ssl
from collections.abc import Callable
from functools import partial

import structlog

from retour.inlets.pickup import imap, maildir, pop3
from retour.inlets.pickup.desk import Desk, Keep, Terms, TroubleError
from retour.inlets.pickup.follow import Follower, Patience, Source
from retour.inlets.pickup.server import Account, Tls
from retour.instants import SECOND
from retour.settings import Mailbox
from retour.texts import catalogue
from retour.wiring.house import House, StartError

log = structlog.get_logger("retour")
_TEXTS = catalogue("mailboxes.en")
_PORTS = {("imap", True): 993, ("imap", False): 143, ("pop3", True): 995, ("pop3", False): 110}


def mailbox_followers(
    house: House, keep: Keep, fault: Callable[[Exception], None], patience: Patience | None = None
) -> list[Follower]:
    """One follower for each mailbox of the settings, not yet started. Raises StartError."""
    followers, desks = [], {}
    for name, chosen in house.settings.mailboxes.items():
        terms = Terms(f"mailboxes.{name}", chosen.proof, chosen.account, chosen.recipient_header)
        desk = Desk(terms, keep, house.inbox, house.clock.now, partial(_notice, name))
        source = _source(name, chosen, desk)
        followers.append(Follower(name, source, partial(_trouble, name), fault, patience))
        desks[name] = desk
    _watch(house, desks)
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


def _trouble(name: str, trouble: TroubleError, pause: float) -> None:
    told = _TEXTS(f"trouble.{trouble.code}")
    log.error(f"mailbox: {told}", mailbox=name, reason=trouble.reason, again_in_seconds=round(pause))


def _notice(name: str, code: str, reason: str, source: str) -> None:
    log.warning(f"mailbox: {_TEXTS(f'notice.{code}')}", mailbox=name, reason=reason, mail=source)


def _watch(house: House, desks: dict[str, Desk]) -> None:
    metrics = house.metrics

    def of(field: str, scale: int = 1) -> Callable[[], dict[str, int]]:
        return lambda: {name: int(getattr(desk.counts, field)) // scale for name, desk in desks.items()}

    metrics.counter("retour_mailbox_fetched", "Mails of mailboxes that are durable", "mailbox", of("fetched"))
    metrics.counter("retour_mailbox_failed", "Mails that could not be read there", "mailbox", of("failed"))
    metrics.gauge("retour_mailbox_waiting", "Mails seen there and not yet durable", "mailbox", of("waiting"))
    metrics.gauge("retour_mailbox_failing", "1 where a mailbox cannot be read now", "mailbox", of("failing"))
    metrics.gauge(
        "retour_mailbox_last_success_seconds",
        "When a visit last went through, seconds since 1970",
        "mailbox",
        of("last_success", SECOND),
    )
